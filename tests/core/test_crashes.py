"""A load that is killed at any moment leaves the old state or the new one, and nothing between."""

import os
import random
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from core.libraries import Libraries
from core.sequences.records import sequence_id
from core.settings import Settings
from core.stores import Stores
from tests.conftest import PROJECT
from tests.core.contents import NOTHING, contents, require_agreement
from tests.core.load_forever import batch

LIBRARY = "crashes"


def kill_a_loader(settings: Settings, first: int, whole: int, part: float) -> int:
    """Kill a process after so many whole loads and a part of one; returns the loads it told of."""
    environment = os.environ | {
        "GENEKIN_HOME": str(settings.home),
        "GENEKIN_MILVUS_URI": settings.milvus_uri,
        "GENEKIN_DATABASE_URL": settings.database_url.get_secret_value(),
    }
    command = [sys.executable, "-m", "tests.core.load_forever", LIBRARY, str(first)]
    with subprocess.Popen(
        command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        seconds = 0.6 if settings.embedded_vectors else 6.0  # What a first load takes, or so.
        for _ in range(whole):
            started = time.monotonic()
            assert process.stdout.readline().startswith("loaded ")
            seconds = time.monotonic() - started
        with suppress(subprocess.TimeoutExpired):
            process.wait(part * seconds)
        assert process.poll() is None, "it ended by itself"
        process.kill()
        return whole + len(process.stdout.readlines())


def ids_after(loads: int) -> dict[str, set[int]]:
    """Ids of all sequences by organism after so many loads."""
    ids: dict[str, set[int]] = {}
    for number in range(loads):
        for organism, records in batch(number).items():
            new = {sequence_id(organism, record.residues) for record in records}
            ids[organism] = ids.get(organism, set()) | new
    return ids


def loads_seen(libraries: Libraries) -> int:
    """Number of loads that searches see; each is seen as a whole, and the next not at all."""
    library = libraries.open(LIBRARY)
    loads = len(library.organisms()) - 1  # Each adds one organism, and to human.
    assert all(find_themselves(libraries, loads - 1))
    assert not any(find_themselves(libraries, loads))
    return loads


def find_themselves(libraries: Libraries, number: int) -> list[bool]:
    """Whether each sequence of a load is its own best hit."""
    residues = [record.residues for records in batch(number).values() for record in records]
    hits = libraries.open(LIBRARY).search(residues, limit=1)
    return [found[0].score > 0.999 for found in hits]


@pytest.mark.timeout(240)
def test_a_load_that_is_killed_is_there_or_not(deployment):
    moments, loads = random.Random(2021), 0
    for whole in (0, 0, 1, 1, 2, 3) if deployment.embedded_vectors else (0, 1, 0, 1):
        told = kill_a_loader(deployment, loads, whole, moments.random())

        with Stores(deployment) as stores:
            libraries = Libraries(stores)
            row = stores.labels.library(LIBRARY)
            seen = loads_seen(libraries) if row and stores.labels.organism_names(row.id) else 0
            if row:
                libraries.reconcile(LIBRARY)
            found = contents(libraries, LIBRARY)

            assert seen in (loads + told, loads + told + 1)
            require_agreement(found)
            assert {name: {row.id for row in rows} for name, rows in found.sequences.items()} == (
                ids_after(seen)
            )
            if seen:
                assert loads_seen(libraries) == seen
            else:
                assert found == NOTHING
        loads = seen
    assert loads
