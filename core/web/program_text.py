"""Text of programs: quoted words of the shell, values of Python, and how long lines break."""

import shlex
from collections.abc import Iterable, Mapping, Sequence

_WIDTH = 88


def python_assignment(
    result: str, function: str, first: str, arguments: Mapping[str, object]
) -> str:
    """Return the assignment of a function's result.

    Parameters
    ----------
    first
        First argument, as Python has it.
    arguments
        Values of the others by name.
    """
    words = [first, *(f"{name}={python_value(value)}" for name, value in arguments.items())]
    line = f"{result} = {function}({', '.join(words)})"
    if len(line) <= _WIDTH:
        return line
    return "\n".join([f"{result} = {function}(", *(f"    {word}," for word in words), ")"])


def python_text(text: str) -> str:
    r"""Return a text as Python, a line each; it ends with a line break, unlike a file's name."""
    lines = [f"    {python_value(line + chr(10))}" for line in text.split("\n")]
    return "\n".join(["(", *lines, ")"])


def python_value(value: object) -> str:
    """Return a value as Python, texts in double quotes where that needs no other escapes."""
    if isinstance(value, list):
        return f"[{', '.join(map(python_value, value))}]"
    if isinstance(value, str) and '"' not in value and "'" not in value:
        return f'"{repr(value)[1:-1]}"'
    return repr(value)


def shell_words(*values: str) -> str:
    """Quote words for the shell, and join them."""
    return shlex.join(values)


def shell_loop(organisms: Sequence[str], command: str) -> str:
    """Return a loop of the shell over organisms; of one of them, the command itself."""
    if len(organisms) == 1:
        return command
    indented = "\n".join(f"  {line}" for line in command.split("\n"))
    return f"for organism in {shell_words(*organisms)}; do\n{indented}\ndone"


def wrap_command(words: Sequence[str]) -> str:
    """Join the words of a command, on several lines if it is long."""
    line = " ".join(words)
    if len(line) <= _WIDTH and "\n" not in line:
        return line
    return " \\\n  ".join([" ".join(words[:2]), *words[2:]])


def join_commented(parts: Iterable[tuple[str, str]]) -> str:
    """Join texts, each below what it is about; empty ones are left out, and one has no comment."""
    used = [(about, text) for about, text in parts if text]
    if len(used) == 1:
        return used[0][1]
    return "\n\n".join(f"# {about}\n{text}" for about, text in used)
