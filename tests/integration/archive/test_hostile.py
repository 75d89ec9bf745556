"""Damaged and malicious archives: refused with an explanation, and nothing is kept."""

import hashlib
import io
import json
import struct
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from core.arrays import to_npy
from core.encoders import state_digest
from core.errors import InputError
from core.library.archive import import_library
from tests.integration.archive.conftest import LIMITS

NAME = "hostile"


class Members(dict[str, bytes]):
    """Members of an archive by name, to change and to pack again."""

    def pack(self, method: int = zipfile.ZIP_DEFLATED) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", method) as archive:
            for name, data in self.items():
                archive.writestr(name, data)
        return buffer.getvalue()

    def sign(self, **changes: object) -> "Members":
        """Change the manifest, and let it agree with the members: whoever means harm does so."""
        manifest = json.loads(self["manifest.json"]) | changes
        manifest["members"] = {
            name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            for name, data in self.items()
            if name != "manifest.json"
        }
        states = {"fingerprint": ("encoder", manifest["encoder"]), "caller": ("caller", "caller")}
        for key, (folder, name) in states.items():
            try:
                state = {
                    member.split("/")[1][:-4]: np.load(io.BytesIO(data), allow_pickle=False)
                    for member, data in self.items()
                    if member.startswith(f"{folder}/")
                }
            except (ValueError, OSError, MemoryError):
                continue
            if state:
                manifest[key] = state_digest(name, state)
        self["manifest.json"] = json.dumps(manifest).encode()
        return self

    def line(self, **changes: object) -> "Members":
        """Change the first sequence."""
        first, *others = self["sequences.jsonl"].splitlines(keepends=True)
        line = json.dumps(json.loads(first) | changes).encode() + b"\n"
        self["sequences.jsonl"] = b"".join([line, *others])
        return self.sign()


@pytest.fixture
def lab(archives) -> Members:
    with zipfile.ZipFile(archives / "lab.zip") as archive:
        return Members((name, archive.read(name)) for name in archive.namelist())


@pytest.fixture
def counted(archives) -> Members:
    with zipfile.ZipFile(archives / "counted.zip") as archive:
        return Members((name, archive.read(name)) for name in archive.namelist())


@pytest.fixture
def refused(here):
    """Return a function that expects an import to fail without a trace, and returns the error."""

    def refused(data: bytes, limits=LIMITS) -> str:
        collections = here.stores.vectors._client.list_collections()
        with pytest.raises(InputError) as raised:
            import_library(here, io.BytesIO(data), NAME, limits=limits, display_name="lab.zip")
        assert here.names() == []
        assert here.stores.vectors._client.list_collections() == collections
        return str(raised.value)

    return refused


NOT_AN_ARCHIVE = (
    "lab.zip is not a GeneKin library archive. Choose a file exported on the Library page or with"
    " `python -m core export`."
)
DAMAGED_HINT = "Export the library again, or copy the file again."


def is_damaged(part: str, reason: str = "") -> str:
    explanation = f" ({reason})" if reason else ""
    return f"lab.zip is damaged: {part} is not as it was exported{explanation}. {DAMAGED_HINT}"


def npy(kind: str, shape: str) -> bytes:
    """The header of an array."""
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}"
    text = (header.ljust(117) + "\n").encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


