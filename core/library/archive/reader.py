"""Archive reader: takes a file from anywhere, within limits, in memory, and checks all of it."""

import hashlib
import re
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self, TypeVar

from numpy.typing import NDArray
from pydantic import ValidationError

from core.arrays import Arrays, from_npy
from core.classification.model import FamilyModel
from core.classification.profile_evidence import ProfileModel
from core.encoders import ENCODERS, Encoder
from core.errors import InputError
from core.library.archive.format import (
    ARRAY,
    ENCODER,
    LEARNED,
    MANIFEST,
    MODEL,
    PROFILES,
    PROFILES_FORMAT,
    SEQUENCES,
    Manifest,
    Profile,
    Sequence,
    Version,
)
from core.library.profile_file import MAX_FILE_BYTES, read_profile
from core.library.stored_state import (
    pack_profile,
    restore_encoder,
    restore_model,
    restore_profiles,
)
from core.schema import StrictModel, describe_fault
from core.sequences.limits import Limits
from core.settings import MB
from core.stores.sql import ProfileRow

_Schema = TypeVar("_Schema", bound=StrictModel)

_ARRAY = re.compile(ARRAY)
_MAX_MANIFEST_BYTES = 10_000_000
_MIN_SUSPICIOUS_BYTES = 1_000_000
"""Size below which no compression ratio is suspicious."""
_LINE_OVERHEAD = 10_000
"""Bytes of a line apart from its residues."""
_ENCRYPTED_FLAG = 1
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
"""Compression methods that are read: the others' errors and memory are their libraries' own."""
_MAGIC = b"PK\x03\x04"
_DAMAGED_HINT = "Export the library again, or copy the file again."
_NOT_AN_ARCHIVE_HINT = "Choose a file exported on the Library page or with `python -m core export`."
_UPDATE_HINT = "Update GeneKin, then import it."
_ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    RuntimeError,  # Encrypted, or of a method or version that zipfile does not know.
    OverflowError,  # An offset beyond any file.
    ValueError,
)


