import getpass

import pytest

from core.access import Role
from core.access.machine import command_access, current_user
from core.settings import Settings


@pytest.mark.parametrize("role", ["reader", "curator", "admin"])
def test_the_settings_give_the_role(role, monkeypatch):
    monkeypatch.setattr(getpass, "getuser", lambda: "ada")
    access = command_access(Settings(command_role=role), "Python")
    assert access.current().role is Role(role)
    assert access.actor == "ada (Python)"


def test_the_command_line_is_the_usual_origin(monkeypatch):
    monkeypatch.setattr(getpass, "getuser", lambda: "ada")
    assert command_access(Settings()).actor == "ada (command line)"


def test_a_machine_may_have_no_names(monkeypatch):
    def fail() -> str:
        raise KeyError

    monkeypatch.setattr(getpass, "getuser", fail)
    assert current_user() == ""