class TestDamaged:
    def test_an_archive_that_is_whole_is_taken(self, here, lab):
        import_library(here, io.BytesIO(lab.sign().pack()), "whole", limits=LIMITS)
        assert here.delete("whole") == 30

    @pytest.mark.parametrize("data", [b"", b"PK", b">a\nACGT\n", b"\0" * 100])
    def test_what_is_no_archive(self, refused, data):
        assert refused(data) == NOT_AN_ARCHIVE

    def test_another_zip(self, refused):
        assert refused(Members({"human.txt": b"sequence\tclass\n"}).pack()) == NOT_AN_ARCHIVE

    @pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.999])
    def test_one_that_was_cut(self, refused, lab, part):
        data = lab.pack()
        assert refused(data[: int(part * len(data))]) == (
            f"lab.zip is incomplete: its end is missing. {DAMAGED_HINT}"
        )

    def test_a_byte_that_changed_on_the_way(self, refused, lab):
        data = bytearray(lab.pack(zipfile.ZIP_STORED))
        data[data.index(b"human_0_1")] ^= 1
        assert refused(bytes(data)) == is_damaged("sequences.jsonl")

    @pytest.mark.parametrize(
        "member", ["sequences.jsonl", "encoder/keys.npy", "caller/weights.npy"]
    )
    def test_a_wrong_checksum(self, refused, lab, member):
        lab[member] = lab[member][:-9] + bytes([lab[member][-9] ^ 1]) + lab[member][-8:]
        assert refused(lab.pack()) == is_damaged(member)

    @pytest.mark.parametrize("member", ["sequences.jsonl", "encoder/keys.npy", "caller/noise.npy"])
    def test_a_member_that_is_missing(self, refused, lab, member):
        del lab[member]
        assert refused(lab.pack()) == is_damaged(member)

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            (b"", "Invalid JSON: EOF while parsing a value at line 1 column 0"),
            (b"[]", "Input should be an object"),
            (b"{", "Invalid JSON: EOF while parsing an object at line 1 column 1"),
            (b'{"format": 1}', "genekin: Field required"),
            (b'{"format": "1"}', "format: Input should be a valid integer"),
            (b"[" * 100_000, "Invalid JSON: recursion limit exceeded at line 1 column 202"),
        ],
        ids=["nothing", "list", "cut", "too little", "text", "deep"],
    )
    def test_a_manifest_that_is_none(self, refused, lab, text, reason):
        lab["manifest.json"] = text
        assert refused(lab.pack()) == is_damaged("manifest.json", reason)

    @pytest.mark.parametrize("member", ["sequences.jsonl", "encoder/keys.npy"])
    def test_a_member_that_the_manifest_does_not_list(self, refused, lab, member):
        manifest = json.loads(lab["manifest.json"])
        del manifest["members"][member]
        lab["manifest.json"] = json.dumps(manifest).encode()
        assert refused(lab.pack()) == is_damaged("manifest.json", f"{member} is not listed")

    def test_a_model_that_the_manifest_does_not_know(self, refused, lab):
        manifest = json.loads(lab["manifest.json"]) | {"caller": None}
        lab["manifest.json"] = json.dumps(manifest).encode()
        reason = "the model and its members disagree"
        assert refused(lab.pack()) == is_damaged("manifest.json", reason)

    @pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
    def test_another_compression(self, refused, lab, method):
        assert "has a compression method that is not supported" in refused(lab.pack(method))


