"""The compose files, the image, and the secrets of a deployment."""

import re
import stat
from collections.abc import Iterator
from fnmatch import fnmatch

import pytest

from core.settings import Settings
from tests.support.compose import (
    EXTERNAL_SERVERS,
    make_secrets,
    read_compose,
    read_settings,
    run_compose,
)
from tests.support.services import PROJECT
from tests.unit.test_project import tracked

OWN, EXTERNAL = "docker-compose.yml", "docker-compose.external.yml"
SOURCES = (OWN, EXTERNAL, "deploy/services.yml")
GENEKIN = {"app", "worker", "setup"}
STORES = {"milvus", "etcd", "minio", "mysql"}
WRITABLE = {"milvus", "minio"}
"""Services whose images write beside their volumes, in places that are not documented."""
DIGEST = r"@sha256:[0-9a-f]{64}"


@pytest.fixture(scope="module")
def secrets(tmp_path_factory):
    file = make_secrets(tmp_path_factory.mktemp("deployment"))
    with file.open("a", encoding="utf-8") as settings:
        settings.writelines(f"{name}={value}\n" for name, value in EXTERNAL_SERVERS.items())
    return file


@pytest.fixture(scope="module", params=[OWN, EXTERNAL])
def config(request, secrets):
    return read_compose(request.param, secrets)


@pytest.fixture(scope="module")
def own(secrets):
    return read_compose(OWN, secrets)


def networks(config, service) -> set[str]:
    return set(config["services"][service]["networks"])


def conditions(config, service) -> dict[str, str]:
    """Services that a service waits for."""
    waits = config["services"][service]["depends_on"]
    return {name: wait["condition"] for name, wait in waits.items()}


