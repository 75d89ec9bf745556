"""Format detection of BLAST results: XML, or a table."""

import hashlib

from core.blast_results.results import BlastResults
from core.blast_results.tabular import read_table
from core.blast_results.xml import read_xml
from core.errors import InputError
from core.sequences.readers.encoding import decode

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_DIGEST_LETTERS = 16
_HINT = "Choose a run file of GeneKin, or BLAST results in format 5, 6, 7 or 16."


def read_blast_results(data: bytes, name: str) -> BlastResults:
    """Read BLAST results in format 5 or 16 (XML), 6 or 7 (tabular).

    Parameters
    ----------
    data
        Unpacked.
    name
        Name of the file, for messages.

    Raises
    ------
    InputError
        If they cannot be read; it names the line.
    """
    if not data.strip():
        raise InputError(f"{name} is empty.", _HINT)
    digest = hashlib.sha256(data).hexdigest()[:_DIGEST_LETTERS]
    if data.removeprefix(_BYTE_ORDER_MARK).lstrip().startswith(b"<"):
        return read_xml(data, name, digest)
    text = decode(data, name)
    if "\t" not in text.beginning() and not text.beginning().startswith("# "):
        raise InputError(f"{name} is neither a run file nor BLAST results.", _HINT)
    return read_table(text.lines(), name, digest)
