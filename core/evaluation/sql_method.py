"""The library's k-mer search done by the database alone: k-mers in a table, joined and ranked.

What Milvus does for the encoder ``translated``, in SQL that MySQL, MariaDB and SQLite all take: the
same k-mers with the same weights, references and queries each in a table, the inner products of all
pairs that share one, and the best pair of each query. The tables are temporary ones: only one
connection sees them, and they go with it, whatever happens.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
from scipy.sparse import csr_array
from sqlalchemy import (
    Column,
    Connection,
    Dialect,
    Double,
    Integer,
    MetaData,
    Row,
    Select,
    Table,
    delete,
    func,
    insert,
    select,
)
from sqlalchemy.schema import CreateTable

from core.encoders import TranslatedEncoder
from core.evaluation.data import LabelledData
from core.evaluation.methods import NONE, Answering, Predictions
from core.stores.sql.database import Database, plain_errors
from core.stores.sql.tables import chunks

_TOGETHER = 128
"""Sequences whose k-mers are written at a time."""

_metadata = MetaData()


def _kmers(name: str) -> Table:
    """K-mers of sequences with their weights, in the order in which they are looked for."""
    return Table(
        name,
        _metadata,
        Column("kmer", Integer, primary_key=True, autoincrement=False),
        Column("place", Integer, primary_key=True, autoincrement=False),
        Column("weight", Double, nullable=False),
        prefixes=["TEMPORARY"],
        sqlite_with_rowid=False,
        mysql_engine="InnoDB",
        mariadb_engine="InnoDB",
    )


_known = _kmers("evaluation_known")
_asked = _kmers("evaluation_asked")
_labels = Table(
    "evaluation_labels",
    _metadata,
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("family", Integer, nullable=False),
    prefixes=["TEMPORARY"],
)


class SqlSearch:
    """The family of the nearest reference, found by SQL."""

    name = "mysql"
    title = "the MySQL model: k-mers in a table"

    def __init__(self, database: Database) -> None:
        self._database = database

    def settings(self) -> Mapping[str, str | int | float]:
        """The database and the k-mers."""
        dialect = self._database.engine.dialect
        version = ".".join(map(str, dialect.server_version_info or ()))
        return {"database": f"{_product(dialect)} {version}".strip(), "k-mers": "translated, 400"}

    def missing(self) -> str:
        """Nothing: there is always a database."""
        return ""

    @contextmanager
    def fitted(self, training: LabelledData, step: Callable[[], None]) -> Iterator[Answering]:
        """Fit the encoder, and write the k-mers of the training part into a table."""
        encoder = TranslatedEncoder.fit(training.sequences)
        with self._errors("connecting for an evaluation"):
            connection = self._database.engine.connect()
        try:
            with self._errors("writing the k-mers of an evaluation"):
                connection.detach()  # When it closes, the tables go; no one else gets it.
                for table in (_known, _asked, _labels):
                    connection.execute(CreateTable(table))
                _write_labels(connection, training)
                _write(connection, _known, encoder.encode, training.sequences, step)
            yield lambda asked: self._answer(connection, encoder, asked)
        finally:
            connection.close()

    def _answer(
        self, connection: Connection, encoder: TranslatedEncoder, sequences: Sequence[str]
    ) -> Predictions:
        with self._errors("searching k-mers for an evaluation"):
            connection.execute(delete(_asked))
            _write(connection, _asked, encoder.encode_queries, sequences, lambda: None)
            best: dict[int, Row[tuple[int, int, float]]] = {
                row.place: row for row in connection.execute(_BEST)
            }
            connection.commit()
        found = [best.get(place) for place in range(len(sequences))]
        return Predictions(
            families=np.array([row.family if row else NONE for row in found], dtype=np.int64),
            called=np.array([row is not None for row in found], dtype=np.bool_),
            scores=np.array([row.score if row else 0.0 for row in found], dtype=np.float64),
        )

    @contextmanager
    def _errors(self, doing: str) -> Iterator[None]:
        with plain_errors(self._database.address, doing):
            yield


def _best_pairs() -> Select[tuple[int, int, float]]:
    """The nearest reference of each query, of equal ones the first: `place`, `family`, `score`."""
    pairs = (
        select(
            _asked.c.place,
            _known.c.place.label("reference"),
            func.sum(_asked.c.weight * _known.c.weight).label("score"),
        )
        .join(_known, _known.c.kmer == _asked.c.kmer)
        .group_by(_asked.c.place, _known.c.place)
        .subquery("pairs")
    )
    rank = func.row_number().over(
        partition_by=pairs.c.place, order_by=(pairs.c.score.desc(), pairs.c.reference)
    )
    ranked = select(pairs, rank.label("standing")).subquery("ranked")
    return (
        select(ranked.c.place, _labels.c.family, ranked.c.score)
        .join(_labels, _labels.c.place == ranked.c.reference)
        .where(ranked.c.standing == 1)
    )


_BEST = _best_pairs()


def _write_labels(connection: Connection, training: LabelledData) -> None:
    rows = [
        {"place": place, "family": family}
        for place, family in enumerate(training.families.tolist())
    ]
    for some in chunks(rows):
        connection.execute(insert(_labels), some)
    connection.commit()


def _write(
    connection: Connection,
    table: Table,
    encode: Callable[[Sequence[str]], csr_array],
    sequences: Sequence[str],
    step: Callable[[], None],
) -> None:
    """Write the k-mers of sequences, and their places, into a table."""
    for start in range(0, len(sequences), _TOGETHER):
        step()
        vectors = encode(sequences[start : start + _TOGETHER]).tocoo()
        order = np.lexsort((vectors.row, vectors.col))
        columns = vectors.col[order], vectors.row[order] + start, vectors.data[order]
        rows = [
            {"kmer": kmer, "place": place, "weight": weight}
            for kmer, place, weight in zip(*(each.tolist() for each in columns), strict=True)
        ]
        for some in chunks(rows):
            connection.execute(insert(table), some)
        connection.commit()


def _product(dialect: Dialect) -> str:
    if dialect.name == "sqlite":
        return "SQLite"
    return "MariaDB" if getattr(dialect, "is_mariadb", False) else "MySQL"
