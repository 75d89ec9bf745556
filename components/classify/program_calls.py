"""Calls for programs of the Classify page: the input, or the result, as it is on the screen."""

from functools import partial

from components.classify.input import chosen_settings, entered_sequences
from components.classify.submission import RunResult
from components.shared.program_calls import program_calls, run_sequences
from core.library.library import Library
from core.runs import RunSettings
from core.web.page_calls import classify_call, result_call
from core.web.program_calls import Api, Call, ProgramCalls, Sequences

_PAGE = ""


def input_calls(library: Library) -> None:
    """Show the calls that classify what was entered, with the options that were chosen."""
    program_calls(_PAGE, partial(_input_calls, library))


def result_calls(result: RunResult) -> None:
    """Show the calls that read a run, and that classify its queries again."""
    program_calls(_PAGE, partial(_result_calls, result))


def _input_calls(library: Library, api: Api) -> ProgramCalls:
    call = _classify(api, library.name, entered_sequences(), chosen_settings(library))
    return ProgramCalls.join([call], library.name)


def _result_calls(result: RunResult, api: Api) -> ProgramCalls:
    run = result.run
    sequences = run_sequences(run, lambda: result.queries)
    again = _classify(api, run.library, sequences, run.settings)
    return ProgramCalls.join([result_call(api, run.id), again], run.library)


def _classify(api: Api, library: str, sequences: Sequences, settings: RunSettings) -> Call:
    return classify_call(
        api,
        library,
        sequences,
        organisms=settings.organisms,
        neighbours=settings.neighbours,
        threshold=settings.threshold,
    )
