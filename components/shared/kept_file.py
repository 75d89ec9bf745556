"""Files that a user has given, kept while other pages are shown."""

from collections.abc import Sequence

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from components.shared.ended_sessions import remove_upload
from components.shared.formatting import escape_markdown
from components.shared.session import session, widget_value


def kept_file_uploader(
    label: str,
    key: str,
    *,
    max_mb: int,
    file_type: str | Sequence[str] | None = None,
    help_text: str | None = None,
) -> UploadedFile | None:
    """Draw a file uploader, and return its file or the one that it had before it was last hidden.

    Streamlit forgets the file of an uploader that is not drawn.

    Parameters
    ----------
    key
        Stands for the file, for :func:`clear_file`.
    max_mb
        Maximum size of the file.
    """
    widget = widget_key(key)

    def keep() -> None:  # Not called when the widget is empty because it is drawn anew.
        _keep_file(key, _widget_file(key))

    st.file_uploader(
        label, type=file_type, key=widget, help=help_text, max_upload_size=max_mb, on_change=keep
    )
    if upload := _widget_file(key):  # The widget itself returns a copy of the file.
        return upload
    if kept := session.files.get(key):
        _draw_kept(key, kept)
    return kept


def given_file(key: str) -> UploadedFile | None:
    """Return the file that :func:`kept_file_uploader` is about to return."""
    return _widget_file(key) or session.files.get(key)


def widget_key(key: str) -> str:
    """Return the key of the widget of a file: a new one after :func:`clear_file`."""
    return f"{key} {session.cleared_files.get(key, 0)}"


def clear_file(key: str) -> None:
    """Remove a file, and empty its widget from when it is drawn next."""
    if file := given_file(key):
        remove_upload(file.file_id)
    _keep_file(key, None)
    session.cleared_files = {
        **session.cleared_files,
        key: session.cleared_files.get(key, 0) + 1,
    }


def _widget_file(key: str) -> UploadedFile | None:
    upload = widget_value(widget_key(key))
    return upload if isinstance(upload, UploadedFile) else None


def _keep_file(key: str, file: UploadedFile | None) -> None:
    files = {other: kept for other, kept in session.files.items() if other != key}
    session.files = files | {key: file} if file else files


def _draw_kept(key: str, file: UploadedFile) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"kept {key}"):
        st.markdown(
            f":material/draft: {escape_markdown(file.name)} · {_format_size(file.size)}",
            width="stretch",
        )
        st.button("Remove", key=f"remove {key}", on_click=clear_file, args=(key,))


def _format_size(size: int) -> str:
    return f"{size / 1e6:,.1f} MB" if size >= 1e5 else f"{size / 1e3:,.1f} KB"
