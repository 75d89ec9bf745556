"""Import of a user's file, uploaded or in the server folder: settings, report, load button."""

from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from components.library.import_report import show_report
from components.library.similar_families import choose_families
from components.library.submission import Target, submit_records
from components.shared.formatting import escape_markdown, pluralize, unique_labels
from components.shared.kept_file import given_file, kept_file_uploader, widget_key
from components.shared.sequence_input import max_upload_mb
from components.shared.services import expect_job, libraries
from components.shared.session import Slot, forget, remember, widget_value
from core.library.library import Library
from core.library.load import known_records
from core.progress import Progress, no_progress
from core.sequences.checks import ConflictPolicy, ImportOptions, Known
from core.sequences.files import list_files
from core.sequences.import_source import ImportSource
from core.sequences.importer import Importer
from core.sequences.layout import Layout, with_family_pattern
from core.sequences.layout_proposal import propose_layout, propose_organism
from core.sequences.limits import Limits
from core.sequences.records import clean_organism_name
from core.sequences.report import Report
from core.sequences.similar_families import SimilarFamily
from core.sequences.source_file import SourceFile
from core.settings import MB, read_settings

_UPLOAD, _FOLDER_FILE, _FAMILY_NAMES = "reference", "file in the folder", "family names"
"""Keys of files."""
_NO_COLUMN = "–"
_UNNAMED = "organism"
"""Stands for an organism that is not named yet."""
_ADD, _REPLACE = "Add", "Replace"
_CONFLICT_POLICIES = {
    "Reject all": ConflictPolicy.ERROR,
    "Keep the first": ConflictPolicy.FIRST,
    "Drop": ConflictPolicy.DROP_BOTH,
}
_HELP = "Every record needs a family: a column, or a part of its FASTA header."
_NO_FOLDER = (
    "For files that are too large to upload, the administrator can set a server folder with"
    " GENEKIN_SOURCE_FOLDER."
)


@dataclass
class _File:
    """A file to import; its `key` identifies its content."""

    key: Hashable
    open: Callable[[], ImportSource]

    @cached_property
    def source(self) -> ImportSource:
        """Its full content, read at most once a run of the page and freed at its end."""
        with st.spinner("Reading the file …"):
            return self.open()

    def preview(self) -> ImportSource:
        """Return its first rows, which the page needs at every run."""
        # A lambda, because `source` reads the file.
        return remember(Slot.IMPORT_PREVIEW, self.key, lambda: self.source.preview())  # noqa: PLW0108


def uploaded_file(library: Library | None, target: Target) -> None:
    """Import a file that the user uploads."""
    limits = Limits.of(read_settings())
    max_mb = max_upload_mb()
    upload = kept_file_uploader(
        "Upload a file (FASTA, FASTQ, CSV/TSV, Excel; .gz, .zip)",
        _UPLOAD,
        max_mb=max_mb,
        help_text=_HELP,
    )
    st.caption(f"Max {max_mb:,} MB. For larger files use *Server folder* or the command line.")
    family_names = _family_names_input(limits)
    if upload is None:
        forget(Slot.IMPORT_PREVIEW, Slot.IMPORT_REPORT, Slot.SIMILAR_FAMILIES)
    else:
        target = replace(target, files=(_UPLOAD, _FAMILY_NAMES))
        _import_file(_uploaded(upload, limits), family_names, library, target, limits)


def given_reference() -> tuple[str, str] | None:
    """Return the organism and the name of the file that was uploaded; None if there is none."""
    file = given_file(_UPLOAD)
    if file is None:
        return None
    organism = clean_organism_name(str(widget_value(_organism_key(file.name)) or ""))
    return organism or _UNNAMED, file.name


def folder_file(library: Library | None, target: Target) -> None:
    """Import a file of the server folder."""
    settings = read_settings()
    if settings.source_folder is None:
        st.info(_NO_FOLDER)
        return
    files = list_files(settings.source_folder)
    if not files:
        st.info("The server folder is empty.")
        return
    labels = unique_labels([f"{file.name} · {file.bytes / MB:,.1f} MB" for file in files])
    label = st.selectbox(
        "File in the server folder",
        labels,
        index=None,
        placeholder="Choose a file",
        help=_HELP,
        key=widget_key(_FOLDER_FILE),
        persist_state="session",
    )
    family_names = _family_names_input(Limits.of(settings))
    if label is not None:
        limits = Limits.of_disk(settings)
        chosen = files[labels.index(label)]
        key = (chosen.name, chosen.version)
        file = _File(key, lambda: ImportSource.from_path(chosen.path, limits))
        target = replace(target, files=(_FOLDER_FILE, _FAMILY_NAMES))
        _import_file(file, family_names, library, target, limits)


