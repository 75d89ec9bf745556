import gzip
import io
import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.alignment.explanation import explain
from core.calls import Status
from core.classification.profile_evidence import ProfileHit
from core.errors import InputError
from core.opened_file import read_results
from core.runs import RunKind, RunSettings, file_writer
from core.runs import file_reader as module
from core.runs.file_reader import FileGenes, OpenedClassification, OpenedTrace
from core.runs.file_writer import export_classification, export_trace
from core.runs.serialization import StoredQuery
from core.sequences.limits import Limits
from core.sequences.records import clean_name
from core.tracing import TraceResult, estimate_composition
from tests.support import exported_run
from tests.support.synthetic import dna
from tests.unit.runs.test_call_table import CALLED, HIT, INVALID, UNKNOWN

GENES = FileGenes({HIT.id: dna("gene"), 8: dna("gene 8")})
HUMAN = replace(HIT, organism="human")
DOG = replace(HIT, id=8, name="BRCA2", organism="dog")
CALLS = [
    replace(CALLED, hits=(HUMAN, DOG)),
    UNKNOWN,
    replace(INVALID, length=3),
]
QUERIES = [
    StoredQuery("q1", dna("q1", CALLED.length)),
    StoredQuery("", dna("q2", UNKNOWN.length)),
    StoredQuery("q3", "AC!"),
]
PROFILE = ProfileHit("7tm_1", "PF00001.21", "Rhodopsin", 2, 81.5, 1e-20, "-", 3, 10, 210)
RUN = replace(
    exported_run.RUN,
    queries=3,
    statuses=dict.fromkeys(Status, 1),
    called={2: 1},
)
LIMITS = Limits(max_bytes=2_000_000)
TRACES = [
    TraceResult(
        "q1",
        CALLED.length,
        {"human": 0.75, "dog": 0.25},
        {"human": HUMAN, "dog": DOG},
        identity=0.9,
    ),
    TraceResult("record_2", UNKNOWN.length, problem="No relative found."),
    TraceResult("q3", 3, problem="Record 3 is invalid.", is_valid=False),
]
TRACE_RUN = replace(
    RUN, kind=RunKind.TRACE, called={}, settings=RunSettings(None, 0, 0.0), source="", shared=False
)


def export(run=RUN, calls=CALLS, queries=QUERIES, genes=GENES) -> bytes:
    return export_classification(run, calls, queries, genes).data


def export_traces(run=TRACE_RUN, traces=TRACES, queries=QUERIES) -> bytes:
    return export_trace(run, traces, queries).data


def read(data: bytes, limits=LIMITS) -> OpenedClassification:
    found = read_results(data, "a.gz", limits)
    assert isinstance(found, OpenedClassification)
    return found


def read_traces(data: bytes, limits=LIMITS) -> OpenedTrace:
    found = read_results(data, "a.gz", limits)
    assert isinstance(found, OpenedTrace)
    return found


def lines(data: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in gzip.decompress(data).splitlines()]


def pack(values: list[Any]) -> bytes:
    return gzip.compress(b"".join(json.dumps(value).encode() + b"\n" for value in values))


def refused(data: bytes, limits=LIMITS) -> str:
    with pytest.raises(InputError) as raised:
        read(data, limits)
    assert raised.value.hint
    return str(raised.value)


