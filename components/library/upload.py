"""From references to a job that loads them.

A person's own file, uploaded or in the server's folder, from its bytes to a job.
"""

import hashlib
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from components.library.import_report import show_report
from components.shared.formatting import escape_markdown, pluralize, unique_labels
from components.shared.jobs import watch
from components.shared.services import current_user, jobs, libraries
from components.shared.session import forget, remember
from core.library.library import Library
from core.library.load import LoadReport, load
from core.progress import Progress
from core.sequences.files import list_files
from core.sequences.importer import read_path, validate
from core.sequences.layout import SAMPLE, organism_of, propose, read_entries
from core.sequences.limits import Limits
from core.sequences.readers.detection import read_families, read_upload
from core.sequences.records import Record
from core.sequences.report import Choices, ConflictPolicy, Known, Report
from core.sequences.upload import Format, Layout, Upload
from core.settings import MB, read_settings
from core.stores.milvus.index import VectorIndex
from core.stores.sql import Identity


@dataclass(frozen=True, slots=True)
class Target:
    """The library to load into.

    Attributes
    ----------
    encoder, index
        Only of one that is about to be made.
    identity
        Only of one that is there.
    replace
        Whether organisms that are there are replaced.
    """

    name: str
    encoder: str | None = None
    index: VectorIndex | None = None
    identity: Identity | None = None
    replace: bool = False


References = Mapping[str, Sequence[Record]]
"""Records by organism."""


def submit(
    target: Target,
    fetched: Callable[..., References],
    digest: str,
    families: Mapping[int, str],
    source: str,
) -> None:
    """Fetch references and load them, in the background.

    A library that is called otherwise by then gets them all the same; one that is gone does not
    come back. `digest` stands for what is fetched: of the same, one load is under way at a time.
    """
    opened, by = libraries(), current_user()

    def work(progress: Progress) -> LoadReport:
        references = fetched(progress=progress)
        return load(
            opened,
            references,
            library=opened.name_of(target.identity) if target.identity else target.name,
            encoder=target.encoder,
            index=target.index,
            families=families,
            source=source,
            by=by,
            replace=target.replace,
            into=target.identity,
            progress=progress,
        )

    digest = f"{source} {digest} {target.replace}"
    watch(jobs().submit("load", target.name, source, digest, work, by))
    st.rerun()


