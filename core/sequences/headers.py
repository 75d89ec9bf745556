"""Families and organisms out of header lines, by patterns.

Patterns run in RE2, through pyarrow: its time grows with the length of the header only, so that no
pattern a person gives can keep a server busy, as backtracking would.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from core.errors import InputError

MAX_PATTERN = 300
"""Longest pattern, in characters."""
MAX_HEADER = 1_000
"""Characters of a header in which a pattern is searched."""
_VALUE = r"""\s*[=:]\s*["']?([^\]|;"'=:]+?)["']?\s*(?:[\]|;"']|[\s,]\w+[=:]|$)"""
FAMILY_PATTERNS: Mapping[str, str] = MappingProxyType(
    {
        "family=…": rf"(?i)\b(?:gene[ _]?)?(?:family|class){_VALUE}",
        "|3|": r"\|\s*(\d{1,4})\s*(?:\||\s|$)",
    }
)
"""What families in headers look like, most telling first, and the pattern that reads it:
``class=3``, ``family:Ion channel``, ``[gene_family=Synthase]``; a number between bars."""
ORGANISM_PATTERNS: Mapping[str, str] = MappingProxyType(
    {
        "organism=…": rf"(?i)\b(?:organism|species){_VALUE}",
        "OS=…": r"\bOS=([^=]+?)\s*(?:\s\w\w=|$)",
    }
)
"""The same of organisms; ``OS=`` is UniProt's."""


def search(pattern: str, headers: Sequence[str]) -> list[str]:
    r"""What the first group of a pattern finds in each header; empty where it finds nothing.

    Raises
    ------
    InputError
        If the pattern is too long, cannot be read, or has no group.

    Examples
    --------
    >>> search(r"class=(\d+)", ["gene1 class=3", "gene2"])
    ['3', '']
    """
    import pyarrow as pa  # type: ignore[import-untyped]
    import pyarrow.compute as pc  # type: ignore[import-untyped]

    if len(pattern) > MAX_PATTERN:
        message = f"The pattern has {len(pattern):,} characters; at most {MAX_PATTERN} are read."
        raise InputError(message, "Shorten it to what stands around the family.")
    texts = pa.array([header[:MAX_HEADER] for header in headers], pa.large_string())
    try:
        found = pc.match_substring_regex(texts, pattern=pattern)
        groups = pc.replace_substring_regex(
            texts, pattern=f"^.*?(?:{pattern}).*$", replacement=r"\1", max_replacements=1
        )
    except (pa.ArrowException, UnicodeEncodeError) as error:
        raise InputError(_why(pattern, str(error)), r"An example: class=(\d+)") from None
    values = pc.if_else(found, pc.utf8_trim_whitespace(groups), "")
    return [str(value) for value in values.to_pylist()]


def best_pattern(patterns: Mapping[str, str], headers: Sequence[str]) -> str:
    """The pattern that finds something in most headers, the earlier of equals; or empty."""
    if not headers:
        return ""
    counts = {pattern: sum(map(bool, search(pattern, headers))) for pattern in patterns.values()}
    best = max(counts, key=counts.__getitem__)
    return best if counts[best] else ""


def _why(pattern: str, reason: str) -> str:
    if "only has 0 parenthesized" in reason:
        return f"The pattern {pattern[:80]!r} has no brackets around the family."
    reason = reason.removeprefix("Invalid regular expression: ").partition(": (^")[0]
    reason = reason.partition(": ")[0].splitlines()[0]
    return f"The pattern {pattern[:80]!r} cannot be read: {reason}."