class TestRoundTrip:
    def test_comes_back_as_it_was(self):
        opened = read(export())
        assert opened.calls == CALLS
        assert opened.queries == QUERIES
        assert opened.run == replace(RUN, id=opened.run.id, by="")
        assert opened.run.id.startswith("file ")

    def test_has_neither_user_nor_source_nor_id(self):
        run = replace(RUN, source="plate.fasta", by="Ada Lovelace")
        text = gzip.decompress(export(run)).decode()
        assert RUN.library in text
        assert not any(secret in text for secret in (run.source, run.by, run.id))

    def test_same_alignments_as_from_the_library(self):
        opened = read(export())
        expected = explain(GENES, QUERIES[0].residues, CALLS[0], searched=5)
        assert opened.genes
        found = explain(opened.genes, opened.queries[0].residues, opened.calls[0], searched=5)
        assert found == expected
        assert found.segments
        assert not found.missing

    def test_the_same_run_is_the_same_file(self):
        assert export() == export()
        assert read(export()).run.id == read(export()).run.id
        assert read(export()).run.id != read(export(replace(RUN, name="other"))).run.id

    def test_is_named_after_its_run(self):
        name = export_classification(RUN, CALLS, QUERIES, GENES).name
        assert name == "Plate_7_b_b_2026-03-09.genekin-run.jsonl.gz"

    def test_written_again_is_the_same(self):
        opened = read(export())
        again = export(opened.run, opened.calls, opened.queries, opened.genes)
        assert again == export()

    def test_without_genes_there_are_none(self):
        assert not read(export(genes=None)).genes

    def test_is_read_unpacked_too(self):
        assert read(gzip.decompress(export())).calls == CALLS

    def test_hostile_names_lose_only_what_nobody_sees(self):
        opened = read(export(exported_run.RUN, exported_run.CALLS, exported_run.QUERIES, None))
        names = [call.query for call in opened.calls]
        assert names == [clean_name(call.query) for call in exported_run.CALLS]
        assert "<script>alert(1)</script>" in names
        assert "gnp.exe" in names

    def test_of_long_invalid_text_is_read_whatever_the_limit(self):
        query = StoredQuery("q3", "A\ud83e!" * 1_000)
        call = replace(INVALID, length=3_000)
        data = export(replace(RUN, queries=1), [call], [query])
        opened = read(data, replace(LIMITS, max_record_bases=100))
        assert opened.queries[0].residues == "A?!" * 1_000
        assert opened.calls == [call]

    def test_profiles_come_back(self):
        call = replace(CALLS[0], profiles=(PROFILE, replace(PROFILE, name="other", family=None)))
        assert read(export(calls=[call, *CALLS[1:]])).calls[0] == call

    def test_a_file_of_the_first_format_is_read(self):
        header, *others = lines(export())
        del header["question"]
        for line in others:
            line.pop("profiles", None)
        assert read(pack([header | {"format": 1}, *others])).calls == CALLS

    def test_values_that_no_file_may_have_are_not_written(self):
        with pytest.raises(InputError, match="cannot be a run file: no genes were searched"):
            export(replace(RUN, organisms={"human": 0, "dog": 0}))

    @pytest.mark.parametrize("limit", ["MAX_QUERIES", "MAX_HITS", "MAX_SHARES", "MAX_BYTES"])
    def test_too_large_a_run_is_not_written(self, limit, monkeypatch):
        monkeypatch.setattr(file_writer, limit, 0)
        with pytest.raises(InputError, match="too large for a run file"):
            export()


class TestTrace:
    def test_comes_back_as_it_was(self):
        opened = read_traces(export_traces())
        assert opened.traces == TRACES
        assert opened.queries == QUERIES
        assert opened.run == replace(TRACE_RUN, id=opened.run.id, by="")
        assert opened.run.statuses == dict.fromkeys(Status, 1)

    def test_has_neither_user_nor_source_nor_id(self):
        text = gzip.decompress(export_traces(replace(TRACE_RUN, source="plate.fasta"))).decode()
        assert RUN.library in text
        assert not any(secret in text for secret in ("plate.fasta", RUN.by, RUN.id))

    def test_written_again_is_the_same(self):
        opened = read_traces(export_traces())
        assert export_traces(opened.run, opened.traces, opened.queries) == export_traces()

    @pytest.mark.parametrize("limit", ["MAX_QUERIES", "MAX_HITS", "MAX_PROBABILITIES"])
    def test_too_large_a_run_is_not_written(self, limit, monkeypatch):
        monkeypatch.setattr(file_writer, limit, 1)
        with pytest.raises(InputError, match="too large for a run file"):
            export_traces()

    @pytest.mark.parametrize(
        ("line", "change", "reason"),
        [
            (0, {"question": "guess"}, "question: Input should be"),
            (0, {"question": "classify"}, "line 2: "),
            (1, {"hits": []}, "the hits do not go with the status"),
            (1, {"status": "unknown"}, "the hits do not go with the status"),
            (1, {"identity": 1.1}, "identity: Input should be less than"),
            (1, {"residues": ""}, "a valid query has no sequence"),
            (2, {"status": "called"}, "the hits do not go with the status"),
            (2, {"more": 1}, "more: Extra inputs are not permitted"),
        ],
    )
    def test_values_that_no_run_has(self, line, change, reason):
        values = lines(export_traces())
        values[line] |= change
        text = refused(pack(values))
        assert text.startswith("a.gz is damaged, line ")
        assert reason in text

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            (lambda hits: [hits[0]], "the probabilities do not add up to 1"),
            (lambda hits: hits[::-1], "the hits are not in order"),
            (lambda hits: [hit | {"organism": "dog"} for hit in hits], "two closest genes"),
            (
                lambda hits: [hits[0] | {"organism": ""}, hits[1]],
                "organism: Value should have at least 1",
            ),
            (lambda hits: [hits[0] | {"probability": "1"}, hits[1]], "probability: Input should"),
        ],
    )
    def test_hits_that_no_query_has(self, change, reason):
        values = lines(export_traces())
        values[1]["hits"] = change(values[1]["hits"])
        assert reason in refused(pack(values))

    @pytest.mark.parametrize(
        ("limit", "noun"), [("MAX_HITS", "hits"), ("MAX_PROBABILITIES", "probabilities")]
    )
    def test_too_much(self, limit, noun, monkeypatch):
        data = export_traces()
        monkeypatch.setattr(module, limit, 1)
        assert f"there are more than 1 {noun}" in refused(data)


