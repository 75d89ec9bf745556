"""Tables that are written batch by batch, in every format."""

from pathlib import Path

from core.errors import InputError

PARQUET = "parquet"
"""The format that is made of another one, when that is complete."""
_GZIP_LEVEL = 6
_LIST_BEGIN, _LIST_END = "[\n", "\n]\n"


def check_output(file_format: str, output: Path | None, *, resume: bool) -> None:
    """Check that a format can be written to an output.

    Raises
    ------
    InputError
        If it cannot.
    """
    if resume and (output is None or is_stream(output)):
        raise InputError("--resume continues a file.", "Name it with --output.")
    if file_format != PARQUET:
        return
    if output is None or is_stream(output):
        raise InputError("Parquet is written to a file only.", "Name it with --output.")
    if is_gzip(output):
        raise InputError("Parquet is compressed already.", "Give a name that ends in .parquet.")


def part_paths(output: Path) -> tuple[Path, Path]:
    """Return the part file of an output, and its state file."""
    return output.with_name(f"{output.name}.part"), output.with_name(f"{output.name}.part.state")


def check_not_begun(output: Path) -> None:
    """Check that no stopped run has left a part of an output, of which there are no parts now.

    Raises
    ------
    InputError
        If one has.
    """
    part, state = part_paths(output)
    if state.exists():
        message = f"{part} has answers to another file, a larger one."
        raise InputError(message, f"Give that file, or delete {part} and {state}.")


def is_stream(path: Path) -> bool:
    """Tell whether a path is a device or a pipe, or a stream of this process: /dev/stdout."""
    if path.parent.resolve().parts[1:2] in {("dev",), ("proc",)}:
        return True
    return path.exists() and not path.is_symlink() and not path.is_file()


def is_gzip(output: Path | None) -> bool:
    """Tell whether an output is to be compressed, by its name."""
    return output is not None and output.suffix.lower() == ".gz" and not is_stream(output)


def asked_format(file_format: str) -> str:
    """Return the format in which answers are asked for."""
    return "tsv" if file_format == PARQUET else file_format


def encode(text: str, output: Path | None) -> bytes:
    """Return text as an output has it; several such parts may follow each other."""
    data = text.encode("utf-8")
    if not data or not is_gzip(output):
        return data
    import gzip  # Imported when used: see core.cli.

    return gzip.compress(data, _GZIP_LEVEL, mtime=0)


class BatchedTable:
    """One table of the texts of its batches.

    Parameters
    ----------
    begun
        Whether its beginning was written by an earlier run.
    """

    def __init__(self, file_format: str, *, begun: bool) -> None:
        self._format = asked_format(file_format)
        self._begun = begun

    def add(self, text: str) -> str:
        """Return what to write for the next batch, which is not empty."""
        begun, self._begun = self._begun, True
        if self._format == "json":
            items = text.removeprefix(_LIST_BEGIN).removesuffix(_LIST_END)
            return f",\n{items}" if begun else f"{_LIST_BEGIN}{items}"
        if begun and self._format in {"tsv", "csv"}:
            return text.partition("\n")[2]
        return text

    def end(self) -> str:
        """Return what to write after the last batch."""
        return _LIST_END if self._format == "json" else ""