def submit_records(
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

    submit(target, at_hand, digest.hexdigest(), families, title)


_NONE = "–"
_ADD, _REPLACE = "Add to it", "Replace it"
_RULES = {
    "is an error": ConflictPolicy.ERROR,
    "keeps its first family": ConflictPolicy.FIRST,
    "is left out": ConflictPolicy.DROP_BOTH,
}
_HELP = "Every record needs its family: a column, or a part of its FASTA header."
_NO_FOLDER = (
    "What is too large to upload can be put into a folder of the server: whoever runs GeneKin names"
    " it in the setting GENEKIN_SOURCE_FOLDER."
)


@dataclass
class _File:
    """A file to read; `key` is another one when its content is."""

    key: Hashable
    read: Callable[[], list[Upload]]

    @cached_property
    def uploads(self) -> list[Upload]:
        """All of it, read once in a run of the page, and let go of at its end."""
        with st.spinner("Reading the file …"):
            return self.read()

    def beginnings(self) -> list[Upload]:
        """What the page needs to know of it at every run: family names, and the first rows."""
        return remember("beginnings", self.key, lambda: list(map(_beginning, self.uploads)))


def uploaded_file(library: Library | None, target: Target) -> None:
    """Load a file that the person uploads."""
    limits = Limits.of(read_settings())
    most = largest_upload()
    file = st.file_uploader(
        "FASTA, FASTQ, a table or Excel; plain, gzipped or zipped",
        key="reference",
        help=_HELP,
        max_upload_size=most,
    )
    st.caption(f"Up to {most:,} MB. What is larger: *Server folder*, or the command line.")
    names = _family_names(limits)
    if file is None:
        forget("beginnings", "report")
    else:
        _load(_uploaded(file, limits), names, library, target, limits)


def largest_upload() -> int:
    """Most megabytes of an upload: what is read, and what Streamlit's server takes at all."""
    return min(read_settings().max_file_mb, int(st.get_option("server.maxUploadSize")))


def folder_file(library: Library | None, target: Target) -> None:
    """Load a file that is in the server's folder."""
    settings = read_settings()
    if settings.source_folder is None:
        st.info(_NO_FOLDER)
        return
    files = list_files(settings.source_folder)
    if not files:
        st.info("The server's folder is empty.")
        return
    labels = unique_labels([f"{file.name} · {file.bytes / MB:,.1f} MB" for file in files])
    place = st.selectbox(
        "File in the server's folder",
        range(len(files)),
        index=None,
        format_func=labels.__getitem__,
        placeholder="Choose one",
        help=_HELP,
    )
    names = _family_names(Limits.of(settings))
    if place is not None:
        limits = Limits.of_disk(settings)
        chosen = files[place]
        file = _File((chosen.name, chosen.version), lambda: read_path(chosen.path, limits))
        _load(file, names, library, target, limits)


def _family_names(limits: Limits) -> _File | None:
    names = st.file_uploader(
        "Family names, if you have them: class and name",
        key="family_names",
        max_upload_size=largest_upload(),
    )
    return _uploaded(names, limits) if names else None


def _uploaded(file: UploadedFile, limits: Limits) -> _File:
    return _File(file.file_id, lambda: read_upload(file.getvalue(), file.name, limits))


def _load(
    file: _File, names: _File | None, library: Library | None, target: Target, limits: Limits
) -> None:
    """Show what is in a file, and load the good records of it when told."""
    given: dict[int, str] = {}
    places = []
    beginnings = file.beginnings()
    for place, each in enumerate(beginnings):
        if each.format is Format.FAMILIES:
            given |= read_families(each)
        elif each.format is Format.UNREADABLE:
            st.warning(escape_markdown(" ".join(each.notes)))
        else:
            places.append(place)
    for each in names.uploads if names else ():
        given |= read_families(each)
    if not places:
        st.info("This file only names families. Give it as family names, beside your sequences.")
        return
    chosen = places[0]
    if len(places) > 1:
        labels = unique_labels([beginnings[place].name for place in places])
        chosen = places[st.selectbox("File", range(len(places)), format_func=labels.__getitem__)]
    layout, choices = _as_read(beginnings[chosen], f"{file.key} {beginnings[chosen].name}")
    # Of the library, what its records are compared with: a load in between asks for a new report.
    there = [(each.name, each.count) for each in library.organisms()] if library else []
    key = f"replace {file.key} {target.name}"
    replace_them = st.session_state.get(key) == _REPLACE
    known = Known(library.families, given) if library and replace_them else _known(library, given)
    report = remember(
        "report",
        (
            file.key,
            chosen,
            layout,
            choices,
            tuple(given.items()),
            target.name,
            replace_them,
            *there,
        ),
        lambda: _checked(file.uploads[chosen], layout, choices, known, limits),
    )
    show_report(report, library)
    if same := sorted({name for name, _ in there} & {choices.organism, *report.good}):
        st.segmented_control(
            f"{', '.join(same)} is in the library already",
            (_ADD, _REPLACE),
            default=_ADD,
            required=True,
            key=key,
        )
    label = f"Load {pluralize(report.good_count, 'good record')}"
    if st.button(label, type="primary", disabled=not report.good_count):
        target = replace(target, replace=replace_them)
        submit_records(target, report.good, report.families, report.source)


def _as_read(upload: Upload, key: str) -> tuple[Layout, Choices]:
    """How the upload is to be read, as proposed and as the person says; `key` is this file's."""
    layout = propose(upload)
    for note in (*upload.notes, *layout.notes):
        st.caption(escape_markdown(note))
    organism = st.text_input("Organism", organism_of(upload), key=f"all {upload.name}")
    with st.expander("How it is read"):
        layout = _columns(upload, layout, key)
        family = st.text_input("Family of records that name none", key=f"missing {upload.name}")
        rule = st.selectbox("A sequence with two families", list(_RULES))
    return layout, Choices(organism=organism.strip(), family=family.strip(), rule=_RULES[rule])


def _known(library: Library | None, given: Mapping[int, str]) -> Known:
    if library is None:
        return Known(given=given)
    return Known(library.families, given, library.known_families, library.partitions())


def _checked(
    upload: Upload, layout: Layout, choices: Choices, known: Known, limits: Limits
) -> Report:
    with _progress_bar() as progress:
        return validate(
            read_entries(upload, layout),
            upload.name,
            limits.max_record_bases,
            known=known,
            choices=choices,
            progress=progress,
        )


def _columns(upload: Upload, layout: Layout, key: str) -> Layout:
    """The proposed layout, with what the person changes of it."""
    places = [None, *range(len(upload.header))]
    labels = unique_labels([_NONE, *(name or "without a name" for name in upload.header)])

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


def _beginning(upload: Upload) -> Upload:
    return (
        upload if upload.format is Format.FAMILIES else replace(upload, rows=upload.rows[:SAMPLE])
    )


@contextmanager
def _progress_bar() -> Iterator[Progress]:
    """A bar while something takes long; it goes when that is done."""
    bar = st.progress(0.0)

    def show(doing: str, done: int, total: int) -> None:
        bar.progress(done / total if total else 0.0, f"{doing}: {done:,} of {total:,} records")

    try:
        yield show
    finally:
        bar.empty()
