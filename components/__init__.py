"""Streamlit code: one package for each page, and what they share."""
