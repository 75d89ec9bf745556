"""Families as people write them, numbers or names, and the class numbers that a library keeps."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from core.errors import InputError
from core.sequences.records import MAX_NAME, has_hidden

_MAX_CLASS = 2**31 - 1
PLACEHOLDER = re.compile(r"class \d+")
"""Names that :func:`default_name` gives."""
_MISSING = {"", "na", "n/a", "nan", "null", "none", "-", "?"}
_SPREADSHEET_ERROR = re.compile(
    r"#[¡¿]?[\w/]+[!?]|#\w/\w|#NV|#GETTING_DATA|Err:\d{3}", re.IGNORECASE
)
"""Errors of Excel, LibreOffice and Google Sheets, in English or localised (#NV, #BEZUG!)."""

MAX_FAMILIES = 1_000
"""Maximum number of families of a library: the weights of its model take 115 kB a family, and no
legend or chart of more can be read."""


def class_number(text: str) -> int | None:
    """Return the class number that a text is, or None.

    >>> class_number(" 3 "), class_number("3.0"), class_number("-1")
    (3, None, None)
    """
    digits = text.strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) <= len(str(_MAX_CLASS))):
        return None
    number = int(digits)
    return number if number <= _MAX_CLASS else None


def default_name(family: int) -> str:
    """Return the name of a family that was never named."""
    return f"class {family}"


def family_name(names: Mapping[int, str], family: int) -> str:
    """Return the name of a family, or its class number where it has none.

    >>> family_name({0: "Kinase"}, 0), family_name({}, 3)
    ('Kinase', 'class 3')
    """
    return names.get(family, default_name(family))


def check_family_name(name: str) -> None:
    """Check that a family can have this name.

    Raises
    ------
    InputError
        If the name is empty, too long, or has characters that nobody sees.
    """
    if not 0 < len(name) <= MAX_NAME or has_hidden(name):
        message = f"Invalid family name: {name[:80]!r}."
        raise InputError(message, f"Use 1 to {MAX_NAME} visible characters.")


def is_missing(text: str) -> bool:
    """Return True for the ways in which tables write a missing value."""
    return text.strip().lower() in _MISSING


def is_spreadsheet_error(text: str) -> bool:
    """Return True for what a spreadsheet shows in a cell whose formula failed.

    >>> is_spreadsheet_error("#N/A"), is_spreadsheet_error("#DIV/0!"), is_spreadsheet_error("#3")
    (True, True, False)
    """
    return _SPREADSHEET_ERROR.fullmatch(text.strip()) is not None


def is_family(text: str) -> bool:
    """Return True if a text can be a family: a class number or a name.

    >>> is_family("3"), is_family("Ion channel"), is_family("3.0"), is_family("#N/A")
    (True, True, False, False)
    """
    if class_number(text) is not None:
        return True
    if is_spreadsheet_error(text):
        return False
    is_name = any(map(str.isalpha, text)) and not has_hidden(text) and len(text) <= MAX_NAME
    return is_name and not _is_float(text)


def canonical_spelling(name: str) -> str:
    """Return what all spellings of a family name have in common.

    >>> canonical_spelling("Ion_channel") == canonical_spelling("ion  channel")
    True
    """
    return " ".join(re.split(r"[\s_-]+", name.casefold().strip()))


def collect_families(rows: Iterable[tuple[int, Sequence[str]]], source: str) -> dict[int, str]:
    """Return names by class number, from rows ``(line, (class, gene_family))``.

    Raises
    ------
    InputError
        Naming the invalid line.
    """
    families: dict[int, str] = {}
    for line, row in rows:
        cells = [cell.strip() for cell in row]
        if not any(cells) or (line == 1 and cells[0].lower() == "class"):
            continue
        number = class_number(cells[0])
        if len(cells) != 2 or number is None or not cells[1] or len(cells[1]) > MAX_NAME:
            message = f"{source}, line {line}: expected a class number, a tab and a family name."
            raise InputError(message)
        if is_spreadsheet_error(cells[1]):
            message = f"{source}, line {line}: the name is the spreadsheet error {cells[1]}."
            raise InputError(message, "Write the name of the family.")
        try:
            check_family_name(cells[1])
        except InputError as error:
            message = f"{source}, line {line}: {error.message}"
            raise InputError(message, error.hint) from None
        if families.setdefault(number, cells[1]) != cells[1]:
            message = f"{source}, line {line}: class {number} has two names."
            raise InputError(message)
    if not families:
        message = f"{source} contains no family names."
        raise InputError(message, "Each line is a class number, a tab and a family name.")
    return families


