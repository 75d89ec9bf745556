"""Files with results to look at: a run of GeneKin, or BLAST results."""

from dataclasses import replace

from core.blast_results import BlastResults, read_blast_results
from core.errors import InputError
from core.runs.file_reader import OpenedRun, is_run_file, read_run_file
from core.sequences.limits import Limits
from core.sequences.readers.archives import unpack

_MAX_RATIO = 1_100
"""Maximum compression ratio: that of gzip, as results may repeat; their size is limited too."""


def read_results(data: bytes, name: str, limits: Limits) -> OpenedRun | BlastResults:
    """Read a run file or BLAST results, plain, gzipped or in a zip.

    Parameters
    ----------
    name
        Name of the file, for messages.

    Raises
    ------
    InputError
        If it is neither, damaged, or too large.
    """
    member, *others = unpack(data, name, replace(limits, max_ratio=_MAX_RATIO))
    if others:
        raise InputError(f"{member.label} is one of several files.", "Open one file at a time.")
    if is_run_file(member.data):
        return read_run_file(member.data, member.label, limits)
    return read_blast_results(member.data, member.label)
