"""The output of a long run while it is written: a part file, and how far it has come.

The part file becomes the output when it is complete. Beside it, a state file has the run's options
in its first line, and a checkpoint in each of the others. A checkpoint is written when its rows are
on the disk: what a killed run wrote behind the last one is cut off when another one goes on.
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError

from core.cli.table_output import part_paths
from core.errors import InputError, write_error
from core.schema import StrictModel

_ANEW = "Start again without --resume."
_Count = Annotated[int, Field(ge=0)]


class Checkpoint(StrictModel):
    """Position that a run has reached.

    Attributes
    ----------
    records
        Number of queries answered.
    digest
        Digest of these queries.
    library
        Digest of the library that answered.
    size
        Bytes of the part file that have the answers.
    """

    records: _Count
    digest: str
    library: str
    size: _Count = 0


class _Run(StrictModel):
    """Causes of a run's answers, apart from its queries and the library."""

    version: str
    question: str
    options: dict[str, Any]


class PartFile:
    """The output of a run, until it is complete.

    Attributes
    ----------
    path
        The part file.
    checkpoint
        What an earlier run has done, and this one since; None if nothing.
    """

    def __init__(self, path: Path, part: FileIO, state: FileIO, done: Checkpoint | None) -> None:
        self.path = path
        self.checkpoint = done
        self._part = part
        self._state = state

    def append(self, data: bytes, checkpoint: Checkpoint) -> None:
        """Write the answers up to a checkpoint, and then the checkpoint."""
        _write(self._part, data)
        self.checkpoint = checkpoint.model_copy(update={"size": self._part.tell()})
        _write(self._state, self.checkpoint.model_dump_json().encode() + b"\n")

    def finish(self, data: bytes) -> None:
        """Write what comes after the last answer."""
        _write(self._part, data)


@contextmanager
def open_part_file(
    output: Path,
    run: Mapping[str, Any],
    *,
    resume: bool,
    complete: Callable[[Path], None] | None = None,
) -> Iterator[PartFile]:
    """Open the part file of an output, which takes its place at the end of the block.

    After an error, part file and state file stay for another run to go on; without any answer, they
    are removed.

    Parameters
    ----------
    run
        What the answers depend on: ``version``, ``question`` and ``options``.
    resume
        Whether to go on where an earlier run was stopped.
    complete
        Makes the output of the complete part file, which then is removed; by default, the part file
        becomes the output.

    Raises
    ------
    InputError
        If another run is writing it, or it cannot be continued with these options.
    GeneKinError
        If it cannot be written.
    """
    path, state_path = part_paths(output)
    try:
        with _open(state_path, os.O_CREAT) as state:
            _lock(state, output)
            part, done = _resume(path, state, run) if resume else (None, None)
            if part is None:
                part = _begin(path, state, run)
            with part:
                file = PartFile(path, part, state, done)
                try:
                    yield file
                except BaseException:
                    if file.checkpoint is None:
                        _remove(path, state_path)
                    raise
            if complete is None:
                path.replace(output)
            else:
                complete(path)
            _remove(path, state_path)
    except OSError as error:
        raise write_error(output, error) from None


def _begin(path: Path, state: FileIO, run: Mapping[str, Any]) -> FileIO:
    state.seek(0)  # It may have been read.
    state.truncate()
    path.unlink(missing_ok=True)
    _write(state, _Run.model_validate(_plain(run)).model_dump_json().encode() + b"\n")
    return _open(path, os.O_CREAT | os.O_EXCL)


def _resume(
    path: Path, state: FileIO, run: Mapping[str, Any]
) -> tuple[FileIO | None, Checkpoint | None]:
    """Open a part file behind its last checkpoint; None if there is none."""
    header, *lines = state.readall().split(b"\n")[:-1] or [b""]  # The last one is incomplete.
    if not header:
        if path.exists():
            raise InputError(f"{path} cannot be continued: nothing says how far it came.", _ANEW)
        return None, None
    _check_run(path, header, run)
    size = path.stat().st_size if path.exists() else 0
    for number in range(len(lines), 0, -1):
        with suppress(ValidationError):
            done = Checkpoint.model_validate_json(lines[number - 1])
            if done.size <= size:
                break
    else:
        return None, None
    state.truncate(sum(len(line) + 1 for line in (header, *lines[:number])))
    state.seek(0, os.SEEK_END)
    part = _open(path, 0)
    part.truncate(done.size)
    part.seek(0, os.SEEK_END)
    return part, done


def _check_run(path: Path, header: bytes, run: Mapping[str, Any]) -> None:
    try:
        earlier = _Run.model_validate_json(header)
    except ValidationError:
        raise InputError(f"{path} cannot be continued: its state is damaged.", _ANEW) from None
    now = _Run.model_validate(_plain(run))
    if earlier.version != now.version:
        message = f"{path} was written by version {earlier.version}, and this is {now.version}."
        raise InputError(message, _ANEW)
    if earlier.question != now.question:
        raise InputError(f"{path} was written by the command {earlier.question}.", _ANEW)
    for name in sorted({*earlier.options, *now.options}):
        before, value = (json.dumps(part.options.get(name)) for part in (earlier, now))
        if before != value:
            message = f"{path} was written with {name.replace('_', ' ')} {before}, not {value}."
            raise InputError(message, f"Give the same options. {_ANEW}")


def _plain(run: Mapping[str, Any]) -> Any:
    """Return a value as JSON has it."""
    return json.loads(json.dumps(run))


def _open(path: Path, flags: int) -> FileIO:
    """Open a file to read and write, which is no link."""
    return FileIO(os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | flags, 0o666), "r+")


def _lock(state: FileIO, output: Path) -> None:
    try:
        fcntl.flock(state, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        message = f"Another command is writing {output}."
        raise InputError(message, "Wait until it has ended, or give another name.") from None


def _write(file: FileIO, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]
    os.fsync(file)


def _remove(*paths: Path) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
