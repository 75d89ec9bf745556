"""Logs: one line an event, JSON for programs and plain text on a terminal.

All loggers of the process write through this, other libraries' too. No line has a sequence or a
secret in it: whatever looks like one is cut out of every text.
"""

import logging
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TextIO
from urllib.parse import urlsplit

import structlog
from structlog.types import EventDict, Processor

from core.log_context import current_log_context
from core.settings import Settings

JSON, PLAIN = "json", "plain"
_LEVELS = {"core": logging.INFO, "components": logging.INFO, "serve": logging.INFO}
"""Others report from warnings on."""
_HIDDEN = "***"
_MIN_SECRET = 4
"""Shorter secrets are not cut out: they would be parts of ordinary words."""
_SECRET_VARIABLE = re.compile(r"(?:PASSWORD|SECRET|TOKEN|API_KEY)$", re.IGNORECASE)
_SECRET_NAME = re.compile(
    r"password|passwd|secret|token|authorization|cookie|api_key", re.IGNORECASE
)
_CREDENTIALS = re.compile(
    r"(?<=://)[^\s/@]*:[^\s@]*(?=@)|(?<=Bearer )\S+|(?<=Basic )\S+|\bgk_[\w-]{20,}"
)
_LETTERS = re.compile(
    # Bases, also of short primers, and any other word that is longer than words are.
    r"(?<![A-Za-z])"
    r"(?:[ACGTUN]{12,}|[acgtun]{12,}|[ACGTUNRYSWKMBDHV-]{20,}|[A-Za-z*]{40,})"
    r"(?![A-Za-z])"
)


def configure_logs(
    settings: Settings, *, log_format: str = "", stream: TextIO | None = None
) -> str:
    """Write all logs of this process to a stream, in place of what was configured before.

    Parameters
    ----------
    log_format
        ``json`` or ``plain``; by default that of the settings, or what suits the stream.
    stream
        Standard error, if None.

    Returns
    -------
    str
        The format.
    """
    stream = stream or sys.stderr
    log_format = log_format or settings.log_format or (PLAIN if stream.isatty() else JSON)
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_formatter(log_format, _secrets(settings, os.environ)))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name, level in _LEVELS.items():
        logging.getLogger(name).setLevel(level)
    logging.captureWarnings(capture=True)
    return log_format


def route_through_root(names: Iterable[str]) -> None:
    """Take the handlers of libraries' own from their loggers."""
    for name in names:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True


def redactor(secrets: Iterable[str]) -> Callable[[str], str]:
    """Return a function that cuts sequences, credentials and secrets out of a text.

    >>> redactor(["hunter22"])("mysql://ada:hunter22@host failed on ACGTACGTACGTACGT")
    'mysql://***@host failed on [16 letters]'
    """
    known = [re.escape(secret) for secret in secrets if len(secret) >= _MIN_SECRET]
    pattern = re.compile("|".join(sorted(known, key=len, reverse=True)) or r"(?!)")

    def redact(text: str) -> str:
        text = _CREDENTIALS.sub(_HIDDEN, text)
        text = pattern.sub(_HIDDEN, text)
        return _LETTERS.sub(lambda match: f"[{len(match[0])} letters]", text)

    return redact


def _secrets(settings: Settings, environment: Mapping[str, str]) -> set[str]:
    """Return the secrets that this process knows."""
    found = {value for name, value in environment.items() if _SECRET_VARIABLE.search(name)}
    token = settings.milvus_token.get_secret_value()
    found |= {token, token.partition(":")[2], settings.metrics_token.get_secret_value()}
    url = urlsplit(settings.database_url.get_secret_value())
    return {secret for secret in found | {url.password or ""} if secret}


def _formatter(log_format: str, secrets: Iterable[str]) -> logging.Formatter:
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if log_format == JSON
        else structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            _add_context,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.StackInfoRenderer(),
            _Redactor(redactor(secrets)),
            renderer,
        ],
    )


def _add_context(_logger: Any, _method: str, event: EventDict) -> EventDict:
    return {**current_log_context(), **event}


class _Redactor:
    """Processor that cuts what no log may have out of all values of an event."""

    def __init__(self, redact: Callable[[str], str]) -> None:
        self._redact = redact

    def __call__(self, _logger: Any, _method: str, event: EventDict) -> EventDict:
        return {
            name: _HIDDEN if _SECRET_NAME.search(name) else self._clean(value)
            for name, value in event.items()
        }

    def _clean(self, value: object) -> object:
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, Mapping):
            return {self._redact(str(name)): self._clean(item) for name, item in value.items()}
        if isinstance(value, list | tuple | set):
            return [self._clean(item) for item in value]
        return self._redact(value if isinstance(value, str) else str(value))
