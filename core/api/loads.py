"""Loads: the body is checked while the caller waits, and loaded by a job."""

import hashlib
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from starlette.responses import Response

from core.access import Action
from core.api.bodies import media_type, parse_references, read_body, require_file
from core.api.callers import AskingLong, Caller
from core.api.documentation import LOAD_BODY, Responses, problems
from core.api.idempotency import HEADER, MAX_KEY, check_key, submit_once
from core.api.inputs import LoadOptions
from core.api.jobs import describe_job
from core.api.libraries import LibraryName, OrganismName
from core.api.problems import ProblemError
from core.api.schemas import Accepted
from core.errors import InputError
from core.jobs.first_load import LOAD_KIND
from core.jobs.kinds.base import RECORDS
from core.jobs.kinds.library import LoadArguments
from core.jobs.queue import DuplicateJobError, JobRequest
from core.library.load import known_records
from core.library.naming import check_library_name
from core.sequences.checks import ConflictPolicy, ImportOptions
from core.sequences.import_source import ImportSource
from core.sequences.importer import Importer
from core.sequences.layout import Layout, find_column, with_family_pattern
from core.sequences.layout_proposal import propose_layout
from core.sequences.limits import Limits
from core.sequences.record_lines import pack_records
from core.sequences.records import check_organism_name
from core.sequences.report import Report
from core.sequences.source_file import SourceFile
from core.stores.milvus.index import INDEX_KINDS, VectorIndex

router = APIRouter(prefix="/libraries", tags=["libraries"])

_POLICIES = {
    "error": ConflictPolicy.ERROR,
    "first": ConflictPolicy.FIRST,
    "drop": ConflictPolicy.DROP_BOTH,
}
_NO_FAMILY_HINT = "Give family_column, family_pattern, or one family for all records."
_INVALID_HINT = "Nothing was loaded. Correct them, or load the others with valid_only=true."
_MAX_LISTED = 20
_LOCATION = {"description": "Path of the job.", "schema": {"type": "string"}}
_ACCEPTED: Responses = {202: {"headers": {"Location": _LOCATION}}}


@router.put(
    "/{library}/organisms/{organism}",
    summary="Load an organism",
    status_code=202,
    responses=_ACCEPTED | problems(400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 500, 503),
    openapi_extra=LOAD_BODY,
)
async def load_organism(  # noqa: PLR0917
    request: Request,
    response: Response,
    caller: AskingLong,
    library: LibraryName,
    organism: OrganismName,
    options: Annotated[LoadOptions, Query()],
    key: Annotated[
        str | None,
        Header(
            alias=HEADER,
            max_length=MAX_KEY,
            description="Sent again with the same request, makes no new job.",
        ),
    ] = None,
) -> Accepted:
    """Check the sequences of the body, and load them in the background. Needs the role curator.

    The first load creates the library. Loading the same sequences again changes nothing.
    """
    require_file(request)
    await caller.run(lambda: _check_request(caller, library, organism, options, key))
    given = media_type(request)
    body = await read_body(request, caller.backend.settings.max_file_bytes, caller.memory)
    digest = hashlib.sha256(f"{request.url.path}?{options.model_dump_json()}\n".encode())

    def load() -> Accepted:
        digest.update(body)
        checked: list[_Checked] = []

        def submit() -> int:
            limits = Limits.of(caller.backend.settings)
            source = parse_references(body, given, limits)
            checked.append(_check_source(caller, library, organism, options, source))
            return _submit(caller, _job_request(caller, library, options, checked[0], request_id))

        request_id = digest.hexdigest()
        job = submit() if key is None else submit_once(caller, key, request_id, submit)
        return _accepted(caller, job, checked[0] if checked else None)

    accepted = await caller.run_in_turn(load)
    response.headers["Location"] = request.url_for("get_job", job_id=accepted.job.id).path
    return accepted


@dataclass(frozen=True, slots=True)
class _Checked:
    """Sequences that can be loaded."""

    importer: Importer

    @property
    def reports(self) -> list[Report]:
        return self.importer.reports

    @property
    def valid(self) -> int:
        return sum(report.valid_count for report in self.reports)

    @property
    def rejected(self) -> int:
        return sum(len(report.rejected) for report in self.reports)


