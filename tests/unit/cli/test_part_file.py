import os
from pathlib import Path

import pytest

from core.cli.part_file import Checkpoint, open_part_file
from core.errors import InputError

RUN = {"version": "1", "question": "classify", "options": {"neighbours": 10, "organisms": ()}}
LINES = [b"one\n", b"two\n", b"three\n"]


@pytest.fixture
def output(tmp_path):
    return tmp_path / "calls.tsv"


def checkpoint(records):
    return Checkpoint(records=records, digest=f"of {records}", library="L")


def write(output, lines, *, run=RUN, resume=False, stop=False):
    """Write lines, with a checkpoint each; stop like a run that fails, or end."""
    with open_part_file(output, run, resume=resume) as part:
        done = part.checkpoint.records if part.checkpoint else 0
        for number, line in enumerate(lines[done:], start=done + 1):
            part.append(line, checkpoint(number))
        if stop:
            raise KeyboardInterrupt
        part.finish(b"end\n")
    return done


def stopped(output, lines, **options):
    with pytest.raises(KeyboardInterrupt):
        write(output, lines, stop=True, **options)


def part_of(output):
    return Path(f"{output}.part")


def state_of(output):
    return Path(f"{output}.part.state")


def test_takes_the_place_of_the_output_at_the_end(output):
    output.write_text("old")
    write(output, LINES)
    assert output.read_bytes() == b"one\ntwo\nthree\nend\n"
    assert list(output.parent.iterdir()) == [output]


def test_goes_on_after_the_last_checkpoint(output):
    output.write_text("old")
    stopped(output, LINES[:2])
    assert output.read_text() == "old"
    assert write(output, LINES, resume=True) == 2
    assert output.read_bytes() == b"one\ntwo\nthree\nend\n"
    assert list(output.parent.iterdir()) == [output]


def test_begins_where_there_is_nothing_to_continue(output):
    assert write(output, LINES, resume=True) == 0
    assert output.read_bytes() == b"one\ntwo\nthree\nend\n"


def test_without_resume_it_begins_anew(output):
    stopped(output, LINES[:2])
    assert write(output, LINES) == 0
    assert output.read_bytes() == b"one\ntwo\nthree\nend\n"


def test_without_an_answer_nothing_stays(output):
    stopped(output, [])
    assert list(output.parent.iterdir()) == []


def test_wherever_the_files_are_cut_no_line_is_lost_or_twice(output, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda _: None)  # Thousands of writes.
    stopped(output, LINES)
    part, state = part_of(output).read_bytes(), state_of(output).read_bytes()
    for part_size in range(len(part) + 1):
        for state_size in range(len(state) + 1):
            part_of(output).write_bytes(part[:part_size])
            state_of(output).write_bytes(state[:state_size])
            if state_size < state.index(b"\n") + 1:
                with pytest.raises(InputError, match="nothing says how far it came"):
                    write(output, LINES, resume=True)
                continue
            write(output, LINES, resume=True)
            assert output.read_bytes() == b"one\ntwo\nthree\nend\n"
            output.unlink()


def test_a_stopped_continuation_is_continued(output):
    stopped(output, LINES[:1])
    with part_of(output).open("ab") as part:
        part.write(b"tw")
    stopped(output, LINES[:2], resume=True)
    assert write(output, LINES, resume=True) == 2
    assert output.read_bytes() == b"one\ntwo\nthree\nend\n"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"version": "2"}, "was written by version 1, and this is 2. Start again"),
        ({"question": "trace"}, "was written by the command classify"),
        ({"options": {"neighbours": 5, "organisms": ()}}, "was written with neighbours 10, not 5"),
        (
            {"options": {"neighbours": 10, "organisms": ("dog",)}},
            r'was written with organisms \[\], not \["dog"\]. Give the same options',
        ),
        ({"options": {"neighbours": 10}}, r"was written with organisms \[\], not null"),
    ],
)
def test_another_run_is_not_continued(output, change, reason):
    stopped(output, LINES[:2])
    before = part_of(output).read_bytes(), state_of(output).read_bytes()
    with pytest.raises(InputError, match=reason):
        write(output, LINES, run={**RUN, **change}, resume=True)
    assert (part_of(output).read_bytes(), state_of(output).read_bytes()) == before


@pytest.mark.parametrize("state", [b"{}\n", b"\xff\n", b"[1]\n{}\n", b'{"version": "1"}\n'])
def test_a_state_that_is_none_is_not_continued(output, state):
    stopped(output, LINES[:2])
    state_of(output).write_bytes(state)
    with pytest.raises(InputError, match="its state is damaged"):
        write(output, LINES, resume=True)


@pytest.mark.parametrize("resume", [True, False])
def test_two_runs_do_not_write_one_output(output, resume):
    with open_part_file(output, RUN, resume=False) as part:
        part.append(LINES[0], checkpoint(1))
        with pytest.raises(InputError, match="Another command is writing"):
            write(output, LINES, resume=resume)
        part.append(LINES[1], checkpoint(2))
    assert output.read_bytes() == b"one\ntwo\n"


@pytest.mark.parametrize("name", [part_of, state_of])
def test_links_made_beforehand_overwrite_no_other_file(output, name):
    precious = output.with_name("precious")
    precious.write_text("precious")
    name(output).symlink_to(precious)
    if name is part_of:  # It is replaced, not followed.
        write(output, LINES)
        assert output.read_bytes().startswith(b"one")
    else:
        with pytest.raises(InputError, match="cannot be written"):
            write(output, LINES)
    assert precious.read_text() == "precious"


def test_makes_another_output_of_the_complete_part_file(output):
    def complete(part: Path) -> None:
        output.write_bytes(part.read_bytes().upper())

    with open_part_file(output, RUN, resume=False, complete=complete) as part:
        part.append(LINES[0], checkpoint(1))
    assert output.read_bytes() == b"ONE\n"
    assert list(output.parent.iterdir()) == [output]


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    if os.getuid() == 0:
        with pytest.raises(InputError, match="cannot be written"):
            write(tmp_path / "missing" / "calls.tsv", LINES)
    else:
        tmp_path.chmod(0o500)
        with pytest.raises(InputError, match="cannot be written"):
            write(tmp_path / "calls.tsv", LINES)