class Archive:
    """An open archive, whose sizes, manifest and member names have been checked.

    Parameters
    ----------
    file
        The zip file.
    name
        Its name for messages.

    Raises
    ------
    InputError
        If it is not an archive, damaged, of a newer GeneKin, or too large; also from every method.
    """

    def __init__(self, file: BinaryIO | Path, name: str, limits: Limits) -> None:
        self.name = name
        self._limits = limits
        try:
            self._zip = zipfile.ZipFile(file)
        except OSError as error:
            raise InputError(f"{name} cannot be read: {error.strerror}.") from None
        except _ZIP_ERRORS:
            raise self._unreadable(file) from None
        try:
            self._check_sizes()
            manifest = self._manifest_bytes()
            self._check_version(manifest)
            self._check_names()
            self.manifest = self._parse(manifest)
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

    def encoder(self) -> Encoder:
        """Return the encoder, whose fitted state matches the manifest's fingerprint."""
        name = self.manifest.encoder
        if name not in ENCODERS:
            message = f"{self.name} has the encoder {name!r}, which this version does not support."
            raise InputError(message, _UPDATE_HINT)
        try:
            return restore_encoder(name, self._state(ENCODER), self.manifest.fingerprint)
        except ValueError:
            raise self.damaged("its encoder") from None

    def model(self) -> FamilyModel | None:
        """Return the model, whose state matches the manifest's; None if the library has none."""
        if self.manifest.caller is None:
            return None
        try:
            return restore_model(self._state(MODEL), self.manifest.caller)
        except ValueError:
            raise self.damaged("its model") from None

    def profiles(self) -> tuple[list[ProfileRow], ProfileModel] | None:
        """Return the profiles and what was learned about them; None if the library has none."""
        if self.manifest.profiles is None:
            return None
        lines = enumerate(self._parsed(PROFILES, Profile, MAX_FILE_BYTES), start=1)
        rows = [self._profile_row(line, number) for number, line in lines]
        try:
            model = restore_profiles(rows, self._state(LEARNED), self.manifest.profiles)
        except ValueError:
            raise self.damaged("its profiles") from None
        return rows, model

    def _profile_row(self, line: Profile, number: int) -> ProfileRow:
        """Return a profile as a row, after the same checks as of a file of profiles."""
        place = f"{self.name}, {PROFILES}, line {number:,}"
        profile = read_profile(line.text.removesuffix("\n").split("\n"), place)
        described = (profile.name, profile.accession, profile.description)
        if described != (line.name, line.accession, line.description):
            raise self.damaged(PROFILES, f"line {number:,}: it names another profile")
        return ProfileRow(
            name=profile.name,
            accession=profile.accession,
            description=profile.description,
            length=profile.length,
            family=line.family,
            source=line.source,
            added_at=line.date.replace(tzinfo=None, microsecond=0),
            by=line.by,
            data=pack_profile(profile),
        )

    def sequences(self) -> Iterator[Sequence]:
        """Yield the sequences in the order in which they came, after comparing their checksum."""
        yield from self._parsed(SEQUENCES, Sequence, self._limits.max_record_bases + _LINE_OVERHEAD)

    def _parsed(self, member: str, schema: type[_Schema], max_line_bytes: int) -> Iterator[_Schema]:
        digest = hashlib.sha256()
        for line in self._lines(member, max_line_bytes):
            digest.update(line)
        self._check_sha256(member, digest.hexdigest())
        for number, line in enumerate(self._lines(member, max_line_bytes), start=1):
            try:
                yield schema.model_validate_json(line)
            except ValidationError as error:
                reason = f"line {number:,}: {describe_fault(error)}"
                raise self.damaged(member, reason) from None

    def _lines(self, member: str, max_bytes: int) -> Iterator[bytes]:
        try:
            with self._zip.open(member) as file:
                while line := file.readline(max_bytes):
                    yield line
        except (*_ZIP_ERRORS, OSError):
            raise self.damaged(member) from None

    def _state(self, folder: str) -> Arrays:
        matches = (_ARRAY.fullmatch(name) for name in self.manifest.members)
        return {
            match[2]: self._array(match[0]) for match in matches if match and match[1] == folder
        }

    def _array(self, member: str) -> NDArray[Any]:
        data = self._bytes(member)
        self._check_sha256(member, hashlib.sha256(data).hexdigest())
        try:
            return from_npy(data)
        except ValueError:
            raise self.damaged(member) from None

    def _bytes(self, member: str) -> bytes:
        try:
            return self._zip.read(member)
        except (*_ZIP_ERRORS, OSError):
            raise self.damaged(member) from None

    def _check_sha256(self, member: str, digest: str) -> None:
        if digest != self.manifest.members[member].sha256:
            raise self.damaged(member)

    def _unreadable(self, file: BinaryIO | Path) -> InputError:
        """Return the error for a file without the list of members that ends a zip."""
        if isinstance(file, Path):
            with file.open("rb") as opened:
                start = opened.read(len(_MAGIC))
        else:
            file.seek(0)
            start = file.read(len(_MAGIC))
        if start == _MAGIC:
            return InputError(f"{self.name} is incomplete: its end is missing.", _DAMAGED_HINT)
        return self._not_an_archive()

    def _not_an_archive(self) -> InputError:
        return InputError(f"{self.name} is not a GeneKin library archive.", _NOT_AN_ARCHIVE_HINT)

    def _check_sizes(self) -> None:
        """Check the sizes that the zip claims: Python reads no member beyond them."""
        infos = self._zip.infolist()
        if len(infos) > self._limits.max_members:
            raise self._not_an_archive()
        size = sum(info.file_size for info in infos)
        compressed = sum(info.compress_size for info in infos)
        if size > self._limits.max_bytes:
            message = f"{self.name} unpacks to more than {self._limits.max_bytes // MB:,} MB."
            raise InputError(message, self._limits.advice)
        if size > max(_MIN_SUSPICIOUS_BYTES, compressed * self._limits.max_ratio):
            message = f"{self.name} has an implausible compression ratio."
            raise InputError(message, _NOT_AN_ARCHIVE_HINT)
        if any(info.flag_bits & _ENCRYPTED_FLAG for info in infos):
            raise InputError(f"{self.name} is encrypted.", "Use an archive without a password.")
        if any(info.compress_type not in _METHODS for info in infos):
            message = f"{self.name} has a compression method that is not supported."
            raise InputError(message, _DAMAGED_HINT)

    def _manifest_bytes(self) -> bytes:
        infos = [info for info in self._zip.infolist() if info.filename == MANIFEST]
        if len(infos) != 1 or infos[0].file_size > _MAX_MANIFEST_BYTES:
            raise self._not_an_archive()
        return self._bytes(MANIFEST)

    def _check_version(self, manifest: bytes) -> None:
        try:
            version = Version.model_validate_json(manifest).format
        except ValidationError as error:
            raise self.damaged(MANIFEST, describe_fault(error)) from None
        if version > PROFILES_FORMAT:
            message = (
                f"{self.name} was exported by a newer version of GeneKin (format {version};"
                f" this version reads format {PROFILES_FORMAT})."
            )
            raise InputError(message, _UPDATE_HINT)

    def _check_names(self) -> None:
        """Check that all members have names that an archive has, each a name of its own."""
        names = Counter(info.filename for info in self._zip.infolist())
        for name, count in names.items():
            if count > 1 or not (name in {MANIFEST, SEQUENCES, PROFILES} or _ARRAY.fullmatch(name)):
                message = f"{self.name} contains {name[:80]!r}, which is not part of an archive."
                raise InputError(message, _NOT_AN_ARCHIVE_HINT)

    def _parse(self, manifest: bytes) -> Manifest:
        try:
            return Manifest.model_validate_json(manifest)
        except ValidationError as error:
            raise self.damaged(MANIFEST, describe_fault(error)) from None

    def _check_members(self) -> None:
        """Check that the members are exactly those of the manifest, and as large."""
        sizes = {info.filename: info.file_size for info in self._zip.infolist()}
        del sizes[MANIFEST]
        if unlisted := sizes.keys() - self.manifest.members.keys():
            raise self.damaged(MANIFEST, f"{min(unlisted)} is not listed")
        for name, member in self.manifest.members.items():
            if sizes.get(name) != member.bytes:
                raise self.damaged(name)

    def damaged(self, part: str, reason: str = "") -> InputError:
        """Return the error that a part of it is not what was exported."""
        explanation = f" ({reason})" if reason else ""
        return InputError(
            f"{self.name} is damaged: {part} is not as it was exported{explanation}.",
            _DAMAGED_HINT,
        )
