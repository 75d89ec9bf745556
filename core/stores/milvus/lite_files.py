"""Files of Milvus Lite: written with checksums, which are checked whenever they are read.

Milvus Lite notices a file that is cut off, but not one in which a disk has changed values.
"""

from types import SimpleNamespace

import pyarrow as pa
from milvus_lite.index.brute_force import BruteForceIndex
from milvus_lite.index.spec import IndexSpec
from milvus_lite.storage import data_file, delta_file
from milvus_lite.storage.segment import Segment
from pyarrow import parquet

_load_or_build = Segment.build_or_load_index


def protect() -> None:
    """Replace how Milvus Lite reads and writes its files.

    Vectors and deletions get a checksum a page; files of earlier versions, which have none, are
    read as before. An exact index repeats the vectors in a file without a checksum: it is made of
    them at each opening instead, which takes no longer than to read it.
    """
    checked = SimpleNamespace(read_table=_read_table, write_table=_write_table)
    data_file.pq = delta_file.pq = checked
    Segment.build_or_load_index = _build_or_load_index


def _read_table(path: str) -> pa.Table:
    return parquet.read_table(path, page_checksum_verification=True)


def _write_table(table: pa.Table, path: str) -> None:
    parquet.write_table(table, path, write_page_checksum=True)


def _build_or_load_index(segment: Segment, spec: IndexSpec, index_dir: str) -> None:
    field = spec.field_name
    if spec.index_type != "FLAT":
        _load_or_build(segment, spec, index_dir)
    elif segment.num_rows and field not in segment.indexes:
        vectors, _ = segment.vector_data(field)
        index = BruteForceIndex.build(vectors, spec.metric_type, spec.build_params)
        segment.attach_index(index, field_name=field)
