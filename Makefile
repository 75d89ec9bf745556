# GeneKin: `make app` opens the dashboard, `make test` checks everything. Both set up what they need.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PYTHON

# docker-compose.yml refuses to start without passwords; these only serve to check the file.
COMPOSE_CHECK := MINIO_ROOT_USER=check MINIO_ROOT_PASSWORD=check MILVUS_ROOT_PASSWORD=check \
	MYSQL_ROOT_PASSWORD=check MYSQL_PASSWORD=check scripts/compose config -q

.DEFAULT_GOAL := help
.PHONY: help app demo test lint format clean

help: ## Show what there is to make
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

app: $(VENV)/.app-ready ## Set up and open the dashboard
	$(BIN)/streamlit run app.py

demo: $(VENV)/.app-ready ## Set up and show, in the terminal, what GeneKin does
	$(BIN)/python -m core demo

test: $(VENV)/.dev-ready lint ## Set up, then check style, types, containers, and run the tests
	@scripts/setup services
	$(COMPOSE_CHECK)
	$(BIN)/python -m pytest

lint: $(VENV)/.dev-ready ## Check style and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: $(VENV)/.dev-ready ## Put the code into the project's style
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

clean: ## Remove the environment and all caches (never your data)
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.app-ready: requirements.txt constraints.txt scripts/setup
	@scripts/setup app

$(VENV)/.dev-ready: requirements.txt requirements-dev.txt constraints.txt scripts/setup
	@scripts/setup dev
