import pytest
from Bio.Seq import Seq

from core.errors import InputError
from core.sequences.alphabet import find_invalid_character
from core.sequences.records import Record
from core.sequences.references.human import load_human_reference
from core.sequences.references.simulated import (
    MAX_DIVERGENCE,
    main_frame,
    simulate,
    simulated_name,
    simulated_source,
)

GENES = [record for record in load_human_reference()[:60] if len(record.residues) > 300]


def frame_of(residues: str, frame: int) -> str:
    """The protein of a reading frame, by Biopython; codons that are cut off at the end left out."""
    end = len(residues) - (len(residues) - frame) % 3
    return str(Seq(residues[frame:end]).translate())


class TestSimulate:
    @pytest.mark.parametrize("divergence", [0.02, 0.1, 0.25, MAX_DIVERGENCE])
    def test_substitutes_the_share_that_is_asked_for(self, divergence):
        for gene, relative in zip(GENES, simulate(GENES, divergence, 1), strict=True):
            pairs = list(zip(gene.residues, relative.residues, strict=True))
            changed = sum(one != other for one, other in pairs)
            assert changed / len(pairs) == pytest.approx(divergence, abs=0.005)

    @pytest.mark.parametrize("divergence", [0.02, 0.1, 0.25])
    def test_makes_no_stop_and_changes_codons_more_often_than_residues(self, divergence):
        codons = residues = 0
        for gene, relative in zip(GENES, simulate(GENES, divergence, 1), strict=True):
            frame = main_frame(gene.residues)
            before, after = (frame_of(record.residues, frame) for record in (gene, relative))
            assert [at for at, letter in enumerate(after) if letter == "*"] == [
                at for at, letter in enumerate(before) if letter == "*"
            ]
            residues += sum(one != other for one, other in zip(before, after, strict=True))
            codons += sum(
                gene.residues[at : at + 3] != relative.residues[at : at + 3]
                for at in range(frame, len(gene.residues) - 2, 3)
            )
        assert residues < codons / 2

    def test_says_of_every_one_that_it_is_simulated(self):
        first, second = simulate([Record("BRCA1", "ACGT" * 9, 1, 1, 3), GENES[1]], 0.1, 1)
        assert first.name == "simulated_BRCA1"
        assert second.name == f"simulated_{GENES[1].position}"
        assert simulated_name("human", 0.125) == "simulated_human_12_5"
        assert simulated_source("human", 0.1, 7).startswith("simulated: human with 10.0% of its")

    def test_keeps_the_family_the_place_and_what_is_ambiguous(self):
        (relative,) = simulate([Record("a", "NNRY" * 9 + "ACGT" * 9, 5, 9, 3)], 0.3, 1)
        assert (relative.family, relative.position, relative.line) == (3, 5, 9)
        assert relative.residues.startswith("NNRY" * 9)
        assert find_invalid_character(relative.residues) is None

    def test_is_the_same_for_the_same_seed_only(self):
        assert simulate(GENES[:3], 0.1, 1) == simulate(GENES[:3], 0.1, 1)
        assert simulate(GENES[:3], 0.1, 1) != simulate(GENES[:3], 0.1, 2)

    @pytest.mark.parametrize("residues", ["A", "AC", "NNN", "TAA", "ACGTA"])
    def test_takes_sequences_that_are_hardly_any(self, residues):
        (relative,) = simulate([Record("a", residues, 1, 1, 0)], MAX_DIVERGENCE, 1)
        assert len(relative.residues) == len(residues)

    @pytest.mark.parametrize("divergence", [0, -0.1, 0.41, 7, float("nan")])
    def test_another_divergence_is_refused(self, divergence):
        with pytest.raises(InputError, match="Invalid divergence"):
            simulate(GENES, divergence, 1)
