"""Settings of GeneKin: one validated object, read from the environment."""

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, TypeAlias
from urllib.parse import urlsplit

from platformdirs import user_data_path
from pydantic import Field, SecretStr, TypeAdapter, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.errors import InputError

MB = 1 << 20
"""Bytes per megabyte, as Streamlit counts them for uploads."""
_PREFIX = "GENEKIN_"
SUPPORTED_DATABASES = ("sqlite", "mysql+pymysql")
_RESERVED = frozenset("/?#[]@")
"""Characters that end the user and password of a URL, unless they are escaped."""


RoleName: TypeAlias = Literal["reader", "curator", "admin"]
_ROLES = TypeAdapter(dict[str, RoleName])


class Settings(BaseSettings):
    """GeneKin's settings; each is read from ``GENEKIN_<NAME>``.

    By default, everything is stored in one folder: Milvus Lite and SQLite.
    """

    model_config = SettingsConfigDict(env_prefix=_PREFIX, frozen=True, env_ignore_empty=True)

    home: Annotated[Path, Field(description="Folder of the embedded stores.")] = user_data_path(
        "genekin", appauthor=False
    )
    milvus_uri: Annotated[
        str, Field(description="A Milvus server (http://host:19530) or a Milvus Lite path (*.db).")
    ] = ""
    milvus_token: Annotated[
        SecretStr, Field(description="user:password or API key of the Milvus server.")
    ] = SecretStr("")
    database_url: Annotated[
        SecretStr, Field(description="mysql+pymysql://user:password@host/database or sqlite:///…")
    ] = SecretStr("")
    max_record_bases: Annotated[
        int, Field(ge=1_000, le=16_000_000, description="Maximum length of a sequence, in bases.")
    ] = 1_000_000
    max_file_mb: Annotated[
        int, Field(ge=1, le=2_000, description="Maximum size of an upload, unpacked, in MB.")
    ] = 200
    max_disk_file_mb: Annotated[
        int,
        Field(
            ge=1,
            le=20_000,
            description="Maximum size of a file on this machine's disk, unpacked, in MB.",
        ),
    ] = 1_000
    load_human_reference: Annotated[
        bool, Field(description="Load the human reference when the dashboard first starts empty.")
    ] = True
    source_folder: Annotated[
        Path | None, Field(description="Folder on this machine whose files the pages can load.")
    ] = None
    max_records: Annotated[
        int, Field(ge=1_000, description="Maximum number of records per file.")
    ] = 1_000_000
    cache_mb: Annotated[int, Field(ge=16, description="Memory for cached candidates, in MB.")] = 256
    disk_reserve_mb: Annotated[
        int,
        Field(ge=0, le=10_000, description="Disk space kept for removals from the stores, in MB."),
    ] = 16
    keep_runs_days: Annotated[
        int, Field(ge=0, le=36_500, description="Days to keep runs; 0: forever.")
    ] = 90
    metrics_token: Annotated[
        SecretStr,
        Field(description="Token for /metrics; without it, private addresses only may read it."),
    ] = SecretStr("")
    log_format: Annotated[
        Literal["", "json", "plain"],
        Field(description="Format of the dashboard's log; plain on a terminal, json elsewhere."),
    ] = ""
    worker: Annotated[
        Literal["auto", "child", "separate"],
        Field(
            description="Who runs jobs: a child process of the dashboard, or separate workers"
            " (python -m core worker). auto: separate with servers, a child otherwise."
        ),
    ] = "auto"
    worker_jobs: Annotated[
        int, Field(ge=1, le=64, description="Jobs that a worker runs at a time.")
    ] = 3
    max_job_hours: Annotated[
        float, Field(gt=0, description="Hours after which a job is ended.")
    ] = 24.0
    question_slots: Annotated[
        int, Field(ge=1, le=256, description="Questions that a dashboard answers at a time.")
    ] = 4
    max_query_records: Annotated[
        int, Field(ge=100, description="Maximum number of records of a question.")
    ] = 200_000
    max_query_bases: Annotated[
        int, Field(ge=1_000_000, description="Maximum number of bases of a question.")
    ] = 500_000_000
    max_user_jobs: Annotated[
        int, Field(ge=1, description="Jobs of one user that can be queued or running.")
    ] = 20
    max_jobs: Annotated[
        int, Field(ge=1, description="Jobs of all users that can be queued or running.")
    ] = 200
    store_timeout: Annotated[
        float, Field(gt=0, description="Seconds to wait for a server to connect and to answer.")
    ] = 10.0

    users_file: Annotated[
        Path | None, Field(description="File of the users who sign in with a password.")
    ] = None
    role_claim: Annotated[
        str, Field(description="Claim of the OpenID provider that users have their roles by.")
    ] = ""
    roles: Annotated[
        str,
        Field(description='Roles by values of that claim, as JSON: {"genekin-admins": "admin"}.'),
    ] = ""
    default_role: Annotated[
        Literal["none", "reader", "curator"],
        Field(description="Role of users of the OpenID provider whom no claim gives one."),
    ] = "none"
    sign_in_hours: Annotated[
        int, Field(ge=1, le=720, description="Hours after which users must sign in again.")
    ] = 12
    allow_visitors: Annotated[
        bool, Field(description="Let people who are not signed in search public libraries.")
    ] = False
    command_role: Annotated[
        RoleName, Field(description="Role of the command line in this environment.")
    ] = "admin"
    everyone_is_admin: Annotated[
        bool,
        Field(description="Open the dashboard without sign-in to whoever reaches its address."),
    ] = False

    @field_validator("milvus_uri")
    @classmethod
    def _check_milvus_uri(cls, uri: str) -> str:
        if not uri or ("://" not in uri and uri.endswith(".db")):
            return uri
        if "@" in uri:  # The address is displayed.
            message = "it contains a user or a password; set GENEKIN_MILVUS_TOKEN instead"
            raise ValueError(message)
        try:
            parts = urlsplit(uri)
            known = parts.scheme in {"http", "https", "tcp"} and parts.hostname and parts.port != 0
        except ValueError:  # Its port is not a number.
            known = False
        if known and (parts.query or parts.fragment):  # They may contain a token.
            message = "it has options, after ? or #, which no server reads; leave them out"
            raise ValueError(message)
        if not known:
            message = (
                "it is neither a server (http://host:19530) nor a Milvus Lite path that ends in .db"
            )
            raise ValueError(message)
        return uri

    @field_validator("database_url")
    @classmethod
    def _check_database_url(cls, url: SecretStr) -> SecretStr:
        if not url.get_secret_value():
            return url
        if _has_reserved_characters(url.get_secret_value()):
            message = (
                "its user or password contains a character that must be escaped: write %2F for /,"
                " %3F for ?, %23 for #, %5B for [, %5D for ] and %40 for @"
            )
            raise ValueError(message)
        # Imports slowly, and the default database needs no check.
        from sqlalchemy.engine import make_url
        from sqlalchemy.exc import ArgumentError

        try:
            parsed = make_url(url.get_secret_value())
        except (ArgumentError, ValueError):  # Its message may contain the password.
            parsed = None
        if parsed is None or parsed.drivername not in SUPPORTED_DATABASES:
            message = "it must start with mysql+pymysql:// or sqlite:///"
            raise ValueError(message)
        if parsed.database in {None, "", ":memory:"}:
            message = "it names no database; it ends in /name, or is sqlite:///path/to/file"
            raise ValueError(message)
        if {"password", "passwd"} & parsed.query.keys():  # The address is displayed.
            message = "it has a password in the query; write it as user:password@host"
            raise ValueError(message)
        return url

    @field_validator("roles")
    @classmethod
    def _check_roles(cls, text: str) -> str:
        try:
            _ROLES.validate_json(text or "{}")
        except ValidationError:
            message = 'it is no JSON such as {"genekin-admins": "admin", "biology": "curator"}'
            raise ValueError(message) from None
        return text

    @property
    def role_by_claim(self) -> Mapping[str, RoleName]:
        """Roles by values of the role claim; empty without a mapping."""
        return _ROLES.validate_json(self.roles or "{}")

    @property
    def max_file_bytes(self) -> int:
        """Maximum size of an upload, unpacked, in bytes."""
        return self.max_file_mb * MB

    @property
    def vectors_uri(self) -> str:
        """Address of the vectors: the server, or a path under :attr:`home`."""
        return self.milvus_uri or str(self.home / "vectors.db")

    @property
    def labels_url(self) -> str:
        """SQLAlchemy URL of the database; it may contain a password."""
        return self.database_url.get_secret_value() or f"sqlite:///{self.home / 'labels.sqlite'}"

    @property
    def labels_folder(self) -> Path | None:
        """Folder of the SQLite database; None for a server."""
        scheme, _, path = self.labels_url.partition(":///")
        return Path(path.partition("?")[0]).parent if scheme == "sqlite" else None

    @property
    def vectors_folder(self) -> Path | None:
        """Folder in which Milvus Lite lies; None for a server."""
        return Path(self.vectors_uri).parent if self.embedded_vectors else None

    @property
    def embedded_vectors(self) -> bool:
        """True if the vectors are in Milvus Lite, inside this process."""
        return self.vectors_uri.endswith(".db")

    @property
    def worker_is_child(self) -> bool:
        """True if the dashboard runs its jobs in a child process of its own."""
        if self.worker == "auto":
            return self.embedded_vectors or self.labels_folder is not None
        return self.worker == "child"


def _has_reserved_characters(url: str) -> bool:
    """Tell whether a parser may take a part of the password for the host, which is displayed."""
    scheme, _, rest = url.partition("://")
    return not scheme.startswith("sqlite") and bool(_RESERVED & {*rest.rpartition("@")[0]})


_VARIABLES = tuple(f"{_PREFIX}{name.upper()}" for name in Settings.model_fields)
"""The variables of the environment that are read, in capitals as they are documented."""


def read_settings() -> Settings:
    """Read the settings from the environment; parse them again only if it has changed.

    Raises
    ------
    InputError
        If a value is invalid; the message names the variable.
    """
    return _parse(tuple(map(os.environ.get, _VARIABLES)))


@lru_cache(maxsize=1)
def _parse(_environment: tuple[str | None, ...]) -> Settings:
    """Parse the environment; the argument is only the key of the cache."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        variable = f"{_PREFIX}{str(first['loc'][0]).upper()}"
        reason = first["msg"].removeprefix("Value error, ").replace("Input should", "it should")
        message = f"The setting {variable} is invalid: {reason}."
        raise InputError(
            message, "Correct it in the environment, then start GeneKin again."
        ) from None
