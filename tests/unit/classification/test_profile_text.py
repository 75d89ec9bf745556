import pytest

from core.classification.profile_text import parse_hmm
from tests.support.profiles import profile


class TestParse:
    def test_reads_what_hmmbuild_writes(self):
        hmm = parse_hmm(profile(0))
        assert (hmm.name, hmm.M) == ("profile_0", 220)

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("HMMER3/f", "HMMER3/z"),
            ("LENG  220", "LENG  219"),
            ("LENG  220", "LENG  221"),
            ("//", ""),
            ("     10 ", "     11 "),
            ("  COMPO", "\0 COMPO"),
        ],
    )
    def test_damage_is_an_error(self, old, new):
        text = profile(0)
        assert old in text
        with pytest.raises(ValueError, match=r"."):
            parse_hmm(text.replace(old, new, 1))

    @pytest.mark.parametrize("scale", ["0.00000", "-0.7", "nan", "inf"])
    def test_scores_must_have_a_scale(self, scale):
        before, _, after = profile(0).partition("STATS LOCAL FORWARD")
        location, _ = after.split("\n", 1)[0].split()
        line = f"STATS LOCAL FORWARD  {location} {scale}"
        with pytest.raises(ValueError, match="STATS LOCAL"):
            parse_hmm("\n".join([before + line, after.split("\n", 1)[1]]))

    @pytest.mark.parametrize("number", ["0.00001", "-3.2", "nan", "inf", "x"])
    def test_probabilities_must_add_up(self, number):
        lines = profile(0).split("\n")
        (state,) = [index for index, line in enumerate(lines) if line.startswith("     10 ")]
        index, first, *others = lines[state].split()
        lines[state] = "  ".join([index, number, *others])
        assert float(first) > 0.1
        with pytest.raises(ValueError, match=r"."):
            parse_hmm("\n".join(lines))
