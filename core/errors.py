"""Expected errors.

Each carries a message for the user (what was wrong, and where) and a hint (what to do about it).
The outermost layers, the pages and the command line, catch :class:`GeneKinError` once and show it;
any other exception is a bug and goes to the log.
"""

import errno
from pathlib import Path
from secrets import token_hex

_DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EIO)


class GeneKinError(Exception):
    """Base of all expected errors.

    Parameters
    ----------
    message
        What was wrong, in plain words.
    hint
        What to do about it; may be empty.
    """

    exit_status = 1
    """Exit status of the command line: 1 a service failed, 2 bad usage or bad input."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()

    def redacted(self) -> "GeneKinError":
        """Return the error as visitors of a page may see it."""
        return self

    def log_text(self) -> str:
        """Return the text for the log."""
        return str(self)


class InputError(GeneKinError):
    """Invalid input: a file, a sequence, a name, an option."""

    exit_status = 2


class TooLargeError(InputError):
    """Input that exceeds a limit of size."""


class NotFoundError(InputError):
    """Something that does not exist, or not any more."""


class LibraryError(GeneKinError):
    """A library that does not exist, or that does not allow the operation."""

    exit_status = 2


class UnknownLibraryError(LibraryError):
    """A library that does not exist, or that the user may not use."""


class ForbiddenError(GeneKinError):
    """An action that the user's role does not allow."""

    exit_status = 2


class EncoderReplaced(LibraryError):  # noqa: N818  (control flow, not an error)
    """The encoder and vectors of a library were replaced after it was opened."""


class StoreError(GeneKinError):
    """A failure of a store (Milvus, MySQL or SQLite).

    Parameters
    ----------
    message, hint
        As of every error; the hint never contains an address.
    public
        The message without addresses, users and reasons of a server, for visitors of a page; empty
        if the message has none of these.

    Attributes
    ----------
    reference
        Finds the full message in the log; empty if visitors see all of it.
    """

    def __init__(self, message: str, hint: str = "", *, public: str = "") -> None:
        super().__init__(message, hint)
        self._public = public
        self.reference = token_hex(4) if public else ""

    def redacted(self) -> "GeneKinError":
        """Return the error without addresses, with its reference."""
        if not self._public:
            return self
        hint = f"{self.hint} The log has the details under {self.reference}."
        return type(self)(self._public, hint.lstrip())

    def log_text(self) -> str:
        """Return the full text with its reference."""
        return f"[{self.reference}] {self}" if self.reference else str(self)


class LockedError(StoreError):
    """A library that another process is writing to."""


class UnavailableError(StoreError):
    """A store that cannot be reached, refuses the connection, or does not answer in time.

    Parameters
    ----------
    message, hint, public
        As of every error of a store.
    meanwhile
        What still works, for visitors of a page.
    """

    def __init__(
        self, message: str, hint: str = "", *, public: str = "", meanwhile: str = ""
    ) -> None:
        super().__init__(message, hint, public=public)
        self.meanwhile = meanwhile


class Cancelled(GeneKinError):  # noqa: N818  (control flow, not an error)
    """The user cancelled the operation."""


def read_error(path: Path, error: OSError) -> InputError:
    """Return the error for a file that cannot be read."""
    return InputError(f"{path} cannot be read: {error.strerror or type(error).__name__}.")


def write_error(path: Path, error: OSError) -> GeneKinError:
    """Return the error for a file that cannot be written: bad input, unless the disk failed."""
    message = f"{path} cannot be written: {error.strerror}."
    return GeneKinError(message) if error.errno in _DISK_ERRORS else InputError(message)