def _check_request(
    caller: Caller, library: str, organism: str, options: LoadOptions, key: str | None
) -> None:
    """Check what can be, before the body is read."""
    check_library_name(library)
    check_organism_name(organism)
    if key is not None:
        check_key(key)
    if options.index is not None and options.index not in INDEX_KINDS:
        raise InputError(f"Unknown index: {options.index!r}.", f"Use {', '.join(INDEX_KINDS)}.")
    caller.libraries.require(Action.LOAD, library)


def _check_source(
    caller: Caller, library: str, organism: str, options: LoadOptions, source: ImportSource
) -> _Checked:
    known = known_records(caller.libraries, library, replace=options.replace)
    importer = Importer(known, Limits.of(caller.backend.settings))
    importer.add_family_names(source.family_names)
    import_options = ImportOptions(
        organism=organism, family=options.family, conflicts=_POLICIES[options.two_families]
    )
    while source.files:  # Free each file as soon as it is checked.
        file = source.files.pop(0)
        layout = _layout(file, options)
        if layout.family is None and not options.family:
            raise InputError(f"{file.name}: no families found.", _NO_FAMILY_HINT)
        importer.check(file, layout, import_options)
    checked = _Checked(importer)
    if checked.rejected and not (options.valid_only and importer.references):
        raise _invalid(checked)
    return checked


def _layout(file: SourceFile, options: LoadOptions) -> Layout:
    """Return the proposed layout, changed by the options; the address names the organism."""
    columns = {
        "sequence": options.sequence_column,
        "family": options.family_column,
        "name": options.name_column,
    }
    changes: dict[str, Any] = {
        part: find_column(file, name) for part, name in columns.items() if name
    }
    if options.family_column:
        changes["family_pattern"] = ""
    layout = replace(propose_layout(file), organism=None, organism_pattern="", **changes)
    if options.family_pattern:
        layout = with_family_pattern(file, layout, options.family_pattern)
    return layout


def _invalid(checked: _Checked) -> ProblemError:
    """Return the problem of a file with invalid records, which names the first ones."""
    rejected = [item for report in checked.reports for item in report.rejected][:_MAX_LISTED]
    records = [
        {"record": item.entry.position, "line": item.entry.line, "reasons": list(item.reasons)}
        for item in rejected
    ]
    total = checked.valid + checked.rejected
    detail = f"{checked.rejected:,} of {total:,} records are invalid. {rejected[0].reasons[0]}"
    return ProblemError(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "invalid-records",
        detail,
        hint=_INVALID_HINT,
        records=records,
    )


def _job_request(
    caller: Caller, library: str, options: LoadOptions, checked: _Checked, digest: str
) -> JobRequest:
    references = checked.importer.references
    row = caller.libraries.find_row(library)
    arguments = LoadArguments(
        library=library,
        identity=row.identity if row else None,
        encoder=options.encoder,
        index=VectorIndex.of_kind(options.index) if options.index else None,
        families=tuple(checked.importer.families.items()),
        source=options.source,
        replace=options.replace,
        access=options.access,
    )
    title = f"{options.source} → {', '.join(references)}"
    files = {RECORDS: pack_records(references)}
    return JobRequest(LOAD_KIND, library, title, digest, arguments, files, submitter=caller.name)


def _submit(caller: Caller, request: JobRequest) -> int:
    try:
        return caller.jobs.submit(request)
    except DuplicateJobError as error:
        for job in caller.backend.jobs.active():
            if (job.library, job.digest) == (request.library, request.digest):
                raise ProblemError(
                    HTTPStatus.CONFLICT, "duplicate-job", str(error), job=job.id
                ) from None
        raise


def _accepted(caller: Caller, job_id: int, checked: _Checked | None) -> Accepted:
    job = caller.jobs.get(job_id)
    if job is None:
        raise InputError("The job has been deleted meanwhile.", "Load it again.")
    described = describe_job(job)
    if checked is None:  # The key was used before.
        return Accepted(job=described, records=None, rejected=None, notes=[])
    notes = [note for report in checked.reports for note in report.notes]
    return Accepted(job=described, records=checked.valid, rejected=checked.rejected, notes=notes)
