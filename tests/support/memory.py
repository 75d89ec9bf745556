"""Memory of processes, as Linux tells it."""

import re
from pathlib import Path


def process_memory(kind: str, process: int | str = "self") -> int:
    """Return the memory of a process in kB: resident (VmRSS), or its peak (VmHWM).

    Raises
    ------
    OSError
        If there is no such process, or it has ended.
    """
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    match = re.search(rf"{kind}:\s*(\d+) kB", status)
    if match is None:
        raise ProcessLookupError(process)
    return int(match.group(1))
