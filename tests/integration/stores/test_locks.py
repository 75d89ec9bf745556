"""The write lock: one writer per library, in any process or thread."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from core.errors import StoreError
from core.stores.locks import write_lock
from core.stores.sql.database import Database
from tests.support.services import free_port

HOLD = """
import sys
from core.stores.sql.database import Database
from core.stores.locks import write_lock

database = Database(sys.argv[1], timeout=10)
with write_lock(database.engine, "human", timeout=60):
    print("held", flush=True)
    sys.stdin.read()
"""

TAKE_TURNS = """
import sys
from pathlib import Path
from core.stores.sql.database import Database
from core.stores.locks import write_lock

database = Database(sys.argv[1], timeout=10)
for _ in range(15):
    with write_lock(database.engine, "human", timeout=60):
        Path(sys.argv[2]).mkdir()  # Fails if anybody else is in here.
        Path(sys.argv[2]).rmdir()
"""


def start(script: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@contextmanager
def holder(url: str) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lock of the library human until its input ends."""
    with start(HOLD, url) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def is_free(database: Database, library: str = "human") -> bool:
    try:
        with write_lock(database.engine, library, timeout=0):
            return True
    except StoreError:
        return False


class TestWriting:
    def test_a_second_writer_is_told_to_wait(self, database):
        with write_lock(database.engine, "human", timeout=0):
            with ThreadPoolExecutor(1) as pool:
                second = pool.submit(
                    lambda: ExitStack().enter_context(
                        write_lock(database.engine, "human", timeout=0)
                    )
                )
            with pytest.raises(StoreError) as raised:
                second.result()

        assert str(raised.value) == (
            "Another process is writing to the library 'human'."
            " Wait until it is finished, then try again."
        )

    def test_is_free_afterwards(self, database):
        with write_lock(database.engine, "human", timeout=0):
            assert not is_free(database)

        assert is_free(database)

    @pytest.mark.parametrize("error", [StoreError("no"), KeyboardInterrupt(), ValueError()])
    def test_is_free_after_an_error_which_passes_through(self, database, error):
        with pytest.raises(type(error)) as raised, write_lock(database.engine, "human", timeout=0):
            raise error

        assert raised.value is error
        assert is_free(database)

    def test_libraries_do_not_wait_for_each_other(self, database):
        with write_lock(database.engine, "human", timeout=0):
            assert is_free(database, "Human")
            assert is_free(database, "'; DROP TABLE libraries; -- 🧬")

    def test_databases_do_not_wait_for_each_other(self, database, other_database):
        with write_lock(database.engine, "human", timeout=0):
            assert is_free(other_database)

    @pytest.fixture
    def other_database(self, request, database, tmp_path) -> Iterator[Database]:
        if database.engine.dialect.name == "sqlite":
            url = f"sqlite:///{tmp_path / 'other.sqlite'}"
        else:
            url = request.getfixturevalue("mariadb").url(f"{database.engine.url.database}_other")
        other = Database(url, timeout=10)
        yield other
        other.close()

    def test_threads_take_turns(self, database, tmp_path):
        inside = tmp_path / "inside"

        def take_turns() -> None:
            for _ in range(5):
                with write_lock(database.engine, "human", timeout=60):
                    inside.mkdir()  # Fails if anybody else is in here.
                    inside.rmdir()

        with ThreadPoolExecutor(4) as pool:
            for turns in [pool.submit(take_turns) for _ in range(4)]:
                turns.result()

    def test_processes_take_turns(self, database, database_url, tmp_path):
        inside = str(tmp_path / "inside")
        processes = [start(TAKE_TURNS, database_url, inside) for _ in range(2)]

        assert [process.communicate()[0] for process in processes] == ["", ""]
        assert [process.returncode for process in processes] == [0, 0]

    def test_a_waiting_writer_goes_on_when_the_other_is_done(self, database, database_url):
        with holder(database_url) as process:
            assert not is_free(database)
            process.communicate("")

            with write_lock(database.engine, "human", timeout=60):
                assert process.returncode == 0

    def test_ends_with_a_holder_that_is_killed(self, database, database_url):
        with holder(database_url) as process:
            assert not is_free(database)
            os.kill(process.pid, signal.SIGKILL)

            with write_lock(database.engine, "human", timeout=60):
                assert process.wait() == -signal.SIGKILL


class TestUnreachable:
    def test_a_server_that_is_down(self):
        url = f"mysql+pymysql://lab:s3cret@127.0.0.1:{free_port()}/genes"
        engine = create_engine(url)

        with (
            pytest.raises(StoreError, match="failed while locking the library: ") as raised,
            write_lock(engine, "human", timeout=1),
        ):
            pass

        assert "s3cret" not in str(raised.value)

    def test_a_folder_that_is_gone(self, tmp_path: Path):
        engine = create_engine(make_url(f"sqlite:///{tmp_path / 'gone' / 'labels.sqlite'}"))

        with (
            pytest.raises(StoreError, match="failed while locking the library: No such file"),
            write_lock(engine, "human", timeout=1),
        ):
            pass
