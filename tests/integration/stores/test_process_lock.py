import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from core.errors import StoreError
from core.stores.locks import ProcessLock

STAY = """
import sys
from sqlalchemy import create_engine
from core.stores.locks import ProcessLock

lock = ProcessLock(create_engine(sys.argv[1]))
print(lock.owner, flush=True)
sys.stdin.read()
"""


def lock_files(folder: Path) -> list[Path]:
    return list(folder.glob("*.lock"))


class TestProcessLock:
    def test_each_has_a_name_of_its_own_and_sees_the_other(self, database):
        one, two = ProcessLock(database.engine), ProcessLock(database.engine)

        assert one.owner != two.owner
        assert not one.is_dead(two.owner)
        assert not two.is_dead(one.owner)
        one.release()
        two.release()

    def test_several_may_look_at_once(self, tmp_path):
        one = ProcessLock(create_engine(f"sqlite:///{tmp_path / 'labels.sqlite'}"))
        dead = one._path("dead")
        with dead.open("w") as looked_at:
            fcntl.flock(looked_at, fcntl.LOCK_SH)  # As another one does who looks.

            assert one.is_dead("dead")
        one.release()

    def test_on_a_server_nobody_is_known_to_be_gone(self):
        lock = ProcessLock(create_engine("mysql+pymysql://nobody@127.0.0.1:1/nothing"))

        assert not lock.is_dead("somebody")
        lock.release()

    def test_a_folder_that_is_gone(self, tmp_path):
        engine = create_engine(f"sqlite:///{tmp_path / 'gone' / 'labels.sqlite'}")

        with pytest.raises(
            StoreError, match="failed while creating the process lock: No such file"
        ):
            ProcessLock(engine)

    def test_who_leaves_is_gone_and_leaves_nothing(self, tmp_path):
        engine = create_engine(f"sqlite:///{tmp_path / 'labels.sqlite'}")
        one, two = ProcessLock(engine), ProcessLock(engine)
        one.release()

        assert two.is_dead(one.owner)
        two.release()
        assert lock_files(tmp_path) == []

    def test_who_is_killed_is_gone_at_once(self, tmp_path):
        url = f"sqlite:///{tmp_path / 'labels.sqlite'}"
        here = ProcessLock(create_engine(url))
        command = [sys.executable, "-c", STAY, url]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            owner = process.stdout.readline().strip()
            assert not here.is_dead(owner)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()

            assert here.is_dead(owner)
        here.release()
        assert lock_files(tmp_path) == []
