"""BLAST results as XML, ``-outfmt 5`` or ``16``, read once it is known to be harmless."""

import io
from xml.parsers import expat  # nosec B407  # no entities: see _Inspection

from pydantic import ValidationError

from core.blast_results.format_5 import FAULTS, iter_format_5
from core.blast_results.format_16 import iter_format_16
from core.blast_results.results import MAX_ALIGNMENTS, BlastResults, Search
from core.errors import InputError
from core.schema import describe_fault
from core.sequences.records import clean_name

_ROOT, _XML2_ROOTS = "BlastOutput", {"BlastXML2", "BlastOutput2"}
_QUERY, _XML2_QUERY, _ALIGNMENT = "Iteration", "Search", "Hsp"
_MAX_DEPTH = 50
"""More than any nested elements that BLAST writes."""
_FORMAT_HINT = "Use BLAST results in format 5 or 16 (XML), 6 or 7 (tabular)."
_DAMAGED_HINT = "Run BLAST again, or copy the file again."
_NO_QUERIES_HINT = "The main file of format 14 only names others: open those, or use format 16."


def read_xml(data: bytes, name: str, digest: str) -> BlastResults:
    """Read BLAST's XML.

    Parameters
    ----------
    name, digest
        Name of the file, for messages, and digest of its contents.

    Raises
    ------
    InputError
        If it is not BLAST's XML, or declares entities; it names the line.
    """
    inspection = _Inspection(data, name)
    read = iter_format_16 if inspection.is_xml2 else iter_format_5
    lines = inspection.query_lines
    found: list[Search] = []
    try:
        found.extend(read(io.BytesIO(data)))
    except FAULTS as error:
        line = lines[len(found)] if len(found) < len(lines) else 1
        reason = "an element of this query is missing or invalid"
        if isinstance(error, ValidationError):
            reason = f"an alignment of this query is invalid ({describe_fault(error)})"
        raise InputError(f"{name}, line {line:,}: {reason}.", _DAMAGED_HINT) from None
    if not found:
        raise InputError(f"{name} has no BLAST results.", _NO_QUERIES_HINT)
    program, database, _ = found[-1]
    queries = tuple(search.query for search in found)
    return BlastResults(name, digest, clean_name(program), clean_name(database), queries)


class _Inspection:
    """A first reading, which refuses whatever is not plain XML of BLAST.

    Entities can expand to any size, or name files of the server: a file that has one is refused.
    The document type that BLAST names is not fetched.

    Attributes
    ----------
    is_xml2
        Whether it is BLAST's newer XML.
    query_lines
        The line on which each query begins.
    """

    def __init__(self, data: bytes, name: str) -> None:
        self.is_xml2 = False
        self.query_lines: list[int] = []
        self._name = name
        self._depth = 0
        self._alignments = 0
        self._parser = expat.ParserCreate()
        self._parser.EntityDeclHandler = self._refuse_entity
        self._parser.SkippedEntityHandler = self._refuse_entity
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        try:
            self._parser.Parse(data, True)
        except expat.ExpatError as error:
            reason = expat.ErrorString(error.code)
            message = f"{name} is damaged XML, line {error.lineno:,}: {reason}."
            raise InputError(message, _DAMAGED_HINT) from None

    def _start(self, tag: str, _attributes: object) -> None:
        if self._depth == 0:
            self._check_root(tag)
        self._depth += 1
        self._alignments += tag == _ALIGNMENT
        if tag == (_XML2_QUERY if self.is_xml2 else _QUERY):
            self.query_lines.append(self._line)
        if self._depth > _MAX_DEPTH:
            raise self._refused("is nested too deeply")
        if self._alignments > MAX_ALIGNMENTS:
            raise self._refused(f"has more than {MAX_ALIGNMENTS:,} alignments")

    def _end(self, _tag: str) -> None:
        self._depth -= 1

    def _check_root(self, tag: str) -> None:
        self.is_xml2 = tag in _XML2_ROOTS
        if tag != _ROOT and not self.is_xml2:
            raise InputError(f"{self._name} is XML, but not of BLAST.", _FORMAT_HINT)

    def _refuse_entity(self, *_: object) -> None:
        raise self._refused("has an XML entity, which BLAST never writes")

    @property
    def _line(self) -> int:
        return self._parser.CurrentLineNumber

    def _refused(self, reason: str) -> InputError:
        return InputError(f"{self._name} {reason} (line {self._line:,}).", _FORMAT_HINT)
