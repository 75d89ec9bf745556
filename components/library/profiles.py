"""Profile HMMs of a library: what is there, add a file, remove."""

import hashlib
from collections.abc import Sequence

import streamlit as st

from components.shared.errors import show_error
from components.shared.formatting import pluralize
from components.shared.jobs import submit_job
from components.shared.kept_file import kept_file_uploader
from components.shared.loads import PendingLoad, watch_load
from components.shared.sequence_input import max_upload_mb
from components.shared.services import libraries, may
from core.access import Action
from core.encoders import TranslatedEncoder
from core.errors import InputError
from core.jobs.kinds.library import PROFILES_FILE, ProfilesArguments
from core.jobs.queue import JobRequest
from core.library.library import Library
from core.library.profile_families import parse_families
from core.library.profile_file import MAX_FILE_BYTES
from core.library.profiles import (
    NO_WEIGHT_TEXT,
    ProfileSummaries,
    list_profiles,
)
from core.settings import MB

_FILE = "profiles file"
"""Key of the file of profiles."""
_FILE_TYPES = ("hmm", "gz", "zip")
_HELP = (
    "Profile HMMs of protein families, from Pfam, PANTHER or hmmbuild (HMMER3). They count where"
    " no relative of a query is in the library. Which families they speak for is learned from the"
    " library's own genes."
)


def profiles_panel(library: Library) -> None:
    """Draw the profiles of a library, and what can be done with them."""
    if library.encoder.name != TranslatedEncoder.name:
        return
    found = list_profiles(libraries(), library.name)
    count = len(found.profiles)
    label = f"Profiles ({count:,})" if count else "Profiles"
    with st.expander(label, key=f"profiles of {library.name}"):
        st.caption(_HELP)
        if count:
            _show_profiles(found)
        if may(Action.PROFILES):
            _add(library)
            if count:
                _remove(library, [profile.name for profile in found.profiles])


def _show_profiles(found: ProfileSummaries) -> None:
    st.write(
        f"Weight beside the other evidence: {found.weight:.2f}." if found.weight else NO_WEIGHT_TEXT
    )
    st.dataframe(
        [
            {
                "profile": profile.name,
                "families": found.family_text(profile),
                "length": profile.length,
                "accession": profile.accession,
                "description": profile.description,
                "file": profile.source,
            }
            for profile in found.profiles
        ],
        hide_index=True,
        column_config={
            "profile": "Profile",
            "accession": "Accession",
            "description": "Description",
            "length": st.column_config.NumberColumn("Length", help="Positions of the profile."),
            "families": st.column_config.TextColumn(
                "Families",
                help="Families of the library's genes that it matches, with the number of clusters"
                " of relatives; or the family given with the file.",
            ),
            "file": "File",
        },
        alt="Profiles of the library with their families",
    )


def _add(library: Library) -> None:
    file = kept_file_uploader(
        "Profiles (HMMER3: .hmm, .gz, .zip)",
        _FILE,
        max_mb=min(max_upload_mb(), MAX_FILE_BYTES // MB),
        file_type=_FILE_TYPES,
    )
    named = ""
    if file is not None:
        named = _families_field(file.name)
    if not st.button("Add profiles", disabled=file is None) or file is None:
        return
    try:
        families = parse_families(named.splitlines())
    except InputError as error:
        show_error(error)
        return
    content = file.getvalue()
    digest = hashlib.sha256(content + named.encode()).hexdigest()
    arguments = ProfilesArguments(identity=library.identity, source=file.name, families=families)
    request = JobRequest(
        "profiles",
        library.name,
        f"Profiles of {library.name}: {file.name}",
        digest,
        arguments,
        {PROFILES_FILE: [content]},
    )
    job = submit_job(request)
    if job is not None:
        watch_load(job, PendingLoad(files=(_FILE,)))
        st.rerun()


def _families_field(file: str) -> str:
    """Draw a field for the families of the profiles of a file; each file has its own."""
    return st.text_area(
        "Families (optional)",
        key=f"families of {file}",
        height=90,
        placeholder="kin_1 = Tyrosine kinase",
        help="A line a profile, PROFILE = FAMILY: for profiles that no gene of the library matches."
        " The families of the others are learned.",
    )


def _remove(library: Library, names: Sequence[str]) -> None:
    chosen = st.multiselect("Remove", names, placeholder="All profiles", key="profiles to remove")
    label = f"Remove {pluralize(len(chosen), 'profile')}" if chosen else "Remove all profiles"
    if not st.button(label):
        return
    remove = tuple(chosen) if chosen else None
    arguments = ProfilesArguments(identity=library.identity, remove=remove)
    title = f"Removal of profiles of {library.name}"
    digest = hashlib.sha256(repr(remove).encode()).hexdigest()
    if submit_job(JobRequest("profiles", library.name, title, digest, arguments)) is not None:
        st.rerun()
