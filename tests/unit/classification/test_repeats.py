import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.classification.repeats import repeat_share
from tests.support.synthetic import dna

WINDOW = 62


def slowly(residues: str) -> float:
    """The same share, window by window."""
    triplets = [residues[start : start + 3] for start in range(len(residues) - 2)]
    size = min(WINDOW, len(triplets))
    repetitive: set[int] = set()
    for first in range(len(triplets) - size + 1 if triplets else 0):
        words = [word for word in triplets[first : first + size] if not set(word) - set("ACGT")]
        pairs = sum(count * (count - 1) / 2 for count in Counter(words).values())
        if pairs > 2 * (size - 1):
            repetitive |= set(range(first, first + size + 2))
    return len(repetitive) / len(residues)


@pytest.mark.parametrize("unit", ["A", "CA", "CAG", "CAGCAA", "GGGGCC", "CANN"])
def test_repeats_are_repetitive(unit):
    assert repeat_share(unit * (300 // len(unit))) == (0 if "N" in unit else 1)


def test_random_dna_is_not():
    assert max(repeat_share(dna(seed, 600)) for seed in range(50)) < 0.2


@pytest.mark.parametrize("residues", ["A", "AC", "ACG", "ACGT", "N" * 80])
def test_short_and_ambiguous_sequences_are_not(residues):
    assert repeat_share(residues) == 0


def test_a_repeat_in_a_gene_counts_with_its_windows():
    gene = dna("a", 300) + "CAG" * 50 + dna("b", 300)
    assert 150 <= repeat_share(gene) * 750 <= 150 + 2 * 64


@given(st.integers(0, 10**6), st.integers(1, 200), st.integers(1, 12))
def test_it_is_what_counting_every_window_gives(seed, length, words):
    generator = random.Random(seed)
    units = ["".join(generator.choices("ACGTN", [6, 6, 6, 6, 1], k=5)) for _ in range(words)]
    residues = "".join(generator.choices(units, k=length))[:length]
    assert repeat_share(residues) == pytest.approx(slowly(residues))
