"""Comparisons and maps in files, so that a restart does not compute them again.

A file is an archive of plain arrays, named by a digest of all that the result depends on. It can be
deleted at any time.
"""

import hashlib
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from core import __version__
from core.similarity.organism_pairs import Comparison, Gene, Similarity
from core.similarity.tsne import SequenceMap

_Result = TypeVar("_Result", Comparison, SequenceMap)
_Arrays = Mapping[str, NDArray[np.generic]]

_MAX_FILES = 64
_COMPARISON = TypeAdapter(tuple[str, list[str]])
_PAIR = TypeAdapter(tuple[str, str])
_MAP = TypeAdapter(tuple[int, list[str]])
_NAMES = TypeAdapter(list[str])
_log = logging.getLogger(__name__)


class StoredResults:
    """The latest results in a folder, of all processes that use it.

    Parameters
    ----------
    folder
        Is created when it is needed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def has(self, *key: object) -> bool:
        """Return whether there is a result for this key."""
        return self._path(key).exists()

    def comparison(self, *key: object, make: Callable[[], Comparison]) -> Comparison:
        """Return the stored comparison for this key, or make and store it."""
        return self._get(key, make, _pack_comparison, _unpack_comparison)

    def map(self, *key: object, make: Callable[[], SequenceMap]) -> SequenceMap:
        """Return the stored map for this key, or make and store it."""
        return self._get(key, make, _pack_map, _unpack_map)

    def _get(
        self,
        key: Sequence[object],
        make: Callable[[], _Result],
        pack: Callable[[_Result], _Arrays],
        unpack: Callable[[_Arrays], _Result],
    ) -> _Result:
        path = self._path(key)
        try:
            # Opened here: NumPy does not close what is no archive.
            with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                result = unpack(arrays)
            path.touch()  # The files used last are kept.
        except FileNotFoundError:
            pass
        except Exception as error:  # noqa: BLE001  (whatever is wrong with it, it is made again)
            _log.warning("%s was not read: %s", path, error)
        else:
            return result
        result = make()
        try:
            self._save(path, pack(result))
        except OSError as error:
            _log.warning("%s was not written: %s", path, error)
        return result

    def _path(self, key: Sequence[object]) -> Path:
        digest = hashlib.sha256(repr((__version__, *key)).encode()).hexdigest()
        return self._folder / f"{digest[:32]}.npz"

    def _save(self, path: Path, arrays: _Arrays) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=self._folder, suffix=".part", delete=False) as file:
            part = Path(file.name)
            try:
                np.savez_compressed(file, allow_pickle=False, **arrays)
            except BaseException:
                part.unlink()
                raise
        part.replace(path)
        files = sorted(self._folder.glob("*.npz"), key=lambda other: -other.stat().st_mtime)
        for old in files[_MAX_FILES:]:
            old.unlink(missing_ok=True)


def _pack_comparison(comparison: Comparison) -> _Arrays:
    genes = {pair.reference: pair.reference_genes for pair in comparison.pairs.values()}
    arrays = {"about": _pack_json([comparison.encoder, list(comparison.organisms)])}
    for number, organism in enumerate(comparison.organisms):
        arrays |= _pack_genes(f"genes {number}", genes[organism])
    for number, pair in enumerate(comparison.pairs.values()):
        arrays |= {
            f"pair {number}": _pack_json([pair.organism, pair.reference]),
            f"nearest {number}": pair.nearest,
            f"best {number}": pair.best,
        }
    return arrays


def _unpack_comparison(arrays: _Arrays) -> Comparison:
    encoder, organisms = _COMPARISON.validate_json(arrays["about"].tobytes())
    genes = {
        organism: _unpack_genes(f"genes {number}", arrays, [organism])
        for number, organism in enumerate(organisms)
    }
    pairs = {}
    for number in range(len(organisms) * (len(organisms) - 1)):
        organism, reference = _PAIR.validate_json(arrays[f"pair {number}"].tobytes())
        best = arrays[f"best {number}"].astype(np.float64)
        nearest = arrays[f"nearest {number}"].astype(np.int64)
        _check(best.ndim == 1 and best.size <= len(genes[organism]) and np.isfinite(best).all())
        _check(nearest.shape == best.shape and (nearest >= -1).all())
        _check((nearest < len(genes[reference])).all())
        pairs[organism, reference] = Similarity(
            organism, reference, genes[organism][: best.size], genes[reference], nearest, best
        )
    _check(len(pairs) == len(organisms) * (len(organisms) - 1))
    return Comparison(encoder, tuple(organisms), pairs)


def _pack_map(sequence_map: SequenceMap) -> _Arrays:
    organisms = list(dict.fromkeys(gene.organism for gene in sequence_map.genes))
    return {
        "about": _pack_json([sequence_map.total, organisms]),
        "coordinates": sequence_map.coordinates,
        **_pack_genes("genes", sequence_map.genes),
    }


def _unpack_map(arrays: _Arrays) -> SequenceMap:
    total, organisms = _MAP.validate_json(arrays["about"].tobytes())
    genes = _unpack_genes("genes", arrays, organisms)
    coordinates = arrays["coordinates"].astype(np.float64)
    _check(coordinates.shape == (len(genes), 2) and np.isfinite(coordinates).all())
    return SequenceMap(genes, coordinates, total)


def _pack_genes(name: str, genes: Sequence[Gene]) -> dict[str, NDArray[np.generic]]:
    organisms = {
        organism: number
        for number, organism in enumerate(dict.fromkeys(gene.organism for gene in genes))
    }
    numbers = [(gene.id, organisms[gene.organism], gene.family, gene.length) for gene in genes]
    return {
        name: np.array(numbers, dtype=np.int64),
        f"{name} names": _pack_json([gene.name for gene in genes]),
    }


def _unpack_genes(name: str, arrays: _Arrays, organisms: Sequence[str]) -> tuple[Gene, ...]:
    _check(arrays[name].dtype == np.int64)
    names = _NAMES.validate_json(arrays[f"{name} names"].tobytes())
    rows = zip(arrays[name].tolist(), names, strict=True)
    return tuple(
        Gene(id_, organisms[organism], family, text, length)
        for (id_, organism, family, length), text in rows
    )


def _pack_json(value: object) -> NDArray[np.generic]:
    return np.frombuffer(json.dumps(value).encode(), dtype=np.uint8)


def _check(is_valid: bool | np.bool_) -> None:  # noqa: FBT001  (an assertion)
    if not is_valid:
        message = "not a stored result"
        raise ValueError(message)
