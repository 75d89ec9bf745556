"""``load --replace``."""

import json

import pytest

from tests.support.synthetic import genes, table


@pytest.fixture
def human(run, written):
    """A library of nine human genes."""
    run("load", "--encoder", "count", f"human={written(table(genes('human')), 'human.txt')}")


def genes_of(run):
    (library,) = json.loads(run("status", "--format", "json").out)["libraries"]
    return {organism["name"]: organism["sequences"] for organism in library["organisms"]}


class TestReplace:
    def test_puts_an_organism_in_the_place_of_another(self, run, human, written):
        newer = written(table([*genes("human", 2), *genes("newer", 2)]), "newer.txt")
        done = run("load", "--replace", f"human={newer}")
        assert done.out.startswith("human: 4 sequences in the place of 9; of 4 records 0 were")
        assert genes_of(run) == {"human": 4}

    def test_may_change_the_family_of_a_sequence(self, run, human, written):
        residues = genes("human", 1)[0].residues
        other = written(f"sequence\tclass\n{residues}\t2\n", "other.txt")
        run("load", f"human={other}").refused()
        assert genes_of(run) == {"human": 9}
        assert run("load", "--replace", f"human={other}").status == 0
        assert genes_of(run) == {"human": 1}

    def test_without_it_adds(self, run, human, written):
        assert "2 sequences added" in run("load", f"human={written(table(genes('newer', 2)))}").out
        assert genes_of(run) == {"human": 11}
