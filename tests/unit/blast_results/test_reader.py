import gzip
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.blast_results import BlastResults, read_blast_results, tabular, xml
from core.errors import InputError
from core.opened_file import read_results
from core.sequences.limits import Limits

BLAST = Path(__file__).resolve().parents[2] / "data" / "blast"
"""Output of BLAST+ 2.12.0."""
ROW = "q\ts\t98.5\t100\t1\t0\t5\t104\t204\t105\t1e-20\t88.2\n"


def read(name: str) -> BlastResults:
    return read_blast_results((BLAST / name).read_bytes(), name)


def parse(text: str) -> BlastResults:
    return read_blast_results(text.encode(), "b.txt")


def refused(data: str | bytes) -> str:
    with pytest.raises(InputError) as raised:
        read_blast_results(data.encode() if isinstance(data, str) else data, "b.txt")
    assert raised.value.hint
    return raised.value.message


def figures(found: BlastResults) -> list[tuple[object, ...]]:
    """Figures that all formats have of an alignment, with as many digits as the tables have."""
    return [
        (
            query.name,
            hit.name,
            part.query_start,
            part.query_end,
            part.subject_start,
            part.subject_end,
            part.strand,
            part.columns,
            round(100 * (part.identity or 0), 2),
            float(f"{part.evalue:.1e}"),
        )
        for query in found.queries
        for hit in query.hits
        for part in hit.alignments
    ]


class TestFormats:
    @pytest.mark.parametrize(
        ("name", "other"),
        [
            ("format_5.xml", "format_6.txt"),
            ("format_7.txt", "format_6.txt"),
            ("tblastx_5.xml", "tblastx_7.txt"),
            ("format_16.xml", "format_5.xml"),
            ("tblastx_16.xml", "tblastx_5.xml"),
        ],
    )
    def test_say_the_same(self, name, other):
        found = figures(read(name))
        assert len(found) >= 8
        rounded = [row[:-1] for row in found], [row[:-1] for row in figures(read(other))]
        assert rounded[0] == rounded[1]
        for row, expected in zip(found, figures(read(other)), strict=True):
            assert row[-1] == pytest.approx(expected[-1], rel=0.06)

    def test_of_a_table_have_the_positions_of_the_file(self):
        alignment = read("format_6.txt").queries[1].hits[0].best
        assert (alignment.query_start, alignment.query_end) == (1, 111)
        assert (alignment.subject_start, alignment.subject_end) == (1, 111)
        assert (alignment.strand, alignment.identity) == ("-", 1)
        assert (alignment.evalue, alignment.bits) == (1.93e-58, 206)

    @pytest.mark.parametrize(
        "name", ["format_5.xml", "format_7.txt", "format_7_columns.txt", "format_16.xml"]
    )
    def test_have_queries_without_hits(self, name):
        found = read(name)
        assert [query.name for query in found.queries] == ["BLAST_contig", "q2", "none"]
        assert found.queries[2].hits == ()
        assert (found.program.lower(), found.database) == ("blastn 2.12.0+", "db")

    @pytest.mark.parametrize("name", ["format_5.xml", "format_7_columns.txt", "format_16.xml"])
    def test_have_headers_and_lengths(self, name):
        query = read(name).queries[0]
        assert (query.length, query.hits[0].length) == (111, 111)
        assert query.hits[0].title == "gene_1 [organism=human] [gene_family=Kinase]"

    def test_are_read_compressed(self):
        data = gzip.compress((BLAST / "format_7.txt").read_bytes())
        found = read_results(data, "b.txt.gz", Limits())
        assert isinstance(found, BlastResults)
        assert len(found.queries) == 3

    def test_of_both_kinds_of_xml_are_the_same(self):
        found, expected = read("format_16.xml"), read("format_5.xml")
        assert found.queries == expected.queries
        assert found.database == expected.database

    def test_the_main_file_of_format_14_names_others(self):
        with pytest.raises(InputError, match=r"format_14\.xml has no BLAST results") as raised:
            read("format_14.xml")
        assert "open those" in str(raised.value.hint)