def check_family_count(written: Iterable[str], library: Mapping[int, str], column: str) -> None:
    """Check that a library can have all families of a file.

    Parameters
    ----------
    written
        Families as the records have them.
    library
        Names of the library's families by class number.
    column
        Origin of the families, for the message: ``the column 'gene'``.

    Raises
    ------
    InputError
        If there are more than :data:`MAX_FAMILIES`; probably they are in another column.
    """
    families = set()
    for text in written:
        number = class_number(text)
        name = text if number is None else family_name(library, number)
        families.add(canonical_spelling(name))
    if len(families) > MAX_FAMILIES:
        message = f"{column} has {len(families):,} different values; a library can have"
        hint = "Is this the column of the families? Choose another one."
        raise InputError(f"{message} {MAX_FAMILIES:,} families.", hint)
    families |= {canonical_spelling(name) for name in library.values()}
    if len(families) > MAX_FAMILIES:
        message = f"With the families of {column}, the library would have {len(families):,}"
        hint = "Load them into another library."
        raise InputError(f"{message} families; the maximum is {MAX_FAMILIES:,}.", hint)


@dataclass(frozen=True, slots=True)
class Numbering:
    """Class numbers of the families of a file.

    Attributes
    ----------
    numbers
        Class number of each family as written.
    names
        Name of each class number that has one: of the library's families and the new ones.
    unknown
        Families as written that are neither in the library nor in the family names file.
    """

    numbers: Mapping[str, int]
    names: Mapping[int, str]
    unknown: frozenset[str]


def number_families(
    written: Iterable[str], library: Mapping[int, str], family_names: Mapping[int, str]
) -> Numbering:
    """Assign a class number to every family: the library's own, else the next free one.

    Parameters
    ----------
    written
        Families as the records have them, each a class number or a name.
    library
        Names of the library's families by class number.
    family_names
        Names that came with the records: what *their* class numbers mean.

    Examples
    --------
    >>> number_families(["Ion channel", "Kinase", "0"], {5: "ion_channel"}, {}).numbers
    {'Ion channel': 5, 'Kinase': 1, '0': 0}
    """
    numberer = _Numberer(library, family_names)
    distinct = list(dict.fromkeys(written))
    numberer.reserve(number for text in distinct if (number := class_number(text)) is not None)
    numbers = {text: numberer.number(text) for text in distinct}
    unknown = frozenset(text for text in distinct if not numberer.is_known(text))
    return Numbering(numbers, numberer.names, unknown)


class _Numberer:
    """Assigns numbers: a known name keeps its own, a new one gets the number it asks for."""

    def __init__(self, library: Mapping[int, str], family_names: Mapping[int, str]) -> None:
        self.names = dict(library)
        self._family_names = family_names
        self._by_name = {
            canonical_spelling(name): number
            for number, name in library.items()
            if not PLACEHOLDER.fullmatch(name)
        }
        self._requested = {
            canonical_spelling(name): number for number, name in family_names.items()
        }
        self._known = {*library, *family_names}
        self._known_names = {*self._by_name, *self._requested}
        self._used = set(self._known)
        self._candidates = count()

    def reserve(self, numbers: Iterable[int]) -> None:
        """Keep new names away from numbers that records use."""
        self._used.update(numbers)

    def number(self, written: str) -> int:
        number = class_number(written)
        name = written.strip() if number is None else self._family_names.get(number, "")
        if not name:
            return number if number is not None else self._next_free()
        spelling = canonical_spelling(name)
        if spelling not in self._by_name:
            new = self._choose(spelling)
            self._by_name[spelling] = new
            self.names[new] = name
        return self._by_name[spelling]

    def is_known(self, written: str) -> bool:
        """Return True for a family known before this file; if none was, for every one."""
        if not self._known:
            return True
        number = class_number(written)
        if number is None:
            return canonical_spelling(written) in self._known_names
        return number in self._known

    def _choose(self, spelling: str) -> int:
        """Return the number from the family names file, unless another name has it."""
        requested = self._requested.get(spelling)
        if requested is None or not PLACEHOLDER.fullmatch(self.names.get(requested, "class 0")):
            return self._next_free()
        return requested

    def _next_free(self) -> int:
        # Numbers are never given back, so that the search goes on where it ended.
        return next(number for number in self._candidates if number not in self._used)


def _is_float(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
