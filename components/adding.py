"""The part of the Library page that adds: from a source to a job that loads it."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from components.figures import family_stack
from components.job_list import watch
from components.state import chosen_library, jobs, libraries
from components.text import counted, legend, plain, told_apart
from core.encoders import ENCODERS
from core.libraries import DEFAULT_LIBRARY
from core.library import Library
from core.loading import LoadReport, Progress, load
from core.sequences.columns import propose
from core.sequences.entries import organism_of, read_entries
from core.sequences.intake import read_families, read_upload
from core.sequences.issues import Issue, Severity
from core.sequences.limits import Limits
from core.sequences.published import published
from core.sequences.records import Record
from core.sequences.reference import FAMILIES, SOURCE, human_reference
from core.sequences.rejects import rejected
from core.sequences.report import Choices, Known, Report, Rule
from core.sequences.simulated import simulate, simulated_name, simulated_source
from core.sequences.uploads import Format, Layout, Upload
from core.sequences.validation import validate
from core.settings import read_settings
from core.stores.vectors import INDEX_KINDS, VectorIndex


@dataclass(frozen=True, slots=True)
class Target:
    """The library to load into; encoder and index only of one that is about to be made."""

    name: str
    encoder: str | None = None
    index: VectorIndex | None = None


References = Mapping[str, Sequence[Record]]
"""Records by organism."""

_NONE = "–"
_RULES = {
    "is an error": Rule.ERROR,
    "keeps its first family": Rule.FIRST,
    "is left out": Rule.DROP_BOTH,
}
_SOURCES = ("Human", "Your file", "Published", "Simulated")


def add_panel() -> None:
    """Choose a source, see what is in it, and load it in the background."""
    library = chosen_library()
    target = Target(library.name) if library else _new_library()
    source = st.segmented_control(
        "Source", _SOURCES, default=_SOURCES[0], label_visibility="collapsed", key="source"
    )
    if source == _SOURCES[1]:
        _own_file(library, target)
    elif source == _SOURCES[2]:
        _published_set(target)
    elif source == _SOURCES[3]:
        _simulated(library, target)
    else:
        st.write("The human reference comes with GeneKin: 4,380 records in seven families.")
        if st.button("Load the human reference", type="primary"):
            _submit_records(target, {"human": human_reference()}, FAMILIES, SOURCE)


def _new_library() -> Target:
    with st.expander("Options of a new library"):
        name = st.text_input("Name", DEFAULT_LIBRARY, key="new_library").strip()
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
    index = VectorIndex.of_kind(kind) if encoder == "count" else None
    return Target(name or DEFAULT_LIBRARY, encoder, index)


def _own_file(library: Library | None, target: Target) -> None:
    file = st.file_uploader(
        "FASTA, FASTQ, a table or Excel; plain, gzipped or zipped",
        key="reference",
        help="Every record needs its family: a column, or a part of its FASTA header.",
    )
    names = st.file_uploader("Family names, if you have them: class and name", key="family_names")
    if file is None:
        return
    limits = Limits.of(read_settings())
    given: dict[int, str] = {}
    uploads = []
    for each in _read(file, limits) + (_read(names, limits) if names else []):
        if each.format is Format.FAMILIES:
            given |= read_families(each)
        elif each.format is Format.UNREADABLE:
            st.warning(f"{plain(each.name)}: {plain(' '.join(each.notes))}")
        else:
            uploads.append(each)
    if not uploads:
        st.info("This file only names families. Give it as family names, beside your sequences.")
        return
    upload = uploads[0]
    if len(uploads) > 1:
        labels = told_apart([each.name for each in uploads])
        upload = uploads[st.selectbox("File", range(len(uploads)), format_func=labels.__getitem__)]
    report = _checked(upload, library, given, limits, f"{file.file_id} {upload.name}")
    _show_report(report, library)
    label = f"Load {counted(report.good_count, 'good record')}"
    if st.button(label, type="primary", disabled=not report.good_count):
        _submit_records(target, report.good, report.families, report.source)


def _read(file: UploadedFile, limits: Limits) -> list[Upload]:
    return read_upload(file.getvalue(), file.name, limits)


def _checked(
    upload: Upload, library: Library | None, given: Mapping[int, str], limits: Limits, key: str
) -> Report:
    """What the upload holds, as the person says that it is to be read; `key` is this file's."""
    layout = propose(upload)
    for note in (*upload.notes, *layout.notes):
        st.caption(plain(note))
    organism = st.text_input("Organism", organism_of(upload), key=f"all {upload.name}")
    with st.expander("How it is read"):
        layout = _columns(upload, layout, key)
        family = st.text_input("Family of records that name none", key=f"missing {upload.name}")
        rule = st.selectbox("A sequence with two families", list(_RULES))
    known = Known(
        library=library.families if library else {},
        given=given,
        sequences=library.known_families if library else lambda _ids: {},
        partitions=library.partitions() if library else {},
    )
    return validate(
        read_entries(upload, layout),
        upload.name,
        limits.max_record_bases,
        known=known,
        choices=Choices(organism=organism.strip(), family=family.strip(), rule=_RULES[rule]),
    )


