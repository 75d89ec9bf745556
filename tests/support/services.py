"""Real servers for tests: a throw-away MariaDB, a throw-away Milvus, and the dashboard itself.

Each lives in a folder of its own, on ports that nothing else uses, and dies with the process that
started it. `kill` is what a power cut does; `restart` comes back on the same data.

Test processes that run side by side share one server of each kind: ``python -m
tests.support.services COMMAND`` starts them, runs the command, and stops them.
"""

import contextlib
import importlib.util
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn, Self

import pymysql
import pytest
from pymilvus import MilvusClient
from pymilvus.exceptions import MilvusException

PROJECT = Path(__file__).resolve().parents[2]
REQUIRED = "GENEKIN_REQUIRE_SERVICES"
"""Set in the environment: a test that lacks a service fails instead of being skipped."""

SHARED_MILVUS, SHARED_MARIADB = "TEST_MILVUS_URI", "TEST_MARIADB_PORT"
"""Set in the environment: the servers that other test processes use, too."""
SHARED_FOLDER = "TEST_SHARED_FOLDER"
"""Set in the environment: a folder for what test processes make once and only read."""

MYSQL_SQL_MODE = (
    "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,"
    "ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION"
)
"""The default of MySQL 8.4, which is stricter than MariaDB's."""


class ServiceError(RuntimeError):
    """A server was not installed or did not start; the message ends with the end of its log."""


def require(reason: str | None) -> None:
    """Skip the test for this reason, or fail it where services are required; None goes on."""
    if reason is not None:
        give_up(reason)


def give_up(reason: str) -> NoReturn:
    if os.environ.get(REQUIRED):
        pytest.fail(f"{reason} ({REQUIRED} is set)", pytrace=False)
    pytest.skip(reason)


def mariadb_missing() -> str | None:
    """Why no MariaDB can be started here, or None."""
    for program in ("mariadbd", "mariadb-install-db"):
        if _which(program) is None:
            return f"{program} is not installed (Debian: mariadb-server-core, mariadb-client-core)"
    return None


def milvus_missing() -> str | None:
    """Why no Milvus server can be started here, or None."""
    if importlib.util.find_spec("milvus") is None:
        return "the Milvus server is not installed (pip: milvus==2.3.5, Linux on x86-64 only)"
    return None


def chromium_missing() -> str | None:
    """Why no browser can be opened here, or None."""
    return None if find_chromium() else "no Chromium is installed (Debian: chromium)"


CHROMIUM_OPTIONS = ["--no-sandbox", "--disable-dev-shm-usage"]
"""It opens as root and in containers, too."""


def find_chromium() -> Path | None:
    for program in ("chromium", "chromium-browser", "google-chrome"):
        if found := _which(program):
            return Path(found)
    return None


