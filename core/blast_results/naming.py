"""Names of queries and subjects, which BLAST may have replaced by ids of its own."""

from core.sequences.records import clean_name


def own_name(given: str, description: str | None, *made_up: str) -> tuple[str, str]:
    """Return the name that the user gave, and the full header.

    Parameters
    ----------
    given
        The id in the file.
    made_up
        Beginnings of ids that BLAST makes up: the user's own then begins the description.

    Examples
    --------
    >>> own_name("Query_1", "gene1 of mine", "Query_")
    ('gene1', 'gene1 of mine')
    >>> own_name("gene1", "of mine", "Query_")
    ('gene1', 'gene1 of mine')
    """
    words = (description or "").split(maxsplit=1)
    if words and given.startswith(made_up):
        return clean_name(words[0]), description or ""
    return clean_name(given), f"{given} {description or ''}".strip()
