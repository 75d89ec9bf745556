from components.classify.charts import describe_evidence, evidence_map
from core.alignment.explanation import Segment
from core.classification.prediction import Hit

NAMES = {0: "Kinase"}
KINASE = Hit(1, "human", 0, "one", 0.9, 300)
UNNAMED = Hit(2, "dog", 5, "two", 0.8, 300)
SEGMENTS = [
    Segment(1, 90, "+", 1, KINASE, 1, 30, 40.0, True),
    Segment(100, 200, "-", 2, UNNAMED, 1, 33, 9.0, False),
]


def rows(chart):
    return max(chart.to_dict()["datasets"].values(), key=len)


class TestEvidenceMap:
    def test_has_a_row_a_segment_ranked_by_its_hit(self):
        found = [(row["hit"], row["family"]) for row in rows(evidence_map(SEGMENTS, NAMES, 300))]
        assert found == [("1. one", "Kinase"), ("2. two", "class 5")]

    def test_arrows_point_along_the_strand(self):
        assert [row["tip"] for row in rows(evidence_map(SEGMENTS, NAMES, 300))] == [90, 100]

    def test_what_is_not_significant_is_pale(self):
        strong, weak = rows(evidence_map(SEGMENTS, NAMES, 300))
        assert strong["opacity"] == 1 > weak["opacity"]

    def test_is_described_by_its_longest_segment(self):
        text = describe_evidence(SEGMENTS, NAMES)
        assert text.endswith("two, class 5, bases 100 to 200, reverse strand")
