"""Users of an OpenID provider: their names and roles, by the claims of their tokens."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime

from core.access.roles import ASSIGNABLE, Role
from core.access.users import User
from core.sequences.records import remove_hidden
from core.settings import Settings

Claims = Mapping[str, object]
"""Claims of an identity token that was checked."""
_EMAIL, _EMAIL_VERIFIED = "email", "email_verified"
_MAX_NAME = 200


def user_of_claims(claims: Claims, settings: Settings) -> User:
    """Return the user whom a token names.

    The name is the e-mail address, unless the provider says that it is not verified; then the
    provider's own identifier. Neither is anything that users choose for themselves.
    """
    email = claims.get(_EMAIL) if _has_verified_email(claims) else None
    name = str(email).casefold() if email else str(claims.get("sub") or "")
    return User(remove_hidden(name).strip()[:_MAX_NAME], role_of_claims(claims, settings))


def role_of_claims(claims: Claims, settings: Settings) -> Role:
    """Return the highest role that the values of the role claim give.

    Without a mapping, the values ``reader``, ``curator`` and ``admin`` name the roles.
    """
    mapping: Mapping[str, str] = settings.role_by_claim or {
        role.value: role.value for role in ASSIGNABLE
    }
    values = _values(claims, settings.role_claim) if settings.role_claim else []
    if settings.role_claim == _EMAIL:
        mapping = {value.casefold(): role for value, role in mapping.items()}
        values = [value.casefold() for value in values] if _has_verified_email(claims) else []
    found = [Role(mapping[value]) for value in values if value in mapping]
    return Role.highest(found) if found else Role(settings.default_role)


def issued_at(claims: Claims) -> datetime | None:
    """Return when a token was issued, in UTC without a time zone; None if it does not say."""
    seconds = claims.get("iat")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
    except (OverflowError, ValueError, OSError):
        return None


def sign_in_digest(claims: Claims) -> str:
    """Return a digest of a sign-in at the provider: the same in all tabs, another the next time."""
    parts = [claims.get(name) for name in ("iss", "sub", "iat", "nonce", "jti")]
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()


def _has_verified_email(claims: Claims) -> bool:
    return claims.get(_EMAIL_VERIFIED, True) in (True, "true")


def _values(claims: Claims, path: str) -> list[str]:
    """Return the texts of a claim; dots lead into objects, where no claim has the whole name."""
    value: object = claims.get(path)
    if value is None:
        value = claims
        for name in path.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
    values = value if isinstance(value, list | tuple) else [value]
    return [item for item in values if isinstance(item, str)]
