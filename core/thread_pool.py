"""A thread pool for compiled functions, which release the GIL."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

_MIN_ITEMS = 8
"""Items below which threads cost more time than they save."""


def map_in_threads(
    work: Callable[[_Item], _Result],
    items: Sequence[_Item],
    check_cancelled: Callable[[], None] = lambda: None,
) -> list[_Result]:
    """Return the results of `work` for all items, in their order.

    Parameters
    ----------
    work
        A function that does not call this one.
    check_cancelled
        Called in the calling thread after each result; an exception that it raises ends the work.
    """
    results: list[_Result] = []
    for result in map(work, items) if len(items) < _MIN_ITEMS else _pool().map(work, items):
        check_cancelled()
        results.append(result)
    return results


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="genekin")
