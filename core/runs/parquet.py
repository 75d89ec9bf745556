"""Tables as Parquet files."""

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
from pyarrow import csv, parquet

from core.output import replacing
from core.runs import call_table
from core.tracing import trace_table

_BLOCK_BYTES = 16 << 20
"""Bytes of a table that become a row group, about 100,000 rows."""
_TYPES: Mapping[type, pa.DataType] = {str: pa.string(), int: pa.int64(), float: pa.float64()}
_COLUMN_TYPES = {
    name: _TYPES[kind]
    for types in (trace_table.SUMMARY_TYPES, trace_table.COLUMN_TYPES, call_table.COLUMN_TYPES)
    for name, kind in types.items()
}
"""Types of the columns of all tables: those of one name have one type."""


def write_parquet(table: Path | BinaryIO, output: Path) -> None:
    """Make a Parquet file of a table of calls or traces as TSV, in little memory.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    reader = csv.open_csv(
        table,
        csv.ReadOptions(block_size=_BLOCK_BYTES),
        csv.ParseOptions(delimiter="\t", newlines_in_values=True),
        csv.ConvertOptions(column_types=_COLUMN_TYPES, null_values=[""], strings_can_be_null=True),
    )
    with (
        closing(reader),
        replacing(output) as file,
        parquet.ParquetWriter(file, reader.schema, compression="zstd") as writer,
    ):
        for batch in reader:
            writer.write_batch(batch)
