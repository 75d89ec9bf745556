"""Streamlit code of the Users page."""
