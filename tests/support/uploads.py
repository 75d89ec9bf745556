"""Import reports from bytes, as the Library page makes them."""

import io
import zipfile
from collections.abc import Mapping

from core.sequences.checks import ImportOptions, Known
from core.sequences.importer import Importer
from core.sequences.layout import Layout
from core.sequences.layout_proposal import propose_layout
from core.sequences.limits import Limits
from core.sequences.readers.detection import read_files
from core.sequences.report import Report
from core.sequences.source_file import SourceFile
from core.settings import MB

LIMITS = Limits(max_bytes=30 * MB, max_record_bases=100_000, max_records=10_000)


def one(data: bytes, name: str = "genes", limits: Limits = LIMITS) -> SourceFile:
    (file,) = read_files(data, name, limits)
    return file


def report_on(
    file: SourceFile, known: Known | None = None, layout: Layout | None = None, **options
) -> Report:
    """The report of the proposed layout, unless another one is given."""
    chosen = ImportOptions(**{"organism": "human", **options})
    return Importer(known or Known(), LIMITS).check(file, layout or propose_layout(file), chosen)


def report(data: bytes | str, known: Known | None = None, **options) -> Report:
    data = data.encode() if isinstance(data, str) else data
    return report_on(one(data), known, **options)


def codes(found: Report) -> set[str]:
    return {issue.code for issue in found.issues}


def zipped(members: Mapping[str, str]) -> bytes:
    """A zip of some texts by their names."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return buffer.getvalue()
