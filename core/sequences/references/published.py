"""Published data set of three organisms, downloaded from mirrors and verified by checksum.

Both mirrors are public and pinned to one commit. Their files differ in line ends only, so each has
its own checksum.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import StoreError
from core.progress import Progress, no_progress
from core.sequences.importer import read_records
from core.sequences.limits import Limits
from core.sequences.records import Record

_log = logging.getLogger(__name__)
_FIRST = (
    "https://raw.githubusercontent.com/chey97/DNASeq-Classifier/"
    "7cdb83eae4aa6c693b9b17c0f3cc56b91f51d265/dna-sequence-dataset"
)
_SECOND = (
    "https://raw.githubusercontent.com/krishnaik06/DNA-Sequencing-Classifier/"
    "c1c68dacd872f2038c50929b55807befadb5c24a"
)
SOURCE = "the published DNA sequence dataset"
_MAX_BYTES = 50_000_000
_CHUNK = 65_536
_HINT = (
    "Check the internet connection. Without one, load the human reference, or download the files"
    " elsewhere and upload them."
)


@dataclass(frozen=True, slots=True)
class Mirror:
    """URL of a file and the SHA-256 of its content."""

    url: str
    sha256: str


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """Table of one organism, with its mirrors in the order in which they are tried."""

    organism: str
    mirrors: tuple[Mirror, ...]


PUBLISHED = (
    PublishedFile(
        "human",
        (
            Mirror(
                f"{_FIRST}/human.txt",
                "82794876b4687104f431142f60c0e5ef2c1903ff0f95ddf71be4043f3e5b506f",
            ),
            Mirror(
                f"{_SECOND}/human_data.txt",
                "976d8d0533ec48e8758b952fd5b6fa006259cd523f3a6d17a13e71189135d150",
            ),
        ),
    ),
    PublishedFile(
        "chimpanzee",
        (
            Mirror(
                f"{_FIRST}/chimpanzee.txt",
                "c2617f43f3552c36ed535ab63d2ed97cf3257b0ee7d0207af0378e109e706f32",
            ),
            Mirror(
                f"{_SECOND}/chimp_data.txt",
                "230b75a030961414c13ba2672f9ba135e7ceb85847a454c80719c882347a99ad",
            ),
        ),
    ),
    PublishedFile(
        "dog",
        (
            Mirror(
                f"{_FIRST}/dog.txt",
                "f3b58d6efc407d3ada103b59389aab5f2a54165cee52a5d4a3bced7086797c46",
            ),
            Mirror(
                f"{_SECOND}/dog_data.txt",
                "a6ea8e47a6e579fd24ababd05e4afc99e69a06d3a11c4e6349a8ba3461be5fc6",
            ),
        ),
    ),
)
"""Files of the data set; its families are :data:`core.sequences.references.human.FAMILIES`."""


def load_published(
    folder: Path,
    max_bases: int,
    *,
    progress: Progress = no_progress,
    files: Sequence[PublishedFile] = PUBLISHED,
    timeout: float = 20.0,
) -> dict[str, list[Record]]:
    """Return the records of the data set by organism, downloaded unless the folder has them.

    Parameters
    ----------
    folder
        Folder of the downloaded files; created if there is none.
    max_bases
        Maximum length of a sequence.
    progress
        An exception it raises stops the download and leaves nothing behind.
    timeout
        Seconds to wait for an answer of a mirror.

    Raises
    ------
    StoreError
        If no mirror provides a file.
    """
    tables = {file.organism: _fetch(file, folder, progress, timeout) for file in files}
    limits = Limits(max_bytes=_MAX_BYTES, max_record_bases=max_bases)
    return {organism: read_records(path, organism, limits) for organism, path in tables.items()}


def _fetch(file: PublishedFile, folder: Path, progress: Progress, timeout: float) -> Path:
    """Return the file from the folder, else from the first mirror with the right checksum."""
    import pooch  # type: ignore[import-untyped]
    from requests import RequestException

    pooch.get_logger().setLevel(logging.WARNING)  # pooch logs downloads to standard error.
    cached = [mirror for mirror in file.mirrors if (folder / _cache_name(file, mirror)).exists()]
    downloader = pooch.HTTPDownloader(
        progressbar=_ProgressBar(file.organism, progress), chunk_size=_CHUNK, timeout=timeout
    )
    for mirror in dict.fromkeys((*cached, *file.mirrors)):
        try:
            path = pooch.retrieve(
                mirror.url,
                known_hash=f"sha256:{mirror.sha256}",
                fname=_cache_name(file, mirror),
                path=folder,
                downloader=downloader,
            )
        except RequestException as error:
            _log.warning("%s cannot be downloaded: %s", mirror.url, error)
        except ValueError as error:  # A wrong checksum, or a file without an end.
            _log.warning("%s is not the published file: %s", mirror.url, error)
        except OSError as error:
            message = f"The published data set cannot be saved in {folder}: {error.strerror}."
            raise StoreError(message, "Check free space and write permissions.") from None
        else:
            return Path(path)
    message = f"The published data set cannot be downloaded: no mirror provides {file.organism}."
    raise StoreError(message, _HINT)


def _cache_name(file: PublishedFile, mirror: Mirror) -> str:
    return f"{file.organism}-{mirror.sha256[:8]}.txt"


class _ProgressBar:
    """Progress bar for pooch: reports to a callable, and stops files without an end."""

    def __init__(self, organism: str, progress: Progress) -> None:
        self._step = f"Downloading {organism}"
        self._progress = progress
        self._done = 0
        self.total = 0

    def update(self, size: int) -> None:
        self._done += size
        if self._done > _MAX_BYTES:
            raise ValueError(f"larger than {_MAX_BYTES:,} bytes")
        self._progress(self._step, min(self._done, self.total or self._done), self.total)

    def reset(self) -> None:
        self._done = 0

    def close(self) -> None:
        """Do nothing: there is nothing to close."""
