"""Families that a user gives to profiles, or that their own names and descriptions give them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from core.classification.profile_search import HmmProfile
from core.errors import InputError
from core.sequences.issues import shorten


def parse_families(lines: Iterable[str]) -> dict[str, str]:
    """Return the name of a family by the name of a profile, of lines ``PROFILE=FAMILY``.

    Raises
    ------
    InputError
        If a line is none, or a profile is named twice.

    Examples
    --------
    >>> parse_families(["kin_1 = Tyrosine kinase", ""])
    {'kin_1': 'Tyrosine kinase'}
    """
    families: dict[str, str] = {}
    for line in filter(str.strip, lines):
        profile, _, family = (part.strip() for part in line.partition("="))
        if not (profile and family):
            message = f"{shorten(line)!r} does not name a family of a profile."
            raise InputError(message, "Use: PROFILE=FAMILY.")
        if profile in families:
            raise InputError(f"The profile {shorten(profile)!r} has two families.", "Give it one.")
        families[profile] = family
    return families


def name_families(
    profiles: Sequence[HmmProfile],
    families: Mapping[str, str],
    known: Mapping[int, str],
    library: str,
) -> list[HmmProfile]:
    """Return profiles with their families, and without one where it is to be learned.

    Parameters
    ----------
    families
        Name of a family by the name of a profile, as a user gives them.
    known
        Families of the library, by class number.
    library
        Its name, for messages.

    Raises
    ------
    InputError
        If there is no such profile or family.
    """
    numbers = {name.casefold(): number for number, name in known.items()}
    names = {profile.name for profile in profiles}
    for profile, family in families.items():
        if profile not in names:
            raise InputError(f"The file has no profile {shorten(profile)!r}.", "Nothing was added.")
        if family.casefold() not in numbers:
            message = f"The library {library!r} has no family {shorten(family)!r}."
            raise InputError(message, "Nothing was added. Check the name of the family.")
    return [
        replace(profile, family=_first(numbers, _texts(profile, families))) for profile in profiles
    ]


def _texts(profile: HmmProfile, families: Mapping[str, str]) -> Iterable[str]:
    if profile.name in families:
        return [families[profile.name]]
    return [profile.description, profile.name]


def _first(numbers: Mapping[str, int], texts: Iterable[str]) -> int | None:
    return next((numbers[text.casefold()] for text in texts if text.casefold() in numbers), None)
