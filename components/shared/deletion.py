"""Deletion of what took long to make: asked for, explained in red, and confirmed by its name."""

from collections.abc import Callable

import streamlit as st

from components.shared.errors import plain_errors
from components.shared.formatting import escape_markdown
from components.shared.session import session


def delete_button(label: str, key: str, name: str, loss: str, delete: Callable[[], object]) -> None:
    """Draw a button that asks twice before something is deleted.

    Parameters
    ----------
    label
        Text of the button, which is the title of the dialog too.
    key
        Key of the button.
    name
        What the user types to confirm.
    loss
        What will be lost, in full sentences of plain text.
    delete
        Deletes it; the page runs again after that.
    """
    st.button(f":red[{label}]", key=key, on_click=_ask, args=(key,))
    if session.deletion == key:
        # Without a rerun when it is dismissed, the dialog would open again at the next one.
        dialog = st.dialog(f"{label} {escape_markdown(name)}", on_dismiss=_cancel)
        dialog(_confirm)(name, loss, delete)


def _confirm(name: str, loss: str, delete: Callable[[], object]) -> None:
    st.error(f"{escape_markdown(loss)} This cannot be undone.", icon=":material/warning:")
    typed = st.text_input(f"Type {escape_markdown(name)} to confirm", key="confirm deletion")
    with st.container(horizontal=True):
        if st.button("Cancel", key="cancel deletion"):
            _cancel()
            st.rerun()
        confirmed = st.button("Delete permanently", key="delete permanently", type="primary")
    if not confirmed:
        return
    if typed != name:
        st.markdown(f":red[Not deleted: the name is {escape_markdown(name)}.]")
        return
    with plain_errors():
        delete()
        _cancel()
        st.rerun()


def _ask(key: str) -> None:
    session.deletion = key


def _cancel() -> None:
    del session.deletion
