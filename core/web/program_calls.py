"""Calls of GeneKin for programs: for curl, for the command line and for Python, as text to copy.

Names in them come from users and files. Each is quoted for all that reads it: the shell, the URL,
Python. What a shell, curl or Python would take for something other than a file's name begins with
``./``.
"""

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from urllib.parse import quote, urlencode

from core.sequences.records import has_hidden

TOKEN_VARIABLE = "GENEKIN_TOKEN"  # noqa: S105  (the name of a variable)
"""Variable of the environment that has the API token."""
EXAMPLE_FILE = "queries.fasta"
"""Stands for sequences that are in no file."""
_MAX_TEXT = 2_000
"""Characters of sequences up to which they are part of the text."""
_PREFIX = "/api/v1"
_PLAIN_FILE = re.compile(r"[A-Za-z0-9_][^/]*\.[^/.]+")
"""Names that nothing takes for an option, standard input or a sequence."""
_WIDTH = 88
_TEXT, _FILE = "text/x-fasta", "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Sequences:
    """Sequences that a call sends.

    Attributes
    ----------
    text
        The sequences themselves; empty if they are in a file.
    file
        Name of the file, as a path.
    is_example
        Whether there is no such file, and it stands for other sequences.
    """

    text: str = ""
    file: str = ""
    is_example: bool = False

    @classmethod
    def of_file(cls, name: str) -> "Sequences":
        """Return the sequences of a file in the current folder."""
        if not name or has_hidden(name):
            return cls(file=EXAMPLE_FILE, is_example=True)
        return cls(file=name if _PLAIN_FILE.fullmatch(name) else f"./{name}")

    @classmethod
    def of_text(cls, text: str) -> "Sequences":
        """Return the sequences of a text; of a long or strange one, a file that stands for it."""
        text = text.replace("\r\n", "\n").strip()
        lines = text.replace("\t", " ").split("\n")
        if not 0 < len(text) <= _MAX_TEXT or not all(map(str.isprintable, lines)):
            return cls(file=EXAMPLE_FILE, is_example=True)
        return cls(text=text)


@dataclass(frozen=True, slots=True)
class Call:
    """One question, in the languages in which it can be asked; the others are empty.

    Attributes
    ----------
    about
        What it does, as a comment.
    python
        Uses `library`, if the calls have one.
    has_example
        Whether :data:`EXAMPLE_FILE` stands for sequences in it.
    """

    about: str
    curl: str
    command: str = ""
    python: str = ""
    has_example: bool = False


@dataclass(frozen=True, slots=True)
class ProgramCalls:
    """Texts that ask for the same, by language; one that cannot is empty.

    Attributes
    ----------
    has_example
        Whether :data:`EXAMPLE_FILE` stands for sequences in them.
    """

    curl: str
    command: str
    python: str
    has_example: bool = False

    @classmethod
    def join(cls, calls: Sequence[Call], library: str = "") -> "ProgramCalls":
        """Join calls, with comments between several.

        Parameters
        ----------
        library
            Name of the library that the Python calls use; empty for none.
        """
        python = _join((call.about, call.python) for call in calls)
        if python:
            opening = f"library = genekin.open_library({_python(library)})" if library else ""
            python = "\n\n".join(filter(None, ("import genekin", opening, python)))
        return cls(
            _join((call.about, call.curl) for call in calls),
            _join((call.about, call.command) for call in calls),
            python,
            any(call.has_example for call in calls),
        )


@dataclass(frozen=True, slots=True)
class Api:
    """The HTTP API of a server.

    Attributes
    ----------
    address
        As a browser shows it, without a slash at its end.
    needs_token
        Whether requests need an API token.
    """

    address: str
    needs_token: bool = False

    def read(self, *path: str, query: Iterable[tuple[str, str]] = ()) -> str:
        """Return the command that reads something."""
        return self._curl(self._url(path, query), path)

    def send(
        self,
        sequences: Sequences,
        *path: str,
        query: Iterable[tuple[str, str]] = (),
        method: str = "POST",
    ) -> str:
        """Return the command that sends sequences."""
        data = (
            f"--data-raw {_shell(sequences.text)}"
            if sequences.text
            else f"--data-binary {_shell('@' + sequences.file)}"
        )
        header = f"-H {_shell(f'Content-Type: {_TEXT if sequences.text else _FILE}')}"
        flags = "" if method == "POST" else f"-X {method}"
        return self._curl(self._url(path, query), path, header, data, flags=flags)

    def find(self, *path: str, query: Iterable[str]) -> str:
        """Return the command that asks with values, each a word of the shell as ``name=value``."""
        values = [f"--data-urlencode {word}" for word in query]
        return self._curl(self._url(path), path, *values, flags="-G")

    def _url(self, path: Sequence[str], query: Iterable[tuple[str, str]] = ()) -> str:
        parts = "/".join(quote(part, safe="") for part in path)
        values = urlencode(list(query), quote_via=quote)
        return f"{self.address}{_PREFIX}/{parts}{'?' if values else ''}{values}"

    def _curl(self, url: str, path: Sequence[str], *options: str, flags: str = "") -> str:
        dots = "--path-as-is" if {".", ".."} & {*path} else ""
        words = [" ".join(filter(None, ("curl", flags, dots)))]
        if self.needs_token:
            words.append(f'-H "Authorization: Bearer ${TOKEN_VARIABLE}"')
        return _wrap([*words, *options, _shell(url)])


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
    options = [f"--{option} {_shell(value)}" for option, value in chosen]
    arguments = {"organisms": names} if names else {}
    return Call(
        "Classify the sequences",
        api.send(sequences, "classify", query=[("library", library), *chosen, ("format", "tsv")]),
        _command("classify", sequences, f"--library {_shell(library)}", *options),
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
        _command("trace", sequences, f"--library {_shell(library)}"),
        _python_call("traces", "library.trace", sequences, {}, "traces.to_frame()"),
        sequences.is_example,
    )


