"""File of the users who sign in with a password: a line each, its parts separated by colons.

A line has the name, the role, and an Argon2 hash of the password. The file is read again whenever
it has changed, so a role that is changed or a user who is removed is noticed at the next action.
"""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from core.access.roles import ASSIGNABLE, Role
from core.access.users import User, check_user_name
from core.errors import GeneKinError, InputError, write_error
from core.output import replacing

if TYPE_CHECKING:
    from argon2 import PasswordHasher

MIN_PASSWORD, MAX_PASSWORD = 10, 1_000
"""Number of characters of a password."""
_MODE = 0o600
_HEADER = "# GeneKin users: name:role:hash of the password. Change it with: python -m core users\n"
_State = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class _Entry:
    """A user, and the hash of the password."""

    user: User
    password_hash: str


class UserFile:
    """The users in a file; safe to share between threads and processes.

    Raises
    ------
    GeneKinError
        From every method, if the file cannot be read, or a line of it is invalid.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._read: tuple[_State, Mapping[str, _Entry]] | None = None

    def users(self) -> list[User]:
        """Return all users, in the order of the file."""
        return [entry.user for entry in self._entries().values()]

    def role(self, name: str) -> Role:
        """Return the role of a user; ``none``, if there is no such user any more."""
        entry = self._entries().get(name)
        return entry.user.role if entry else Role.NONE

    def verify(self, name: str, password: str) -> bool:
        """Return whether this is the password of a user.

        It takes as long for a name that no user has.
        """
        from argon2.exceptions import Argon2Error, InvalidHashError

        entry = self._entries().get(name)
        try:
            _hasher().verify(
                entry.password_hash if entry else _nobodys_hash(), password[:MAX_PASSWORD]
            )
        except (Argon2Error, InvalidHashError):
            return False
        return entry is not None

    def add(self, name: str, role: Role, password: str) -> None:
        """Add a user; the file is created with the first one.

        Raises
        ------
        InputError
            If there is such a user, or the name or the password is invalid.
        """
        check_user_name(name)
        with self._changing() as entries:
            if name in entries:
                message = f"There is a user {name!r} already."
                raise InputError(message, "Choose another name, or set the password.")
            entries[name] = _Entry(User(name, role), _hash(password))

    def remove(self, name: str) -> None:
        """Remove a user.

        Raises
        ------
        InputError
            If there is no such user, or nobody else is an administrator.
        """
        with self._changing() as entries:
            _require(entries, name)
            del entries[name]
            _require_admin(entries, name)

    def set_role(self, name: str, role: Role) -> None:
        """Give a user another role.

        Raises
        ------
        InputError
            If there is no such user, or nobody else is an administrator.
        """
        with self._changing() as entries:
            _require(entries, name)
            entries[name] = replace(entries[name], user=User(name, role))
            _require_admin(entries, name)

    def set_password(self, name: str, password: str) -> None:
        """Give a user another password.

        Raises
        ------
        InputError
            If there is no such user, or the password is invalid.
        """
        with self._changing() as entries:
            _require(entries, name)
            entries[name] = replace(entries[name], password_hash=_hash(password))

    def _entries(self) -> Mapping[str, _Entry]:
        """Return the entries, read again if the file has changed."""
        with self._lock:
            try:
                status = self._path.stat()
                state = (status.st_mtime_ns, status.st_size, status.st_ino)
                if self._read is None or self._read[0] != state:
                    self._read = state, _parse(self._path.read_text(encoding="utf-8"))
            except FileNotFoundError:
                return {}
            except (OSError, UnicodeError):
                message = "The file of users cannot be read."
                raise GeneKinError(message, "Check GENEKIN_USERS_FILE.") from None
            return self._read[1]

    @contextmanager
    def _changing(self) -> Iterator[dict[str, _Entry]]:
        """Yield the entries to change, and write them at the end of the block."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            lock = self._path.with_name(f".{self._path.name}.lock")
            with lock.open("w") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                entries = dict(self._entries())
                yield entries
                self._write(entries)
        except OSError as error:
            raise write_error(self._path, error) from None

    def _write(self, entries: Mapping[str, _Entry]) -> None:
        lines = [
            f"{entry.user.name}:{entry.user.role}:{entry.password_hash}\n"
            for entry in entries.values()
        ]
        with replacing(self._path) as file:
            os.fchmod(file.fileno(), _MODE)
            file.write("".join([_HEADER, *lines]).encode())


def _parse(text: str) -> dict[str, _Entry]:
    entries: dict[str, _Entry] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, rest = line.strip().partition(":")
        role, _, password_hash = rest.partition(":")
        if role not in ASSIGNABLE or not password_hash or name in entries:
            message = f"Line {number:,} of the file of users is invalid."
            raise GeneKinError(message, "Correct it: name:role:hash, every name once.")
        entries[name] = _Entry(User(check_user_name(name), Role(role)), password_hash)
    return entries


def _require(entries: Mapping[str, _Entry], name: str) -> None:
    if name not in entries:
        raise InputError(f"There is no user {name!r}.", "List them: python -m core users list")


def _require_admin(entries: Mapping[str, _Entry], name: str) -> None:
    if entries and all(entry.user.role is not Role.ADMIN for entry in entries.values()):
        message = f"{name} is the only administrator."
        raise InputError(message, "Make another user an administrator first.")


def _hash(password: str) -> str:
    """Return the hash of a password.

    Raises
    ------
    InputError
        If the password is too short or too long.
    """
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        message = f"A password has {MIN_PASSWORD} to {MAX_PASSWORD:,} characters."
        raise InputError(message, "Choose another one.")
    return _hasher().hash(password)


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher  # Imported when used: most commands need no password.

    return PasswordHasher()


@cache
def _nobodys_hash() -> str:
    """Return a hash that is no user's, so that unknown names take as long as known ones."""
    return _hasher().hash(os.urandom(16).hex())
