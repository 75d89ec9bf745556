"""Work on many items at a time: the compiled kernels release the GIL."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

_Given = TypeVar("_Given")
_Made = TypeVar("_Made")

_FEWEST = 8
"""Fewer items than this are not worth a thread."""


def in_threads(work: Callable[[_Given], _Made], items: Sequence[_Given]) -> list[_Made]:
    """`work` done on every item, in their order; it must not call this again."""
    if len(items) < _FEWEST:
        return [work(item) for item in items]
    return list(_pool().map(work, items))


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="genekin")