def _family_names_input(limits: Limits) -> dict[int, str]:
    upload = kept_file_uploader(
        "Family names (optional: class number and name)", _FAMILY_NAMES, max_mb=max_upload_mb()
    )
    return _uploaded(upload, limits).open().as_family_names() if upload else {}


def _uploaded(upload: UploadedFile, limits: Limits) -> _File:
    return _File(
        upload.file_id,
        lambda: ImportSource.from_bytes(upload.getvalue(), upload.name, limits),
    )


def _import_file(
    file: _File,
    family_names: Mapping[int, str],
    library: Library | None,
    target: Target,
    limits: Limits,
) -> None:
    """Draw the import settings, the report, and the button that loads the valid records."""
    expect_job()
    preview = file.preview()
    for message in preview.unreadable:
        st.warning(escape_markdown(message))
    preview.require_sequences()
    index = _choose_file(preview)
    layout, options = _import_settings(preview.files[index], str(file.key))
    names = {**preview.family_names, **family_names}
    organisms = [(row.name, row.count) for row in library.organisms()] if library else []
    replace_key = f"replace {file.key} {target.name}"
    replace_existing = widget_value(replace_key) == _REPLACE

    def importer(progress: Progress = no_progress) -> Importer:
        opened = libraries()
        known = (
            known_records(opened, library.name, replace=replace_existing) if library else Known()
        )
        importer = Importer(known, limits, progress)
        importer.add_family_names(names)
        return importer

    def find_similar() -> list[SimilarFamily]:
        return importer().similar_families(file.source.files[index], layout, options)

    def check() -> Report:
        with _progress_bar() as progress:
            return importer(progress).check(file.source.files[index], layout, options)

    # The organisms are part of the key: after a load the records are compared again.
    key = (
        *(file.key, index, layout, options, tuple(names.items())),
        *(target.name, replace_existing, *organisms),
    )
    similar = remember(Slot.SIMILAR_FAMILIES, key, find_similar)
    options = replace(options, synonyms=choose_families(similar, str(file.key)))
    report = remember(Slot.IMPORT_REPORT, (*key, options.synonyms), check)
    show_report(report, library)
    if existing := sorted({name for name, _ in organisms} & {options.organism, *report.valid}):
        st.segmented_control(
            f"{', '.join(map(escape_markdown, existing))}: already present",
            (_ADD, _REPLACE),
            default=_ADD,
            required=True,
            key=replace_key,
        )
    label = f"Load {pluralize(report.valid_count, 'valid record')}"
    if st.button(label, type="primary", disabled=not report.valid_count):
        target = replace(target, replace=replace_existing)
        submit_records(target, report.valid, report.families, report.source)


def _choose_file(source: ImportSource) -> int:
    if len(source.files) == 1:
        return 0
    labels = unique_labels([file.name for file in source.files])
    return st.selectbox("File", range(len(labels)), format_func=labels.__getitem__)


def _import_settings(file: SourceFile, key: str) -> tuple[Layout, ImportOptions]:
    """Draw the proposed layout and the options; return them as the user changed them."""
    layout = propose_layout(file)
    organism = st.text_input("Organism", propose_organism(file), key=_organism_key(file.name))
    with st.expander("Import settings"):
        layout = _layout_settings(file, layout, f"{key} {file.name}")
        family = st.text_input("Default family", key=f"missing {file.name}")
        conflicts = st.selectbox("Conflicting families", list(_CONFLICT_POLICIES))
    options = ImportOptions(
        organism=organism.strip(), family=family.strip(), conflicts=_CONFLICT_POLICIES[conflicts]
    )
    return layout, options


def _organism_key(file: str) -> str:
    return f"all {file}"


def _layout_settings(file: SourceFile, layout: Layout, key: str) -> Layout:
    if file.has_header_lines:
        pattern = st.text_input(
            "Family regex (one capture group)", layout.family_pattern, key=f"pattern {key}"
        )
        return with_family_pattern(file, layout, pattern.strip())
    columns = [None, *range(len(file.header))]
    labels = unique_labels([_NO_COLUMN, *(name or "unnamed" for name in file.header)])

    def column(part: str, proposed: int | None) -> int | None:
        index: int | None = st.selectbox(
            f"{part} column",
            columns,
            index=columns.index(proposed),
            format_func=lambda index: labels[0 if index is None else index + 1],
            key=f"column {part.lower()} {key}",
        )
        return index

    return replace(
        layout,
        sequence=column("Sequence", layout.sequence),
        family=column("Family", layout.family),
        organism=column("Organism", layout.organism),
        name=column("Name", layout.name),
    )


@contextmanager
def _progress_bar() -> Iterator[Progress]:
    """Show a progress bar until the block ends."""
    bar = st.progress(0.0)

    def show(step: str, done: int, total: int) -> None:
        bar.progress(done / total if total else 0.0, f"{step}: {done:,} of {total:,} records")

    try:
        yield show
    finally:
        bar.empty()