def _columns(upload: Upload, layout: Layout, key: str) -> Layout:
    """The proposed layout, with what the person changes of it."""
    places = [None, *range(len(upload.header))]
    labels = told_apart([_NONE, *(name or "without a name" for name in upload.header)])

    def chosen(part: str, proposed: int | None) -> int | None:
        place: int | None = st.selectbox(
            f"Column of the {part}",
            places,
            index=places.index(proposed),
            format_func=lambda place: labels[0 if place is None else place + 1],
            key=f"column {part} {key}",
        )
        return place

    if upload.headed:
        pattern = st.text_input(
            "Where a header says the family: a regular expression with one group",
            layout.family_pattern,
            key=f"pattern {key}",
        ).strip()
        return replace(layout, family=0 if pattern else None, family_pattern=pattern)
    return Layout(
        sequence=chosen("sequence", layout.sequence),
        family=chosen("family", layout.family),
        organism=chosen("organism", layout.organism),
        name=chosen("name", layout.name),
        family_pattern=layout.family_pattern,
        organism_pattern=layout.organism_pattern,
    )


def _show_report(report: Report, library: Library | None) -> None:
    good, bad, bases = st.columns(3)
    good.metric("good", f"{report.good_count:,}")
    bad.metric("rejected", f"{len(report.rejected):,}")
    bases.metric("ambiguous", f"{report.ambiguous:.1%}", help="share of the bases")
    if report.issues:
        st.markdown("\n".join(map(_issue, report.issues)))
    if report.balance:
        known = (library.families if library else {}) | dict(report.families)
        names = {number: known.get(number, f"class {number}") for number in report.balance}
        st.html(legend(names))
        st.altair_chart(family_stack(report.balance, names))
    if report.rejected:
        st.download_button(
            "Download the rejected records, with reasons",
            rejected(report),
            file_name=f"rejected_{report.source}.tsv",
            mime="text/tab-separated-values",
        )


def _issue(issue: Issue) -> str:
    """A point of a list: the kind of problem, one record that has it, and where others stand."""
    colour = "red" if issue.severity is Severity.ERROR else "orange"
    text = f"- :{colour}-badge[{issue.severity.value}] {plain(issue.message)}"
    text += f" {plain(issue.examples[0])}"
    if issue.count > 1:
        more = ", …" if issue.count > len(issue.lines) else "."
        text += f" Lines {', '.join(f'{line:,}' for line in issue.lines)}{more}"
    return text


def _published_set(target: Target) -> None:
    st.write("Human, chimpanzee and dog, as published: 6,121 distinct genes. It is downloaded.")
    if st.button("Download and load", type="primary"):
        settings = read_settings()
        fetched = partial(published, settings.home / "published", settings.max_record_bases)
        _submit(target, fetched, "", FAMILIES, "the published data set")


def _simulated(library: Library | None, target: Target) -> None:
    if library is None:
        st.info("Load an organism first: its genes are what is changed.")
        return
    st.write("Genes of an organism with some of their bases substituted. They are simulated.")
    organism = st.selectbox("Organism", library.organism_names())
    divergence = st.slider("Divergence", 0.01, 0.30, 0.05, format="percent")
    if st.button("Simulate and load", type="primary"):

        def simulated(progress: Progress) -> References:
            name = simulated_name(organism, divergence)
            progress("Simulating", 0, 0)
            records = [
                Record(row.name, row.residues, row.position, row.position, row.family)
                for row in library.sequences(organism)
            ]
            return {name: simulate(records, divergence, seed=1)}

        source = simulated_source(organism, divergence, 1)
        _submit(target, simulated, "", library.families, source)


def _submit(
    target: Target,
    fetched: Callable[..., References],
    digest: str,
    families: Mapping[int, str],
    source: str,
) -> None:
    """Fetch references and load them, in the background.

    `digest` stands for what is fetched: of the same, one load is under way at a time.
    """
    opened = libraries()

    def work(progress: Progress) -> LoadReport:
        return load(
            opened,
            fetched(progress=progress),
            library=target.name,
            encoder=target.encoder,
            index=target.index,
            families=families,
            source=source,
            progress=progress,
        )

    job = jobs().submit("load", target.name, source, f"{source} {digest}", work)
    watch(job)
    st.rerun()


def _submit_records(
    target: Target, references: References, families: Mapping[int, str], source: str
) -> None:
    """Load references that are at hand, in the background."""
    digest = hashlib.sha256()
    for organism, records in references.items():
        digest.update(organism.encode())
        for record in records:
            digest.update(f"{record.residues} {record.family}\n".encode())
    title = f"{source} → {', '.join(references)}"

    def at_hand(progress: Progress) -> References:  # noqa: ARG001  (nothing to wait for)
        return references

    _submit(target, at_hand, digest.hexdigest(), families, title)
