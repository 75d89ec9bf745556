import itertools

import numpy as np
import pytest
from Bio.Align import PairwiseAligner
from Bio.Align.substitution_matrices import Array
from hypothesis import given
from hypothesis import strategies as st

from core.alignment import local
from core.alignment.scoring import nucleotide_scheme, protein_scheme
from tests.support.memory import process_memory

SCHEMES = {"proteins": protein_scheme(), "nucleotides": nucleotide_scheme()}


@pytest.fixture(params=SCHEMES)
def scheme(request):
    return SCHEMES[request.param]


@pytest.fixture
def in_pieces(monkeypatch):
    """Align short sequences in pieces too."""
    monkeypatch.setattr(local, "_SMALL", 0)


def score_by_biopython(scheme, query, reference):
    aligner = PairwiseAligner()
    aligner.mode = "local"
    scores = scheme.scores.astype(np.float64)
    aligner.substitution_matrix = Array(alphabet=scheme.alphabet, dims=2, data=scores)
    aligner.open_gap_score, aligner.extend_gap_score = scheme.gap_open, scheme.gap_extend
    return aligner.score(scheme.decode(query), scheme.decode(reference))


def score_of_path(scheme, query, reference, path):
    """Return the score that the columns of a path have."""
    total = 0.0
    for (start, other), (end, other_end) in zip(path.T[:-1], path.T[1:], strict=True):
        if end > start and other_end > other:
            assert end - start == other_end - other
            total += scheme.scores[query[start:end], reference[other:other_end]].sum()
        else:
            letters = end - start + other_end - other
            total += scheme.gap_open + (letters - 1) * scheme.gap_extend
    return total


def align(scheme, query, references):
    segments = [scheme.find_segments(query, reference, 20.0) for reference in references]
    return scheme.aligner.align(query, references, segments)


def assert_best(scheme, query, reference, path, score):
    assert score == score_by_biopython(scheme, query, reference)
    assert score == score_of_path(scheme, query, reference, path)
    kinds = np.sign(np.diff(path)).T.tolist()
    assert [0, 0] not in kinds
    assert all(kind != following for kind, following in itertools.pairwise(kinds))


def mutated(scheme, letters, divergence, gaps, generator):
    """Return letters of which some are substituted, deleted, or follow inserted ones."""
    copy = []
    for letter in letters.tolist():
        if generator.random() < gaps:
            copy += generator.integers(0, scheme.n_letters, generator.integers(1, 30)).tolist()
        if generator.random() >= gaps:
            replaced = generator.random() < divergence
            copy.append(int(generator.integers(0, scheme.n_letters)) if replaced else letter)
    return np.array(copy, dtype=np.uint8)


@given(data=st.data())
def test_a_path_has_the_best_score(data):
    scheme = SCHEMES[data.draw(st.sampled_from(sorted(SCHEMES)))]
    codes = st.integers(0, len(scheme.alphabet) - 1)
    start, end = (data.draw(st.lists(codes, max_size=40)) for _ in range(2))
    shared = data.draw(st.lists(st.integers(0, scheme.n_letters - 1), min_size=1, max_size=60))
    cut = data.draw(st.integers(0, len(shared)))
    query = np.array(start + shared, dtype=np.uint8)
    inserted = data.draw(st.lists(codes, max_size=4))
    reference = np.array(shared[:cut] + inserted + shared[cut:] + end, dtype=np.uint8)
    (path, score), (_, other_score) = align(scheme, query, [reference, query])
    assert other_score == score_by_biopython(scheme, query, query)
    assert score == score_by_biopython(scheme, query, reference)
    assert score == score_of_path(scheme, query, reference, path)


@pytest.mark.usefixtures("in_pieces")
@pytest.mark.parametrize("divergence", [0.0, 0.02, 0.1, 0.3, 0.6])
@pytest.mark.parametrize("gaps", [0.0, 0.01, 0.05])
def test_pieces_have_the_best_score(scheme, divergence, gaps):
    generator = np.random.default_rng([int(100 * divergence), int(100 * gaps)])
    query = generator.integers(0, scheme.n_letters, 400).astype(np.uint8)
    references = [mutated(scheme, query, divergence, gaps, generator) for _ in range(10)]
    found = align(scheme, query, references)
    for reference, (path, score) in zip(references, found, strict=True):
        assert_best(scheme, query, reference, path, score)


@pytest.mark.usefixtures("in_pieces")
def test_similar_sequences_are_aligned_in_pieces(scheme, monkeypatch):
    generator = np.random.default_rng(5)
    query = generator.integers(0, scheme.n_letters, 1_000).astype(np.uint8)
    flanks = [generator.integers(0, scheme.n_letters, 200).astype(np.uint8) for _ in range(4)]
    reference = mutated(scheme, query, 0.05, 0.003, generator)
    query, reference = (
        np.concatenate([flanks[0], query, flanks[1]]),
        np.concatenate([flanks[2], reference, flanks[3]]),
    )
    sizes: list[int] = []
    paths = local.LocalAligner._paths

    def paths_of(aligner, letters, references, algorithm="sw"):
        sizes.extend(letters.size * other.size for other in references)
        return paths(aligner, letters, references, algorithm)

    monkeypatch.setattr(local.LocalAligner, "_paths", paths_of)
    ((path, score),) = align(scheme, query, [reference])
    assert_best(scheme, query, reference, path, score)
    assert sum(sizes) < query.size * reference.size / 5


@pytest.mark.usefixtures("in_pieces")
def test_a_misleading_segment_is_not_followed(scheme):
    generator = np.random.default_rng(6)
    letters = generator.integers(0, scheme.n_letters, 300).astype(np.uint8)
    repeat = generator.integers(0, scheme.n_letters, 60).astype(np.uint8)
    query = np.concatenate([repeat, letters])
    reference = np.concatenate([letters, repeat])  # The repeat is on another diagonal.
    segments = scheme.find_segments(query, reference, 20.0)
    only_repeat = segments[segments[:, 0] < repeat.size]
    assert len(only_repeat)
    ((path, score),) = scheme.aligner.align(query, [reference], [only_repeat])
    assert_best(scheme, query, reference, path, score)


def test_memory_is_given_back(scheme):
    """PyOpal's default leaks 70 bytes a letter of the query at each call: 50 MB here."""
    generator = np.random.default_rng(7)
    query = generator.integers(0, scheme.n_letters, 2_000).astype(np.uint8)
    align(scheme, query, [query])
    before = process_memory("VmRSS")
    for _ in range(350):
        align(scheme, query, [query])
    assert process_memory("VmRSS") - before < 14_600, "kB"
