"""Reading an archive from who knows where: within bounds, never onto the disk, all checked."""

import hashlib
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from numpy.typing import NDArray
from pydantic import ValidationError

from core.arrays import Arrays
from core.encoders import ENCODERS, state_digest
from core.errors import InputError
from core.library.archive.format import (
    CALLER,
    ENCODER,
    FORMAT,
    MANIFEST,
    SEQUENCES,
    Manifest,
    Sequence,
    Version,
    check_caller,
    check_encoder,
    from_npy,
)
from core.sequences.limits import Limits

_ARRAY = re.compile(r"(encoder|caller)/([a-z_]{1,32})\.npy")
_MANIFEST_BYTES = 10_000_000
_SMALL = 1_000_000
"""Bytes below which no quotient of sizes is suspicious."""
_LINE_EXTRA = 10_000
"""Bytes of a line beside its residues."""
_ENCRYPTED = 1
_MAGIC = b"PK\x03\x04"
_AGAIN = "Export the library again, or copy the file again."
_NOT_OURS = "Give a file that Export on the Library page, or `python -m core export`, has written."
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,  # A method of packing that Python does not know.
    RuntimeError,  # A password.
    ValueError,
)


class Archive:
    """An archive, opened; what it says of itself is read and checked.

    Parameters
    ----------
    file
        Of the archive.
    name
        What the person calls it.

    Raises
    ------
    InputError
        If it is no archive of a library, damaged, of a newer GeneKin, or larger than is read; also
        from every method.
    """

    def __init__(self, file: BinaryIO | Path, name: str, limits: Limits) -> None:
        self.name = name
        self._limits = limits
        try:
            self._zip = zipfile.ZipFile(file)
        except OSError as error:
            raise InputError(f"{name} cannot be read: {error.strerror}.") from None
        except _DAMAGED:
            raise self._unreadable(file) from None
        try:
            self._check_sizes()
            self.manifest = self._manifest()
            self._check_members()
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._zip.close()

    def encoder(self) -> Arrays:
        """What the encoder learned: what the manifest's fingerprint says."""
        name = self.manifest.encoder
        if name not in ENCODERS:
            message = f"{self.name} has the encoder {name!r}, which this GeneKin does not know."
            raise InputError(message, "Update GeneKin, then import it.")
        state = self._state(ENCODER)
        try:
            check_encoder(name, state)
        except ValueError:
            raise self.damaged("what its encoder learned") from None
        if state_digest(name, state) != self.manifest.fingerprint:
            raise self.damaged("what its encoder learned")
        return state

    def caller(self) -> Arrays | None:
        """What the caller learned; None where there is no caller."""
        if self.manifest.caller is None:
            return None
        state = self._state(CALLER)
        try:
            check_caller(state)
        except ValueError:
            raise self.damaged("what its caller learned") from None
        if state_digest(CALLER, state) != self.manifest.caller:
            raise self.damaged("what its caller learned")
        return state

    def sequences(self) -> Iterator[Sequence]:
        """The sequences in the order in which they came, once their checksum agrees."""
        digest = hashlib.sha256()
        for line in self._lines():
            digest.update(line)
        self._compare(SEQUENCES, digest.hexdigest())
        for line in self._lines():
            try:
                yield Sequence.model_validate_json(line)
            except ValidationError:
                raise self.damaged(SEQUENCES) from None

    def _lines(self) -> Iterator[bytes]:
        most = self._limits.max_record_bases + _LINE_EXTRA
        try:
            with self._zip.open(SEQUENCES) as file:
                while line := file.readline(most):
                    yield line
        except (*_DAMAGED, OSError):
            raise self.damaged(SEQUENCES) from None

    def _state(self, kind: str) -> Arrays:
        found = (_ARRAY.fullmatch(name) for name in self.manifest.members)
        return {match[2]: self._array(match[0]) for match in found if match and match[1] == kind}

    def _array(self, member: str) -> NDArray[Any]:
        data = self._bytes(member)
        self._compare(member, hashlib.sha256(data).hexdigest())
        try:
            return from_npy(data)
        except ValueError:
            raise self.damaged(member) from None

    def _bytes(self, member: str) -> bytes:
        try:
            return self._zip.read(member)
        except (*_DAMAGED, OSError):
            raise self.damaged(member) from None

    def _compare(self, member: str, digest: str) -> None:
        if digest != self.manifest.members[member].sha256:
            raise self.damaged(member)

    def _unreadable(self, file: BinaryIO | Path) -> InputError:
        """What to say of a file without the list of members that ends a zip."""
        if isinstance(file, Path):
            with file.open("rb") as opened:
                start = opened.read(len(_MAGIC))
        else:
            file.seek(0)
            start = file.read(len(_MAGIC))
        if start == _MAGIC:
            return InputError(f"{self.name} is damaged: its end is missing.", _AGAIN)
        return InputError(f"{self.name} is not an archive of a library.", _NOT_OURS)

    def _check_sizes(self) -> None:
        """No member unpacks to more than it says here: Python reads no further."""
        infos = self._zip.infolist()
        if len(infos) > self._limits.max_members:
            raise InputError(f"{self.name} is not an archive of a library.", _NOT_OURS)
        unpacked = sum(info.file_size for info in infos)
        packed = sum(info.compress_size for info in infos)
        if unpacked > self._limits.max_bytes:
            message = f"{self.name} holds more than {self._limits.max_bytes // 1_000_000:,} MB."
            raise InputError(message, self._limits.advice)
        if unpacked > max(_SMALL, packed * self._limits.max_ratio):
            message = f"{self.name} unpacks to far more than a library would."
            raise InputError(message, _NOT_OURS)
        if any(info.flag_bits & _ENCRYPTED for info in infos):
            raise InputError(f"{self.name} has a password.", "Pack it without one.")

    def _manifest(self) -> Manifest:
        infos = [info for info in self._zip.infolist() if info.filename == MANIFEST]
        if len(infos) != 1 or infos[0].file_size > _MANIFEST_BYTES:
            raise InputError(f"{self.name} is not an archive of a library.", _NOT_OURS)
        data = self._bytes(MANIFEST)
        try:
            version = Version.model_validate_json(data).format
            if version > FORMAT:
                message = (
                    f"{self.name} was exported by a newer GeneKin: its format is {version},"
                    f" and this one reads {FORMAT}."
                )
                raise InputError(message, "Update GeneKin, then import it.")
            return Manifest.model_validate_json(data)
        except ValidationError:
            raise self.damaged(MANIFEST) from None

    def _check_members(self) -> None:
        """What is there is what the manifest tells of, under names that an archive has."""
        wanted = {MANIFEST: None, SEQUENCES: None, **self.manifest.members}
        names = [info.filename for info in self._zip.infolist()]
        for name in names:
            if name not in wanted or names.count(name) > 1 or not self._is_known(name):
                message = f"{self.name} holds {name[:80]!r}, which no archive of a library does."
                raise InputError(message, _NOT_OURS)
        for name, member in self.manifest.members.items():
            if name not in names or self._zip.getinfo(name).file_size != member.bytes:
                raise self.damaged(name)

    @staticmethod
    def _is_known(name: str) -> bool:
        return name in {MANIFEST, SEQUENCES} or _ARRAY.fullmatch(name) is not None

    def damaged(self, part: str) -> InputError:
        """The error that a part of it is not what was written."""
        return InputError(f"{self.name} is damaged: {part[:80]} is not what was exported.", _AGAIN)
