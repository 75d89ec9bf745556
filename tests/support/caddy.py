"""The proxy of the deployment, in front of dashboards on this machine."""

import contextlib
import http.client
import json
import os
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tests.support.services import PROJECT, Server, free_ports

CADDYFILE = PROJECT / "deploy" / "Caddyfile"
HOST = "localhost"
STICKY = "genekin_replica"
"""Cookie that names a browser's replica."""
MAX_REQUEST = 1_000_000
"""Bytes of a request."""


def caddy_missing() -> str | None:
    """Reason that no Caddy can be started here, or None."""
    return None if find_caddy() else "caddy is not installed (scripts/setup services)"


def find_caddy() -> str | None:
    """Find the program on the PATH, or where scripts/setup extracts it."""
    extracted = Path(sys.prefix) / "caddy" / "usr" / "bin"
    return shutil.which("caddy") or shutil.which("caddy", path=str(extracted))


class NameServer:
    """A name server that answers every question for IPv4 addresses with those of the replicas.

    Attributes
    ----------
    addresses
        May be changed at any time, as when containers come and go.
    """

    def __init__(self, addresses: Sequence[str]) -> None:
        self.addresses = list(addresses)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.2)
        self.port = self._socket.getsockname()[1]
        self._serving = threading.Event()
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._serving.set()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._serving.clear()
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while self._serving.is_set():
            with contextlib.suppress(TimeoutError):
                question, client = self._socket.recvfrom(512)
                self._socket.sendto(self._answer(question), client)

    def _answer(self, message: bytes) -> bytes:
        end = message.index(0, 12) + 5
        is_ipv4 = message[end - 4 : end - 2] == b"\0\1"
        addresses = self.addresses if is_ipv4 else []
        header = message[:2] + struct.pack(">5H", 0x8180, 1, len(addresses), 0, 0)
        # A pointer to the name of the question, type A, class IN, a time to live of 0.
        record = struct.pack(">3HIH", 0xC00C, 1, 1, 0, 4)
        answers = b"".join(record + socket.inet_aton(address) for address in addresses)
        return header + message[12:end] + answers


@dataclass(frozen=True)
class Response:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def replica(self) -> str | None:
        """The value of the cookie that names the replica, where it is set."""
        for cookie in self.headers.get_all("Set-Cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            if name == STICKY:
                return value
        return None


class Caddy(Server):
    """The proxy with its own configuration, of which only addresses are changed.

    Parameters
    ----------
    folder
        Where its certificates and its log go.
    names
        The name server to ask for the replicas.
    app_port
        The port of all replicas.
    """

    def __init__(self, folder: Path, names: NameServer, app_port: int) -> None:
        super().__init__(folder)
        self._names, self._app_port = names, app_port
        self.http_port, self.port, self._health_port = free_ports(3)
        self.address = f"https://{HOST}:{self.port}"

    def start(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        config = self.folder / "caddy.json"
        config.write_text(json.dumps(self._config()))
        self._run([str(find_caddy()), "run", "--config", str(config)], self._answers)
        return self

    def request(
        self,
        path: str,
        *,
        replica: str | None = None,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Send one request, with the path as it is, over TLS that is verified."""
        cookie = {"Cookie": f"{STICKY}={replica}"} if replica else {}
        trusted = ssl.create_default_context(cafile=self._authority)
        connection = http.client.HTTPSConnection(HOST, self.port, timeout=60, context=trusted)
        with contextlib.closing(connection):
            connection.request(method, path, body, {**cookie, **(headers or {})})
            response = connection.getresponse()
            return Response(response.status, response.headers, response.read())

    @property
    def _authority(self) -> Path:
        return self.folder / "storage" / "pki" / "authorities" / "local" / "root.crt"

    def _config(self) -> dict[str, Any]:
        settings = {
            "GENEKIN_HOST": HOST,
            "GENEKIN_TLS": "internal",
            "GENEKIN_MAX_REQUEST": f"{MAX_REQUEST}B",
            "STICKY_SECRET": "secret",
        }
        adapted = subprocess.run(
            [str(find_caddy()), "adapt", "--config", str(CADDYFILE)],
            env=os.environ | settings,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        moved = (
            adapted.replace('":443"', f'"127.0.0.1:{self.port}"')
            .replace('"127.0.0.1:2015"', f'"127.0.0.1:{self._health_port}"')
            .replace('"port":"8501"', f'"port":"{self._app_port}"')
        )
        config: dict[str, Any] = json.loads(moved)
        config["storage"] = {"module": "file_system", "root": str(self.folder / "storage")}
        web = config["apps"]["http"]
        web |= {"http_port": self.http_port, "https_port": self.port}
        _replicas(web)["resolver"] = {"addresses": [f"udp/127.0.0.1:{self._names.port}"]}
        return config

    def _answers(self) -> bool:
        health = f"http://127.0.0.1:{self._health_port}/"
        try:
            urllib.request.urlopen(health, timeout=5).close()
            self.request("/metrics")  # Its certificate is there a moment later.
        except OSError:
            return False
        return True


def _replicas(config: Any) -> dict[str, Any]:
    """Find where the configuration says how replicas are found."""
    if isinstance(config, dict):
        if "dynamic_upstreams" in config:
            found: dict[str, Any] = config["dynamic_upstreams"]
            return found
        config = list(config.values())
    if isinstance(config, list):
        for part in config:
            if found := _replicas(part):
                return found
    return {}