class TestForeign:
    @pytest.mark.parametrize(
        "name",
        ["../../etc/passwd", "/etc/passwd", "encoder/../../x.npy", "run.py", "encoder/x.pkl"],
    )
    def test_a_member_that_no_archive_has(self, refused, lab, name):
        lab[name] = b"root"
        for data in (lab.pack(), lab.sign().pack()):
            assert refused(data).startswith(
                f"lab.zip contains {name!r}, which is not part of an archive."
            )

    def test_a_member_twice(self, refused, lab):
        buffer = io.BytesIO(lab.pack())
        with zipfile.ZipFile(buffer, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("encoder/keys.npy", b"other")
        assert refused(buffer.getvalue()).startswith("lab.zip contains 'encoder/keys.npy'")

    def test_a_newer_version(self, refused, lab):
        assert refused(lab.sign(format=3, novelty=True).pack()) == (
            "lab.zip was exported by a newer version of GeneKin (format 3; this version reads"
            " format 2). Update GeneKin, then import it."
        )

    def test_an_encoder_of_a_newer_version(self, refused, lab):
        assert "has the encoder 'bert', which this version does not support" in (
            refused(lab.sign(encoder="bert").pack())
        )

    def test_a_password(self, refused, lab):
        data = bytearray(lab.pack())
        offset = data.rindex(b"PK\x01\x02")
        data[offset + 8 : offset + 10] = struct.pack("<H", 1)
        assert refused(bytes(data)) == "lab.zip is encrypted. Use an archive without a password."


class TestBombs:
    def test_more_than_is_read(self, refused, lab):
        limits = replace(LIMITS, max_bytes=100_000, advice="Do something else.")
        assert (
            refused(lab.pack(), limits) == "lab.zip unpacks to more than 0 MB. Do something else."
        )

    def test_what_unpacks_to_far_more_than_it_is(self, refused, lab):
        lab["sequences.jsonl"] = b"\n" * 60_000_000
        assert "has an implausible compression ratio" in refused(lab.sign().pack())

    def test_a_member_that_hides_how_large_it_is(self, refused, lab):
        """Only as much is read as the list of members says."""
        lab["sequences.jsonl"] += b" " * 900_000
        data = bytearray(lab.sign().pack())
        size = struct.pack("<I", len(lab["sequences.jsonl"]))
        assert refused(bytes(data.replace(size, struct.pack("<I", 1_000)))) == is_damaged(
            "sequences.jsonl"
        )

    def test_an_array_that_says_it_is_endless(self, refused, lab):
        lab["encoder/keys.npy"] = npy("<u4", "(1000000000000,)")
        assert refused(lab.sign().pack()) == is_damaged("encoder/keys.npy")


class TestLearned:
    """Arrays that agree with their checksums, and would do harm later."""

    @pytest.mark.parametrize(
        ("member", "array"),
        [
            ("encoder/keys", np.array([5, 4], dtype=np.uint32)),
            ("encoder/keys", np.array([2**32 - 1], dtype=np.uint32)),
            ("encoder/keys", np.zeros(0, dtype=np.uint32)),
            ("encoder/documents", np.array(-1)),
            ("encoder/counts", np.array([1.5])),
            ("encoder/more", np.array([1])),
        ],
    )
    def test_are_no_encoder(self, refused, lab, member, array):
        lab[f"{member}.npy"] = to_npy(array)
        assert refused(lab.sign().pack()) == is_damaged("its encoder")

    @pytest.mark.parametrize(
        "features", [["acgt"], ["acgt cgta gtac tac!"], ["acgt acgt acgt acgt"], []]
    )
    def test_are_no_features(self, refused, counted, features):
        counted["encoder/features.npy"] = to_npy(np.array(features, dtype="U19"))
        assert refused(counted.sign().pack()) == is_damaged("its encoder")

    @pytest.mark.parametrize(
        ("member", "array"),
        [
            ("families", np.array([0, 0, 1])),
            ("weights", np.zeros((3, 3), dtype=np.float32)),
            ("threshold", np.array([7.0])),
            ("noise", np.array([np.nan, 0.0])),
            ("clear_weights", np.zeros(200)),
        ],
    )
    def test_are_no_model(self, refused, lab, member, array):
        lab[f"caller/{member}.npy"] = to_npy(array)
        assert refused(lab.sign().pack()) == is_damaged("its model")

    def test_are_another_library_s(self, refused, lab):
        manifest = json.loads(lab["manifest.json"]) | {"fingerprint": "0" * 32}
        lab["manifest.json"] = json.dumps(manifest).encode()
        assert refused(lab.pack()) == is_damaged("its encoder")

    def test_a_pickle_is_never_opened(self, refused, lab):
        lab["encoder/keys.npy"] = npy("|O", "(1,)") + b"cposix\nsystem\n(S'true'\ntR."
        assert refused(lab.sign().pack()) == is_damaged("encoder/keys.npy")


class TestSequences:
    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"family": -1}, "line 1: family: Input should be greater than or equal to 0"),
            ({"family": 2**31}, "line 1: family: Input should be less than 2147483648"),
            ({"family": "0"}, "line 1: family: Input should be a valid integer"),
            ({"residues": None}, "line 1: residues: Input should be a valid string"),
            ({"organism": "cat"}, "line 1: unknown organism"),
            ({"more": 1}, "line 1: more: Extra inputs are not permitted"),
            ({"name": "x" * 256}, "line 1: name: String should have at most 255 characters"),
            (
                {"name": "a\u202eb"},
                "line 1: name: 'a\\u202eb' has control or bidirectional characters",
            ),
            ({"name": "\0"}, "line 1: name: '\\x00' has control or bidirectional characters"),
        ],
        ids=str,
    )
    def test_that_no_library_has(self, refused, lab, changes, reason):
        assert refused(lab.line(**changes).pack()) == is_damaged("sequences.jsonl", reason)

    def test_with_letters_that_are_no_dna(self, refused, lab):
        assert refused(lab.line(residues="ACGT'; DROP TABLE").pack()) == (
            'lab.zip: sequence 1 has an invalid character "\'" at base 5; use IUPAC nucleotide'
            " codes. Nothing was imported."
        )

    def test_of_an_organism_that_cannot_be_called_so(self, refused, lab):
        lab = Members({name: data.replace(b'"dog"', b'"d g"') for name, data in lab.items()})
        assert refused(lab.sign().pack()).startswith("Invalid organism name: 'd g'.")

    def test_longer_than_is_read(self, refused, lab):
        text = refused(lab.pack(), replace(LIMITS, max_record_bases=100))
        assert "sequence 1 has 450 bp; the maximum is 100 bp" in text

    def test_fewer_than_there_were(self, refused, lab):
        lines = lab["sequences.jsonl"].splitlines(keepends=True)
        for kept, reason in (
            (lines[1:], "human: 17 of 18 sequences"),
            ([lines[0], *lines], "line 2: the same sequence again"),
            ([lines[0], lines[0], *lines[2:]], "line 2: the same sequence again"),
        ):
            lab["sequences.jsonl"] = b"".join(kept)
            assert refused(lab.sign().pack()) == is_damaged("sequences.jsonl", reason)

    @pytest.mark.parametrize("line", [b"{", b"[1]", b"\xff", b"[" * 5_000, b'{"a": "\\ud800"}'])
    def test_that_are_no_json(self, refused, lab, line):
        lab["sequences.jsonl"] = line + b"\n" + lab["sequences.jsonl"]
        assert refused(lab.sign().pack()).startswith(
            "lab.zip is damaged: sequences.jsonl is not as it was exported (line 1: "
        )


