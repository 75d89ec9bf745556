"""GeneKin's dashboard: page config and navigation."""

import streamlit as st

from components.state import back_to_wanted, libraries, plain_errors

st.set_page_config(page_title="GeneKin", page_icon="components/icon.svg", layout="wide")

st.logo("components/logo.svg", size="large")
page = st.navigation(
    [
        st.Page("pages/classify.py", title="Classify", default=True),
        st.Page("pages/library.py", title="Library"),
        st.Page("pages/similarity.py", title="Similarity"),
    ]
)

back_to_wanted()
with plain_errors():
    names = libraries().names()
    if len(names) > 1:
        st.sidebar.selectbox("Library", names, key="library")
    page.run()
