"""Jobs that change a library, or export it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Literal

from pydantic import Field

from core.access import LibraryAccess
from core.errors import InputError
from core.jobs.kinds.base import JobContext, JobKind
from core.library.archive import export_library, import_library
from core.library.load import LoadReport, load
from core.library.profiles import NO_WEIGHT_TEXT, add_profiles, remove_profiles
from core.library.refit import refit
from core.library.repair import DAMAGED_HINT, RepairReport, damaged_text, repair
from core.library.stored_exports import StoredExports
from core.progress import Progress
from core.schema import StrictModel
from core.sequences.limits import Limits
from core.sequences.records import Record
from core.sequences.references import human, published
from core.sequences.references.simulated import simulate, simulated_name
from core.settings import MB
from core.stores.milvus.index import VectorIndex
from core.stores.sql import Identity

ARCHIVE = "archive"
"""Name of the file of an import."""
PROFILES_FILE = "profiles"
"""Name of the file of profiles that are added."""
_HUMAN = "human"


class Simulation(StrictModel):
    """Simulated orthologs of an organism's genes."""

    organism: str
    divergence: float
    seed: int


class LoadArguments(StrictModel):
    """Arguments of a load.

    Attributes
    ----------
    library
        Name of a new library, or the one that an existing library had.
    identity
        Of an existing library: it is found by it, also if it was renamed meanwhile.
    encoder, index
        Of a new library.
    families
        Names by class number.
    source
        Description to be kept with the load.
    origin
        Where the records come from: the job's file, or what any process can make.
    simulation, simulated_from
        For the origin ``simulated``, with the library that has the organism.
    only_first
        Load nothing if a library has been loaded by the time that the job starts.
    access
        Who may use a new library.
    """

    library: str
    identity: Identity | None = None
    encoder: str | None = None
    index: VectorIndex | None = None
    families: tuple[tuple[int, str], ...] = ()
    source: str = ""
    origin: Literal["file", "human", "published", "simulated"] = "file"
    simulation: Simulation | None = None
    simulated_from: Identity | None = None
    replace: bool = False
    only_first: bool = False
    access: LibraryAccess = LibraryAccess.LAB


class LibraryArguments(StrictModel):
    """Arguments of work on an existing library, whatever its name is now."""

    identity: Identity


class ImportArguments(StrictModel):
    """Arguments of an import.

    Attributes
    ----------
    library
        Name of the new library; the exported one's, if None.
    source
        Name of the file.
    access
        Who may use it.
    """

    library: str | None
    source: str
    access: LibraryAccess = LibraryAccess.LAB


class ProfilesArguments(StrictModel):
    """Arguments of a change of a library's profiles.

    Attributes
    ----------
    source
        Name of the file of profiles that are added; empty where some are removed.
    families
        Family by name of those that are added; those of the others are learned.
    remove
        Names of those that are removed; all, if None.
    """

    identity: Identity
    source: str = ""
    families: dict[str, str] = Field(default_factory=dict)
    remove: tuple[str, ...] | None = None


def _load(
    context: JobContext, arguments: LoadArguments, progress: Progress
) -> LoadReport | dict[str, str]:
    libraries = context.libraries
    if arguments.only_first and libraries.stores.labels.has_been_loaded():
        return {"said": "A library is there already."}
    references = _references(context, arguments, progress)
    identity = arguments.identity
    return load(
        libraries,
        references,
        library=libraries.current_name(identity) if identity else arguments.library,
        encoder=arguments.encoder,
        index=arguments.index,
        families=dict(arguments.families),
        source=arguments.source,
        by=context.row.by,
        replace=arguments.replace,
        identity=identity,
        access=arguments.access,
        progress=progress,
    )


def _references(
    context: JobContext, arguments: LoadArguments, progress: Progress
) -> Mapping[str, Sequence[Record]]:
    settings = context.settings
    if arguments.origin == "human":
        progress("Reading the human reference", 0, 0)
        return {_HUMAN: human.load_human_reference()}
    if arguments.origin == "published":
        folder = settings.home / "published"
        return published.load_published(folder, settings.max_record_bases, progress=progress)
    if arguments.simulation is not None:
        progress("Simulating", 0, 0)
        return _simulated(context, arguments)
    progress("Reading the records", 0, 0)
    return context.records()