def free_port() -> int:
    """Return a port that nothing listens on."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """Return different ports that nothing listens on, below the range of outgoing connections."""
    ports: list[int] = []
    with contextlib.ExitStack() as stack:
        # Each is held until all are found, so that none is drawn twice.
        while len(ports) < count:
            probe = stack.enter_context(socket.socket())
            port = random.SystemRandom().randint(20_000, 32_000)
            with contextlib.suppress(OSError):
                probe.bind(("", port))
                ports.append(port)
    return ports


class Server:
    """A server process in a folder of its own."""

    start_timeout = 180.0

    def __init__(self, folder: Path) -> None:
        self.folder = self._runs_in = folder.resolve()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> Self:
        raise NotImplementedError

    def stop(self) -> None:
        self.kill()

    def kill(self) -> None:
        """End the server at once, without a chance to tidy up."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop the server's processes: connections stay open, and nothing is answered."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGSTOP)
        try:
            # On a busy machine, its threads go on for a while.
            os.waitid(os.P_PID, self._process.pid, os.WSTOPPED)
            yield
        finally:
            os.killpg(self._process.pid, signal.SIGCONT)

    def restart(self) -> None:
        """Kill the server and start it again, on the same data and the same port."""
        self.kill()
        self.start()

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    def _run(
        self, command: list[str], is_ready: Callable[[], bool], env: dict[str, str] | None = None
    ) -> None:
        if setpriv := shutil.which("setpriv"):
            # Not even a killed test run leaves a server behind.
            command = [setpriv, "--pdeathsig", "KILL", "--", *command]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=self._runs_in,
                env=os.environ | (env or {}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + self.start_timeout
        while not is_ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                end_of_log = self.log.read_text(errors="replace")[-2000:]
                raise ServiceError(f"{type(self).__name__} did not start:\n{end_of_log}")
            time.sleep(0.1)


class MariaDB(Server):
    """A throw-away MariaDB; ready in about 3 s, again after a kill in about 1 s.

    Parameters
    ----------
    options
        More of the server's own, such as ``--innodb-buffer-pool-size=1G``.
    """

    def __init__(self, folder: Path, options: Sequence[str] = (), port: int | None = None) -> None:
        super().__init__(folder)
        self.port = port or free_port()
        self._options = options

    def start(self) -> Self:
        if not self._data.exists():
            self._install()
        self._run(
            [
                str(_which("mariadbd")),
                *self._place,
                f"--socket={self.folder / 'socket'}",
                f"--pid-file={self.folder / 'pid'}",
                "--bind-address=127.0.0.1",
                f"--port={self.port}",
                "--skip-networking=0",
                "--skip-log-bin",
                "--character-set-server=utf8mb4",
                f"--sql-mode={MYSQL_SQL_MODE}",
                # Survives a kill of the server, which is all that tests do, and spares the disk.
                "--innodb-flush-log-at-trx-commit=2",
                *self._options,
            ],
            self._answers,
        )
        return self

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=60)
        self.kill()

    def url(self, database: str) -> str:
        """Return the SQLAlchemy URL of a database of this process, created if it is not there."""
        database = f"{database}_{os.getpid()}"
        with self._connect() as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE IF NOT EXISTS `{database}`")
        return f"mysql+pymysql://root@127.0.0.1:{self.port}/{database}?charset=utf8mb4"

    @property
    def environment(self) -> dict[str, str]:
        """Tells test processes to use this server."""
        return {SHARED_MARIADB: str(self.port)}

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def _temporary(self) -> Path:
        return self.folder / "temporary"

    @property
    def _place(self) -> list[str]:
        """Options that keep a server's files apart from those of all others.

        A server that starts deletes the temporary tables that it finds, whosever they are: in a
        shared folder that ends the installation of another one.
        """
        return [
            "--no-defaults",
            *_as_root(),
            f"--datadir={self._data}",
            f"--tmpdir={self._temporary}",
        ]

    def _install(self) -> None:
        self._temporary.mkdir(parents=True)
        installed = subprocess.run(
            [
                str(_which("mariadb-install-db")),
                *self._place,
                "--skip-test-db",
                "--auth-root-authentication-method=normal",
                "--innodb-log-file-size=8M",
                # As a package's own install script calls it: leaves the system's files alone.
                "--rpm",
            ],
            check=False,
            capture_output=True,
            text=True,
        )
        if installed.returncode:
            raise ServiceError(f"MariaDB was not installed:\n{installed.stdout}{installed.stderr}")

    @classmethod
    def running(cls, port: int) -> Self:
        """Return a server that another process has started."""
        return cls(Path(), port=port)

    def _connect(self) -> "pymysql.Connection[pymysql.cursors.Cursor]":
        return pymysql.connect(host="127.0.0.1", port=self.port, user="root", connect_timeout=60)

    def _answers(self) -> bool:
        try:
            self._connect().close()
        except pymysql.err.OperationalError:
            return False
        return True


