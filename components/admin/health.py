"""Checks of the stores and the disk, with the time that each took."""

from collections.abc import Mapping

import streamlit as st

from components.shared.services import server_libraries
from core.health import DATABASE, DISK, JOBS, LIBRARIES, VECTORS, Check, Health, HealthChecks
from core.settings import Settings, read_settings

_NAMES: Mapping[str, str] = {
    DATABASE: "Database",
    VECTORS: "Vector store",
    LIBRARIES: "Libraries",
    JOBS: "Jobs",
    DISK: "Disk",
}


@st.cache_resource(show_spinner=False)
def _checks(settings: Settings) -> HealthChecks:  # noqa: ARG001  (the cache's key)
    """Return the checks, which all sessions share: a store that hangs is asked once."""
    return HealthChecks(server_libraries)


def draw_health() -> None:
    """Draw all checks, and whether questions can be answered."""
    health = _checks(read_settings()).run()
    if health.ready:
        st.success("All checks passed.")
    else:
        st.error(f"Failed: {', '.join(failed_checks(health))}.")
    st.dataframe(
        [check_row(name, check) for name, check in health.checks.items()],
        hide_index=True,
        column_config={
            "check": "Check",
            "status": "Status",
            "found": "Found",
            "ms": st.column_config.NumberColumn("Time (ms)", format="%.1f"),
        },
        alt="Checks of the stores, the jobs and the disk",
    )


def failed_checks(health: Health) -> list[str]:
    """Return the names of the checks that failed, in lower case."""
    return [_NAMES[name].lower() for name, check in health.checks.items() if not check.passed]


def check_row(name: str, check: Check) -> dict[str, object]:
    """Return the row of a check."""
    return {
        "check": _NAMES[name],
        "status": "OK" if check.passed else "Failed",
        "found": check.problem or check.detail,
        "ms": check.seconds * 1_000,
    }
