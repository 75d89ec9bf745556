"""Names as people write them, made fit to keep: of records and of organisms."""

import re
import unicodedata

from core.errors import InputError
from core.names import check_organism_name
from core.sequences.records import MAX_NAME

_PARTS = re.compile(r"[\s.\-]+")


def record_name(written: str) -> str:
    r"""The name without characters that do not show or that reverse what follows, not endless.

    >>> record_name("gene\u202e1\x07")
    'gene1'
    """
    shown = written
    if not written.isprintable():
        shown = "".join(
            letter for letter in written if unicodedata.category(letter) not in {"Cc", "Cf", "Cs"}
        )
    return shown.strip()[:MAX_NAME]


def organism_name(written: str) -> str | None:
    """The organism's name as the stores take it, or None if it cannot be one.

    Blanks, points and hyphens become underscores; nothing else is guessed.

    >>> organism_name("Homo sapiens"), organism_name("E. coli K-12"), organism_name("../etc")
    ('Homo_sapiens', 'E_coli_K_12', None)
    """
    name = _PARTS.sub("_", written.strip())
    try:
        check_organism_name(name)
    except InputError:
        return None
    return name
