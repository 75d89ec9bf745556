"""What a person asks with: a text or a file, what was understood of it, and how to search.

From a question to a run: at once where it is small, in the background where it is large.
"""

import html
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from components.library.upload import largest_upload
from components.shared.formatting import escape_markdown, isolate_bidi, pluralize
from components.shared.jobs import follow_job
from components.shared.sequence_input import (
    LONGEST_TEXT,
    enable_live_input,
    file_input,
    named_problems,
    read_input,
)
from components.shared.services import choose_library, current_user, jobs, libraries, runs
from components.shared.session import remember
from core.classify import DEFAULT_NEIGHBOURS, Call, classify
from core.errors import GeneKinError
from core.library.library import Library
from core.progress import Progress
from core.runs import Query, Run, RunSettings
from core.sequences.limits import Limits
from core.sequences.records import Record
from core.sequences.references.examples import EXAMPLES
from core.settings import read_settings
from core.stores.sql.jobs import CANCELLED, DONE, JobRow

TEXT = "text"
"""The key of the text area."""
_FILE = "query file"
_FILES = "query files"
"""How many texts have taken the place of a file: the widget for it is then a new one."""
_LINE = "margin:0;font-size:.93rem;opacity:.8;overflow-wrap:anywhere"


@dataclass(frozen=True, slots=True)
class Question:
    """Queries, and how to search for them."""

    records: Sequence[Record]
    settings: RunSettings


@dataclass(frozen=True, slots=True)
class _Understood:
    """What was read of a text or a file.

    Attributes
    ----------
    line
        What it is, in a line.
    problems
        What cannot be used of it, as Markdown; empty where nothing is wrong.
    """

    records: Sequence[Record]
    line: str
    problems: str


def query_input(library: Library) -> Question | None:
    """The input of the page; a question when the person has pressed the button."""
    st.text_area(
        "DNA: bare, FASTA or FASTQ",
        key=TEXT,
        height=170,
        max_chars=LONGEST_TEXT,
        placeholder=">my gene\nATGGCC…",
        help="One bare sequence, or any number of records. A, C, G, T and IUPAC's other letters;"
        " U is read as T.",
    )
    _examples()
    file = file_input(_file_key())
    understood = _understand(file)
    line, options, button = st.columns([6, 2, 3], vertical_alignment="center")
    line.html(f'<p role="status" style="{_LINE}">{html.escape(understood.line)}</p>')
    with options.popover("Options", width="stretch"):
        settings = _settings(library)
    pressed = button.button(
        "Classify",
        type="primary",
        width="stretch",
        shortcut="Ctrl+Enter",
        disabled=not any(record.problem is None for record in understood.records),
        key="classify",
    )
    if understood.problems:
        st.warning(understood.problems)
    enable_live_input()
    return Question(understood.records, settings) if pressed else None


def show_text(text: str) -> None:
    """Put a text into the text area, from the next run on; a file gives way to it."""
    st.session_state["text to show"] = text


def put_text() -> None:
    """Put what :func:`show_text` was given into the text area; before that is drawn."""
    if text := st.session_state.pop("text to show", None):
        st.session_state[TEXT] = text
        if st.session_state.get(_file_key()) is not None:
            st.session_state[_FILES] = st.session_state.get(_FILES, 0) + 1


def _file_key() -> str:
    return f"{_FILE} {st.session_state.get(_FILES, 0)}"


