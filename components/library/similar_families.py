"""Choice of what new families are that look like others."""

from collections.abc import Sequence

import streamlit as st

from components.shared.formatting import escape_markdown, pluralize
from core.sequences.similar_families import SimilarFamily

_MAX_CHOICES = 10


def choose_families(similar: Sequence[SimilarFamily], key: str) -> tuple[tuple[str, str], ...]:
    """Offer to read new families as those that they look like.

    Parameters
    ----------
    key
        Identifies the file, whose choices these are.

    Returns
    -------
    tuple of (str, str)
        Families as written, each with the family that its records belong to.
    """
    if not similar:
        return ()
    with st.container(border=True):
        st.markdown(":orange-badge[check] **Families that look alike**")
        chosen = [
            (family.written, family.name)
            for family in similar[:_MAX_CHOICES]
            if _is_same(family, key)
        ]
        others = similar[_MAX_CHOICES:]
        if others:
            abbreviated = [family for family in others if family.certain]
            chosen += [(family.written, family.name) for family in abbreviated]
            st.caption(
                f"Of {pluralize(len(others), 'more new family', 'more new families')},"
                f" {len(abbreviated):,} are other forms of a family's name and are read as that."
            )
    return tuple(chosen)


def _is_same(family: SimilarFamily, key: str) -> bool:
    """Ask whether a new family is the one that it looks like."""
    name = escape_markdown(family.name)
    choices = {True: f"is **{name}**", False: "is a new family"}
    same: bool = st.radio(
        f"**{escape_markdown(family.written)}** · {pluralize(family.count, 'record')}",
        [True, False],
        index=0 if family.certain else 1,
        format_func=choices.__getitem__,
        horizontal=True,
        key=f"family {key} {family.written} {family.name}",
    )
    return same
