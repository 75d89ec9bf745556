"""Backend of the API: the services of the process that serves it."""

from collections.abc import Callable
from dataclasses import dataclass

from core.access import Access
from core.access.mode import SignInMode
from core.jobs.queue import JobQueue
from core.library.manager import Libraries
from core.settings import Settings


@dataclass(frozen=True, slots=True)
class Backend:
    """Means of answers, with all rights: a caller gets them with the caller's.

    Attributes
    ----------
    mode
        How users sign in to the pages.
    token_access
        Returns the rights that a token gives, to a program at an address; None if it is unknown,
        expired or revoked.
    """

    settings: Settings
    mode: SignInMode
    libraries: Libraries
    jobs: JobQueue
    token_access: Callable[[str, str], Access | None]


OpenBackend = Callable[[], Backend]
"""Returns the backend, opened if it is not; raises a GeneKinError if it cannot be."""