FLAT = {"kind": "FLAT", "build": {}, "search": {}}
HNSW = {"kind": "HNSW", "build": {"M": 16, "efConstruction": 200}, "search": {"ef": 128}}


class TestManifest:
    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"threshold": 3}, "threshold: Input should be less than or equal to 1"),
            ({"threshold": float("nan")}, "threshold: Input should be a finite number"),
            ({"threshold": "0.5"}, "threshold: Input should be a valid number"),
            ({"families": {"x": "Kinase"}}, "families.x.[key]: Input should be a valid integer"),
            ({"families": {"0": ""}}, "families.0: String should have at least 1 character"),
            ({"organisms": []}, "organisms: Tuple should have at least 1 item"),
            ({"library": ""}, "library: String should have at least 1 character"),
            ({"exported_at": "yesterday"}, "exported_at: Input should be a valid datetime"),
            ({"encoder": "a\0"}, "encoder: 'a\\x00' has control or bidirectional characters"),
            ({"more": 1}, "more: Extra inputs are not permitted"),
        ],
        ids=str,
    )
    def test_that_no_library_has(self, refused, lab, changes, reason):
        assert refused(lab.sign(**changes).pack()).startswith(
            is_damaged("manifest.json", reason).partition(").")[0]
        )

    @pytest.mark.parametrize(
        ("index", "reason"),
        [
            ({"kind": "ANNOY", "build": {}, "search": {}}, "index: Input tag 'ANNOY' found"),
            ({"kind": "FLAT"}, "index.FLAT.build: Field required"),
            (FLAT | {"build": {"nlist": 1}}, "index.FLAT.build: Dictionary should have at most 0"),
            (HNSW | {"build": {"M": 0}}, "index.HNSW.build.M: Input should be greater than"),
            (HNSW | {"search": {"ef": 10**9}}, "index.HNSW.search.ef: Input should be less than"),
            (HNSW | {"search": {"nprobe": 1}}, "index.HNSW.search.nprobe.[key]: Input should be"),
            (
                FLAT | {"kind": "SPARSE_INVERTED_INDEX"},
                "the encoder count cannot have the index SPARSE_INVERTED_INDEX",
            ),
        ],
        ids=str,
    )
    def test_with_an_index_that_there_is_not(self, refused, counted, index, reason):
        assert refused(counted.sign(index=index).pack()).startswith(
            is_damaged("manifest.json", reason).partition(").")[0]
        )

    @pytest.mark.parametrize("digest", ["0", "G" * 32, "0" * 33, 5, None])
    @pytest.mark.parametrize("key", ["fingerprint", "caller"])
    def test_with_a_digest_that_is_none(self, refused, lab, key, digest):
        manifest = json.loads(lab["manifest.json"]) | {key: digest}
        lab["manifest.json"] = json.dumps(manifest).encode()
        text = refused(lab.pack())
        assert text.startswith("lab.zip is damaged: manifest.json is not as it was exported (")

    def test_with_an_organism_twice(self, refused, lab):
        organisms = json.loads(lab["manifest.json"])["organisms"]
        data = lab.sign(organisms=[*organisms, organisms[0]]).pack()
        assert refused(data) == is_damaged("manifest.json", "the organism human is listed twice")

    @pytest.mark.parametrize("letter", ["\0", "\n", "\u202e", "\u2066", "\u200b"], ids=ascii)
    def test_with_names_that_nobody_could_enter(self, refused, lab, letter):
        name = f"Ki{letter}nase"
        organisms = json.loads(lab["manifest.json"])["organisms"]
        for changes, kind in (
            ({"families": {"0": name}}, "family"),
            ({"library": name}, "library"),
            ({"organisms": [organisms[0] | {"name": name}]}, "organism"),
        ):
            assert refused(Members(lab).sign(**changes).pack()).startswith(
                f"Invalid {kind} name: {name!r}."
            )

    def test_the_source_of_a_load_loses_what_nobody_sees(self, here, lab):
        organisms = json.loads(lab["manifest.json"])["organisms"]
        for organism in organisms:
            organism["loads"][0]["source"] = "a\u202e\0b.fasta"
        data = lab.sign(organisms=organisms).pack()
        import_library(here, io.BytesIO(data), "sources", limits=LIMITS, display_name="lab.zip")
        loads = here.stores.labels.loads_by_organism(here.library_row("sources").id)
        assert {load.source.rpartition(" ")[2] for (load,) in loads.values()} == {"ab.fasta)"}
        here.delete("sources")