class MilvusServer(Server):
    """A throw-away Milvus 2.3.5 standalone server.

    Ready in about 7 s. After a kill it answers again within 5–25 s, since the dead server's
    sessions must run out first, and loads its collections after that: poll their load state.

    Parameters
    ----------
    folder
        Where its binaries (250 MB), data and logs go.
    authorization
        Whether users must sign in; the first one is ``root:Milvus``.
    session_seconds
        How long a killed server's sessions keep its successor waiting, and a frozen one survives.
    """

    def __init__(
        self, folder: Path, *, authorization: bool = False, session_seconds: int = 10
    ) -> None:
        super().__init__(folder)
        self._session_seconds = session_seconds
        self.token = "root:Milvus" if authorization else ""
        self._authorization = authorization
        self._port = 0
        self._health_port = 0

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def environment(self) -> dict[str, str]:
        """Tells test processes to use this server."""
        return {SHARED_MILVUS: self.uri}

    @classmethod
    def running(cls, uri: str) -> Self:
        """Return a server that another process has started."""
        server = cls(Path())
        server._port = int(uri.rsplit(":", 1)[1])
        return server

    def start(self) -> Self:
        if not (self.folder / "bin").exists():
            self._install()
        binaries = self.folder / "bin"
        self._run(
            [str(binaries / "milvus"), "run", "standalone"],
            self._answers,
            {
                "DEPLOY_MODE": "STANDALONE",
                "METRICS_PORT": str(self._health_port),
                "MILVUS_RUN_DIR": str(self.folder / "run"),
                "LD_LIBRARY_PATH": str(binaries),
                "ETCD_CONFIG_PATH": str(self.folder / "configs" / "etcd.yaml"),
                "COMMON_SESSION_TTL": str(self._session_seconds),
            },
        )
        return self

    def kill(self) -> None:
        pid = self._process.pid if self._process else None
        super().kill()
        if pid is not None:
            # The one file that Milvus writes outside of its folder.
            Path(f"/tmp/milvus/server_id_{pid}").unlink(missing_ok=True)

    def _install(self) -> None:
        import milvus

        config = milvus.MilvusServerConfig(data_dir=str(self.folder))
        config.resolve_storage()
        config.set("authorization_enabled", self._authorization)
        names = [name for name in config.configurable_items if name.endswith("_port")]
        self._health_port, peer_port, *ports = free_ports(2 + len(names))
        for name, port in zip(names, ports, strict=True):
            config.set(name, port)
        config.write_config()
        milvus._initialize_data_files(str(self.folder))
        self._port = config.get("proxy_port")
        client = f"http://127.0.0.1:{config.get('etcd_port')}"
        peer = f"http://127.0.0.1:{peer_port}"
        (self.folder / "configs" / "etcd.yaml").write_text(
            f"listen-client-urls: {client}\n"
            f"advertise-client-urls: {client}\n"
            f"listen-peer-urls: {peer}\n"
            f"initial-advertise-peer-urls: {peer}\n"
            f"initial-cluster: default={peer}\n"
        )

    def _answers(self) -> bool:
        health = f"http://127.0.0.1:{self._health_port}/healthz"
        try:
            with urllib.request.urlopen(health, timeout=5) as response:
                if response.read() != b"OK":
                    return False
            client = MilvusClient(self.uri, token=self.token, timeout=5)
        except (OSError, MilvusException):
            return False
        try:
            client.list_collections(timeout=5)
        except MilvusException:
            return False
        finally:
            client.close()
        return True


class Dashboard(Server):
    """The dashboard, or another Streamlit app, with a home of its own.

    Attributes
    ----------
    settings
        More of the environment, for when it starts.
    """

    def __init__(self, folder: Path, app: Path | None = None) -> None:
        super().__init__(folder)
        self._command = ["-m", "streamlit", "run", app.name] if app else ["serve.py"]
        self._runs_in = app.parent if app else PROJECT
        self.settings: dict[str, str] = {}
        self._port = free_port()
        self.home = self.folder / "home"
        self.address = f"http://localhost:{self._port}"

    def start(self) -> Self:
        self._run(
            [sys.executable, *self._command],
            self._answers,
            {
                "GENEKIN_HOME": str(self.home),
                "STREAMLIT_SERVER_PORT": str(self._port),
                "STREAMLIT_SERVER_HEADLESS": "true",
                **self.settings,
            },
        )
        return self

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(f"{self.address}/_stcore/health", timeout=5).close()
        except OSError:
            return False
        return True


def _which(program: str) -> str | None:
    """Find a program on the PATH or where Debian keeps servers."""
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def _as_root() -> list[str]:
    """MariaDB runs as root only when told so."""
    return ["--user=root"] if os.geteuid() == 0 else []


def main(command: Sequence[str]) -> int:
    """Run a command beside servers that its processes share; return its exit status."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(ignore_cleanup_errors=True)))
        # Threads of many processes would wait for each other, and compute while they wait.
        environment = {SHARED_FOLDER: str(folder), "OPENBLAS_NUM_THREADS": "1"}
        kernels = subprocess.Popen([sys.executable, "-m", "core.kernels"])
        servers: list[MariaDB | MilvusServer] = []
        if mariadb_missing() is None:
            servers.append(MariaDB(folder / "mariadb"))
        if milvus_missing() is None:
            servers.append(MilvusServer(folder / "milvus"))
        # A server dies with the thread that started it: these live until the end.
        threads = stack.enter_context(ThreadPoolExecutor())
        list(threads.map(stack.enter_context, servers))
        for server in servers:
            environment |= server.environment
        kernels.wait()
        return subprocess.call(command, env=os.environ | environment)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
