"""Roles, the actions that each allows, and who may use a library."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Self


class Role(StrEnum):
    """Levels of rights; each role may do all that the ones before it may."""

    NONE = "none"
    VISITOR = "visitor"
    READER = "reader"
    CURATOR = "curator"
    ADMIN = "admin"

    def includes(self, other: "Role") -> bool:
        """Return whether this role may do all that another one may.

        >>> Role.CURATOR.includes(Role.READER), Role.READER.includes(Role.ADMIN)
        (True, False)
        """
        return _RANKS[self] >= _RANKS[other]

    @classmethod
    def highest(cls, roles: "list[Role]") -> Self:
        """Return the highest of these roles; ``none`` of no role."""
        return cls(max([Role.NONE, *roles], key=_RANKS.__getitem__))


_RANKS: Mapping[Role, int] = MappingProxyType({role: rank for rank, role in enumerate(Role)})

ASSIGNABLE = (Role.READER, Role.CURATOR, Role.ADMIN)
"""Roles that a user can be given."""


class Action(StrEnum):
    """Things that a user does; the value is the name in the audit trail."""

    SEARCH = "search"
    KEEP_RUNS = "keep runs"
    CREATE_TOKEN = "create API token"  # noqa: S105  (the name of an action)
    LOAD = "load"
    REMOVE = "remove organism"
    RENAME = "rename library"
    CALIBRATE = "calibrate"
    REFIT = "refit"
    REPAIR = "repair"
    EXPORT = "export"
    IMPORT = "import"
    BENCHMARK = "benchmark"
    SET_ACCESS = "change library access"
    DELETE_LIBRARY = "delete library"
    SEE_ALL = "see everything"
    MANAGE_USERS = "manage users"
    READ_AUDIT = "read the audit trail"


REQUIRED_ROLES: Mapping[Action, Role] = MappingProxyType(
    {
        Action.SEARCH: Role.VISITOR,
        Action.KEEP_RUNS: Role.READER,
        Action.CREATE_TOKEN: Role.READER,
        Action.LOAD: Role.CURATOR,
        Action.REMOVE: Role.CURATOR,
        Action.RENAME: Role.CURATOR,
        Action.CALIBRATE: Role.CURATOR,
        Action.REFIT: Role.CURATOR,
        Action.REPAIR: Role.CURATOR,
        Action.EXPORT: Role.CURATOR,
        Action.IMPORT: Role.CURATOR,
        Action.BENCHMARK: Role.CURATOR,
        Action.SET_ACCESS: Role.CURATOR,
        Action.DELETE_LIBRARY: Role.ADMIN,
        Action.SEE_ALL: Role.ADMIN,
        Action.MANAGE_USERS: Role.ADMIN,
        Action.READ_AUDIT: Role.ADMIN,
    }
)
"""The lowest role that may do each action."""


class LibraryAccess(StrEnum):
    """Users of a library: its owner, everyone with a role, or visitors too."""

    PRIVATE = "private"
    LAB = "lab"
    PUBLIC = "public"
