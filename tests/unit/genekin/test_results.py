"""Results as sequences and as tables."""

import io
from dataclasses import replace

import pandas as pd
import pytest

from core.bootstrap import Estimate
from core.calls import Status
from core.library.writer import OrganismReport
from core.runs.call_table import ALIGNMENT_COLUMNS, COLUMNS, format_calls
from core.tracing import OrganismShare, TraceResult
from core.tracing.trace_table import format_results
from genekin.evaluation import Evaluation
from genekin.results import Calls, Composition, Loads, Traces
from tests.support.alignments import alignment
from tests.support.evaluation_report import report
from tests.support.exported_run import CALLS as HOSTILE_CALLS
from tests.support.exported_run import HOSTILE
from tests.support.synthetic import FAMILY_NAMES
from tests.unit.runs.test_call_table import CALLED, HIT, INVALID, UNKNOWN

CALLS = [CALLED, UNKNOWN, INVALID]
ALIGNMENTS = {(0, HIT.id): alignment(HIT)}
RELATED = TraceResult("q1", 90, {"human": 0.75, "dog": 0.25}, {"human": HIT}, 0.9)
UNRELATED = TraceResult("q2", 9, problem="No relative found.")


def read_csv(text: str, like: pd.DataFrame) -> pd.DataFrame:
    """The table that a command prints, with the types of a table."""
    return pd.read_csv(io.StringIO(text)).astype(like.dtypes.to_dict())


class TestCalls:
    def test_they_are_a_sequence(self):
        calls = Calls(CALLS, notes=["A note."])
        assert (len(calls), calls[0], calls[-1]) == (3, CALLED, INVALID)
        assert list(calls) == CALLS
        assert CALLED in calls
        assert calls == Calls(CALLS)
        assert calls != Calls(CALLS[:2])
        assert calls != CALLS
        assert repr(calls) == "<Calls: 1 called, 1 unknown, 1 invalid>"

    def test_a_part_of_them_is_of_the_same_kind(self):
        calls = Calls(CALLS, ["A note."])
        assert calls[1:] == Calls([UNKNOWN, INVALID])
        assert calls[1:].notes == ("A note.",)
        assert calls.with_status("called") == Calls([CALLED])
        assert calls.with_status(Status.INVALID) == Calls([INVALID])

    def test_alignments_stay_with_their_calls(self):
        calls = Calls([UNKNOWN, CALLED], alignments={(1, HIT.id): alignment(HIT)})
        assert calls[1:].alignments == ALIGNMENTS
        assert calls[:1].alignments == {}
        assert calls.with_status("called").to_frame()["identity"].tolist() == [0.5]

    @pytest.mark.parametrize("alignments", [None, ALIGNMENTS], ids=["alone", "aligned"])
    def test_the_table_is_that_of_the_command_line(self, alignments):
        frame = Calls(CALLS, alignments=alignments).to_frame()
        text = format_calls(CALLS, "csv", FAMILY_NAMES, alignments)
        pd.testing.assert_frame_equal(frame, read_csv(text, frame))
        expected = COLUMNS if alignments is None else (*COLUMNS, *ALIGNMENT_COLUMNS)
        assert tuple(frame.columns) == expected

    def test_types_of_columns_do_not_depend_on_the_values(self):
        full, empty = Calls(CALLS).to_frame(), Calls([]).to_frame()
        invalid = Calls([INVALID]).to_frame()
        assert full.dtypes.to_dict() == empty.dtypes.to_dict() == invalid.dtypes.to_dict()
        assert str(full["family_id"].dtype) == "Int64"
        assert full["family_id"].isna().tolist() == [False, False, True]

    def test_every_column_has_a_type(self):
        frame = Calls([replace(INVALID, reason="")], alignments={}).to_frame()
        assert "object" not in set(map(str, frame.dtypes))

    def test_notebooks_show_names_as_they_are(self):
        names = (call for call in HOSTILE_CALLS if call.query.isprintable())
        html = Calls(names)._repr_html_()
        assert "<script>" not in html
        assert "&lt;script&gt;" in html
        assert HOSTILE[0] == "<script>alert(1)</script>"


class TestTraces:
    def test_the_table_is_that_of_the_command_line(self):
        traces = Traces([RELATED, UNRELATED])
        frame = traces.to_frame()
        text = format_results([RELATED, UNRELATED], "csv")
        pd.testing.assert_frame_equal(frame, read_csv(text, frame))
        assert repr(traces) == "<Traces: 2>"
        assert traces[:1] == Traces([RELATED])

    def test_the_composition_is_that_of_the_command_line(self):
        traces = Traces([RELATED] * 9)
        frame = traces.composition().to_frame()
        text = format_results(list(traces), "csv", summary=True)
        pd.testing.assert_frame_equal(frame, read_csv(text, frame))
        assert Traces([UNRELATED]).composition() == Composition([])

    def test_a_composition_is_a_table(self):
        share = OrganismShare("dog", 5, Estimate(0.5, 0.25, 0.75, 10))
        (row,) = Composition([share]).to_frame().to_dict("records")
        assert row == {"organism": "dog", "queries": 5, "share": 0.5, "low": 0.25, "high": 0.75}


def test_loads_are_a_table():
    loads = Loads([OrganismReport("dog", 5, 3, 1, 1, 0)], ["A note."], 2.5)
    assert repr(loads) == "<Loads: dog +3>"
    assert (loads[:1].notes, loads[:1].seconds) == (("A note.",), 2.5)
    (row,) = loads.to_frame().to_dict("records")
    assert row["organism"] == "dog"
    assert (row["records"], row["added"], row["copies"], row["known"]) == (5, 3, 1, 1)


def test_an_evaluation_is_a_table_and_a_report():
    evaluation = Evaluation(report())
    frame = evaluation.to_frame()
    assert len(frame) == len(evaluation) == len(report().results)
    assert frame["accuracy"].tolist() == [result.accuracy for result in report().results]
    assert (frame["accuracy_low"] <= frame["accuracy"]).all()
    assert (frame["accuracy"] <= frame["accuracy_high"]).all()
    assert str(evaluation).startswith(report().data.source)
    assert evaluation[:1].to_frame().equals(frame[:1])
