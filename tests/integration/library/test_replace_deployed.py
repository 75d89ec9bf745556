"""Replacing, wherever GeneKin is deployed: searches see the old organism or the new one."""

from concurrent.futures import ThreadPoolExecutor

from core.library import writer
from core.library.writer import OrganismReport
from core.sequences.checks import Known
from tests.support.replacement import NEW, find, load_old, replace_human, require_new
from tests.support.synthetic import table
from tests.support.uploads import codes, report


def test_replacing_puts_the_new_one_in_the_place_of_the_old_one(deployed, name, monkeypatch):
    monkeypatch.setattr(writer, "_BATCH_SIZE", 2)
    load_old(deployed, name)
    old = find(deployed, name)
    seen = [old]
    with ThreadPoolExecutor(1) as pool:
        replacing = pool.submit(replace_human, deployed, name)
        while not replacing.done():
            seen.append(find(deployed, name))
        report_ = replacing.result()
    new = find(deployed, name)

    assert old != new
    assert all(result in (old, new) for result in seen)
    assert report_.organisms == (
        OrganismReport("human", 8, added=8, copies=0, known=0, without_vector=0, replaced=7),
    )
    require_new(deployed, name)
    opened = deployed.open(name)
    known = Known(find_families=opened.known_families, partitions=opened.partitions())
    assert codes(report(table(NEW), known)) == {"known"}