def _examples() -> None:
    """What a newcomer can try, one click away."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("Try", width="content")
        for number, (label, make) in enumerate(EXAMPLES.items()):
            st.button(
                label,
                key=f"example {number}",
                on_click=lambda make=make: show_text(make()),
            )


def _understand(file: UploadedFile | None) -> _Understood:
    limits = Limits.of(read_settings())
    text = st.session_state.get(TEXT) or ""
    if file is None and not text.strip():
        return _Understood(
            [],
            f"At most {limits.max_record_bases:,} bases a record, and {largest_upload():,} MB a"
            " file. Nothing leaves this server.",
            "",
        )
    source = f"{isolate_bidi(file.name)}: " if file else ""
    try:
        records = read_input("read queries", file, text, limits)
    except GeneKinError as error:
        problems = "  \n".join(
            escape_markdown(part) for part in (error.message, error.hint) if part
        )
        return _Understood([], f"{source}nothing that can be classified", problems)
    bad = [record.problem.message for record in records if record.problem]
    bases = sum(len(record.residues) for record in records if record.problem is None)
    parts = [f"{source}{pluralize(len(records), 'record')}"]
    if len(bad) < len(records):
        parts += [pluralize(bases, "base"), "DNA"]
    if bad:
        parts.append(f"{len(bad):,} cannot be used")
    if file and text.strip():
        parts.append("without the file, the text above is read")
    return _Understood(records, " · ".join(parts), named_problems(bad))


def _settings(library: Library) -> RunSettings:
    names = libraries().names()
    if len(names) > 1:
        name = st.selectbox("Library", names, index=names.index(library.name))
        if name != library.name:
            choose_library(name)
            st.rerun()
    organisms = st.multiselect(
        "Search in",
        library.organism_names(),
        placeholder="all organisms",
        key=f"search in {library.name}",
    )
    neighbours = st.slider("Nearest genes to show", 1, 50, DEFAULT_NEIGHBOURS, key="neighbours")
    threshold = st.slider(
        "Name a family from this confidence on",
        0.0,
        1.0,
        library.threshold,
        format="percent",
        help="Below it, the answer is: unknown.",
        key=f"call from {library.name} {library.threshold}",
    )
    return RunSettings(tuple(organisms) or None, neighbours, threshold)


MOST_AT_ONCE = 100
MOST_BASES_AT_ONCE = 300_000
"""Queries, and bases, up to which an answer is so near that no job is worth while."""
RUN = "run"
"""What the address calls the run that is shown, and the session the one that was shown last."""
_JOB = "job"
"""What the address calls the job that is followed, and the session the one followed last."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A run with all of its calls and queries."""

    run: Run
    calls: Sequence[Call]
    queries: Sequence[Query]


def classify_question(library: Library, question: Question) -> None:
    """Answer a question; the run is then the one that the page's address names."""
    bases = sum(len(record.residues) for record in question.records)
    if len(question.records) > MOST_AT_ONCE or bases > MOST_BASES_AT_ONCE:
        _begin(library, question)
        return
    run = _run(library, question, current_user(), lambda _done, _total: None)
    _follow("")
    st.query_params[RUN] = run.id


def show_pending() -> bool:
    """Show how far the job of the address is, if there is one; False when there is none.

    A page that is loaded anew, and a colleague who has the address, follow it all the same.
    """
    token = st.query_params.get(_JOB) or st.session_state.get(_JOB, "")
    job = next(iter(jobs().recent(_line(token))), None) if token else None
    if job is not None and job.active:
        _follow(token)
        st.fragment(follow_job, run_every=0.5)(job.id)
        return True
    if job is not None:
        _tell(job)
    _follow("")  # Last: a click meanwhile draws the page anew from its beginning.
    return False


def _tell(job: JobRow) -> None:
    """What came of a job that has ended; its run is then the one that the page's address names."""
    if job.state == DONE:
        st.query_params[RUN] = job.result["run"]
    elif job.state == CANCELLED:
        st.info("Cancelled. Nothing of it was kept.")
    else:
        st.error(f"{escape_markdown(job.message)} {escape_markdown(job.hint)}")


def load_answer(run_id: str) -> Answer:
    """The run of that id, read once a session as long as it is shown.

    Raises
    ------
    InputError
        If there is none (any more).
    """
    run = runs().get(run_id)
    calls, queries = remember("answered", run.id, lambda: (runs().calls(run), runs().queries(run)))
    return Answer(run, calls, queries)


def _begin(library: Library, question: Question) -> None:
    """Have it answered in the background."""
    by = current_user()

    def work(progress: Progress) -> dict[str, str]:
        run = _run(library, question, by, lambda done, total: progress("Classifying", done, total))
        return {"run": run.id}

    token = secrets.token_hex(8)
    title = f"Classify {pluralize(len(question.records), 'record')}"
    jobs().submit("classify", _line(token), title, token, work, by)
    _follow(token)
    st.query_params.pop(RUN, None)


def _line(token: str) -> str:
    """A line of waiting of its own: no load has to end before it."""
    return f"run {token}"


def _follow(token: str) -> None:
    """Follow that job from now on, wherever the person goes; none, where it is empty."""
    if token:
        st.session_state[_JOB] = st.query_params[_JOB] = token
    else:
        st.session_state.pop(_JOB, None)
        st.query_params.pop(_JOB, None)


def _run(
    library: Library, question: Question, by: str, progress: Callable[[int, int], None]
) -> Run:
    settings = question.settings
    started = time.perf_counter()
    calls = classify(
        library,
        question.records,
        organisms=settings.organisms,
        neighbours=settings.neighbours,
        threshold=settings.threshold,
        progress=progress,
    )
    seconds = time.perf_counter() - started
    return runs().store(library, question.records, calls, settings, seconds=seconds, by=by)
