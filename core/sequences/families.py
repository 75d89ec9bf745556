"""Families as people write them, numbers or names, and the numbers that a library keeps."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from core.errors import InputError
from core.sequences.records import MAX_NAME

_MAX_CLASS = 2**31 - 1
_PLACEHOLDER = re.compile(r"class \d+")
"""What a library calls a family that was never named."""
_MISSING = {"", "na", "n/a", "null", "none", "-", "?"}


@dataclass(frozen=True, slots=True)
class Numbering:
    """Which number each family has.

    Attributes
    ----------
    numbers
        The number of each family as it was written.
    names
        Every number's name, where it has one: those of the library, and those that are new.
    unknown
        Written families that neither the library nor the file of family names has.
    """

    numbers: Mapping[str, int]
    names: Mapping[int, str]
    unknown: frozenset[str]


def class_number(text: str) -> int | None:
    """The class number that a text is, or None.

    >>> class_number(" 3 "), class_number("3.0"), class_number("-1")
    (3, None, None)
    """
    digits = text.strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) <= len(str(_MAX_CLASS))):
        return None
    number = int(digits)
    return number if number <= _MAX_CLASS else None


def is_missing(written: str) -> bool:
    """Whether this is how tables write that there is no value."""
    return written.strip().lower() in _MISSING or written.strip().lower() == "nan"


def is_family(written: str) -> bool:
    """Whether this can be a family: a class number or a name.

    >>> is_family("3"), is_family("Ion channel"), is_family("3.0"), is_family("1e5")
    (True, True, False, False)
    """
    if class_number(written) is not None:
        return True
    named = any(map(str.isalpha, written)) and written.isprintable() and len(written) <= MAX_NAME
    return named and not _is_number(written)


def collect_families(rows: Iterable[tuple[int, Sequence[str]]], source: str) -> dict[int, str]:
    """Class numbers and their names, from rows ``(line, (class, gene_family))``.

    Raises
    ------
    InputError
        Naming the line that cannot be read.
    """
    families: dict[int, str] = {}
    for line, row in rows:
        cells = [cell.strip() for cell in row]
        if not any(cells) or (line == 1 and cells[0].lower() == "class"):
            continue
        family = class_number(cells[0])
        if len(cells) != 2 or family is None or not cells[1] or len(cells[1]) > MAX_NAME:
            message = f"{source}, line {line}: expected a class number, a tab and a family name."
            raise InputError(message)
        if families.setdefault(family, cells[1]) != cells[1]:
            message = f"{source}, line {line}: class {family} has two names."
            raise InputError(message)
    if not families:
        message = f"{source} names no families."
        raise InputError(message, "Each line is a class number, a tab and a family name.")
    return families


def number_families(
    written: Iterable[str], library: Mapping[int, str], given: Mapping[int, str]
) -> Numbering:
    """A number for every family: the library's own where it knows the name, else the next free.

    Parameters
    ----------
    written
        Families as the records have them, each a class number or a name.
    library
        The names of the library's families by number.
    given
        The same of the file of family names that came with the records: what *its* numbers mean.

    Examples
    --------
    >>> number_families(["Ion channel", "Kinase", "0"], {5: "ion_channel"}, {}).numbers
    {'Ion channel': 5, 'Kinase': 1, '0': 0}
    """
    numberer = _Numberer(library, given)
    distinct = list(dict.fromkeys(written))
    numberer.reserve(number for each in distinct if (number := class_number(each)) is not None)
    numbers = {each: numberer.number(each) for each in distinct}
    unknown = frozenset(each for each in distinct if not numberer.knows(each))
    return Numbering(numbers, numberer.names, unknown)


def spelling(name: str) -> str:
    """What the spellings of one family have in common.

    >>> spelling("Ion_channel") == spelling("ion  channel")
    True
    """
    return " ".join(re.split(r"[\s_-]+", name.casefold().strip()))


class _Numberer:
    """Hands out numbers: a name keeps the one it has, a new name gets the one it asks for."""

    def __init__(self, library: Mapping[int, str], given: Mapping[int, str]) -> None:
        self.names = dict(library)
        self._given = given
        self._by_name = {
            spelling(name): number
            for number, name in library.items()
            if not _PLACEHOLDER.fullmatch(name)
        }
        self._wanted = {spelling(name): number for number, name in given.items()}
        self._known = {*library, *given}
        self._known_names = {*self._by_name, *self._wanted}
        self._used = set(self._known)

    def reserve(self, numbers: Iterable[int]) -> None:
        """Keep new names away from numbers that records use."""
        self._used.update(numbers)

    def number(self, written: str) -> int:
        number = class_number(written)
        name = written.strip() if number is None else self._given.get(number, "")
        if not name:
            return number if number is not None else self._free()
        if spelling(name) not in self._by_name:
            new = self._choose(name)
            self._by_name[spelling(name)] = new
            self.names[new] = name
        return self._by_name[spelling(name)]

    def knows(self, written: str) -> bool:
        """Whether it was a family before this file; where none was named, every one is."""
        if not self._known:
            return True
        number = class_number(written)
        return spelling(written) in self._known_names if number is None else number in self._known

    def _choose(self, name: str) -> int:
        """The number that the file of family names asks for, unless it has another name."""
        wanted = self._wanted.get(spelling(name))
        if wanted is None or not _PLACEHOLDER.fullmatch(self.names.get(wanted, "class 0")):
            return self._free()
        return wanted

    def _free(self) -> int:
        number = next(number for number in count() if number not in self._used)
        self._used.add(number)
        return number


def _is_number(written: str) -> bool:
    try:
        float(written)
    except ValueError:
        return False
    return True
