"""GeneKin's dashboard: page config and navigation."""

import streamlit as st

st.logo("components/logo.svg", size="large")
page = st.navigation(
    [
        st.Page("pages/classify.py", title="Classify", default=True),
        st.Page("pages/library.py", title="Library"),
        st.Page("pages/similarity.py", title="Similarity"),
        st.Page("pages/trace.py", title="Trace"),
        st.Page("pages/benchmark.py", title="Benchmark"),
        st.Page("pages/history.py", title="History"),
    ]
)

st.set_page_config(
    page_title=f"{page.title} · GeneKin", page_icon="components/icon.svg", layout="wide"
)

# Below the menu: what they need takes seconds to import when the server is new, and until then
# Streamlit would show the names of files.
from components.shared.jobs import loads_under_way  # noqa: E402
from components.shared.services import (  # noqa: E402
    library_choice,
    plain_errors,
    preserve_widget,
    return_to_wanted_page,
)

preserve_widget("text")
preserve_widget("trace text")
return_to_wanted_page()
with plain_errors():
    library_choice()
    if page.url_path != "library":  # There they are listed with their buttons.
        with st.sidebar:
            loads_under_way()
    page.run()
