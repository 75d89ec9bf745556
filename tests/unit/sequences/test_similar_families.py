import pytest

from core.sequences.similar_families import find_similar_families

KNOWN = ["G protein coupled receptors", "Ion channel", "Synthase", "Synthetase", "Tyrosine kinase"]


def pairs(counts, known=KNOWN):
    return [(found.written, found.name) for found in find_similar_families(counts, known)]


class TestFindSimilarFamilies:
    @pytest.mark.parametrize(
        ("written", "name"),
        [
            ("GPCR", "G protein coupled receptors"),
            ("GPCRs", "G protein coupled receptors"),
            ("gpcr family", "G protein coupled receptors"),
            ("G protein coupled receptor", "G protein coupled receptors"),
            ("G-protein-coupled receptor (GPCR)", "G protein coupled receptors"),
            ("Receptor, G protein coupled", "G protein coupled receptors"),
            ("Ion channels", "Ion channel"),
            ("Ionchannel", "Ion channel"),
            ("TK", "Tyrosine kinase"),
        ],
    )
    def test_other_forms_of_a_name_are_certain(self, written, name):
        (found,) = find_similar_families({written: 3}, KNOWN)
        assert (found.written, found.name, found.count) == (written, name, 3)
        assert found.certain

    @pytest.mark.parametrize("written", ["Tyrosin kinase", "Tirosine kinase"])
    def test_a_near_spelling_is_a_guess(self, written):
        (found,) = find_similar_families({written: 1}, KNOWN)
        assert found.name == "Tyrosine kinase"
        assert not found.certain

    @pytest.mark.parametrize(
        "written", ["Lipase", "Kinase", "Thymidine kinase", "5", "ion_channel", "Synthetase"]
    )
    def test_other_families_and_known_ones_are_left_alone(self, written):
        assert pairs({written: 3}) == []

    def test_an_abbreviation_may_be_known_and_the_name_new(self):
        assert pairs({"G protein coupled receptor": 1}, ["GPCR"]) == [
            ("G protein coupled receptor", "GPCR")
        ]

    def test_names_that_differ_on_purpose_are_not_near(self):
        assert pairs({"Kinase B": 1, "Cytochrome P451": 1}, ["Kinase A", "Cytochrome P450"]) == []

    def test_two_names_with_the_same_initials_are_two(self):
        assert pairs({"Thymidine kinase": 2, "Tyrosine kinase": 5}, []) == []

    def test_of_a_file_the_name_in_full_stands_then_the_commoner_one(self):
        counts = {"GPCR": 50, "G protein coupled receptors": 30, "Receptors": 2, "Receptor": 5}
        assert pairs(counts, []) == [
            ("GPCR", "G protein coupled receptors"),
            ("Receptors", "Receptor"),
        ]

    def test_of_a_file_only_a_rare_name_is_a_misspelling(self):
        assert pairs({"Synthase": 40, "Synthetase": 30}, []) == []
        assert pairs({"Synthase": 40, "Synthasse": 1}, []) == [("Synthasse", "Synthase")]

    def test_many_names_are_compared_by_their_words_only(self):
        counts = {f"gene{number}x": 1 for number in range(2_000)} | {"GPCR": 1}
        assert pairs(counts) == [("GPCR", "G protein coupled receptors")]
