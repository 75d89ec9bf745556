from dataclasses import replace

import numpy as np
import pytest

from core.library.load import load
from core.library.manager import Libraries
from core.sequences.records import Problem, Record
from core.sequences.references.human import load_human_reference
from core.sequences.references.simulated import simulate
from core.settings import Settings
from core.stores.stores import Stores
from core.tracing import TraceResult, estimate_composition, trace, tracer
from tests.support.synthetic import dna

# Far apart in the file: beside a gene stand others that are nearly the same.
LONG_GENES = [record for record in load_human_reference() if 800 <= len(record.residues) <= 2_000]
GENES = LONG_GENES[::55][:40]
STRAINS = {
    f"strain_{number}": [
        replace(record, name=f"strain_{number}_{index}")
        for index, record in enumerate(simulate(GENES, 0.01, seed=number), start=1)
    ]
    for number in range(4)
}


def query(strain, index, start=100, length=400):
    residues = STRAINS[strain][index].residues[start : start + length]
    return Record(f"{strain} {index}", residues, 1, 1)


QUERIES = [query(strain, index) for strain in STRAINS for index in range(20)]


@pytest.fixture(scope="module")
def libraries(tmp_path_factory):
    with Stores(Settings(home=tmp_path_factory.mktemp("tracing"))) as stores:
        libraries = Libraries(stores)
        for encoder in ("translated", "count"):
            load(libraries, STRAINS, library=encoder, encoder=encoder)
        yield libraries


@pytest.fixture
def library(libraries):
    return libraries.open("translated")


class TestTrace:
    def test_a_fragment_is_traced_to_its_strain_and_its_gene(self, library):
        (found,) = trace(library, [query("strain_2", 7)])
        assert (found.query, found.length) == ("strain_2 7", 400)
        assert found.organism == "strain_2"
        assert found.confidence > 0.95
        assert found.identity == 1
        assert found.closest["strain_2"].name == "strain_2_8"

    def test_every_strain_is_judged_by_its_own_copy_of_the_gene(self, library):
        (found,) = trace(library, [query("strain_2", 7)])
        assert {hit.name for hit in found.closest.values()} == {f"{name}_8" for name in STRAINS}
        assert list(found.organisms.values()) == sorted(found.organisms.values(), reverse=True)
        assert sum(found.organisms.values()) == pytest.approx(1)

    def test_confidences_are_right_as_often_as_they_say(self, library):
        changed = [
            replace(record, residues=simulated.residues)
            for record, simulated in zip(QUERIES, simulate(QUERIES, 0.02, seed=9), strict=True)
        ]
        found = trace(library, changed)
        confidences = [result.confidence for result in found]
        right = [result.organism == result.query.split()[0] for result in found]
        assert np.mean(right) == pytest.approx(np.mean(confidences), abs=0.06)
        assert np.mean(right) > 0.85

    def test_with_the_encoder_count_too(self, libraries):
        genes = [query(strain, index, 0, 3_000) for strain in STRAINS for index in range(10)]
        found = trace(libraries.open("count"), genes)
        assert [result.organism for result in found] == [gene.name.split()[0] for gene in genes]

    def test_is_the_same_whatever_the_batches(self, library, monkeypatch):
        in_one_batch = trace(library, QUERIES[:9])
        monkeypatch.setattr(tracer, "_BATCH_SIZE", 4)
        assert trace(library, QUERIES[:9]) == in_one_batch

    def test_what_is_like_nothing_says_so(self, library):
        (found,) = trace(library, [Record("noise", dna("noise", 300), 1, 1)])
        assert (found.organism, found.confidence, found.identity) == ("", 0.0, 0.0)
        assert found.problem.startswith("No relative found: ")

    @pytest.mark.parametrize("encoder", ["translated", "count"])
    def test_random_dna_has_no_relative(self, libraries, encoder):
        noise = [Record(f"noise {n}", dna(f"noise {n}", 3_000), 1, 1) for n in range(40)]
        assert {found.organism for found in trace(libraries.open(encoder), noise)} == {""}

    def test_an_invalid_record_stops_no_other(self, library):
        bad = Record("bad", "AC!", 2, 3, problem=Problem("letter", "Record 2 has '!'."))
        steps = []
        found = trace(
            library, [QUERIES[0], bad, QUERIES[21]], progress=lambda *step: steps.append(step)
        )
        assert [result.organism for result in found] == ["strain_0", "", "strain_1"]
        assert found[1].problem == "Record 2 has '!'."
        assert steps == [("Tracing", done, 3) for done in (1, 2, 3)]

    def test_of_nothing_there_is_nothing(self, library):
        assert trace(library, []) == []

    def test_one_organism_is_the_only_answer(self, libraries):
        load(libraries, {"alone": STRAINS["strain_0"]}, library="one", encoder="count")
        (found,) = trace(libraries.open("one"), [query("strain_0", 1, 0, 3_000)])
        assert found.organisms == {"alone": 1.0}


class TestEstimateComposition:
    def traced(self, **organisms):
        return TraceResult("q", 300, organisms=organisms)

    def test_has_the_queries_that_are_clear_and_the_share_of_all(self):
        found = estimate_composition(
            [self.traced(a=0.9, b=0.1), self.traced(a=0.4, b=0.3, c=0.3)] * 20
        )
        assert [(part.organism, part.queries, part.share.n) for part in found] == [
            ("a", 20, 40),
            ("b", 0, 40),
            ("c", 0, 40),
        ]
        assert sum(part.share.mean for part in found) == pytest.approx(1, abs=0.001)
        assert all(part.share.low <= part.share.mean <= part.share.high for part in found)

    def test_the_largest_share_comes_first(self):
        found = estimate_composition(
            [self.traced(a=0.9, b=0.1), self.traced(b=1.0), self.traced(b=1.0)]
        )
        assert [(part.organism, part.queries) for part in found] == [("b", 2), ("a", 1)]

    def test_what_was_not_traced_does_not_count(self):
        found = estimate_composition(
            [self.traced(a=1.0), TraceResult("noise", 9, problem="It is like nothing.")]
        )
        assert [(part.organism, part.share.n) for part in found] == [("a", 1)]

    def test_of_nothing_there_are_none(self):
        assert estimate_composition([TraceResult("noise", 9)]) == []
