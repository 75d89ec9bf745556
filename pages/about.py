"""Help: what GeneKin does, how to read its results, how to cite it, and its versions."""

from functools import partial

import streamlit as st

from components.about.content import citation, library_facts, section
from components.shared.errors import plain_errors
from components.shared.markup import fact_table
from components.shared.navigation import chosen_library, require_app_entry
from components.shared.program_calls import program_calls
from core.library.library import Library
from core.runs.run import run_versions
from core.stores.sql.tables import utc_now
from core.web.page_calls import libraries_call, library_call
from core.web.program_calls import Api, ProgramCalls


def page() -> None:
    """Show the texts, and the versions of the program and the chosen library."""
    st.title("Help")
    does, does_not = st.columns(2, gap="large")
    with does:
        st.header("What it does", anchor="does")
        st.markdown(section("does"))
    with does_not:
        st.header("What it does not do", anchor="does-not")
        st.markdown(section("does_not"))
    st.header("How to read the results", anchor="confidence")
    st.markdown(section("confidence"))
    st.header("Good to know", anchor="tips")
    st.markdown(section("tips"))
    st.header("How to cite", anchor="cite")
    st.markdown(section("reporting"))
    st.code(citation(utc_now().year), language=None)
    st.header("Versions", anchor="versions")
    library = None
    with plain_errors():
        if library := chosen_library():
            st.html(fact_table(_facts(library)))
    st.html(fact_table(run_versions()))
    program_calls("about", partial(_calls, library.name if library else ""))


def _calls(library: str, api: Api) -> ProgramCalls:
    call = library_call(api, library) if library else libraries_call(api)
    return ProgramCalls.join([call], library)


def _facts(library: Library) -> dict[str, str]:
    genes = {organism.name: organism.count for organism in library.organisms()}
    return library_facts(
        library.name, library.encoder.name, library.fingerprint, library.threshold, genes
    )


require_app_entry("pages/about.py")
page()
