"""Archives changed at random: refused with an explanation, or imported as they say."""

import hashlib
import io
import json
import re
import stat
import struct
import warnings
import zipfile
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from core.errors import GeneKinError
from core.library.archive import export_library, import_library
from core.library.manager import Libraries
from core.sequences.limits import Limits
from core.stores.sql.schema import audit, metadata, milestones

NAME = "mutated"
LIMITS = Limits(max_bytes=20_000_000)
"""Enough for these archives."""
MANIFEST, SEQUENCES = "manifest.json", "sequences.jsonl"

Members = dict[str, bytes]

values = st.sampled_from(
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
        "../../etc/passwd",
        "x" * 100_000,
        [],
        {},
        [None],
        {"a": 1},
        {"kind": "HNSW", "build": {"M": 10**9}, "search": {}},
    ]
)
member_names = st.sampled_from(
    [
        "../../etc/passwd",
        "/etc/passwd",
        "encoder/../x.npy",
        "encoder/more.npy",
        "caller/noise.npy",
        "C:\\x",
        "a\0b",
        "\u202e.npy",
        "manifest.json/",
        "x" * 60_000,
        SEQUENCES,
        MANIFEST,
    ]
)


@pytest.fixture(scope="module")
def originals(archives) -> dict[str, Members]:
    found = {}
    for name in ("lab", "counted"):
        with zipfile.ZipFile(archives / f"{name}.zip") as archive:
            found[name] = {member: archive.read(member) for member in archive.namelist()}
    return found


