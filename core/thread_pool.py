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


def map_in_threads(
    work: Callable[[_Given], _Made],
    items: Sequence[_Given],
    tick: Callable[[], None] = lambda: None,
) -> list[_Made]:
    """`work` done on every item, in their order; it must not call this again.

    `tick` is called in this thread as the results come; what it raises ends the work.
    """
    made: list[_Made] = []
    for each in map(work, items) if len(items) < _FEWEST else _pool().map(work, items):
        tick()
        made.append(each)
    return made


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="genekin")
