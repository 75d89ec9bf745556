from core.tracing import TraceResult, estimate_composition
from core.tracing.composition import OrganismProbabilities

QUERIES = [
    *[{"a": 0.9, "b": 0.1}] * 6,
    {},
    *[{"c": 0.6, "a": 0.4}] * 3,
    {"b": 1.0},
]


def test_batches_are_one_batch():
    results = [TraceResult("q", 300, organisms=organisms) for organisms in QUERIES]
    for size in (1, 4, 20):
        probabilities = OrganismProbabilities()
        for start in range(0, len(QUERIES), size):
            probabilities.add(QUERIES[start : start + size])
        assert probabilities.composition() == estimate_composition(results)


def test_those_that_were_not_traced_do_not_count():
    probabilities = OrganismProbabilities()
    probabilities.add(QUERIES)
    found = probabilities.composition()
    assert {part.organism: part.queries for part in found} == {"a": 6, "c": 3, "b": 1}
    assert {part.share.n for part in found} == {10}


def test_of_none_there_is_nothing():
    probabilities = OrganismProbabilities()
    assert probabilities.composition() == []
    probabilities.add([{}, {}])
    assert probabilities.composition() == []