class TestTable:
    def test_rows_of_a_query_need_not_follow_one_another(self):
        other = ROW.replace("q\ts", "p\ts")
        found = parse(ROW + other + ROW.replace("\ts\t", "\tt\t") + ROW)
        assert [query.name for query in found.queries] == ["q", "p"]
        assert [(hit.name, len(hit.alignments)) for hit in found.queries[0].hits] == [
            ("s", 2),
            ("t", 1),
        ]

    def test_can_begin_with_names_of_columns(self):
        found = parse("qseqid\tsseqid\tqstart\tqend\tbitscore\tmore\nq\ts\t1\t9\t55.5\tx\n")
        (hit,) = found.queries[0].hits
        assert (hit.best.query_end, hit.best.bits) == (9, 55.5)
        assert (hit.best.evalue, hit.best.identity, hit.best.subject_start) == (None, None, None)

    def test_identity_is_counted_where_only_counts_are_given(self):
        found = parse(
            "# Fields: query id, subject id, q. start, q. end, identical, alignment length\n"
            "q\ts\t1\t9\t6\t8\n"
        )
        assert found.queries[0].hits[0].best.identity == 0.75

    def test_empty_cells_stay_cells(self):
        found = parse(
            "# Fields: query id, subject id, q. start, q. end, subject title\nq\ts\t1\t9\t\n"
        )
        assert found.queries[0].hits[0].title == "-"

    def test_windows_line_ends_and_utf16(self):
        text = ROW.replace("\n", "\r\n") * 2
        assert len(parse(text).queries[0].hits[0].alignments) == 2
        found = read_blast_results(text.encode("utf-16"), "b.txt")
        assert found.queries[0].name == "q"

    def test_names_lose_what_nobody_sees(self):
        found = parse(ROW.replace("q\ts", "q\u202e1\t<b>s</b>"))
        assert (found.queries[0].name, found.queries[0].hits[0].name) == ("q1", "<b>s</b>")

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (ROW + "q\ts\t98\n", "b.txt, line 2: 3 columns instead of 12."),
            (ROW + ROW.replace("98.5", "high"), "b.txt, line 2: 'high' is not a number."),
            (ROW * 2 + ROW.replace("\t5\t", "\t5.5\t"), "line 3: '5.5' is not a whole number."),
            (ROW + ROW.replace("\t5\t", "\t0\t"), "line 2: query_start: Input should be greater"),
            (ROW + ROW.replace("98.5", "nan"), "line 2: identity: Input should be"),
            (ROW + ROW.replace("98.5", "101"), "line 2: identity: Input should be less"),
            (ROW + ROW.replace("1e-20", "inf"), "line 2: evalue: Input should be a finite number"),
            (ROW + ROW.replace("\t5\t", f"\t{'9' * 5000}\t"), "line 2: a value is invalid."),
            (ROW + ROW.replace("98.5", "x" * 5000), "line 2: a value is too long."),
            ("# Fields: query id, subject id\nq\ts\n", "line 1: there is no column qstart."),
            (
                "# Fields: query id, query id, subject id, q. start, q. end\n",
                "line 1: two columns have one name.",
            ),
            (
                f"{ROW}# Fields: query id, subject id, q. start, q. end\n",
                "line 2: the columns are others than before.",
            ),
            ("# BLASTN 2.12.0+\n# BLAST processed 0 queries\n", "b.txt has no BLAST results."),
            ("", "b.txt is empty."),
            ("hello\nworld\n", "b.txt is neither a run file nor BLAST results."),
        ],
    )
    def test_faults_are_named_with_their_line(self, text, message):
        assert message in refused(text)

    def test_rows_out_of_order_are_named_by_their_own_line(self):
        bad = ROW.replace("98.5", "high")
        assert "line 3: " in refused(ROW + ROW.replace("q\t", "p\t") + bad)
        assert "line 3: " in refused(ROW + ROW.replace("q\t", "p\t") + ROW.replace("98.5", "nan"))

    def test_more_rows_than_the_limit_are_refused(self, monkeypatch):
        monkeypatch.setattr(tabular, "MAX_ALIGNMENTS", 2)
        assert refused(ROW * 3) == "b.txt, line 3: there are more than 2 rows."


def entities(declaration: str, text: str = "&a;") -> str:
    document = (BLAST / "format_5.xml").read_text()
    before, _, after = document.partition('"http://www.ncbi.nlm.nih.gov/dtd/NCBI_BlastOutput.dtd"')
    after = after.replace("gene_1 [organism=human]", text)
    return f'{before}"NCBI_BlastOutput.dtd" [{declaration}]{after}'


