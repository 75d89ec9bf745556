from pathlib import Path

import pytest

from core.errors import InputError
from core.settings import Settings, read_settings


@pytest.fixture(autouse=True)
def home(monkeypatch):
    monkeypatch.setenv("GENEKIN_HOME", "/srv/genekin")


def refused(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(InputError) as caught:
        read_settings()
    assert caught.value.message.startswith(f"The setting {name} is invalid: ")
    assert caught.value.message.count("\n") == 0
    return str(caught.value)


class TestDefaults:
    def test_everything_lives_in_one_folder(self):
        settings = read_settings()
        assert settings.home == Path("/srv/genekin")
        assert settings.vectors_uri == "/srv/genekin/vectors.db"
        assert settings.labels_url == "sqlite:////srv/genekin/labels.sqlite"
        assert settings.embedded_vectors

    def test_the_folder_is_the_users_own(self, monkeypatch):
        monkeypatch.delenv("GENEKIN_HOME")
        assert read_settings().home.parts[-1] == "genekin"
        assert read_settings().home.is_absolute()

    def test_the_limits_are_a_million_bases_and_200_mb(self):
        assert read_settings().max_record_bases == 1_000_000
        assert read_settings().max_file_bytes == 200 * 1024**2

    def test_files_on_disk_may_be_larger_and_no_folder_is_open_to_the_pages(self, monkeypatch):
        assert read_settings().max_disk_file_mb == 1_000
        assert read_settings().source_folder is None
        monkeypatch.setenv("GENEKIN_SOURCE_FOLDER", "/srv/sources")
        assert read_settings().source_folder == Path("/srv/sources")

    def test_runs_are_kept_for_ninety_days_or_for_ever(self, monkeypatch):
        assert read_settings().keep_runs_days == 90
        monkeypatch.setenv("GENEKIN_KEEP_RUNS_DAYS", "0")
        assert read_settings().keep_runs_days == 0

    def test_the_human_reference_loads_by_itself_unless_turned_off(self, monkeypatch):
        monkeypatch.delenv("GENEKIN_LOAD_HUMAN_REFERENCE")
        assert read_settings().load_human_reference
        monkeypatch.setenv("GENEKIN_LOAD_HUMAN_REFERENCE", "false")
        assert not read_settings().load_human_reference

    def test_an_empty_variable_is_not_set(self, monkeypatch):
        monkeypatch.setenv("GENEKIN_MAX_FILE_MB", "")
        monkeypatch.setenv("GENEKIN_MILVUS_URI", "")
        assert read_settings() == Settings(home=Path("/srv/genekin"))

    def test_nothing_can_be_changed_afterwards(self):
        with pytest.raises(ValueError, match="frozen"):
            read_settings().store_timeout = 1.0  # type: ignore[misc]

    def test_are_a_key_for_caches(self):
        assert hash(read_settings()) == hash(read_settings())


class TestMilvus:
    @pytest.mark.parametrize(
        "uri", ["http://milvus:19530", "https://cloud.example", "tcp://10.0.0.1:19530"]
    )
    def test_is_a_server(self, monkeypatch, uri):
        monkeypatch.setenv("GENEKIN_MILVUS_URI", uri)
        assert read_settings().vectors_uri == uri
        assert not read_settings().embedded_vectors

    def test_or_a_path(self, monkeypatch):
        monkeypatch.setenv("GENEKIN_MILVUS_URI", "/data/mine.db")
        assert read_settings().vectors_uri == "/data/mine.db"
        assert read_settings().embedded_vectors

    @pytest.mark.parametrize(
        "uri", ["milvus:19530", "ftp://milvus", "/data/mine", "http://", "http://milvus:port"]
    )
    def test_nothing_else(self, monkeypatch, uri):
        assert "neither a server (http://host:19530) nor a Milvus Lite path" in refused(
            monkeypatch, "GENEKIN_MILVUS_URI", uri
        )

    @pytest.mark.parametrize(
        "uri",
        [
            "http://root:hush@milvus:19530",
            "http://root:12/hush@milvus:19530",
            "http://root:hu/hush@milvus:19530",
            "http://root:12#hush@milvus:19530",
            "http://root?hush@milvus:19530",
        ],
    )
    def test_its_address_must_not_hold_the_password(self, monkeypatch, uri):
        message = refused(monkeypatch, "GENEKIN_MILVUS_URI", uri)
        assert "GENEKIN_MILVUS_TOKEN" in message
        assert "hush" not in message

    @pytest.mark.parametrize("uri", ["http://milvus:19530?token=hush", "http://milvus:19530/#hush"])
    def test_has_no_options_that_would_be_shown(self, monkeypatch, uri):
        assert "hush" not in refused(monkeypatch, "GENEKIN_MILVUS_URI", uri)


class TestDatabase:
    def test_is_mysql(self, monkeypatch):
        url = "mysql+pymysql://genekin:hush@mysql:3306/genekin"
        monkeypatch.setenv("GENEKIN_DATABASE_URL", url)
        assert read_settings().labels_url == url

    def test_or_sqlite(self, monkeypatch):
        monkeypatch.setenv("GENEKIN_DATABASE_URL", "sqlite:////data/labels.sqlite")
        assert read_settings().labels_url == "sqlite:////data/labels.sqlite"

    @pytest.mark.parametrize(
        "url",
        [
            "hush",
            "postgresql://genekin:hush@host/genekin",
            "mysql://genekin:hush@host/genekin",
            "mysql+pymysql://genekin:hush@host:port/genekin",
            "mysql+pymysql://genekin:hu:hush/sh@host",
            "mysql+pymysql://genekin:hush/genekin",
        ],
    )
    def test_nothing_else_and_never_the_password_in_the_message(self, monkeypatch, url):
        message = refused(monkeypatch, "GENEKIN_DATABASE_URL", url)
        assert "hush" not in message

    @pytest.mark.parametrize(
        "url", ["sqlite://", "sqlite:///:memory:", "mysql+pymysql://genekin:hush@host"]
    )
    def test_it_must_be_named(self, monkeypatch, url):
        assert "names no database" in refused(monkeypatch, "GENEKIN_DATABASE_URL", url)

    @pytest.mark.parametrize("mark", "/?#[]@")
    @pytest.mark.parametrize("before", ["genekin:", "genekin:hush", "gen", "genekin:12"])
    def test_its_password_is_escaped(self, monkeypatch, before, mark):
        url = f"mysql+pymysql://{before}{mark}hush@host/genekin"
        message = refused(monkeypatch, "GENEKIN_DATABASE_URL", url)
        assert "%2F for /" in message
        assert "hush" not in message
        monkeypatch.setenv(
            "GENEKIN_DATABASE_URL", "mysql+pymysql://genekin:%2F%40hush@host/genekin"
        )
        assert read_settings().labels_url.endswith("@host/genekin")

    def test_a_path_may_have_any_character(self, monkeypatch):
        monkeypatch.setenv("GENEKIN_DATABASE_URL", "sqlite:////data/me@lab/#1/labels.sqlite")
        assert read_settings().labels_url == "sqlite:////data/me@lab/#1/labels.sqlite"

    def test_its_password_stands_where_it_can_be_hidden(self, monkeypatch):
        url = "mysql+pymysql://genekin@host/genekin?password=hush"
        message = refused(monkeypatch, "GENEKIN_DATABASE_URL", url)
        assert "user:password@host" in message
        assert "hush" not in message


class TestSecrets:
    def test_do_not_show_where_settings_are_printed(self, monkeypatch):
        monkeypatch.setenv("GENEKIN_MILVUS_TOKEN", "root:hush")
        monkeypatch.setenv("GENEKIN_DATABASE_URL", "mysql+pymysql://genekin:hush@host/genekin")
        settings = read_settings()
        assert settings.milvus_token.get_secret_value() == "root:hush"
        assert "hush" not in f"{settings!r} {settings} {settings.model_dump()}"


class TestNumbers:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("GENEKIN_MAX_FILE_MB", "many"),
            ("GENEKIN_MAX_FILE_MB", "0"),
            ("GENEKIN_MAX_RECORD_BASES", "999"),
            ("GENEKIN_MAX_RECORD_BASES", "16000001"),
            ("GENEKIN_STORE_TIMEOUT", "0"),
            ("GENEKIN_KEEP_RUNS_DAYS", "-1"),
        ],
    )
    def test_out_of_range_are_refused_by_name(self, monkeypatch, name, value):
        assert refused(monkeypatch, name, value).endswith(
            "Correct it in the environment, then start GeneKin again."
        )

    def test_in_range_are_taken(self, monkeypatch):
        monkeypatch.setenv("GENEKIN_MAX_FILE_MB", "2")
        assert read_settings().max_file_bytes == 2 * 1024**2
