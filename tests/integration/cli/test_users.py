"""Commands ``users``, and the roles of commands."""

import io
import sys

import pytest

from core.access import Role, User
from core.access.user_file import UserFile
from core.settings import read_settings
from core.stores.sql.audit import AuditTable
from core.stores.sql.database import Database
from tests.support.synthetic import dna

PASSWORD = "correct horse battery"


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.setenv("GENEKIN_USERS_FILE", str(tmp_path / "users"))
    return UserFile(tmp_path / "users")


@pytest.fixture
def type_password(monkeypatch):
    def type_password(text):
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))

    return type_password


def audit():
    settings = read_settings()
    database = Database(settings.labels_url, settings.store_timeout)
    entries = AuditTable(database).find()
    database.close()
    return entries


class TestUsers:
    def test_are_added_changed_and_removed(self, run, file, type_password):
        type_password(f"{PASSWORD}\n")
        assert run("users", "add", "ada", "--role", "admin", "--password-stdin").status == 0
        type_password(f"{PASSWORD}\n")
        assert run("users", "add", "rita", "--password-stdin").status == 0
        assert file.verify("rita", PASSWORD)
        assert run("users", "set-role", "rita", "curator").status == 0
        assert run("users", "list").out == "ada\tadmin\nrita\tcurator\n"
        type_password("another password\n")
        assert run("users", "set-password", "rita", "--password-stdin").status == 0
        assert file.verify("rita", "another password")
        assert run("users", "remove", "rita").status == 0
        assert file.users() == [User("ada", Role.ADMIN)]
        entries = audit()
        assert [entry.action for entry in entries] == [
            "remove user",
            "set password",
            "change role",
            "add user",
            "add user",
        ]
        assert all(entry.by.endswith("(command line)") for entry in entries)
        assert "password " not in str(entries)

    def test_no_password_is_an_argument(self, run, file):
        for arguments in (("add", "ada", PASSWORD), ("add", "ada", "--password", PASSWORD)):
            assert "--help" in run("users", *arguments).refused()
        assert file.users() == []

    def test_without_a_terminal_it_is_not_asked_for(self, run, file, type_password):
        type_password("")
        assert "--password-stdin" in run("users", "add", "ada").refused()
        type_password("short\n")
        assert "10 to 1,000" in run("users", "add", "ada", "--password-stdin").refused()
        assert file.users() == []

    def test_mistakes_are_named(self, run, file):
        assert "no user 'eve'" in run("users", "remove", "eve").refused()
        assert "boss" in run("users", "set-role", "eve", "boss").refused()

    def test_need_a_file(self, run, monkeypatch):
        monkeypatch.delenv("GENEKIN_USERS_FILE", raising=False)
        assert "Set GENEKIN_USERS_FILE" in run("users", "list").refused()

    @pytest.mark.parametrize("role", ["reader", "curator"])
    def test_are_the_administrators(self, run, file, monkeypatch, role):
        monkeypatch.setenv("GENEKIN_COMMAND_ROLE", role)
        assert f"needs the role admin; yours is {role}" in run("users", "list").refused()


class TestCommandRole:
    @pytest.fixture
    def genes(self, tmp_path):
        path = tmp_path / "genes.txt"
        lines = [f"{dna(f'human {number}')}\t{number % 2}" for number in range(8)]
        path.write_text("\n".join(["sequence\tclass", *lines, ""]))
        return path

    CHANGES = (
        ("remove", "human"),
        ("calibrate", "--threshold", "0.5"),
        ("rename", "other"),
        ("refit",),
        ("reconcile",),
        ("export", "lab.zip"),
        ("delete", "--yes"),
    )

    @pytest.fixture
    def loaded_library(self, load, genes):
        assert load(f"human={genes}").status == 0

    @pytest.mark.parametrize(("role", "refused"), [("reader", CHANGES), ("curator", CHANGES[-1:])])
    def test_every_change_asks_for_it(self, run, loaded_library, monkeypatch, role, refused):
        monkeypatch.setenv("GENEKIN_COMMAND_ROLE", role)
        for change in refused:
            assert f"yours is {role}" in run(*change).refused()
        assert "human: 8 sequences" in run("status").out

    def test_a_curator_does_the_rest(self, run, loaded_library, monkeypatch, tmp_path):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("GENEKIN_COMMAND_ROLE", "curator")
        for change in ("calibrate --threshold 0.5", "refit", "reconcile", "export lab.zip"):
            assert run(*change.split()).status == 0

    def test_an_unknown_one_is_refused(self, run, monkeypatch):
        monkeypatch.setenv("GENEKIN_COMMAND_ROLE", "boss")
        assert "GENEKIN_COMMAND_ROLE" in run("status").refused()
