import gzip
import io
import zipfile

import pytest

from core.errors import InputError
from core.library import profile_file
from core.library.profile_file import MAX_STATES, ProfileFile
from tests.support.profiles import build, profile
from tests.support.profiles import profile_file as file_of
from tests.support.synthetic import dna

ONE = profile(0)
TWO = profile(1)


def read(content, name="own.hmm"):
    return ProfileFile(content if isinstance(content, bytes) else content.encode(), name).read()


def message(content):
    with pytest.raises(InputError) as error:
        read(content)
    assert error.value.hint
    return error.value.message


class TestRead:
    def test_one_file_has_many_profiles(self):
        found = read(ONE + TWO)
        assert [(one.name, one.length) for one in found] == [("profile_0", 220), ("profile_1", 220)]
        assert found[0].text == ONE

    def test_accession_and_description_are_read(self):
        text = profile(0, "described", "A family (of \u202esome)")
        text = text.replace("DESC  ", "ACC   PF00001.5\nDESC  ", 1)
        (one,) = read(text)
        assert (one.accession, one.description) == ("PF00001.5", "A family (of some)")

    def test_packed_files_and_other_line_ends_are_the_same(self):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.hmm", ONE)
            archive.writestr("b.hmm", TWO)
        plain = read(file_of(0, 1))
        assert read(gzip.compress(file_of(0, 1))) == plain
        assert read(buffer.getvalue()) == plain
        assert read((ONE + TWO).replace("\n", "\r\n")) == plain
        assert read(f"\ufeff\n\n{ONE}\n\n{TWO}\n\n") == plain

    def test_reports_progress(self, monkeypatch):
        monkeypatch.setattr(profile_file, "_PROGRESS_INTERVAL", 1)
        steps = []
        ProfileFile(file_of(0, 1), "own.hmm").read(lambda *step: steps.append(step))
        assert steps == [("Reading profiles", 1, 0), ("Reading profiles", 2, 0)]


class TestRefused:
    @pytest.mark.parametrize("content", ["", "\n\n", ">gene\nACGT\n", "sequence\tclass\n"])
    def test_what_is_no_profile(self, content):
        assert message(content).startswith("own.hmm")

    def test_dna_profiles_with_the_reason_and_the_line(self):
        text = build("nucleotides", [dna(n, 90) for n in range(4)], alphabet="dna")
        found = message(ONE + text)
        line = ONE.count("\n") + 1 + text.split("\n").index("ALPH  DNA")
        assert found.startswith(
            f"own.hmm, line {line:,}: the profile nucleotides is a profile of DNA"
        )
        assert "queries are translated" in found

    def test_damage_with_the_profile_and_its_line(self):
        found = message(ONE + TWO.replace("     10 ", "     11 ", 1))
        line = ONE.count("\n") + 1
        assert found.startswith(f"own.hmm, line {line}: the profile profile_1 is damaged: ")
        assert "\n" not in found

    @pytest.mark.parametrize(
        ("old", "new", "reason"),
        [
            ("HMMER3/f", "HMMER2.0", "is in HMMER2 format"),
            ("HMMER3/f", "HAMMER", "does not begin with HMMER3/"),
            ("NAME  profile_0\n", "", "has no line NAME"),
            ("NAME  profile_0", f"NAME  {'x' * 201}", "not 1 to 200 visible characters"),
            ("NAME  profile_0", "NAME  a\u202eb", "not 1 to 200 visible characters"),
            ("ALPH  amino", "ALPH  RNA", "is a profile of RNA"),
            ("ALPH  amino", "ALPH  coins", "is not a profile of proteins"),
            ("ALPH  amino\n", "", "is not a profile of proteins"),
            ("LENG  220", f"LENG  {MAX_STATES + 1}", f"from 1 to {MAX_STATES:,}"),
            ("LENG  220", "LENG  99999999999999999999", "has no length"),
            ("LENG  220", "LENG  0", "has no length"),
            ("LENG  220", "LENG  many", "has no length"),
            ("STATS LOCAL VITERBI", "STAT  LOCAL VITERBI", "is not calibrated"),
            ("\nHMM  ", "\nHMN  ", "has no line HMM"),
            ("LENG  220", "LENG  221", "is damaged"),
        ],
    )
    def test_headers_that_are_wrong(self, old, new, reason):
        assert old in ONE
        assert reason in message(ONE.replace(old, new, 1))

    def test_a_file_that_is_cut_short(self):
        assert "the last profile does not end with //" in message(ONE + TWO[:-1000])

    def test_two_of_one_name(self):
        line = ONE.count("\n") + 1
        assert f"line {line:,}: a second profile is called profile_0" in message(ONE + ONE)

    def test_more_than_a_library_may_have(self, monkeypatch):
        monkeypatch.setattr(profile_file, "MAX_PROFILES", 1)
        assert "more than 1 profiles" in message(ONE + TWO)

    def test_more_bytes_than_are_read(self, monkeypatch):
        monkeypatch.setattr(profile_file, "MAX_FILE_BYTES", 1_000_000)
        with pytest.raises(InputError, match=r"own\.hmm"):
            read(gzip.compress(b"x" * 1_000_001))

    @pytest.mark.parametrize("content", [b"\xe4\xedHMM", b"\xb4\xe3\xed binary", b"HMMER3/f\0"])
    def test_binary_files(self, content):
        assert message(content).startswith("own.hmm")
