"""The k-mer search of the encoder ``translated`` in SQL alone, as a baseline without vectors.

What Milvus does for that encoder, in SQL that MySQL, MariaDB and SQLite all accept: references and
queries each in a table of weighted k-mers, the inner products of all pairs that share one, and the
best pair of each query. The tables are temporary: only one connection sees them, and they are
dropped with it.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from scipy.sparse import csr_array, vstack
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
from core.evaluation.methods import NO_FAMILY, Parameters, Predictions, Predictor
from core.progress import Progress, no_progress
from core.stores.errors import translate_errors
from core.stores.sql.connection import allow_slow_answers
from core.stores.sql.database import Database
from core.stores.sql.tables import chunks

_BATCH_SIZE = 128
"""Sequences that are encoded at once."""
_ROWS = 50_000
"""Rows that are written in a transaction."""

_metadata = MetaData()


def _kmer_table(name: str) -> Table:
    """Return a table of weighted k-mers, in the order in which they are joined."""
    return Table(
        name,
        _metadata,
        Column("kmer", Integer, primary_key=True, autoincrement=False),
        Column("sequence", Integer, primary_key=True, autoincrement=False),
        Column("weight", Double, nullable=False),
        prefixes=["TEMPORARY"],
        sqlite_with_rowid=False,
        mysql_engine="InnoDB",
        mariadb_engine="InnoDB",
    )


_references = _kmer_table("evaluation_references")
_queries = _kmer_table("evaluation_queries")
_families = Table(
    "evaluation_families",
    _metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("family", Integer, nullable=False),
    prefixes=["TEMPORARY"],
)


class SqlSearch:
    """The family of the nearest reference, found by SQL."""

    name = "mysql"
    title = "SQL k-mer search"

    def __init__(self, database: Database) -> None:
        self._database = database

    def settings(self) -> Parameters:
        """Return the database and the k-mers."""
        dialect = self._database.engine.dialect
        version = ".".join(map(str, dialect.server_version_info or ()))
        return {"database": f"{_product(dialect)} {version}".strip(), "k-mers": "translated, 400"}

    def unavailable_reason(self) -> str:
        """Return nothing: there is always a database."""
        return ""

    @contextmanager
    def fit(self, training: LabelledData, progress: Progress) -> Iterator[Predictor]:
        """Fit the encoder and write the k-mers of the training set into a table."""
        encoder = TranslatedEncoder.fit(training.sequences)
        with self._errors("connecting for an evaluation"):
            connection = self._database.engine.connect()
        with connection, allow_slow_answers(connection):
            with self._errors("writing the k-mers of an evaluation"):
                # Out of the pool: closing must drop the temporary tables.
                connection.detach()
                for table in (_references, _queries, _families):
                    connection.execute(CreateTable(table))
                _write_families(connection, training)
                _write(connection, _references, encoder.encode, training.sequences, progress)
            yield lambda queries: self._predict(connection, encoder, queries)

    def _predict(
        self, connection: Connection, encoder: TranslatedEncoder, queries: Sequence[str]
    ) -> Predictions:
        with self._errors("searching k-mers for an evaluation"):
            connection.execute(delete(_queries))
            _write(connection, _queries, encoder.encode_queries, queries, no_progress)
            best: dict[int, Row[tuple[int, int, float]]] = {
                row.query: row for row in connection.execute(_BEST)
            }
            connection.commit()
        rows = [best.get(query) for query in range(len(queries))]
        return Predictions(
            families=np.array([row.family if row else NO_FAMILY for row in rows], dtype=np.int64),
            called=np.array([row is not None for row in rows], dtype=np.bool_),
            scores=np.array([row.score if row else 0.0 for row in rows], dtype=np.float64),
        )

    @contextmanager
    def _errors(self, doing: str) -> Iterator[None]:
        with translate_errors(self._database.address, doing):
            yield


def _select_best() -> Select[tuple[int, int, float]]:
    """Select each query's nearest reference: `query`, `family`, `score`; of ties, the first."""
    pairs = (
        select(
            _queries.c.sequence.label("query"),
            _references.c.sequence.label("reference"),
            func.sum(_queries.c.weight * _references.c.weight).label("score"),
        )
        .join(_references, _references.c.kmer == _queries.c.kmer)
        .group_by(_queries.c.sequence, _references.c.sequence)
        .subquery("pairs")
    )
    rank = func.row_number().over(
        partition_by=pairs.c.query, order_by=(pairs.c.score.desc(), pairs.c.reference)
    )
    ranked = select(pairs, rank.label("standing")).subquery("ranked")
    return (
        select(ranked.c.query, _families.c.family, ranked.c.score)
        .join(_families, _families.c.sequence == ranked.c.reference)
        .where(ranked.c.standing == 1)
    )


_BEST = _select_best()


def _write_families(connection: Connection, training: LabelledData) -> None:
    rows = [
        {"sequence": index, "family": family}
        for index, family in enumerate(training.families.tolist())
    ]
    for batch in chunks(rows):
        connection.execute(insert(_families), batch)
    connection.commit()


def _write(
    connection: Connection,
    table: Table,
    encode: Callable[[Sequence[str]], csr_array],
    sequences: Sequence[str],
    progress: Progress,
) -> None:
    """Write the k-mers of sequences, numbered from 0, into a table.

    All in the order of the table: rows that are appended need a third less time than others.
    """
    vectors = []
    for start in range(0, len(sequences), _BATCH_SIZE):
        progress("Encoding", start, len(sequences))
        vectors.append(encode(sequences[start : start + _BATCH_SIZE]))
    found = vstack(vectors, format="coo")
    order = np.lexsort((found.row, found.col))
    statement = _positional_insert(table, connection.dialect)
    for number, part in enumerate(np.array_split(order, order.size // _ROWS + 1)):
        progress("Writing k-mers", number * _ROWS, order.size)
        columns = found.col[part], found.row[part], found.data[part]
        rows = list(zip(*(column.tolist() for column in columns), strict=True))
        for batch in chunks(rows):
            connection.exec_driver_sql(statement, batch)
        connection.commit()


def _positional_insert(table: Table, dialect: Dialect) -> str:
    """Return an insert for the driver itself, with rows as tuples in the order of the columns.

    With a dictionary a row, which SQLAlchemy takes, writing needs more than twice the time.
    """
    style = "qmark" if dialect.paramstyle == "qmark" else "format"
    positional = type(dialect)(paramstyle=style)  # type: ignore[call-arg]  # All dialects take it.
    return str(insert(table).compile(dialect=positional))


def _product(dialect: Dialect) -> str:
    if dialect.name == "sqlite":
        return "SQLite"
    return "MariaDB" if getattr(dialect, "is_mariadb", False) else "MySQL"
