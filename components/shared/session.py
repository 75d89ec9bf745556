"""What a session made last: pages run anew at every click, and reading a large file takes long."""

from collections.abc import Callable, Hashable
from typing import TypeVar

import streamlit as st

_Made = TypeVar("_Made")


def remember(slot: str, key: Hashable, make: Callable[[], _Made]) -> _Made:
    """What this session made last in this slot, if it was for this key; otherwise it is made."""
    kept: tuple[Hashable, _Made] | None = st.session_state.get(slot)
    if kept is None or kept[0] != key:
        forget(slot)  # First, so that there are never two of them.
        kept = key, make()
        st.session_state[slot] = kept
    return kept[1]


def forget(*slots: str) -> None:
    """Let go of what was made in these slots."""
    for slot in slots:
        st.session_state.pop(slot, None)
