"""Spellings: names of organisms and families that are read as another spelling of themselves.

Names of families are compared without case and separators. Those of organisms are exact, but for
the characters that a store does not accept: ``E. coli`` and ``E coli`` are both ``E_coli``, while
``human`` and ``HUMAN`` are two organisms. A report names both cases, so that no organism is merged
or split without a note.
"""

from collections.abc import Iterable

from core.sequences.issues import shorten

_MAX_NAMES = 5
"""Names that a note shows."""
_MAX_LENGTH = 60


class Spellings:
    """Names as written, by the name that they are read as.

    Parameters
    ----------
    kind
        Plural of what is named, such as ``organisms``.
    """

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._written: dict[str, dict[str, None]] = {}

    def add(self, written: str, name: str) -> None:
        """Add a name as a record has it, and the name that it is read as."""
        self._written.setdefault(name, {})[written] = None

    def describe_changed(self) -> list[str]:
        """Return a note if names are read as another spelling.

        Examples
        --------
        >>> spellings = Spellings("organisms")
        >>> for written in ("E. coli", "E coli"):
        ...     spellings.add(written, "E_coli")
        >>> spellings.describe_changed()
        ["Spellings of organisms: 'E. coli', 'E coli' are read as 'E_coli'."]
        """
        changed = [
            f"{_quote(written)} {'is' if len(written) == 1 else 'are'} read as {_quote([name])}"
            for name, written in self._written.items()
            if set(written) != {name}
        ]
        return [f"Spellings of {self._kind}: {_join(changed)}."] if changed else []

    def describe_similar(self, known: Iterable[str]) -> list[str]:
        """Return a note if names differ in case and separators alone, and are kept apart.

        Parameters
        ----------
        known
            Names that the library has.

        Examples
        --------
        >>> spellings = Spellings("organisms")
        >>> spellings.add("HUMAN", "HUMAN")
        >>> spellings.describe_similar(["human"])
        ["Similar names of different organisms: 'human' and 'HUMAN'."]
        """
        similar: dict[str, dict[str, None]] = {}
        for name in (*known, *self._written):
            similar.setdefault(_letters(name), {})[name] = None
        pairs = [
            " and ".join(map(repr, names))
            for names in similar.values()
            if len(names) > 1 and not self._written.keys().isdisjoint(names)
        ]
        return [f"Similar names of different {self._kind}: {_join(pairs)}."] if pairs else []


def _letters(name: str) -> str:
    """Return the letters and digits of a name, without case."""
    return "".join(filter(str.isalnum, name.casefold()))


def _quote(names: Iterable[str]) -> str:
    names = list(names)
    quoted = ", ".join(repr(shorten(name, _MAX_LENGTH)) for name in names[:_MAX_NAMES])
    return f"{quoted}, …" if len(names) > _MAX_NAMES else quoted


def _join(parts: list[str]) -> str:
    more = len(parts) - _MAX_NAMES
    return "; ".join(parts[:_MAX_NAMES]) + (f"; and {more:,} more" if more > 0 else "")
