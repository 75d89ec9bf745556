"""GeneKin's dashboard: page config, navigation, and the sidebar."""

import streamlit as st

from components.shared.sign_in_mode import is_open

st.logo("components/logo.svg", size="large")
pages = [
    st.Page("pages/classify.py", title="Classify", default=True),
    st.Page("pages/library.py", title="Library"),
    st.Page("pages/similarity.py", title="Similarity"),
    st.Page("pages/trace.py", title="Trace"),
    st.Page("pages/benchmark.py", title="Benchmark"),
    st.Page("pages/history.py", title="History"),
    st.Page("pages/open_file.py", title="Open file"),
    st.Page("pages/tokens.py", title="API tokens"),
    st.Page("pages/about.py", title="Help"),
]
admin = st.Page("pages/admin.py", title="Admin")
if is_open():
    page = st.navigation([*pages, admin])
else:
    from components.shared.sign_in import signed_in_page

    page = signed_in_page(pages, [admin])

st.set_page_config(
    page_title=f"{page.title} · GeneKin",
    page_icon="components/icon.svg",
    layout="wide",
    # With an entry of its own, the menu is shown, and has the choice of a theme.
    menu_items={
        "About": "**GeneKin** names the gene family of DNA sequences, with evidence. See *Help*."
    },
)

# Imported below the menu: on a new server these take seconds, and until st.navigation is called
# Streamlit shows file names in its place.
from components.shared.ended_sessions import watch_session  # noqa: E402
from components.shared.errors import plain_errors  # noqa: E402
from components.shared.jobs import followed_jobs  # noqa: E402
from components.shared.loads import finish_loads  # noqa: E402
from components.shared.log_lines import begin_log  # noqa: E402
from components.shared.markup import STYLE, THEME_CHOICE  # noqa: E402
from components.shared.navigation import library_selector, open_requested_page  # noqa: E402
from components.shared.services import begin_run  # noqa: E402
from components.shared.session import (  # noqa: E402
    QUERY_TEXT_KEY,
    TRACE_TEXT_KEY,
    forget_new_token,
    preserve_widget,
)
from components.shared.sign_in import account_panel  # noqa: E402

st.html(STYLE)
preserve_widget(QUERY_TEXT_KEY)
preserve_widget(TRACE_TEXT_KEY)
open_requested_page()
watch_session()
begin_log()
begin_run()
forget_new_token(page.url_path)
with plain_errors():
    finish_loads()
    library_selector()
    with st.sidebar:
        followed_jobs(page.url_path)
        account_panel()
    page.run()
st.html(THEME_CHOICE, unsafe_allow_javascript=True)
