"""What the exports share: what a download is, and the facts of a run."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from core.runs.run import Run

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9]+")
_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Download:
    """A file to take away.

    Attributes
    ----------
    mime
        Its media type.
    """

    name: str
    mime: str
    data: bytes


def file_name(text: str) -> str:
    """The text as every system takes it for the name of a file; may be empty.

    >>> file_name("../Ion channel (α)")
    'Ion_channel'
    """
    return _NOT_IN_NAMES.sub("_", text)[:_LONGEST_NAME].strip("_")


def download(run: Run, ending: str, mime: str, data: bytes | str) -> Download:
    """A run as a file that is called after it; text as UTF-8.

    Parameters
    ----------
    ending
        What its name ends in.
    """
    if isinstance(data, str):
        data = data.encode("utf-8", "replace")  # Halves of characters are no text.
    day = f"{run.created_at:%Y-%m-%d}"
    return Download("_".join(filter(None, [file_name(run.name), day])) + ending, mime, data)


def facts(run: Run, link: str = "") -> Mapping[str, str]:
    """What has to be known of a run to make it again, by what it is.

    Parameters
    ----------
    link
        Its address, where that is known.
    """
    settings = run.settings
    genes = sum(run.organisms.values())
    organisms = ", ".join(f"{name} ({count:,})" for name, count in run.organisms.items())
    searched = "all organisms" if settings.organisms is None else ", ".join(settings.organisms)
    told = {
        "run": run.name,
        "link": link,
        "date": f"{run.created_at:%Y-%m-%d %H:%M:%S} UTC",
        "by": run.by,
        "queries": f"{run.queries:,}",
        "seconds": f"{run.seconds:.3f}",
        "library": f"{run.library} ({genes:,} genes, encoder {run.encoder})",
        "organisms": organisms,
        "fingerprint": run.fingerprint,
        "contents": run.contents,
        "searched": searched,
        "neighbours": f"{settings.neighbours:,}",
        "threshold": f"{settings.threshold:.4g}",
        "versions": ", ".join(f"{name} {number}" for name, number in run.versions.items()),
    }
    return {name: value for name, value in told.items() if value}
