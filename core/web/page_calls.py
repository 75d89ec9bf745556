"""The calls for what each page shows."""

from collections.abc import Mapping, Sequence
from pathlib import PurePath

from core.runs.file_format import ENDING
from core.web.program_calls import Api, Call, Sequences
from core.web.program_text import (
    python_assignment,
    python_text,
    python_value,
    shell_loop,
    shell_words,
    wrap_command,
)


def classify_call(
    api: Api,
    library: str,
    sequences: Sequences,
    *,
    organisms: Sequence[str] | None,
    neighbours: int,
    threshold: float,
) -> Call:
    """Return the call that classifies sequences.

    Parameters
    ----------
    organisms
        Organisms to search; None for all.
    """
    names = list(organisms or ())
    chosen = [
        *(("organism", name) for name in names),
        ("neighbours", str(neighbours)),
        ("threshold", repr(threshold)),
    ]
    options = [f"--{option} {shell_words(value)}" for option, value in chosen]
    arguments = {"organisms": names} if names else {}
    return Call(
        "Classify the sequences",
        api.send(sequences, "classify", query=[("library", library), *chosen, ("format", "tsv")]),
        _command("classify", sequences, f"--library {shell_words(library)}", *options),
        _python_call(
            "calls",
            "library.classify",
            sequences,
            {**arguments, "neighbours": neighbours, "threshold": threshold},
            "calls.to_frame()",
        ),
        sequences.is_example,
    )


def trace_call(api: Api, library: str, sequences: Sequences) -> Call:
    """Return the call that traces sequences."""
    query = [("library", library), ("format", "tsv")]
    return Call(
        "Trace the sequences",
        api.send(sequences, "trace", query=query),
        _command("trace", sequences, f"--library {shell_words(library)}"),
        _python_call("traces", "library.trace", sequences, {}, "traces.to_frame()"),
        sequences.is_example,
    )


def file_call(api: Api, run: str) -> Call:
    """Return the call that writes a run into a run file."""
    command = f"genekin export-run {shell_words(run)} run{ENDING}"
    return Call("Save this run", api.download("runs", run, "file"), command)


def result_call(api: Api, run: str) -> Call:
    """Return the call that reads the calls of a classification."""
    return Call("Read this result", api.read("runs", run, "calls", query=[("format", "tsv")]))


def runs_call(api: Api) -> Call:
    """Return the call that lists the runs."""
    return Call("List the runs", api.read("runs"))


def libraries_call(api: Api) -> Call:
    """Return the call that lists the libraries."""
    return Call(
        "List the libraries", api.read("libraries"), "genekin status", "print(genekin.libraries())"
    )


def library_call(api: Api, library: str) -> Call:
    """Return the call that describes a library."""
    return Call(
        "Describe the library",
        api.read("libraries", library),
        "genekin status",
        "print(library.encoder, library.threshold)\nprint(library.organisms)",
    )


def jobs_call(api: Api) -> Call:
    """Return the call that lists the jobs."""
    return Call("List the jobs", api.read("jobs"))


def organisms_call(api: Api, library: str) -> Call:
    """Return the call that lists the organisms of a library."""
    return Call(
        "List the organisms",
        api.read("libraries", library, "organisms"),
        "genekin status",
        "print(library.organisms)",
    )


def load_call(api: Api, library: str, organism: str, file: Sequences) -> Call:
    """Return the call that loads a file of an organism."""
    reference = shell_words(f"{organism}={file.file}")
    loaded = f"library.load({{{python_value(organism)}: {python_value(file.file)}}})"
    return Call(
        "Load an organism",
        api.send(
            file,
            "libraries",
            library,
            "organisms",
            organism,
            query=[("source", PurePath(file.file).name)],
            method="PUT",
        ),
        wrap_command(["genekin load", reference, f"--library {shell_words(library)}"]),
        loaded,
    )


def similarity_call(
    api: Api, library: str, organisms: Sequence[str], to: str, limit: int | None
) -> Call:
    """Return the call that compares organisms with one other.

    Parameters
    ----------
    limit
        Number of genes of each; None for all.
    """
    several = len(organisms) > 1
    of = '"$organism"' if several else shell_words(*organisms)
    of_value = '"of=$organism"' if several else shell_words(f"of={organisms[0]}")
    values = [of_value, shell_words(f"to={to}"), *([f"limit={limit}"] if limit else [])]
    options = [f"--library {shell_words(library)}", f"--of {of}", f"--to {shell_words(to)}"]
    options += [f"--limit {limit}"] if limit else []
    last = f", limit={limit}" if limit else ""
    name = "organism" if several else python_value(organisms[0])
    compare = f"library.similarity({name}, {python_value(to)}{last}).mean"
    return Call(
        "Compare organisms",
        shell_loop(organisms, api.find("libraries", library, "similarity", query=values)),
        shell_loop(organisms, wrap_command(["genekin similarity", *options])),
        f"for organism in {python_value(list(organisms))}:\n    print(organism, {compare})"
        if several
        else f"print({compare})",
    )


def evaluation_call(api: Api, evaluation: int) -> Call:
    """Return the call that reads an evaluation."""
    return Call("Read this evaluation", api.read("evaluations", str(evaluation)))


def evaluate_call(
    library: str, *, choices: Mapping[str, Sequence[str]], seed: int, limit: int
) -> Call:
    """Return the call that evaluates methods on a library; the HTTP API has none.

    Parameters
    ----------
    choices
        Names of some of the ``organisms``, ``splits`` and ``methods``; all, if there are none.
    limit
        Maximum number of sequences.
    """
    options = [f"--library {shell_words(library)}"]
    options += [f"--organism {shell_words(name)}" for name in choices.get("organisms", ())]
    options += [
        f"--{option} {shell_words(*choices[option])}"
        for option in ("splits", "methods")
        if choices.get(option)
    ]
    arguments = {name: list(values) for name, values in choices.items() if values}
    return Call(
        "Evaluate again",
        "",
        wrap_command(["genekin benchmark", *options, f"--seed {seed}", f"--most {limit}"]),
        python_assignment(
            "evaluation",
            "genekin.evaluate",
            python_value(library),
            {**arguments, "seed": seed, "limit": limit},
        )
        + "\nprint(evaluation)",
    )


def _command(name: str, sequences: Sequences, *options: str) -> str:
    if sequences.text:
        text = f"printf '%s\\n' {shell_words(sequences.text)} |"
        return f"{text}\n  {wrap_command([f'genekin {name} -', *options])}"
    return wrap_command([f"genekin {name} {shell_words(sequences.file)}", *options])


def _python_call(
    result: str,
    function: str,
    sequences: Sequences,
    arguments: Mapping[str, object],
    last: str,
) -> str:
    if not sequences.text:
        first = python_value(sequences.file)
        return f"{python_assignment(result, function, first, arguments)}\n{last}"
    assignment = python_assignment(result, function, "sequences", arguments)
    return f"sequences = {python_text(sequences.text)}\n{assignment}\n{last}"