class TestRefused:
    @pytest.mark.parametrize("data", [b"", b"{}", b'{"kind": "x"}\n', b"\x1f\x8b", b"PK\x03\x04"])
    def test_other_files(self, data):
        assert refused(data)

    def test_another_kind_by_name(self):
        with pytest.raises(InputError, match=r"a\.gz is not a GeneKin run file"):
            module.read_run_file(b"{}", "a.gz", LIMITS)

    def test_newer_versions(self):
        header, *others = lines(export())
        text = refused(pack([header | {"format": 3, "more": 1}, *others]))
        assert text == (
            "a.gz was written by a newer version of GeneKin (format 3; this version reads format"
            " 2). Update GeneKin, then open it."
        )

    def test_bombs(self):
        bomb = io.BytesIO()
        with gzip.GzipFile(fileobj=bomb, mode="wb") as file:
            file.write(b'{"kind":"genekin-run","format":1,"name":"')
            for _ in range(50):
                file.write(b"A" * 1_000_000)
        assert len(bomb.getvalue()) < 100_000
        assert "larger than 2 MB" in refused(bomb.getvalue())

    def test_bombs_within_bombs(self):
        assert "contains another archive" in refused(gzip.compress(gzip.compress(b"A" * 10**6)))

    def test_deep_nesting(self):
        header, *others = lines(export())
        text = gzip.decompress(pack([header, *others])).replace(b'"q1"', b"[" * 100_000, 1)
        assert "is damaged, line" in refused(text)

    @pytest.mark.parametrize("count", [0, 1, 100_001, 10**9, -1, "3"])
    def test_another_number_of_queries(self, count):
        header, *others = lines(export())
        assert "a.gz is damaged, line" in refused(pack([header | {"queries": count}, *others]))

    def test_too_many_hits(self, monkeypatch):
        monkeypatch.setattr(module, "MAX_HITS", 1)
        calls = [CALLED, replace(CALLED, query="again")]
        data = export(calls=calls, queries=[QUERIES[0]] * 2)
        assert "there are more than 1 hits" in refused(data)

    def test_too_many_probabilities(self, monkeypatch):
        monkeypatch.setattr(module, "MAX_SHARES", 1)
        assert "there are more than 1 probabilities and profiles" in refused(export())

    def test_sequences_longer_than_any_record(self):
        assert "line 2: a sequence is longer than 100 bp" in refused(
            export(), replace(LIMITS, max_record_bases=100)
        )

    @pytest.mark.parametrize(
        ("line", "change", "reason"),
        [
            (0, {"by": "Ada"}, "by: Extra inputs are not permitted"),
            (0, {"name": "a\u202eb"}, "name: has control or bidirectional characters"),
            (0, {"organisms": {"dog": 1}}, "the organism human is not listed"),
            (0, {"organisms": {"human": 0, "dog": 0}}, "no genes were searched"),
            (
                0,
                {"settings": {"organisms": ["dog"] * 2, "neighbours": 1, "threshold": 0.5}},
                "an organism is searched twice",
            ),
            (0, {"seconds": 1e400}, "seconds: Input should be"),
            (0, {"created_at": "2026-03-09T14:05:06+02:00"}, "created_at: Input should not have"),
            (1, {"residues": "ACGT!"}, "residues: has an invalid character at base 5"),
            (1, {"gene": "1.5"}, "gene: String should match"),
            (3, {"status": "maybe"}, "status: Input should be"),
            (3, {"status": "invalid"}, "an invalid query has a call"),
            (3, {"family_id": None}, "a valid query has no family"),
            (3, {"residues": ""}, "a valid query has no sequence"),
            (3, {"residues": "<b>" * 100}, "has an invalid character at base 1"),
            (3, {"end": 10**6}, "the evidence is outside the query"),
            (3, {"profiles": [asdict(PROFILE) | {"end": 10**6}]}, "the evidence is outside"),
            (3, {"profiles": [asdict(PROFILE) | {"score": "x"}]}, "score: Input should be"),
            (3, {"frame": 4}, "frame: Input should be less than or equal to 3"),
            (3, {"confidence": -0.1}, "confidence: Input should be greater"),
            (3, {"reason": "x" * 2_001}, "reason: String should have at most"),
        ],
    )
    def test_values_that_no_run_has(self, line, change, reason):
        values = lines(export())
        values[line] |= change
        text = refused(pack(values))
        assert text.startswith(f"a.gz is damaged, line {line + 1}: ")
        assert reason in text

    def test_hits_of_one_gene(self):
        values = lines(export())
        values[3]["hits"] *= 2
        assert len(values[3]["hits"]) == 4
        assert "a gene is a hit twice" in refused(pack(values))

    def test_genes_listed_twice(self):
        values = lines(export())
        values[2] = values[1]
        assert "a gene is listed twice" in refused(pack(values))