def _simulated(context: JobContext, arguments: LoadArguments) -> Mapping[str, Sequence[Record]]:
    simulation, libraries = arguments.simulation, context.libraries
    if simulation is None or arguments.simulated_from is None:
        raise InputError("A simulation needs an organism to start from.")
    library = libraries.open(libraries.current_name(arguments.simulated_from))
    records = [
        Record(row.name, row.residues, row.position, row.position, row.family)
        for row in library.sequences(simulation.organism)
    ]
    name = simulated_name(simulation.organism, simulation.divergence)
    return {name: simulate(records, simulation.divergence, seed=simulation.seed)}


def _import(context: JobContext, arguments: ImportArguments, progress: Progress) -> LoadReport:
    progress("Reading the file", 0, 0)
    with TemporaryFile() as file:
        for data in context.read(ARCHIVE):
            file.write(data)
        file.seek(0)
        return import_library(
            context.libraries,
            file,
            arguments.library,
            limits=Limits.of(context.settings),
            display_name=arguments.source,
            by=context.row.by,
            access=arguments.access,
            progress=progress,
        )


def _export(context: JobContext, arguments: LibraryArguments, progress: Progress) -> dict[str, str]:
    libraries = context.libraries
    with TemporaryDirectory() as folder:
        path = Path(folder) / "library.zip"
        name = libraries.current_name(arguments.identity)
        count = export_library(libraries, name, path, progress=progress)
        size = path.stat().st_size
        if size > context.settings.max_file_bytes:
            message = f"The export has {size / MB:,.0f} MB, which is too large to download."
            raise InputError(message, "Use the command line: python -m core export.")
        StoredExports(libraries).save(arguments.identity, path)
    return {"said": f"{_genes(count)} exported. Download the file under Library settings."}


def _refit(context: JobContext, arguments: LibraryArguments, progress: Progress) -> dict[str, str]:
    libraries = context.libraries
    report = refit(libraries, libraries.current_name(arguments.identity), progress=progress)
    return {"said": f"Fitted on {_genes(report.sequences)}. {report.seconds:.1f} s."}


def _repair(context: JobContext, arguments: LibraryArguments, progress: Progress) -> dict[str, str]:
    libraries = context.libraries
    report = repair(libraries, libraries.current_name(arguments.identity), progress=progress)
    return {"said": _describe_repair(report)}


def _change_profiles(
    context: JobContext, arguments: ProfilesArguments, progress: Progress
) -> dict[str, str]:
    libraries = context.libraries
    name = libraries.current_name(arguments.identity)
    if not arguments.source:
        count = remove_profiles(libraries, name, arguments.remove, progress=progress)
        return {"said": f"{_profiles(count)} removed."}
    content = b"".join(context.read(PROFILES_FILE))
    found = add_profiles(
        libraries,
        name,
        content,
        arguments.source,
        families=arguments.families,
        by=context.row.by,
        progress=progress,
    )
    use = "They take part in classification." if found.weight else NO_WEIGHT_TEXT
    return {"said": f"The library has {_profiles(len(found.profiles))}. {use}"}


def _profiles(count: int) -> str:
    return f"{count:,} profile" if count == 1 else f"{count:,} profiles"


def _describe_repair(report: RepairReport) -> str:
    if report.library_removed:
        return "The library had no sequences and was removed."
    if report.damaged:
        return f"{damaged_text(report)} {DAMAGED_HINT}"
    recovered = report.interrupted
    interrupted = (
        recovered.loads_undone + recovered.removals_finished + recovered.collections_dropped
    )
    verified = f"{_genes(report.sequences)} verified"
    if not (interrupted or report.vectors_written or report.vectors_deleted):
        return f"{verified}, no problems found."
    return (
        f"{verified}. Missing vectors rebuilt: {report.vectors_written:,}; stray vectors deleted:"
        f" {report.vectors_deleted:,}; interrupted operations resolved: {interrupted:,}."
    )


def _genes(count: int) -> str:
    return f"{count:,} gene" if count == 1 else f"{count:,} genes"


LOAD = JobKind("load", LoadArguments, _load)
IMPORT = JobKind("import", ImportArguments, _import)
EXPORT = JobKind("export", LibraryArguments, _export)
REFIT = JobKind("refit", LibraryArguments, _refit)
PROFILES = JobKind("profiles", ProfilesArguments, _change_profiles)
REPAIR = JobKind("repair", LibraryArguments, _repair)