class TestXml:
    @pytest.mark.parametrize(
        "declaration",
        [
            '<!ENTITY a "b">',
            '<!ENTITY a SYSTEM "file:///etc/passwd">',
            '<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">',
            '<!ENTITY % a SYSTEM "http://localhost/x.dtd"> %a;',
        ],
    )
    def test_entities_are_refused(self, declaration):
        message = refused(entities(declaration))
        assert message == ("b.txt has an XML entity, which BLAST never writes (line 2).")

    def test_undeclared_entities_are_refused(self):
        assert "has an XML entity" in refused(entities(""))

    def test_other_xml_is_refused(self):
        assert refused("<?xml version='1.0'?><svg/>") == "b.txt is XML, but not of BLAST."

    def test_broken_xml_is_named_with_its_line(self):
        text = (BLAST / "format_5.xml").read_text()
        cut = "\n".join(text.splitlines()[:40])
        assert refused(cut).startswith("b.txt is damaged XML, line 40: ")

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("<Hsp_evalue>1.92709e-58", "<Hsp_evalue>small"),
            ("<Hsp_query-from>1<", "<Hsp_query-from>-1<"),
            ("<Hsp_identity>111<", "<Hsp_identity>112<"),
            ("<Hsp_bit-score>206.098", "<Hsp_bit-score>nan"),
            ("<Hit_len>111</Hit_len>", "<Hit_len>long</Hit_len>"),
            ("<Iteration_query-len>111", "<Iteration_query-len>"),
        ],
    )
    def test_values_that_are_none_are_named_with_the_line_of_their_query(self, old, new):
        text = (BLAST / "format_5.xml").read_text()
        assert old in text
        assert "b.txt, line 22: " in refused(text.replace(old, new, 1))
        second = new.join(text.rsplit(old, 1))
        begins = [n for n, line in enumerate(text.splitlines(), 1) if "<Iteration>" in line]
        assert any(f"b.txt, line {line}: " in refused(second) for line in begins[1:])

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("<evalue>1.92709e-58", "<evalue>small"),
            ("<query-from>1<", "<query-from>-1<"),
            ("<identity>111<", "<identity>112<"),
            ("<bit-score>206.098", "<bit-score>nan"),
            ("<len>111</len>", "<len>long</len>"),
            ("<query-len>111", "<query-len>"),
            ("<query-id>Query_1</query-id>", ""),
            ("<id>gnl|BL_ORD_ID|0</id>", ""),
        ],
    )
    def test_invalid_values_of_xml2_are_named_too(self, old, new):
        text = (BLAST / "format_16.xml").read_text()
        assert old in text
        assert "b.txt, line 31: " in refused(text.replace(old, new, 1))

    @pytest.mark.parametrize("root", ["BlastXML2", "BlastOutput2"])
    def test_xml2_needs_no_namespace(self, root):
        text = (BLAST / "format_16.xml").read_text()
        body = text[text.index("<BlastOutput2>") :].removesuffix("</BlastXML2>\n")
        one = body[: body.index("</BlastOutput2>")] + "</BlastOutput2>"
        found = parse(one if root == "BlastOutput2" else f"<BlastXML2>{body}</BlastXML2>")
        assert found.queries[0].name == "BLAST_contig"
        assert len(found.queries) == (1 if root == "BlastOutput2" else 3)

    def test_nesting_is_limited(self):
        text = (BLAST / "format_5.xml").read_text()
        deep = text.replace("<Iteration>", "<a>" * 100 + "</a>" * 100 + "<Iteration>", 1)
        assert "is nested too deeply" in refused(deep)

    def test_alignments_are_limited(self, monkeypatch):
        monkeypatch.setattr(xml, "MAX_ALIGNMENTS", 5)
        with pytest.raises(InputError, match="has more than 5 alignments"):
            read("format_5.xml")


@pytest.mark.parametrize(
    "name", ["format_5.xml", "format_6.txt", "format_7_columns.txt", "format_16.xml"]
)
def test_changed_files_are_refused_or_read(name):
    original = (BLAST / name).read_bytes()

    @settings(max_examples=150)
    @given(st.data())
    def check(data) -> None:
        changed = bytearray(original)
        if data.draw(st.booleans()):
            changed = changed[: data.draw(st.integers(0, len(changed)))]
        for _ in range(data.draw(st.integers(1, 4))):
            index = data.draw(st.integers(0, max(0, len(changed) - 1)))
            changed[index : index + 1] = data.draw(st.binary(max_size=3))
        try:
            found = read_results(bytes(changed), "b", Limits())
        except InputError as error:
            refusals.append(error.message)
            return
        assert isinstance(found, BlastResults)
        assert all(query.span >= 1 for query in found.queries)

    refusals: list[str] = []
    check()
    assert refusals
    assert all(text.isprintable() and len(text) < 500 for text in refusals)
