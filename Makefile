# GeneKin: `make app` opens the dashboard, `make test` checks everything. Both set up what they need.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CORES ?= $(shell getconf _NPROCESSORS_ONLN)
PYTEST := $(BIN)/python -m pytest --dist loadscope --no-loadscope-reorder
export PYTHON
# Test processes start by the dozen: each would compile all modules again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help app demo test check style types unit all-tests torture docs audit wheels format clean

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

app: $(VENV)/.app-ready ## Set up and open the dashboard
	$(BIN)/python serve.py

demo: $(VENV)/.app-ready ## Set up, load the human reference and classify an example file
	$(BIN)/python -m core demo

test: $(VENV)/.dev-ready style ## Set up and check everything: style, types, all tests
	@scripts/setup services
	@$(MAKE) --no-print-directory -j 2 types all-tests

check: $(VENV)/.dev-ready style ## Check style, types and unit tests: for every save
	@$(MAKE) --no-print-directory -j 2 types unit

style: $(VENV)/.dev-ready
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/.dev-ready
	$(BIN)/mypy

unit: $(VENV)/.dev-ready
	TEST_SHARED_FOLDER=`mktemp -d` $(PYTEST) -n $(CORES) -q tests/unit core components genekin

# Many of them wait for servers.
all-tests: $(VENV)/.dev-ready
	$(BIN)/python -m tests.support.services $(PYTEST) -n `expr 5 \* $(CORES) / 2`

torture: $(VENV)/.dev-ready ## Kill, starve and damage everything at every step: up to half an hour
	@scripts/setup services
	TEST_THOROUGH=1 $(BIN)/python -m tests.support.services $(PYTEST) -n $(CORES) tests/torture \
		tests/integration/library/test_stateful.py

docs: $(VENV)/.dev-ready ## Build the API reference of the package genekin: build/reference/index.html
	$(BIN)/python -m sphinx -q -W --keep-going docs/reference build/reference

wheels: $(VENV)/.dev-ready ## Check that all packages can be installed on ARM without a compiler
	scripts/check-wheels

audit: $(VENV)/.audit-ready ## Look for known vulnerabilities of the packages (needs the internet), and in the code
	$(VENV)/audit/bin/bandit -q -c pyproject.toml -r \
		app.py serve.py benchmarks components core examples genekin pages
	$(VENV)/audit/bin/pip-audit --no-deps --disable-pip -r constraints.txt

format: $(VENV)/.dev-ready ## Apply the code style
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

clean: ## Remove the environment and all caches (never your data)
	rm -rf $(VENV) build .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.app-ready: requirements.txt requirements-data.txt constraints.txt scripts/setup
	@scripts/setup app

$(VENV)/.dev-ready: requirements.txt requirements-data.txt requirements-dev.txt requirements-towhee.txt \
		constraints.txt scripts/setup
	@scripts/setup dev

$(VENV)/.audit-ready: requirements-audit.txt scripts/setup
	@scripts/setup audit
