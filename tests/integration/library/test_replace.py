"""An organism that is replaced serves until the new one is complete; then that one does."""

import pytest

from core.errors import InputError, StoreError
from core.library.load import load
from core.settings import Settings
from tests.support.contents import contents, require_agreement
from tests.support.faults import failing
from tests.support.replacement import (
    DOG,
    KEPT,
    NEW,
    OLD,
    find,
    load_old,
    replace_human,
    require_new,
)
from tests.support.synthetic import genes


@pytest.fixture(scope="module")
def deployment(tmp_path_factory) -> Settings:
    """Embedded stores alone: what fails is the same with servers, and takes them long."""
    return Settings(home=tmp_path_factory.mktemp("deployment"))


@pytest.fixture
def library(deployed, name) -> str:
    """A library of human and dog."""
    load_old(deployed, name)
    return str(name)


class TestReplacing:
    def test_leaves_an_organism_like_any_other(self, deployed, library):
        replace_human(deployed, library)

        again = load(deployed, {"human": [*NEW, *OLD[3:]]}, library=library)
        assert (again.organisms[0].known, again.organisms[0].added) == (8, 4)
        require_agreement(contents(deployed, library))
        with pytest.raises(InputError, match=r"the library .* has the same sequence in family 1"):
            load(deployed, {"human": OLD[:1]}, library=library)

        back = load(deployed, {"human": OLD}, library=library, replace=True)
        assert back.organisms[0].replaced == 12
        assert find(deployed, library)[0]["human_1"] == (0, "human")
        require_agreement(contents(deployed, library))
        assert deployed.remove_organism(library, "human") == 7
        assert deployed.open(library).organism_names() == ["dog"]

    def test_of_what_is_not_there_adds_it(self, deployed, library):
        cat = genes("cat", 3)
        report = load(deployed, {"cat": cat, "dog": DOG[:2]}, library=library, replace=True)

        assert [(organism.organism, organism.replaced) for organism in report.organisms] == [
            ("cat", 0),
            ("dog", 4),
        ]
        counts = {organism.name: organism.count for organism in deployed.open(library).organisms()}
        assert counts == {"human": 7, "cat": 3, "dog": 2}
        require_agreement(contents(deployed, library))


class TestFailures:
    """Wherever it fails, the old one is there afterwards, exactly, or the new one."""

    def test_of_two_families_for_a_sequence_is_refused(self, deployed, library):
        before = contents(deployed, library)
        with pytest.raises(InputError, match="have the same sequence but different families"):
            load(deployed, {"human": [*OLD, KEPT[0]]}, library=library, replace=True)
        assert contents(deployed, library) == before

    @pytest.mark.parametrize(
        "failure",
        [
            ("labels", "begin_load", KeyboardInterrupt()),
            ("vectors", "add_partition", StoreError("no connection")),
            ("labels", "add_sequences", KeyboardInterrupt()),
            ("vectors", "upsert", StoreError("no connection")),
            ("vectors", "flush_and_index", KeyboardInterrupt()),
        ],
        ids=lambda failure: failure[1],
    )
    def test_before_the_exchange_leave_the_old_one(self, deployed, library, failure):
        before, found = contents(deployed, library), find(deployed, library)
        with failing(deployed, *failure, when="after"):
            replace_human(deployed, library)

        assert contents(deployed, library) == before
        assert find(deployed, library) == found

    def test_of_the_exchange_itself_leave_the_old_one(self, deployed, library):
        before = contents(deployed, library)
        with failing(deployed, "labels", "finish_load", StoreError("no disk")):
            replace_human(deployed, library)
        assert contents(deployed, library) == before

    @pytest.mark.parametrize(
        ("store", "method", "when"),
        [
            ("labels", "finish_load", "after"),
            ("vectors", "drop_partition", "before"),
            ("labels", "remove_organism", "after"),
        ],
    )
    def test_after_the_exchange_leave_the_new_one(self, deployed, library, store, method, when):
        with failing(deployed, store, method, KeyboardInterrupt(), when=when):
            replace_human(deployed, library)
        require_new(deployed, library)

    def test_in_removing_the_old_one_are_no_failures_of_the_load(
        self, deployed, library, monkeypatch
    ):
        def down(*_: object) -> None:
            message = "down"
            raise StoreError(message)

        with monkeypatch.context() as patch:
            patch.setattr(deployed.stores.vectors, "drop_partition", down)
            assert replace_human(deployed, library).organisms[0].replaced == 7

        hits = find(deployed, library)
        assert all(len(query_hits) == 12 for query_hits in hits)
        assert deployed.reconcile(library).removals_finished == 1
        assert find(deployed, library) == hits
        require_new(deployed, library)
