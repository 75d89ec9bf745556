"""Streamlit code of the API tokens page."""
