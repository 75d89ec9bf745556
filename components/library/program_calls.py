"""Calls for programs of the Library page: list the organisms, and load the file that was given."""

from functools import partial

from components.library.upload import given_reference
from components.shared.program_calls import program_calls
from components.shared.services import may
from core.access import Action
from core.web.page_calls import load_call, organisms_call
from core.web.program_calls import Api, ProgramCalls, Sequences

_EXAMPLE = ("dog", "dog.tsv")
"""Organism and file, where none was given."""


def library_calls(library: str) -> None:
    """Show the calls for a library, by its name."""
    program_calls("library", partial(_calls, library))


def _calls(library: str, api: Api) -> ProgramCalls:
    calls = [organisms_call(api, library)]
    if may(Action.LOAD):
        organism, file = given_reference() or _EXAMPLE
        calls.append(load_call(api, library, organism, Sequences.of_file(file)))
    return ProgramCalls.join(calls, library)
