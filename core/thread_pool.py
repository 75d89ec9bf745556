"""Threads for compiled functions, which release the GIL, and for requests to servers."""

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import cache
from itertools import chain, islice
from typing import Any, TypeVar

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


def in_stages(
    items: Iterable[_Item],
    *stages: Callable[[Any], Any],
    cancel: Callable[[], None] = lambda: None,
) -> Generator[Any, None, None]:
    """Yield items in their order, passed through all stages; each works on another item meanwhile.

    Items are taken from their iterable in the calling thread, while the stages work. As many
    further items as there are stages are under way when one is yielded. A single item takes no
    thread. An error of a stage is raised in the place of its item. Stages see the context variables
    of the caller.

    Parameters
    ----------
    cancel
        Called at the end, before what is still under way is waited for.
    """
    remaining = iter(items)
    first = list(islice(remaining, 2))
    if len(first) < 2:
        yield from (_pass_through(item, stages) for item in first)
        return
    pool = ThreadPoolExecutor(len(stages), thread_name_prefix="genekin-stage")
    try:
        coming: deque[Future[Any]] = deque()
        for item in chain(first, remaining):
            coming.append(_submit(pool, item, stages))
            if len(coming) > len(stages):
                yield coming.popleft().result()
        while coming:
            yield coming.popleft().result()
    finally:
        cancel()
        pool.shutdown(cancel_futures=True)


def _pass_through(item: Any, stages: Sequence[Callable[[Any], Any]]) -> Any:
    for stage in stages:
        item = stage(item)
    return item


def _submit(pool: Executor, item: Any, stages: Sequence[Callable[[Any], Any]]) -> Future[Any]:
    """Start all stages of an item; a later one, begun later, waits for the result before it."""
    first, *others = stages
    future = pool.submit(copy_context().run, first, item)
    for stage in others:
        future = pool.submit(copy_context().run, _continue, stage, future)
    return future


def _continue(stage: Callable[[Any], Any], before: Future[Any]) -> Any:
    return stage(before.result())


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="genekin")
