"""Families that look alike: abbreviations, plurals and near spellings of one name."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from core.sequences.families import canonical_spelling, class_number

_MIN_RATIO = 0.85
"""Share of letters in common, of both names, from which two names are near."""
_MIN_LENGTH = 5
"""Letters of a name that can be near to another one."""
_MAX_COMPARISONS = 20_000
"""Names are compared letter by letter only if there are few: families, and no wrong column."""
_RARE = 0.1
"""Share of the records of another family below which one may be a misspelling of it."""
_SHORT = 2
"""Letters of a word that is no misspelling of another one."""
_GENERAL_WORDS = frozenset(("family", "superfamily", "gene"))
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class SimilarFamily:
    """A new family, and the one that it looks like.

    Attributes
    ----------
    written
        The family as the file has it.
    name
        The family that it looks like.
    count
        Number of its records.
    certain
        True for an abbreviation, a plural or another order of words; False for a near spelling,
        which may well be another family.
    """

    written: str
    name: str
    count: int
    certain: bool


def find_similar_families(counts: Mapping[str, int], known: Iterable[str]) -> list[SimilarFamily]:
    """Return those of some families that look like a known one, or like another one of them.

    Parameters
    ----------
    counts
        Number of records by family as written; class numbers among them are left alone.
    known
        Names of families that exist already.

    Examples
    --------
    >>> found = find_similar_families({"GPCR": 2, "Kinase": 3}, ["G protein coupled receptors"])
    >>> [(family.written, family.name, family.certain) for family in found]
    [('GPCR', 'G protein coupled receptors', True)]
    """
    names = list(dict.fromkeys(known))
    spellings = set(map(canonical_spelling, names))
    new = {
        written: count
        for written, count in counts.items()
        if class_number(written) is None and canonical_spelling(written) not in spellings
    }
    by_letters = len(new) * (len(new) + len(names)) <= _MAX_COMPARISONS
    index = _Index()
    for name in names:
        index.add(name)
    similar = []
    # Names of several words first, which single ones may abbreviate; then the commoner ones.
    for written in sorted(new, key=lambda written: (len(_words(written)) == 1, -new[written])):
        count = new[written]
        if same := index.find_same(written):
            if canonical_spelling(same) != canonical_spelling(written):
                similar.append(SimilarFamily(written, same, count, certain=True))
            continue
        nearest = _find_near(written, index.names, new) if by_letters else None
        if nearest is None:
            index.add(written)
        else:
            similar.append(SimilarFamily(written, nearest, count, certain=False))
    return similar


class _Index:
    """Names by what their spellings have in common."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._by_words: dict[str, str] = {}
        self._by_initials: dict[str, str] = {}

    def add(self, name: str) -> None:
        self.names.append(name)
        words = _words(name)
        for form in _forms(words):
            self._by_words.setdefault(form, name)
        if len(words) > 1:
            self._by_initials.setdefault(_initials(words), name)

    def find_same(self, name: str) -> str | None:
        """Return the first name with the same words, or that one abbreviates the other."""
        words = _words(name)
        for form in _forms(words):
            if found := self._by_words.get(form):
                return found
        if len(words) == 1:
            return self._by_initials.get(words[0])
        return self._by_words.get(_initials(words))


def _forms(words: Sequence[str]) -> tuple[str, str]:
    """Return words without their order, and without the spaces between them."""
    return " ".join(sorted(words)), "".join(words)


def _initials(words: Iterable[str]) -> str:
    return "".join(word[0] for word in words)


def _words(name: str) -> list[str]:
    """Return the words of a name in the singular, without general ones.

    >>> _words("G-protein coupled receptors (GPCR) family")
    ['g', 'protein', 'coupled', 'receptor']
    """
    words = [_singular(word) for word in _WORD.findall(name.casefold())]
    # An abbreviation in parentheses repeats the words before it.
    words = [word for word in words if word not in _GENERAL_WORDS] or words
    if len(words) > 2 and words[-1] == _initials(words[:-1]):
        words.pop()
    return words


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    return word[:-1] if len(word) > 2 and word.endswith("s") and word[-2] not in "su" else word


def _find_near(written: str, names: Sequence[str], counts: Mapping[str, int]) -> str | None:
    """Return the nearest name that differs in a few letters, or None.

    Two names of the same file are near only if one is rare: it may be a misspelling.
    """
    words = _words(written)
    letters = "".join(words)
    if len(letters) < _MIN_LENGTH:
        return None
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(letters)
    best, best_ratio = None, _MIN_RATIO
    for name in names:
        others = _words(name)
        if name in counts and counts[written] > _RARE * counts[name]:
            continue
        if _distinctive(words) != _distinctive(others):
            continue
        matcher.set_seq1("".join(others))
        if matcher.real_quick_ratio() >= best_ratio and (ratio := matcher.ratio()) >= best_ratio:
            best, best_ratio = name, ratio
    return best


def _distinctive(words: Iterable[str]) -> set[str]:
    """Return the words by which near names differ on purpose: kinase A and B, 5-HT1 and 5-HT2."""
    return {word for word in words if len(word) <= _SHORT or not word.isalpha()}
