"""Calls of GeneKin for programs: for curl, for the command line and for Python, as text to copy.

Names in them come from users and files. Each is quoted for all that reads it: the shell, the URL,
Python. What a shell, curl or Python would take for something other than a file's name begins with
``./``.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from core.sequences.records import has_hidden
from core.web.program_text import join_commented, python_value, shell_words, wrap_command

TOKEN_VARIABLE = "GENEKIN_TOKEN"  # noqa: S105  (the name of a variable)
"""Variable of the environment that has the API token."""
EXAMPLE_FILE = "queries.fasta"
"""Stands for sequences that are in no file."""
_MAX_TEXT = 2_000
"""Characters of sequences up to which they are part of the text."""
_PREFIX = "/api/v1"
_PLAIN_FILE = re.compile(r"[A-Za-z0-9_][^/]*\.[^/.]+")
"""Names that nothing takes for an option, standard input or a sequence."""
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
        python = join_commented((call.about, call.python) for call in calls)
        if python:
            opening = f"library = genekin.open_library({python_value(library)})" if library else ""
            python = "\n\n".join(filter(None, ("import genekin", opening, python)))
        return cls(
            join_commented((call.about, call.curl) for call in calls),
            join_commented((call.about, call.command) for call in calls),
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

    def download(self, *path: str) -> str:
        """Return the command that saves a file under the name that the server gives it."""
        return self._curl(self._url(path), path, flags="-fOJ")

    def send(
        self,
        sequences: Sequences,
        *path: str,
        query: Iterable[tuple[str, str]] = (),
        method: str = "POST",
    ) -> str:
        """Return the command that sends sequences."""
        data = (
            f"--data-raw {shell_words(sequences.text)}"
            if sequences.text
            else f"--data-binary {shell_words('@' + sequences.file)}"
        )
        header = f"-H {shell_words(f'Content-Type: {_TEXT if sequences.text else _FILE}')}"
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
        return wrap_command([*words, *options, shell_words(url)])
