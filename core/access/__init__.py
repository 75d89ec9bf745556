"""Roles, users, sign-ins, and the rights that every change asks for."""

from core.access.rights import LOCAL_ACCESS, Access
from core.access.roles import Action, LibraryAccess, Role
from core.access.users import User

__all__ = ["LOCAL_ACCESS", "Access", "Action", "LibraryAccess", "Role", "User"]
