"""Commands ``profiles``."""

import json

import pytest

from tests.support.profiles import FAMILIES, distant_members, profile, profile_file
from tests.support.synthetic import table


@pytest.fixture
def library(run, written):
    """A library whose families profiles can tell apart."""
    families = "".join(f"{number}\t{name}\n" for number, name in FAMILIES.items())
    names = written(f"class\tname\n{families}", "families.txt")
    genes = written(table(distant_members("human", 8)), "genes.txt")
    assert run("load", f"human={genes}", "--families", str(names)).status == 0


@pytest.mark.usefixtures("library")
class TestProfiles:
    def test_are_added_listed_used_and_removed(self, run, written):
        file = written(profile_file(), "families.hmm")
        added = run("profiles", "add", str(file))
        assert added.status == 0
        assert "The library default has 4 profiles. Their weight is" in added.out
        listed = run("profiles", "list").out.splitlines()
        assert [line.split("\t")[0] for line in listed] == [f"profile_{n}" for n in FAMILIES]
        assert listed[0].split("\t")[3].startswith("Kinase (")
        members = distant_members("query", 8, families=[0])
        fasta = "".join(f">{member.name}\n{member.residues}\n" for member in members)
        queries = written(fasta, "queries.fasta")
        calls = json.loads(run("classify", str(queries), "--format", "json").out)
        best = next(call["profiles"][0] for call in calls if "profiles" in call)
        assert (best["profile"], best["family"]) == ("profile_0", "Kinase")
        assert set(best) >= {"bits", "evalue", "query_start", "query_end"}
        assert run("profiles", "remove", "profile_1").out == (
            "1 profiles removed from the library default.\n"
        )
        assert run("profiles", "remove", "--all").status == 0
        assert run("profiles", "list").out == ""
        calls = json.loads(run("classify", str(queries), "--format", "json").out)
        assert not any("profiles" in call for call in calls)

    def test_can_be_given_a_family(self, run, written):
        file = written(profile("new", "new_1"), "new.hmm")
        added = run("profiles", "add", str(file), "--family", "new_1=ion channel")
        assert added.status == 0
        assert run("profiles", "list").out == "new_1\t\t220\tIon channel (given)\n"

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["remove"], "Give the names of profiles, or '--all'"),
            (["remove", "a", "--all"], "Give the names of profiles, or '--all'"),
            (["remove", "a"], "no profile 'a'"),
            (["add", "FILE", "--family", "new_1"], "does not name a family"),
            (["add", "FILE", "--family", "new_1=Unheard"], "no family 'Unheard'"),
            (["add", "FILE.none"], "FILE.none"),
            (["list", "--library", "none"], "There is no library 'none'"),
        ],
    )
    def test_mistakes_are_named(self, run, written, arguments, message):
        file = written(profile("new", "new_1"), "new.hmm")
        found = run("profiles", *[str(file) if one == "FILE" else one for one in arguments])
        assert found.status == 2
        assert message in found.err
        assert len(found.err.splitlines()) == 1

    def test_a_file_that_is_none_is_refused_with_its_line(self, run, written):
        file = written(profile(0) + "HMMER3/f\nNAME x\n", "cut.hmm")
        found = run("profiles", "add", str(file))
        assert found.status == 2
        assert "cut.hmm, line" in found.err
        assert run("profiles", "list").out == ""
