import numpy as np
import pytest
from Bio.Seq import reverse_complement as biopython

from core.evaluation.methods import NO_FAMILY
from core.evaluation.perturbations import (
    AMBIGUITY_RATES,
    DRAWS,
    FRAGMENT_LENGTHS,
    SUBSTITUTION_RATES,
    UNRELATED,
    cut_fragment,
    mask,
    perturbed_split,
    reference_organism,
    repeated_splits,
    substitute,
)
from core.evaluation.splits import random_split
from core.sequences.alphabet import reverse_complement
from tests.support.evaluation_data import data
from tests.support.synthetic import dna

LONG = dna("long", 20_000)


@pytest.fixture
def generator():
    return np.random.default_rng(0)


def share_of_others(one: str, other: str) -> float:
    return float(np.mean([a != b for a, b in zip(one, other, strict=True)]))


class TestReverseComplement:
    def test_of_every_letter(self):
        assert reverse_complement("ACGTRYSWKMBDHVN") == biopython("ACGTRYSWKMBDHVN")


class TestFragment:
    def test_is_a_window(self, generator):
        pieces = {cut_fragment("AACCGGTT", 6, generator) for _ in range(50)}

        assert pieces == {"AACCGG", "ACCGGT", "CCGGTT"}


class TestSubstituted:
    @pytest.mark.parametrize("share", [0.05, 0.3])
    def test_so_many_bases_are_others(self, generator, share):
        changed = substitute(LONG, share, generator)

        assert share_of_others(LONG, changed) == pytest.approx(share, abs=0.02)
        assert set(changed) == set("ACGT")

    def test_ambiguous_letters_stay(self, generator):
        assert substitute("NRY", 1.0, generator) == "NRY"

    def test_no_base_becomes_itself(self, generator):
        assert share_of_others(LONG, substitute(LONG, 1.0, generator)) == 1.0


class TestAmbiguous:
    def test_so_many_letters_become_n(self, generator):
        changed = mask(LONG, 0.2, generator)

        assert changed.count("N") / len(LONG) == pytest.approx(0.2, abs=0.02)
        assert share_of_others(LONG, changed) == changed.count("N") / len(LONG)


class TestRepeatedSplits:
    def test_each_seed_has_its_training_set(self):
        rounds = repeated_splits(data(), seed=42)

        assert [item.tasks[0].name for item in rounds] == ["split 42", "split 1", "split 2"]
        assert len({item.training.tobytes() for item in rounds}) == 3

    def test_the_first_split_is_the_random_one(self):
        (item, *_) = repeated_splits(data(), seed=7)
        (random,) = random_split(data(), 42, copies=False)

        assert item.training.tolist() == random.training.tolist()

    def test_queries_are_substituted_several_times_and_resampled_together(self):
        (item, *_) = repeated_splits(data(), seed=42)
        plain, drawn = item.tasks[0], item.tasks[-1]

        assert drawn.name == "10% substituted"
        assert drawn.indexes.tolist() == plain.indexes.tolist() * DRAWS
        assert drawn.units.tolist() == drawn.indexes.tolist()
        assert len(set(drawn.sequences)) == len(drawn.sequences)

    def test_other_splits_have_tasks_of_their_own(self):
        names = [[task.name for task in item.tasks] for item in repeated_splits(data(), seed=42)]

        assert names[0][1:3] == ["fragments of 150 bases", "reverse complement"]
        assert names[1][1:] == ["5% substituted, other splits", "10% substituted, other splits"]
        assert names[2][1:] == names[1][1:]


class TestReferenceOrganism:
    def test_the_first_organism_is_the_training_set(self):
        records = data("human", "dog", "cat")
        (item,) = reference_organism(records, seed=42)

        assert set(records.take(item.training).organisms) == {"human"}
        assert [task.name for task in item.tasks] == [
            "dog from human",
            "cat from human",
            "random",
            "shuffled",
        ]

    def test_unrelated_sequences_have_no_family(self):
        records = data("human", "dog")
        (item,) = reference_organism(records, seed=42)
        *_, random, shuffled = item.tasks

        assert len(random.sequences) == UNRELATED
        assert len(shuffled.sequences) == item.training.size
        assert set(random.true_families(records)) == {NO_FAMILY}
        for index, sequence in zip(shuffled.indexes, shuffled.sequences, strict=True):
            assert sorted(sequence) == sorted(records.sequences[index])
        assert not set(random.sequences) & set(records.sequences)


class TestStress:
    def test_asks_the_split_s_queries_in_many_ways_of_one_training_part(self):
        (found,) = perturbed_split(data(), seed=42)

        plain, *changed = found.tasks
        assert not plain.perturbed
        assert all(task.perturbed for task in changed)
        fitting = [length for length in FRAGMENT_LENGTHS if 2 * length <= 450]
        assert len(changed) == 1 + len(fitting) + len(SUBSTITUTION_RATES) + len(AMBIGUITY_RATES)
        for task in changed:
            assert len(task.sequences) == task.indexes.size == task.units.size

    def test_fragments_have_their_length_and_come_from_their_sequence(self):
        records = data()
        (found,) = perturbed_split(records, seed=42)

        cut = next(task for task in found.tasks if task.name == "fragments of 150 bases")
        for place, piece in zip(cut.indexes, cut.sequences, strict=True):
            assert len(piece) == 150
            assert piece in records.sequences[place]

    def test_is_always_the_same_for_a_seed(self):
        one, same, other = (perturbed_split(data(), seed)[0].tasks[-1] for seed in (1, 1, 2))

        assert one.sequences == same.sequences
        assert one.sequences != other.sequences
