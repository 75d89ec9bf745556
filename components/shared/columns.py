"""Columns that several tables have."""

from collections.abc import Mapping

import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig


def family_column(colours: Mapping[str, str], label: str = "family") -> ColumnConfig:
    """Return the configuration of a column of families in their colours.

    Its cells are lists of one name: text, which a screen reader reads.

    Parameters
    ----------
    colours
        Colour of each name.
    """
    return st.column_config.MultiselectColumn(
        label, options=list(colours), color=[f"{colour}40" for colour in colours.values()]
    )
