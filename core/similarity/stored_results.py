"""Comparisons and maps in the database, so that no process computes them again.

A result is an archive of plain arrays, named by a digest of all that it depends on. It can be
deleted at any time.
"""

import hashlib
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from core import __version__
from core.errors import StoreError
from core.similarity.organism_pairs import Comparison, Gene, Similarity
from core.similarity.tsne import SequenceMap
from core.stores.sql.database import Database
from core.stores.sql.stored_results import ResultTable

_Result = TypeVar("_Result", Comparison, SequenceMap)
_Arrays = Mapping[str, NDArray[np.generic]]

_MAX_RESULTS = 64
_PREFIX = "similarity "
_COMPARISON = TypeAdapter(tuple[str, list[str]])
_PAIR = TypeAdapter(tuple[str, str])
_MAP = TypeAdapter(tuple[int, list[str]])
_NAMES = TypeAdapter(list[str])
_log = logging.getLogger(__name__)


class StoredResults:
    """The results used last, of all processes of a deployment."""

    def __init__(self, database: Database) -> None:
        self._table = ResultTable(database)

    def has(self, *key: object) -> bool:
        """Return whether there is a result for this key."""
        return self._table.size(_name(key)) is not None

    def find_comparison(self, *key: object) -> Comparison | None:
        """Return the stored comparison for this key, or None."""
        return self._find(key, _unpack_comparison)

    def find_map(self, *key: object) -> SequenceMap | None:
        """Return the stored map for this key, or None."""
        return self._find(key, _unpack_map)

    def comparison(self, *key: object, make: Callable[[], Comparison]) -> Comparison:
        """Return the stored comparison for this key, or make and store it."""
        return self.find_comparison(*key) or self._store(key, make(), _pack_comparison)

    def map(self, *key: object, make: Callable[[], SequenceMap]) -> SequenceMap:
        """Return the stored map for this key, or make and store it."""
        return self.find_map(*key) or self._store(key, make(), _pack_map)

    def _find(self, key: Sequence[object], unpack: Callable[[_Arrays], _Result]) -> _Result | None:
        name = _name(key)
        content = b"".join(self._table.read(name))
        if not content:
            return None
        try:
            with np.load(BytesIO(content), allow_pickle=False) as arrays:
                return unpack(arrays)
        except Exception as error:  # noqa: BLE001  (whatever is wrong with it, it is made again)
            _log.warning("the result %s was not read: %s", name, error)
            return None

    def _store(
        self, key: Sequence[object], result: _Result, pack: Callable[[_Result], _Arrays]
    ) -> _Result:
        file = BytesIO()
        np.savez_compressed(file, allow_pickle=False, **pack(result))
        try:
            self._table.save(_name(key), [file.getvalue()])
            self._table.keep_last(_PREFIX, _MAX_RESULTS)
        except StoreError as error:
            _log.warning("a result was not stored: %s", error)
        return result


def _name(key: Sequence[object]) -> str:
    digest = hashlib.sha256(repr((__version__, *key)).encode()).hexdigest()
    return f"{_PREFIX}{digest[:32]}"


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
