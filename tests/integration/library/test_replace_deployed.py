"""Replacing, wherever GeneKin is deployed: searches see the old organism or the new one."""

from concurrent.futures import ThreadPoolExecutor

from core.library import writer
from core.library.load import OrganismReport
from core.sequences.report import Known
from tests.support.replacement import NEW, found_by, load_old, replaced, require_new
from tests.support.synthetic import table
from tests.support.uploads import codes, report


def test_replacing_puts_the_new_one_in_the_place_of_the_old_one(deployed, name, monkeypatch):
    monkeypatch.setattr(writer, "_BATCH", 2)
    load_old(deployed, name)
    old = found_by(deployed, name)
    seen = [old]
    with ThreadPoolExecutor(1) as pool:
        replacing = pool.submit(replaced, deployed, name)
        while not replacing.done():
            seen.append(found_by(deployed, name))
        told = replacing.result()
    new = found_by(deployed, name)

    assert old != new
    assert all(each in (old, new) for each in seen)
    assert told.organisms == (
        OrganismReport("human", 8, added=8, copies=0, known=0, without_vector=0, replaced=7),
    )
    require_new(deployed, name)
    opened = deployed.open(name)
    known = Known(sequences=opened.known_families, partitions=opened.partitions())
    assert codes(report(table(NEW), known)) == {"known"}
