"""Fault injection: failures at any call that a library makes to its stores."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from core.library.manager import Libraries


@contextmanager
def failing(
    libraries: Libraries,
    store: str,
    method: str,
    error: BaseException,
    *,
    call: int = 1,
    when: str = "before",
) -> Iterator[None]:
    """Make one call to a store's method fail, before or after its work; expect the error.

    Parameters
    ----------
    store, method
        Such as ``"vectors", "upsert"``.
    call
        Number of the call that fails, from 1.
    """
    target = getattr(libraries.stores, store)
    original: Callable[..., object] = getattr(target, method)
    calls = 0

    def fail(*arguments: object, **options: object) -> object:
        nonlocal calls
        calls += 1
        if calls == call and when == "before":
            raise error
        result = original(*arguments, **options)
        if calls == call:
            raise error
        return result

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(target, method, fail)
        with pytest.raises(type(error)) as raised:
            yield
    assert raised.value is error
