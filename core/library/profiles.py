"""Profile HMMs of a library: added, removed and listed.

What the profiles say about the families is learned again with every change. The library's own model
stays as it is, so that without profiles it answers as before.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from core.access import Action
from core.classification.profile_evidence import ProfileModel
from core.classification.profile_search import HmmProfile
from core.encoders import TranslatedEncoder
from core.errors import InputError, LibraryError
from core.library.create import train_with_profiles
from core.library.manager import Libraries
from core.library.profile_families import name_families
from core.library.profile_file import MAX_PROFILES, ProfileFile
from core.library.recovery import recover
from core.library.stored_state import pack_profile, profiles_digest, unpack_profile
from core.progress import Progress, no_progress
from core.sequences.families import family_name
from core.stores.disk import Room
from core.stores.locks import write_lock
from core.stores.sql import LibraryRow, ProfileRow
from core.stores.sql.tables import replace_surrogates, utc_now

NO_WEIGHT_TEXT = "They do not help to tell the families of the library apart, and are not used."
_MAX_STATES = 400_000
"""Most match states of all profiles of a library: in memory, they take 200 MB."""
_ROW_BYTES = 8_000
_MAX_NAMED = 5


@dataclass(frozen=True, slots=True)
class ProfileSummary:
    """A profile of a library, and what is known of its families.

    Attributes
    ----------
    named
        Class number that a user gave to it; None if that was left to be learned.
    clusters
        Clusters of homologs in the library that it matches, by class number, the most first.
    """

    name: str
    accession: str
    description: str
    length: int
    source: str
    named: int | None
    clusters: Mapping[int, float]


@dataclass(frozen=True, slots=True)
class ProfileSummaries:
    """All profiles of a library.

    Attributes
    ----------
    weight
        Weight of the profiles beside the other evidence; 0 if they do not help to tell the
        families apart.
    families
        Names of the library's families by class number.
    """

    profiles: tuple[ProfileSummary, ...]
    weight: float
    families: Mapping[int, str]

    def family_text(self, profile: ProfileSummary) -> str:
        """Return the families of a profile in words, with the clusters of homologs of each."""
        learned = ", ".join(
            f"{family_name(self.families, number)} ({count:.2g})"
            for number, count in profile.clusters.items()
        )
        if profile.named is None:
            return learned or "none"
        return f"{family_name(self.families, profile.named)} (given)" + (
            f"; {learned}" if learned else ""
        )


def add_profiles(
    libraries: Libraries,
    name: str,
    content: bytes,
    source: str,
    *,
    families: Mapping[str, str] | None = None,
    by: str = "",
    progress: Progress = no_progress,
    timeout: float = 60.0,
) -> ProfileSummaries:
    """Add the profiles of a file to a library, and learn what all its profiles say.

    Parameters
    ----------
    content
        A file in HMMER3 text format, plain, gzipped or zipped.
    source
        Its name.
    families
        Name of a family by the name of a profile; the families of the others are learned, unless
        their name or description is that of a family of the library.
    by
        Who adds them, if the libraries do not act for a named user.

    Raises
    ------
    ForbiddenError
        If the user may not.
    InputError
        If the file, or a profile in it, is invalid, or the library has one of that name.
    LibraryError
        If there is no such library, or its encoder has no model.
    StoreError
        If a store fails, or another writer does not finish within `timeout` seconds. Nothing is
        changed then.
    """
    libraries.require(Action.PROFILES, name)
    libraries.library_row(name)
    new = ProfileFile(content, source).read(progress)
    with write_lock(libraries.stores.database.engine, name, timeout):
        row = _prepare(libraries, name)
        if row.encoder != TranslatedEncoder.name:
            raise _without_model(row)
        known = _known_profiles(libraries, row)
        _check_new(new, [profile for _, profile in known], name)
        named = name_families(new, families or {}, libraries.stores.labels.families(row.id), name)
        details = {"source": source, "by": libraries.access.user.name or by}
        rows = [_profile_row(profile, **details) for profile in named]
        _require_room(libraries, rows, name)
        rows = [*(stored for stored, _ in known), *rows]
        profiles = [*(profile for _, profile in known), *named]
        model = _train(libraries, row, profiles, progress)
        _save(libraries, row, rows, model)
    libraries.record(Action.PROFILES, name, f"{len(new):,} added from {source}")
    return _summaries(libraries, row, rows, model)


def remove_profiles(
    libraries: Libraries,
    name: str,
    names: Collection[str] | None = None,
    *,
    progress: Progress = no_progress,
    timeout: float = 60.0,
) -> int:
    """Remove profiles from a library, all if `names` is None; return their number.

    Removing all of them needs nothing that damage could have made unreadable.

    Raises
    ------
    ForbiddenError
        If the user may not.
    InputError
        If the library has no profile of one of these names.
    LibraryError
        If there is no such library.
    StoreError
        If a store fails, or another writer does not finish within `timeout` seconds. Nothing is
        changed then.
    """
    libraries.require(Action.PROFILES, name)
    with write_lock(libraries.stores.database.engine, name, timeout):
        row = _prepare(libraries, name)
        labels = libraries.stores.labels
        stored = labels.profiles(row.id, with_data=False)
        unwanted = {profile.name for profile in stored} if names is None else set(names)
        if missing := unwanted - {profile.name for profile in stored}:
            message = f"The library {name!r} has no profile {min(missing)[:80]!r}."
            raise InputError(message, "Nothing was removed.")
        if len(unwanted) == len(stored):
            if stored or row.profiles:
                _save(libraries, row, [], None)
        elif unwanted:
            kept = [
                pair for pair in _known_profiles(libraries, row) if pair[1].name not in unwanted
            ]
            profiles = [profile for _, profile in kept]
            model = _train(libraries, row, profiles, progress)
            _save(libraries, row, [profile_row for profile_row, _ in kept], model)
    libraries.record(Action.PROFILES, name, f"{len(unwanted):,} removed")
    return len(unwanted)


def list_profiles(libraries: Libraries, name: str) -> ProfileSummaries:
    """Return the profiles of a library.

    Raises
    ------
    LibraryError
        If there is no such library, or its profiles are damaged.
    """
    row = libraries.library_row(name)
    model = libraries.profiles(row)
    rows = libraries.stores.labels.profiles(row.id, with_data=False)
    return _summaries(libraries, row, rows, model)


def _prepare(libraries: Libraries, name: str) -> LibraryRow:
    """Return the row of a library after recovery, under its lock."""
    recover(libraries.stores, libraries.library_row(name))
    return libraries.library_row(name)


def _known_profiles(libraries: Libraries, row: LibraryRow) -> list[tuple[ProfileRow, HmmProfile]]:
    """Return the rows of a library's profiles, with the profiles; these are checked."""
    if libraries.profiles(row) is None:
        return []
    stored = libraries.stores.labels.profiles(row.id)
    return [(profile_row, unpack_profile(profile_row)) for profile_row in stored]


