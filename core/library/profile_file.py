"""Files of profile HMMs in HMMER3 text format, plain, gzipped or zipped, checked line by line."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from core.classification.profile_search import HmmProfile
from core.classification.profile_text import parse_hmm
from core.errors import InputError
from core.progress import Progress, no_progress
from core.sequences.limits import Limits
from core.sequences.readers.archives import unpack
from core.sequences.records import MAX_NAME, clean_name, has_hidden
from core.settings import MB

MAX_PROFILES = 1_000
"""Most profiles of one library."""
MAX_FILE_BYTES = 100 * MB
"""Largest file of profiles, unpacked."""
MAX_STATES = 10_000
"""Most match states of one profile; the longest of Pfam has about 2,000."""
_PROGRESS_INTERVAL = 50

_FORMAT = re.compile(r"HMMER3/[a-f]\b")
_OLD_FORMAT = "HMMER2"
_BINARY = (b"\xb1\xe3\xed", b"\xb2\xe3\xed", b"\xb3\xe3\xed", b"\xe4\xed", b"\xe5\xed", b"\xe6\xed")
_NUCLEOTIDES = {"DNA", "RNA"}
_STATISTICS = {"MSV", "VITERBI", "FORWARD"}
_FORMAT_HINT = "Choose a file made by hmmbuild (HMMER3), or downloaded from Pfam or PANTHER."
_DAMAGED_HINT = "Download the file again, or build the profile again with hmmbuild."
_SPLIT_HINT = "Leave out those that no query needs."


class _Block(NamedTuple):
    """The lines of one profile, and the number of the first one."""

    line: int
    lines: list[str]


class ProfileFile:
    """A file of profiles for a library.

    Parameters
    ----------
    name
        Its name, for messages.
    """

    def __init__(self, data: bytes, name: str) -> None:
        limits = replace(Limits(), max_bytes=MAX_FILE_BYTES, advice=_SPLIT_HINT)
        self._members = unpack(data, name, limits)

    def read(self, progress: Progress = no_progress) -> list[HmmProfile]:
        """Return the profiles in the order of the file.

        Raises
        ------
        InputError
            If it is not such a file, or a profile is invalid; it names the profile and the line.
        """
        found: dict[str, HmmProfile] = {}
        for member in self._members:
            for block in _blocks(_decode(member.data, member.label), member.label):
                if len(found) == MAX_PROFILES:
                    message = f"{member.label} has more than {MAX_PROFILES:,} profiles."
                    raise InputError(message, _SPLIT_HINT)
                profile = read_profile(block.lines, member.label, block.line)
                if profile.name in found:
                    message = f"{member.label}, line {block.line:,}: a second profile is called"
                    raise InputError(f"{message} {profile.name}.", "Rename one, or leave it out.")
                found[profile.name] = profile
                if len(found) % _PROGRESS_INTERVAL == 0:
                    progress("Reading profiles", len(found), 0)
        if not found:
            raise InputError(f"{self._members[0].label} has no profiles.", _FORMAT_HINT)
        return list(found.values())


def read_profile(lines: list[str], source: str, first_line: int = 1) -> HmmProfile:
    """Return a profile from its lines, whose first one has this number in its file.

    Raises
    ------
    InputError
        If it is invalid.
    """
    return _Reader(lines, source, first_line).read()


class _Reader:
    """Checks one profile, line by line; HMMER checks its numbers."""

    def __init__(self, lines: list[str], source: str, first_line: int) -> None:
        self._lines = lines
        self._source = source
        self._first_line = first_line
        self._numbers: dict[str, int] = {}
        self._name = ""

    def read(self) -> HmmProfile:
        if not _FORMAT.match(self._lines[0]):
            if self._lines[0].startswith(_OLD_FORMAT):
                raise self._error(0, "is in HMMER2 format", "Convert it with hmmconvert.")
            raise self._error(0, "does not begin with HMMER3/", _FORMAT_HINT)
        header = self._header()
        self._name = self._read_name(header)
        self._check_alphabet(header)
        length = self._read_length(header)
        text = "\n".join([*self._lines, ""])
        try:
            hmm = parse_hmm(text)
        except ValueError as error:
            raise self._error(0, f"is damaged: {_reason(error)}", _DAMAGED_HINT) from None
        if length != hmm.M:
            raise self._error(0, "is damaged: it has another length than it says", _DAMAGED_HINT)
        accession, description = (clean_name(header.get(key, "")) for key in ("ACC", "DESC"))
        return HmmProfile(self._name, accession, description, length, text)

    def _header(self) -> Mapping[str, str]:
        """Return the values of the header by their keys, and note their lines."""
        header: dict[str, str] = {}
        statistics = set()
        for index, line in enumerate(self._lines[1:], start=1):
            key, _, value = line.partition(" ")
            if key == "HMM":
                break
            if key == "STATS":
                statistics.update(value.split()[1:2])
            elif key not in header:
                header[key] = value.strip()
                self._numbers[key] = index
        else:
            raise self._error(0, "has no line HMM, which ends the header", _DAMAGED_HINT)
        self._name = header.get("NAME", "")
        if statistics < _STATISTICS:
            hint = "Build it again with hmmbuild, which calibrates it."
            raise self._error(0, "is not calibrated: it lacks lines STATS LOCAL", hint)
        return header

    def _read_name(self, header: Mapping[str, str]) -> str:
        name = header.get("NAME", "")
        if not name:
            raise self._error(0, "has no line NAME", _DAMAGED_HINT)
        if len(name) > MAX_NAME or has_hidden(name):
            self._name = ""
            reason = f"has a name that is not 1 to {MAX_NAME} visible characters"
            raise self._error(self._numbers["NAME"], reason, "Change the line NAME.")
        return name

    def _check_alphabet(self, header: Mapping[str, str]) -> None:
        alphabet = header.get("ALPH", "")
        if alphabet.upper() in _NUCLEOTIDES:
            reason = (
                f"is a profile of {alphabet.upper()}: families are properties of proteins, and"
                " queries are translated"
            )
            hint = "Build it from the translated sequences: hmmbuild --amino."
            raise self._error(self._numbers["ALPH"], reason, hint)
        if alphabet.lower() != "amino":
            reason = "is not a profile of proteins (ALPH amino)"
            raise self._error(self._numbers.get("ALPH", 0), reason, _FORMAT_HINT)

    def _read_length(self, header: Mapping[str, str]) -> int:
        text = header.get("LENG", "")
        is_number = text.isascii() and text.isdigit() and len(text) <= len(str(MAX_STATES))
        if not is_number or not 1 <= int(text) <= MAX_STATES:
            reason = f"has no length (LENG) from 1 to {MAX_STATES:,}"
            raise self._error(self._numbers.get("LENG", 0), reason, _DAMAGED_HINT)
        return int(text)

    def _error(self, index: int, reason: str, hint: str) -> InputError:
        name = f"the profile {self._name[:80]}" if self._name else "a profile"
        return InputError(
            f"{self._source}, line {self._first_line + index:,}: {name} {reason}.", hint
        )


def _decode(data: bytes, label: str) -> str:
    if data.startswith(_BINARY):
        raise InputError(f"{label} is in binary format.", "Convert it to text: hmmconvert FILE.")
    if b"\0" in data:
        raise InputError(f"{label} is not a file of profiles.", _FORMAT_HINT)
    return data.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")


def _blocks(text: str, label: str) -> Iterator[_Block]:
    """Split a file into its profiles, each of which ends with a line ``//``."""
    first, lines = 1, list[str]()
    for number, line in enumerate(text.split("\n"), start=1):
        if not lines and not line.strip():
            continue
        if not lines:
            first = number
        lines.append(line)
        if line.rstrip() == "//":
            yield _Block(first, lines)
            lines = []
    if lines:
        # What is no profile at all is said before that it does not end.
        if lines[0].startswith("HMMER"):
            message = f"{label}, line {first:,}: the last profile does not end with //."
            raise InputError(message, "The file is incomplete: download it again.")
        raise InputError(f"{label}, line {first:,}: this is not a profile.", _FORMAT_HINT)


def _reason(error: ValueError) -> str:
    """Return the reason that HMMER gives, in one line."""
    text = " ".join(clean_name(str(error)).split()).rstrip(".")
    return text.removeprefix("Invalid format in file: ") or "it cannot be read"
