"""Command ``users``: the file of the users who sign in with a password."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from core.access.machine import command_access
from core.access.roles import ASSIGNABLE, Role
from core.cli.shared import help_examples
from core.cli.terminal import print_text
from core.errors import InputError

if TYPE_CHECKING:
    from core.access.administration import Administration

_MAX_BYTES = 10_000
_ROLES = [role.value for role in ASSIGNABLE]


@click.group(
    "users",
    no_args_is_help=False,
    epilog=help_examples("users add ada --role admin", "users set-role rita curator", "users list"),
)
def users_command() -> None:
    """Manage the users who sign in with a password (GENEKIN_USERS_FILE)."""


_role_option = click.option(
    "--role", type=click.Choice(_ROLES), default=_ROLES[0], show_default=True, help="Role."
)
_stdin_option = click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input."
)


@users_command.command("add", epilog=help_examples("users add ada --role admin"))
@click.argument("name")
@_role_option
@_stdin_option
def _add(name: str, role: str, *, password_stdin: bool) -> None:
    """Add a user, with a password that is asked for."""
    with _administration() as administration:
        administration.add(name, Role(role), _read_password(from_stdin=password_stdin))
    print_text(f"{name} can sign in as {role}.\n")


@users_command.command("remove", epilog=help_examples("users remove ada"))
@click.argument("name")
def _remove(name: str) -> None:
    """Remove a user, and sign the user out."""
    with _administration() as administration:
        administration.remove(name)
    print_text(f"{name} was removed.\n")


@users_command.command("set-role", epilog=help_examples("users set-role ada curator"))
@click.argument("name")
@click.argument("role", type=click.Choice(_ROLES))
def _set_role(name: str, role: str) -> None:
    """Give a user another role, from the next action on."""
    with _administration() as administration:
        administration.set_role(name, Role(role))
    print_text(f"{name} is {role} now.\n")


@users_command.command("set-password", epilog=help_examples("users set-password ada"))
@click.argument("name")
@_stdin_option
def _set_password(name: str, *, password_stdin: bool) -> None:
    """Give a user another password, and sign the user out."""
    with _administration() as administration:
        administration.set_password(name, _read_password(from_stdin=password_stdin))
    print_text(f"{name} has a new password.\n")


@users_command.command("list", epilog=help_examples("users list"))
def _list() -> None:
    """List the users and their roles."""
    with _administration() as administration:
        users = administration.users()
    print_text("".join(f"{user.name}\t{user.role}\n" for user in users))


@contextmanager
def _administration() -> Iterator["Administration"]:
    """Open the file of users, and the database with their sign-ins.

    Raises
    ------
    InputError
        If the settings name no file.
    """
    from core.access.administration import Administration  # Imported when run: see core.cli.
    from core.access.sign_ins import SignIns
    from core.access.user_file import UserFile
    from core.settings import read_settings
    from core.stores.sql.audit import AuditTable
    from core.stores.sql.database import Database

    settings = read_settings()
    if settings.users_file is None:
        message = "No file of users is set."
        raise InputError(message, "Set GENEKIN_USERS_FILE to a path, then try again.")
    database = Database(settings.labels_url, settings.store_timeout)
    try:
        users, sign_ins = UserFile(settings.users_file), SignIns(database, settings)
        record = AuditTable(database).add
        yield Administration(users, sign_ins, command_access(settings), record)
    finally:
        database.close()


def _read_password(*, from_stdin: bool) -> str:
    """Return a password from a prompt, or from standard input; never from the command line."""
    if from_stdin:
        return sys.stdin.readline(_MAX_BYTES).rstrip("\r\n")
    if not sys.stdin.isatty():
        message = "There is no terminal to ask for the password."
        raise InputError(message, "Use --password-stdin.")
    password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return password
