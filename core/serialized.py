"""Serialized data of unknown origin: JSON and compressed bytes, with one error for all damage."""

import json
import zlib
from typing import Any


def parse_json(text: str | bytes) -> Any:
    """Parse JSON, which may also have unpaired surrogates.

    Raises
    ------
    ValueError
        If it is not JSON, or too deeply nested.
    """
    try:
        return json.loads(text)
    except (TypeError, RecursionError) as error:
        message = "no JSON"
        raise ValueError(message) from error


def decompress(data: bytes, max_bytes: int) -> bytes:
    """Decompress a zlib stream.

    Raises
    ------
    ValueError
        If it is damaged, incomplete, or larger than `max_bytes`.
    """
    stream = zlib.decompressobj()
    try:
        content = stream.decompress(data, max_bytes + 1)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    if not stream.eof or stream.unused_data or len(content) > max_bytes:
        message = "not a complete compressed stream"
        raise ValueError(message)
    return content