def pack(members: Members, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def sign(members: Members) -> Members:
    """Let the manifest agree with the other members, as whoever means harm does."""
    manifest = json.loads(members[MANIFEST])
    manifest["members"] = {
        name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in members.items()
        if name != MANIFEST
    }
    return members | {MANIFEST: json.dumps(manifest).encode()}


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths to all values within one, at most three items of a list."""
    items: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))[:3]
    return [path, *(found for key, item in items for found in paths(item, (*path, key)))][1:] or [
        path
    ]


def change_value(draw: Callable[..., Any], document: Any) -> Any:
    """Return JSON with one value replaced, removed, or written twice."""
    changed = deepcopy(document)
    *parents, key = draw(st.sampled_from(paths(document)))
    target = changed
    for parent in parents:
        target = target[parent]
    action = draw(st.sampled_from(["replace", "remove", "add"]))
    if action == "replace":
        target[key] = draw(values)
    elif action == "remove":
        del target[key]
    elif isinstance(target, list):
        target.append(target[key])
    else:
        target[draw(st.sampled_from(["more", "0", "a\0", "name"]))] = draw(values)
    return changed


def change_manifest(draw: Callable[..., Any], members: Members) -> bytes:
    manifest = change_value(draw, json.loads(members[MANIFEST]))
    return pack(members | {MANIFEST: json.dumps(manifest).encode()})


def change_sequence(draw: Callable[..., Any], members: Members) -> bytes:
    lines = members[SEQUENCES].splitlines(keepends=True)
    number = draw(st.integers(0, len(lines) - 1))
    action = draw(st.sampled_from(["change", "remove", "repeat", "cut", "garble"]))
    if action == "change":
        line = json.dumps(change_value(draw, json.loads(lines[number]))).encode() + b"\n"
        lines[number] = line
    elif action == "garble":
        lines[number] = draw(st.binary(max_size=50))
    elif action == "cut":
        lines[number] = lines[number][: draw(st.integers(0, 60))]
    else:
        lines[number] = lines[number] * (2 if action == "repeat" else 0)
    return pack(sign(members | {SEQUENCES: b"".join(lines)}))


def change_array(draw: Callable[..., Any], members: Members) -> bytes:
    name = draw(st.sampled_from([name for name in members if name.endswith(".npy")]))
    data = bytearray(members[name])
    if draw(st.booleans()):
        data[draw(st.integers(0, min(len(data), 200) - 1))] = draw(st.integers(0, 255))
    else:
        data = data[: draw(st.integers(0, len(data)))]
    return pack(sign(members | {name: bytes(data)}))


def change_members(draw: Callable[..., Any], members: Members) -> bytes:
    name = draw(st.sampled_from(sorted(members)))
    action = draw(st.sampled_from(["drop", "rename", "add", "repeat", "link", "fill"]))
    changed = dict(members)
    if action == "drop":
        del changed[name]
    elif action == "rename":
        changed[draw(member_names)] = changed.pop(name)
    elif action == "add":
        changed[draw(member_names)] = b"root"
    elif action == "fill":
        changed[name] = b" " * 3_000_000
    if changed.get(MANIFEST) == members[MANIFEST] and draw(st.booleans()):
        changed = sign(changed)
    buffer = io.BytesIO(pack(changed))
    with zipfile.ZipFile(buffer, "a") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python warns of the name that is there already.
        if action == "repeat":
            archive.writestr(name, draw(st.sampled_from([members[name], b""])))
        elif action == "link":
            archive.getinfo(name).external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.comment = b"changed"  # So that the list of members is written again.
    return buffer.getvalue()


HEADER_FIELDS = {
    b"PK\x01\x02": [6, 8, 10, 16, 20, 24, 28, 30, 32, 42, 46],
    b"PK\x03\x04": [6, 8, 26, 28, 30],
    b"PK\x05\x06": [8, 10, 12, 16, 20],
}
"""Offsets of versions, flags, methods, checksums, sizes, lengths, offsets and names."""


def change_headers(draw: Callable[..., Any], members: Members) -> bytes:
    """Change a field of the zip's own: flags, methods, sizes, offsets, names, the list's end."""
    data = bytearray(
        pack(members, draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])))
    )
    signature = draw(st.sampled_from(sorted(HEADER_FIELDS)))
    starts = [match.start() for match in re.finditer(re.escape(signature), data)]
    start = draw(st.sampled_from(starts))
    offset = start + draw(st.sampled_from(HEADER_FIELDS[signature]))
    width, largest = draw(st.sampled_from([("<B", 0xFF), ("<H", 0xFFFF), ("<I", 0xFFFFFFFF)]))
    value = draw(st.sampled_from([0, 1, 8, 12, 14, 99, largest]) | st.integers(0, largest))
    field = struct.pack(width, value & largest)[: max(0, len(data) - offset)]
    data[offset : offset + len(field)] = field
    return bytes(data)


def change_bytes(draw: Callable[..., Any], members: Members) -> bytes:
    data = bytearray(
        pack(members, draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])))
    )
    if draw(st.booleans()):
        return bytes(data[: draw(st.integers(0, len(data)))])
    for _ in range(draw(st.integers(1, 4))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data)


MUTATIONS = {
    "manifest": (change_manifest, ["counted", "lab"], 100),
    "sequences": (change_sequence, ["counted", "lab"], 60),
    "arrays": (change_array, ["counted", "lab"], 60),
    "members": (change_members, ["counted"], 30),
    "headers": (change_headers, ["counted"], 40),
    "bytes": (change_bytes, ["counted"], 60),
}
"""Changes, the archives to change, and how often: a change without harm takes 0.6 s."""


def everything(libraries: Libraries) -> tuple[object, ...]:
    """Return the libraries, the number of rows of every table, and the collections.

    That there was a library once is a milestone, and the audit trail tells of it: both stay.
    """
    with libraries.stores.database.connect("counting") as connection:
        rows = {
            table.name: connection.scalar(select(func.count()).select_from(table))
            for table in metadata.sorted_tables
            if table not in {milestones, audit}
        }
    return libraries.names(), rows, libraries.stores.vectors._client.list_collections()


def statement(archive: Any) -> dict[str, Any]:
    """Return what an archive says of its library, but for where and when it was."""
    with zipfile.ZipFile(archive) as opened:
        manifest = json.loads(opened.read(MANIFEST))
        found: dict[str, Any] = {
            name: hashlib.sha256(opened.read(name)).hexdigest()
            for name in manifest["members"]
            if name != SEQUENCES
        }
        lines = opened.read(SEQUENCES).splitlines()
    for key in ("encoder", "fingerprint", "caller", "index", "threshold", "families"):
        found[key] = manifest[key]
    found["organisms"] = {item["name"]: item["sequences"] for item in manifest["organisms"]}
    found["lines"] = sorted(lines)
    return found


def import_error(libraries: Libraries, archive: bytes) -> GeneKinError | None:
    """Import an archive; return the error that it was refused with, or None."""
    file = io.BytesIO(archive)
    try:
        import_library(libraries, file, NAME, limits=LIMITS, display_name="a.zip")
    except GeneKinError as error:
        return error
    return None


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_is_refused_or_imported_as_it_says(originals, here, tmp_path, mutation):
    change, names, examples = MUTATIONS[mutation]
    before = everything(here)

    @settings(max_examples=examples)
    @given(st.data())
    def check(data) -> None:
        archive = change(data.draw, originals[data.draw(st.sampled_from(names))])
        if refusal := import_error(here, archive):
            assert refusal.exit_status == 2
            assert refusal.message
            assert refusal.hint
        else:
            export_library(here, NAME, tmp_path / "again.zip")
            assert statement(tmp_path / "again.zip") == statement(io.BytesIO(archive))
            here.delete(NAME)
        assert everything(here) == before

    check()
