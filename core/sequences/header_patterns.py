"""Families and organisms in header lines, found by regular expressions.

Patterns run in RE2, through pyarrow: its time is linear in the length of the header, so that no
user's pattern can keep a server busy, as backtracking would.
"""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from core.errors import InputError
from core.sequences.issues import shorten

MAX_PATTERN = 300
"""Maximum length of a pattern, in characters."""
MAX_HEADER = 1_000
"""Characters of a header that are searched."""

_VALUE = r"""\s*[=:]\s*["']?([^\]|;"'=:]+?)["']?\s*(?:[\]|;"']|[\s,]\w+[=:]|$)"""
FAMILY_PATTERNS: Mapping[str, str] = MappingProxyType(
    {
        "family=…": rf"(?i)\b(?:gene[ _]?)?(?:family|class){_VALUE}",
        "|3|": r"\|\s*(\d{1,4})\s*(?:\||\s|$)",
    }
)
"""Patterns of families by an example, most specific first: ``class=3``, ``family:Ion channel``,
``[gene_family=Synthase]``; a number between bars."""
ORGANISM_PATTERNS: Mapping[str, str] = MappingProxyType(
    {
        "organism=…": rf"(?i)\b(?:organism|species){_VALUE}",
        "OS=…": r"\bOS=([^=]+?)\s*(?:\s\w\w=|$)",
    }
)
"""Patterns of organisms by an example; ``OS=`` is UniProt's."""
_FAMILY_KEYS = re.compile(
    r"\b(?:gene[ _]?)?(?:family|class)\s*[=:]|\|\s*\d{1,4}\s*(?=\||\s|$)", re.IGNORECASE
)
"""Matches of the patterns of families, or their beginnings."""
_MAX_EXAMPLE = 80


def search_headers(pattern: str, headers: Sequence[str]) -> list[str]:
    r"""Return the first match of the pattern's capture group in each header, or an empty string.

    Raises
    ------
    InputError
        If the pattern is too long, invalid, or has no capture group.

    Examples
    --------
    >>> search_headers(r"class=(\d+)", ["gene1 class=3", "gene2"])
    ['3', '']
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if len(pattern) > MAX_PATTERN:
        message = f"The pattern has {len(pattern):,} characters; the maximum is {MAX_PATTERN}."
        raise InputError(message, "Shorten it to the text around the family.")
    texts = pa.array([header[:MAX_HEADER] for header in headers], pa.large_string())
    try:
        matches = pc.match_substring_regex(texts, pattern=pattern)
        groups = pc.replace_substring_regex(
            texts, pattern=f"^.*?(?:{pattern}).*$", replacement=r"\1", max_replacements=1
        )
    except (pa.ArrowException, UnicodeEncodeError) as error:
        raise InputError(_describe(pattern, str(error)), r"Example: class=(\d+)") from None
    values = pc.if_else(matches, pc.utf8_trim_whitespace(groups), "")
    return [str(value) for value in values.to_pylist()]


def best_pattern(patterns: Mapping[str, str], headers: Sequence[str]) -> str:
    """Return the pattern that matches most headers, the first of equals; empty if none does."""
    if not headers:
        return ""
    counts = {
        pattern: sum(map(bool, search_headers(pattern, headers))) for pattern in patterns.values()
    }
    best = max(counts, key=counts.__getitem__)
    return best if counts[best] else ""


def describe_several_families(pattern: str, headers: Sequence[str]) -> list[str]:
    """Return a note if headers name more than one family, of which a usual pattern finds one.

    >>> describe_several_families(FAMILY_PATTERNS["family=…"], ["a class=3 family=Kinase"])
    ["Headers name several families, such as 'a class=3 family=Kinase'; one of them is read."]
    """
    if pattern not in FAMILY_PATTERNS.values():
        return []
    for header in headers:
        if len(_FAMILY_KEYS.findall(header[:MAX_HEADER])) > 1:
            example = shorten(header, _MAX_EXAMPLE)
            note = f"Headers name several families, such as {example!r}; one of them is read."
            return [note]
    return []


def _describe(pattern: str, reason: str) -> str:
    """Return RE2's error without the pattern that this module wraps around the user's."""
    if "only has 0 parenthesized" in reason:
        return f"The pattern {pattern[:80]!r} has no capture group (parentheses)."
    reason = reason.removeprefix("Invalid regular expression: ").partition(": (^")[0]
    reason = reason.partition(": ")[0].splitlines()[0]
    return f"Invalid pattern {pattern[:80]!r}: {reason}."