def texts(value: object) -> Iterator[str]:
    """All texts in a part of a compose file."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from texts(part)
    elif isinstance(value, str):
        yield value


class TestCompose:
    def test_has_the_services(self, secrets):
        assert set(read_compose(OWN, secrets)["services"]) == {"proxy", *GENEKIN, *STORES}
        assert set(read_compose(EXTERNAL, secrets)["services"]) == {"proxy", "app", "worker"}

    def test_every_service_has_limits(self, config):
        for name, service in config["services"].items():
            assert re.fullmatch(r"\d+[mg]?", str(service["mem_limit"])), name
            assert 0 < float(service["cpus"]) <= 4, name
            assert 0 < service["pids_limit"] <= 8_192, name

    def test_every_log_is_rotated(self, config):
        for name, service in config["services"].items():
            options = service["logging"]["options"]
            assert (options["max-size"], options["max-file"]) == ("10m", "5"), name

    def test_every_service_comes_back(self, config):
        policies = {name: service["restart"] for name, service in config["services"].items()}
        assert policies.pop("setup", None) in {None, "on-failure:3"}
        assert set(policies.values()) == {"unless-stopped"}

    def test_every_service_is_checked(self, config):
        unchecked = {
            name
            for name, service in config["services"].items()
            if not service.get("healthcheck", {}).get("test")
        }
        # The app's check is the image's; the setup ends.
        assert unchecked <= {"app", "setup"}

    def test_no_service_can_gain_privileges(self, config):
        for name, service in config["services"].items():
            assert service["cap_drop"] == ["ALL"], name
            assert service["security_opt"] == ["no-new-privileges:true"], name
            assert service.get("cap_add", []) == (
                ["NET_BIND_SERVICE"] if name == "proxy" else []
            ), name
            assert not {"privileged", "network_mode", "pid", "ipc", "devices"} & {*service}, name

    def test_no_service_writes_beside_its_volumes(self, config):
        writable = {
            name for name, service in config["services"].items() if not service.get("read_only")
        }
        assert writable <= WRITABLE

    def test_temporary_files_have_a_limit(self, config):
        mounts = [
            mount for service in config["services"].values() for mount in service.get("tmpfs", [])
        ]
        assert mounts
        assert [mount for mount in mounts if "size=" not in mount] == []

    def test_only_the_proxy_is_published_and_on_this_machine_only(self, config):
        published = {
            name: service["ports"]
            for name, service in config["services"].items()
            if "ports" in service
        }
        assert set(published) == {"proxy"}
        bound = [str(port) for port in published["proxy"]]
        assert len(bound) == 2
        assert all("127.0.0.1" in port for port in bound)

    def test_all_secrets_come_from_the_environment(self, config, secrets):
        made = set(read_settings(secrets).values())
        assert any(secret in text for text in texts(config) for secret in made)
        for file in SOURCES:
            source = (PROJECT / file).read_text(encoding="utf-8")
            named = re.findall(
                r"^ +\w*(?:PASSWORD|TOKEN|SECRET|ACCESS_KEY|ACCESS_KEY_ID|ROOT_USER|URL): (.+)$",
                source,
                re.MULTILINE,
            )
            assert named
            assert [value for value in named if not re.search(r"\$\{\w+:\?", value)] == []

    @pytest.mark.parametrize("file", [OWN, EXTERNAL])
    def test_does_not_start_without_secrets(self, file, tmp_path):
        empty = tmp_path / "empty"
        empty.touch()
        refused = run_compose(file, empty)
        assert refused.returncode != 0
        assert re.search(r"run scripts/secrets|in \.env", refused.stderr)

    def test_every_image_has_a_version_and_a_digest(self, config):
        images = {
            name: service["image"]
            for name, service in config["services"].items()
            if name not in GENEKIN
        }
        for name, image in images.items():
            assert re.search(rf":[\w.-]*\d[\w.-]*{DIGEST}$", image), name

    def test_all_of_genekin_is_one_image(self, config):
        built = [config["services"][name] for name in GENEKIN & {*config["services"]}]
        assert len({service["image"] for service in built}) == 1
        assert all("build" in service for service in built)


class TestNetworks:
    def test_only_dashboards_and_their_worker_reach_the_stores(self, own):
        back = {name for name in own["services"] if "back" in networks(own, name)}
        assert back == {*GENEKIN, "milvus", "mysql"}

    def test_only_milvus_reaches_what_lies_beneath_it(self, own):
        store = {name for name in own["services"] if "store" in networks(own, name)}
        assert store == {"milvus", "etcd", "minio"}
        assert networks(own, "etcd") == networks(own, "minio") == {"store"}

    def test_the_proxy_reaches_the_dashboards_only(self, config):
        reached = {
            name
            for name in config["services"]
            if networks(config, "proxy") & networks(config, name)
        }
        assert reached == {"proxy", "app"}

    def test_the_stores_have_no_way_out(self, own):
        closed = {
            name for name, network in own["networks"].items() if (network or {}).get("internal")
        }
        assert closed == {"front", "back", "store"}
        for name in (*STORES, "setup"):
            assert networks(own, name) <= closed


class TestUsers:
    def test_genekin_is_no_administrator(self, own, secrets):
        made = read_settings(secrets)
        administrators = {value for name, value in made.items() if "ROOT" in name}
        for name in ("app", "worker", "proxy"):
            found = texts(own["services"][name])
            assert not [text for text in found if any(root in text for root in administrators)]

    def test_the_setup_has_run_before_the_dashboards_start(self, own):
        for name in ("app", "worker"):
            assert conditions(own, name) == {"setup": "service_completed_successfully"}
        healthy = "service_healthy"
        assert conditions(own, "setup") == {"milvus": healthy, "mysql": healthy}
        assert conditions(own, "milvus") == {"etcd": healthy, "minio": healthy}


class TestDashboards:
    def test_their_settings_are_known(self, config, monkeypatch):
        fields = {f"GENEKIN_{name.upper()}" for name in Settings.model_fields}
        for name in ("app", "worker"):
            environment = config["services"][name]["environment"]
            for variable, value in environment.items():
                monkeypatch.setenv(variable, str(value))
            settings = Settings()
            assert settings.milvus_uri.startswith("http")
            assert settings.database_url.get_secret_value().startswith("mysql+pymysql://")
            own = {variable for variable in environment if variable.startswith("GENEKIN_")}
            assert own <= fields

    def test_replicas_share_the_key_of_cookies_and_know_their_host(self, config, secrets):
        environment = config["services"]["app"]["environment"]
        key = read_settings(secrets)["COOKIE_SECRET"]
        assert environment["STREAMLIT_SERVER_COOKIE_SECRET"] == key
        assert environment["STREAMLIT_SERVER_ALLOWED_HOSTS"] == "localhost"
        assert config["services"]["app"]["deploy"]["replicas"] == 2


class TestSecrets:
    def test_only_their_owner_can_read_them(self, tmp_path):
        file = make_secrets(tmp_path)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600

    def test_every_one_is_long_and_its_own(self, tmp_path):
        made = read_settings(make_secrets(tmp_path / "one"))
        assert len(made) == 8
        assert len({*made.values(), *read_settings(make_secrets(tmp_path / "two")).values()}) == 16
        for value in made.values():
            assert re.fullmatch(r"[A-Za-z0-9]{32}", value)
            # Milvus wants one of each.
            assert re.search(r"[a-z]", value)
            assert re.search(r"[A-Z]", value)
            assert re.search(r"[0-9]", value)

    def test_again_they_stay_as_they_are(self, tmp_path):
        before = make_secrets(tmp_path).read_text(encoding="utf-8")
        assert make_secrets(tmp_path).read_text(encoding="utf-8") == before

    def test_those_of_an_earlier_version_are_kept_and_completed(self, tmp_path):
        early = "# Mine\nMYSQL_PASSWORD=from before\nGENEKIN_HOST=lab.example.org\nCOOKIE_SECRET="
        (tmp_path / ".env").write_text(early, encoding="utf-8")
        (tmp_path / ".env").chmod(0o644)

        file = make_secrets(tmp_path)

        assert file.read_text(encoding="utf-8").startswith(early)
        settings = read_settings(file)
        assert settings["MYSQL_PASSWORD"] == "from before"
        assert settings["GENEKIN_HOST"] == "lab.example.org"
        assert len(settings) == 9
        assert all(settings.values())
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert [path.name for path in tmp_path.iterdir() if ".env." in path.name] == [
            ".env.example"
        ]

    def test_none_is_shipped(self):
        settings = read_settings(PROJECT / ".env.example")
        assert set(settings.values()) == {""}
        assert ".env" in (PROJECT / ".gitignore").read_text(encoding="utf-8").splitlines()


class TestImage:
    @pytest.fixture
    def dockerfile(self):
        return (PROJECT / "Dockerfile").read_text(encoding="utf-8")

    def test_begins_with_a_version_and_a_digest(self, dockerfile):
        assert re.search(
            rf"^ARG PYTHON=python:3\.11\.\d+-slim-\w+{DIGEST}$", dockerfile, re.MULTILINE
        )
        assert re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE) == ["${PYTHON}", "${PYTHON}"]

    def test_has_no_compiler_and_no_administrator(self, dockerfile):
        installs = re.findall(r"pip [^&\n]*install [^&]*", dockerfile)
        assert len(installs) == 2
        assert all("--only-binary=:all:" in install for install in installs)
        assert "apt-get" not in dockerfile
        assert re.findall(r"^USER (\w+)$", dockerfile, re.MULTILINE) == ["genekin"]

    def test_asks_for_the_health_of_this_process(self, dockerfile):
        assert "http://127.0.0.1:8501/healthz" in dockerfile

    def test_contains_what_the_dashboard_needs_and_no_more(self):
        ignored = [
            line
            for line in (PROJECT / ".dockerignore").read_text(encoding="utf-8").splitlines()
            if line and not line.startswith("#")
        ]

        def is_ignored(name: str) -> bool:
            return any(
                fnmatch(name, pattern) or name.startswith(f"{pattern}/") for pattern in ignored
            )

        names = {str(file.relative_to(PROJECT)) for file in tracked()}
        kept = {name.partition("/")[0] for name in names if not is_ignored(name)}
        assert kept == {
            ".streamlit",
            "LICENSE",
            "README.md",
            "app.py",
            "components",
            "constraints.txt",
            "core",
            "deploy",
            "pages",
            "requirements-data.txt",
            "requirements.txt",
            "serve.py",
        }
        assert is_ignored(".env")
        assert is_ignored(".streamlit/secrets.toml")
        assert not is_ignored("deploy/store_users.py")