def _check_new(new: Sequence[HmmProfile], known: Sequence[HmmProfile], library: str) -> None:
    names = {profile.name for profile in known}
    if taken := [profile.name for profile in new if profile.name in names]:
        listed = ", ".join(taken[:_MAX_NAMED]) + (" and others" if len(taken) > _MAX_NAMED else "")
        message = f"The library {library!r} has these profiles already: {listed}."
        raise InputError(message, "Nothing was added. Remove them first.")
    if len(new) + len(known) > MAX_PROFILES:
        message = f"The library {library!r} would have more than {MAX_PROFILES:,} profiles."
        raise InputError(message, "Nothing was added. Remove some first.")
    if sum(profile.length for profile in (*new, *known)) > _MAX_STATES:
        message = f"The profiles would have more than {_MAX_STATES:,} states in all."
        raise InputError(message, "Nothing was added. Remove some first, or add fewer.")


def _profile_row(profile: HmmProfile, *, source: str, by: str) -> ProfileRow:
    return ProfileRow(
        name=profile.name,
        accession=profile.accession,
        description=profile.description,
        length=profile.length,
        family=profile.family,
        source=replace_surrogates(source),
        added_at=utc_now().replace(microsecond=0),
        by=replace_surrogates(by),
        data=pack_profile(profile),
    )


def _require_room(libraries: Libraries, rows: Sequence[ProfileRow], name: str) -> None:
    size = sum(len(row.data) + _ROW_BYTES for row in rows)
    action = f"adding {len(rows):,} profiles to the library {name!r}"
    # All rows are written again, in one transaction.
    libraries.stores.require_room(Room(size, 0, 2 * size), action)


def _train(
    libraries: Libraries, row: LibraryRow, profiles: Sequence[HmmProfile], progress: Progress
) -> ProfileModel:
    labels = libraries.stores.labels
    labelled = (
        (sequence.residues, sequence.family)
        for organism in labels.organisms(row.id)
        for sequence in labels.sequences(organism.id)
    )
    _, model = train_with_profiles(libraries.encoder(row), labelled, profiles, progress)
    if model is None:
        raise _without_model(row)
    return model


def _without_model(row: LibraryRow) -> LibraryError:
    message = f"The library {row.name!r} has the encoder {row.encoder}."
    return LibraryError(message, "Only libraries with the encoder translated can have profiles.")


def _save(
    libraries: Libraries, row: LibraryRow, rows: Sequence[ProfileRow], model: ProfileModel | None
) -> None:
    state = model.state() if model else {}
    digest = profiles_digest(rows, state) if model else ""
    libraries.stores.labels.replace_profiles(row.id, rows, digest, state)


def _summaries(
    libraries: Libraries,
    library: LibraryRow,
    rows: Sequence[ProfileRow],
    model: ProfileModel | None,
) -> ProfileSummaries:
    families = libraries.stores.labels.families(library.id)
    if model is None:
        return ProfileSummaries((), 0.0, families)
    return ProfileSummaries(
        tuple(
            ProfileSummary(
                name=row.name,
                accession=row.accession,
                description=row.description,
                length=row.length,
                source=row.source,
                named=row.family,
                clusters=model.clusters(index),
            )
            for index, row in enumerate(rows)
        ),
        float(model.weights[1]),
        families,
    )