VALUES = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        1.5,
        2**31,
        2**63,
        10**400,
        float("nan"),
        float("inf"),
        "",
        "human",
        "a\0b",
        "a\u202eb",
        "\ud83e",
        "../../etc/passwd",
        "<script>alert(1)</script>",
        "x" * 100_000,
        "ACGT",
        [],
        {},
        [None],
        {"a": 1},
        {"0": 0.5},
    ]
)


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths to all values within one."""
    items: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    return [path, *(found for key, item in items for found in paths(item, (*path, key)))][1:] or [
        path
    ]


def change_value(draw: Callable[..., Any], values: list[Any]) -> bytes:
    changed = deepcopy(values)
    *parents, key = draw(st.sampled_from(paths(changed)))
    target: Any = changed
    for parent in parents:
        target = target[parent]
    action = draw(st.sampled_from(["replace", "remove", "add"]))
    if action == "replace":
        target[key] = draw(VALUES)
    elif action == "remove":
        del target[key]
    elif isinstance(target, list):
        target.append(target[key])
    else:
        target[draw(st.sampled_from(["more", "0", "a\0", "name"]))] = draw(VALUES)
    return pack(changed)


def change_lines(draw: Callable[..., Any], values: list[Any]) -> bytes:
    written = gzip.decompress(pack(values)).splitlines(keepends=True)
    number = draw(st.integers(0, len(written) - 1))
    action = draw(st.sampled_from(["remove", "repeat", "swap", "cut", "garble"]))
    if action == "garble":
        written[number] = draw(st.binary(max_size=50))
    elif action == "cut":
        written[number] = written[number][: draw(st.integers(0, 60))]
    elif action == "swap":
        written[number], written[-1] = written[-1], written[number]
    else:
        written[number] *= 2 if action == "repeat" else 0
    return gzip.compress(b"".join(written))


def change_bytes(draw: Callable[..., Any], values: list[Any]) -> bytes:
    data = bytearray(draw(st.sampled_from([gzip.decompress, bytes]))(pack(values)))
    if draw(st.booleans()):
        return bytes(data[: draw(st.integers(0, len(data)))])
    for _ in range(draw(st.integers(1, 4))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data)


CHANGES = pytest.mark.parametrize("change", [change_value, change_lines, change_bytes])


@CHANGES
def test_a_changed_file_is_refused_or_opened_as_it_says(change):
    called = replace(CALLS[0], profiles=(PROFILE,))

    def check(data: bytes) -> None:
        opened = read(data)
        again = export(opened.run, opened.calls, opened.queries, opened.genes)
        assert read(again).calls == opened.calls
        for query, call in zip(opened.queries, opened.calls, strict=True):
            explain(opened.genes or GENES, query.residues, call, searched=opened.run.searched_genes)

    check_changed(change, lines(export(calls=[called, *CALLS[1:]])), check)


@CHANGES
def test_a_changed_trace_is_refused_or_opened_as_it_says(change):
    def check(data: bytes) -> None:
        opened = read_traces(data)
        again = export_traces(opened.run, opened.traces, opened.queries)
        assert read_traces(again).traces == opened.traces
        composition = estimate_composition(opened.traces)
        assert not composition or sum(part.share.mean for part in composition) == pytest.approx(1)

    check_changed(change, lines(export_traces()), check)


def check_changed(
    change: Callable[..., bytes], values: list[Any], check: Callable[[bytes], None]
) -> None:
    """Check changed files, of which some are refused, for plain reasons."""
    refusals: list[str] = []

    @settings(max_examples=150)
    @given(st.data())
    def check_one(data) -> None:
        try:
            check(change(data.draw, values))
        except InputError as error:
            refusals.append(error.message)

    check_one()
    assert refusals
    assert all(text.isprintable() and len(text) < 500 for text in refusals)
