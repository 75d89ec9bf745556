"""Load organisms, look at what is loaded, remove."""

from collections.abc import Mapping, Sequence

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from components.figures import family_stack
from components.state import chosen_library, libraries, plain_errors, through_app
from components.text import counted, legend, plain
from core.encoders import ENCODERS
from core.libraries import DEFAULT_LIBRARY
from core.library import Library
from core.loading import LoadReport, load
from core.sequences.files import decode
from core.sequences.parsing import parse, parse_families
from core.sequences.records import Record
from core.sequences.reference import FAMILIES, SOURCE, human_reference
from core.settings import read_settings
from core.stores.labels import OrganismRow
from core.stores.vectors import INDEX_KINDS, VectorIndex


def page() -> None:
    """What is loaded, beside what can be added."""
    st.title("Library")
    left, right = st.columns([3, 2], gap="large")
    with right:
        st.subheader("Add")
        with plain_errors():
            _add()
    with left:
        library = chosen_library()
        if library is None:
            st.info(
                "Nothing is loaded yet. Begin with the human reference: 3,629 genes in seven"
                " families, with one press of the button."
            )
        else:
            _loaded(library)


def _loaded(library: Library) -> None:
    organisms = library.organisms()
    total = counted(sum(organism.count for organism in organisms), "gene")
    st.subheader(f"{total} of {counted(len(organisms), 'organism')}")
    st.html(legend(library.families))
    for organism in organisms:
        with st.container(border=True):
            _organism(library, organism)
    with st.expander("Details"):
        st.write(f"Encoder: {library.encoder.name} · index: {library.index.kind}")
        st.write(f"Fingerprint of the encoder: {library.fingerprint}")


def _organism(library: Library, organism: OrganismRow) -> None:
    name, action = st.columns([3, 1], vertical_alignment="center")
    name.markdown(f"**{plain(organism.name)}** · {counted(organism.count, 'gene')}")
    with action.popover("Remove"):
        st.write(f"Remove {plain(organism.name)} with its {counted(organism.count, 'gene')}?")
        if st.button("Yes, remove", key=f"remove {organism.name}", type="primary"):
            with plain_errors():
                libraries().remove_organism(library.name, organism.name)
                st.session_state.pop("report", None)
                st.rerun()
    st.altair_chart(family_stack(organism.families, library.families))


def _add() -> None:
    if report := st.session_state.get("report"):
        _report(report)
    library = chosen_library()
    binding = _binding() if library is None else None
    name = library.name if library else DEFAULT_LIBRARY
    st.write("The human reference comes with GeneKin: 4,380 records in seven families.")
    if st.button("Load the human reference", type="primary"):
        _load(name, "human", human_reference(), FAMILIES, SOURCE, binding)
    st.divider()
    file = st.file_uploader(
        "Or your own table, with the header sequence⇥class",
        key="reference",
        help="Tab-separated, plain or .gz; the class is the number of the family.",
    )
    names = st.file_uploader(
        "Family names, if you have them: class⇥gene_family", key="family_names"
    )
    organism = st.text_input("Organism", placeholder="Pan_troglodytes", key="organism")
    if st.button("Load this file", disabled=file is None or not organism.strip()) and file:
        settings = read_settings()
        records = parse(_text(file), file.name, settings.max_record_bases, with_families=True)
        families = parse_families(_text(names), names.name) if names else {}
        _load(name, organism.strip(), records, families, file.name, binding)


def _binding() -> tuple[str, VectorIndex | None]:
    """The encoder and the index of a library that is about to be made."""
    with st.expander("Options of a new library"):
        encoder = st.selectbox(
            "Encoder",
            list(ENCODERS),
            help="translated compares what the DNA codes for; count is the published demo's.",
        )
        kind = st.selectbox(
            "Index",
            INDEX_KINDS,
            disabled=encoder != "count",
            help="FLAT is exact. The others are for large libraries on a Milvus server.",
        )
    return encoder, VectorIndex.of_kind(kind) if encoder == "count" else None


def _text(file: UploadedFile) -> str:
    return decode(file.getvalue(), file.name, read_settings().max_file_bytes)


def _load(  # noqa: PLR0917
    name: str,
    organism: str,
    records: Sequence[Record],
    families: Mapping[int, str],
    source: str,
    binding: tuple[str, VectorIndex | None] | None,
) -> None:
    bar = st.progress(0.0, "Reading …")

    def show(doing: str, done: int, total: int) -> None:
        bar.progress(done / max(total, 1), f"{doing}: {done:,} of {total:,}")

    encoder, index = binding or (None, None)
    st.session_state["report"] = load(
        libraries(),
        {organism: records},
        library=name,
        encoder=encoder,
        index=index,
        families=families,
        source=source,
        progress=show,
    )
    st.rerun()


def _report(report: LoadReport) -> None:
    for each in report.organisms:
        message = (
            f"{plain(each.organism)}: {counted(each.added, 'gene')} added"
            f" in {report.seconds:.1f} s. Of {counted(each.records, 'record')},"
            f" {each.copies:,} were exact copies and {each.known:,} were there already."
        )
        if each.without_vector:
            message += (
                f" {counted(each.without_vector, 'gene')} can not be found by searches: nothing in"
                " them is recognised."
            )
        st.success(message)


through_app("pages/library.py")
page()