def run_call(api: Api, run: str) -> Call:
    """Return the call that reads a run."""
    return Call("Read this run", api.read("runs", run))


def result_call(api: Api, run: str) -> Call:
    """Return the call that reads the calls of a classification."""
    return Call("Read this result", api.read("runs", run, "calls", query=[("format", "tsv")]))


def runs_call(api: Api) -> Call:
    """Return the call that lists the runs."""
    return Call("List the runs", api.read("runs"))


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
    reference = _shell(f"{organism}={file.file}")
    loaded = f"library.load({{{_python(organism)}: {_python(file.file)}}})"
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
        _wrap(["genekin load", reference, f"--library {_shell(library)}"]),
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
    of = '"$organism"' if several else _shell(*organisms)
    of_value = '"of=$organism"' if several else _shell(f"of={organisms[0]}")
    values = [of_value, _shell(f"to={to}"), *([f"limit={limit}"] if limit else [])]
    options = [f"--library {_shell(library)}", f"--of {of}", f"--to {_shell(to)}"]
    options += [f"--limit {limit}"] if limit else []
    last = f", limit={limit}" if limit else ""
    name = "organism" if several else _python(organisms[0])
    compare = f"library.similarity({name}, {_python(to)}{last}).mean"
    return Call(
        "Compare organisms",
        _loop(organisms, api.find("libraries", library, "similarity", query=values)),
        _loop(organisms, _wrap(["genekin similarity", *options])),
        f"for organism in {_python(list(organisms))}:\n    print(organism, {compare})"
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
    options = [f"--library {_shell(library)}"]
    options += [f"--organism {_shell(name)}" for name in choices.get("organisms", ())]
    options += [
        f"--{option} {_shell(*choices[option])}"
        for option in ("splits", "methods")
        if choices.get(option)
    ]
    arguments = {name: list(values) for name, values in choices.items() if values}
    return Call(
        "Evaluate again",
        "",
        _wrap(["genekin benchmark", *options, f"--seed {seed}", f"--most {limit}"]),
        _assign(
            "evaluation",
            "genekin.evaluate",
            _python(library),
            {**arguments, "seed": seed, "limit": limit},
        )
        + "\nprint(evaluation)",
    )


def _command(name: str, sequences: Sequences, *options: str) -> str:
    if sequences.text:
        text = f"printf '%s\\n' {_shell(sequences.text)} |"
        return f"{text}\n  {_wrap([f'genekin {name} -', *options])}"
    return _wrap([f"genekin {name} {_shell(sequences.file)}", *options])


def _python_call(
    result: str,
    function: str,
    sequences: Sequences,
    arguments: Mapping[str, object],
    last: str,
) -> str:
    if not sequences.text:
        return f"{_assign(result, function, _python(sequences.file), arguments)}\n{last}"
    text = _python_text(sequences.text)
    return f"sequences = {text}\n{_assign(result, function, 'sequences', arguments)}\n{last}"


def _assign(result: str, function: str, first: str, arguments: Mapping[str, object]) -> str:
    words = [first, *(f"{name}={_python(value)}" for name, value in arguments.items())]
    line = f"{result} = {function}({', '.join(words)})"
    if len(line) <= _WIDTH:
        return line
    return "\n".join([f"{result} = {function}(", *(f"    {word}," for word in words), ")"])


def _python_text(text: str) -> str:
    r"""Return a text as Python, a line each; it ends with a line break, unlike a file's name."""
    lines = [f"    {_python(line + chr(10))}" for line in text.split("\n")]
    return "\n".join(["(", *lines, ")"])


def _python(value: object) -> str:
    """Return a value as Python, texts in double quotes where that needs no other escapes."""
    if isinstance(value, list):
        return f"[{', '.join(map(_python, value))}]"
    if isinstance(value, str) and '"' not in value and "'" not in value:
        return f'"{repr(value)[1:-1]}"'
    return repr(value)


def _shell(*values: str) -> str:
    return shlex.join(values)


def _loop(organisms: Sequence[str], command: str) -> str:
    """Return a loop of the shell over organisms; of one of them, the command itself."""
    if len(organisms) == 1:
        return command
    indented = "\n".join(f"  {line}" for line in command.split("\n"))
    return f"for organism in {_shell(*organisms)}; do\n{indented}\ndone"


def _wrap(words: Sequence[str]) -> str:
    """Join the words of a command, on several lines if it is long."""
    line = " ".join(words)
    if len(line) <= _WIDTH and "\n" not in line:
        return line
    return " \\\n  ".join([" ".join(words[:2]), *words[2:]])


def _join(parts: Iterable[tuple[str, str]]) -> str:
    used = [(about, text) for about, text in parts if text]
    if len(used) == 1:
        return used[0][1]
    return "\n\n".join(f"# {about}\n{text}" for about, text in used)
