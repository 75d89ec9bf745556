"""An OpenID provider on a port of its own: a real server, in which people choose who they are."""

import json
import sys
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from tests.support.services import Server, free_port


class OpenIDProvider(Server):
    """A provider of OpenID Connect, which knows some users and registers clients.

    Parameters
    ----------
    users
        Claims of each user, with ``sub``.
    """

    def __init__(self, folder: Path, users: Sequence[Mapping[str, object]]) -> None:
        super().__init__(folder)
        self._users = users
        self._port = free_port()
        self.address = f"http://localhost:{self._port}"

    @property
    def log(self) -> Path:
        return self.folder / "provider.log"

    def start(self) -> Self:
        options = ["--port", str(self._port), "--require-registration", "true"]
        options += [
            part for user in self._users for part in ("--user-claims", json.dumps(dict(user)))
        ]
        self._run([sys.executable, "-m", "oidc_provider_mock", *options], self._answers)
        return self

    def secrets(self, redirect_uri: str, cookie_secret: str) -> str:
        """Register a client; return the section of Streamlit's secrets for it."""
        request = urllib.request.Request(
            f"{self.address}/oauth2/clients",
            json.dumps({"redirect_uris": [redirect_uri]}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            client = json.load(answer)
        values = {
            "redirect_uri": redirect_uri,
            "cookie_secret": cookie_secret,
            "client_id": client["client_id"],
            "client_secret": client["client_secret"],
            "server_metadata_url": f"{self.address}/.well-known/openid-configuration",
        }
        lines = [f"{name} = {json.dumps(value)}" for name, value in values.items()]
        return "\n".join(["[auth]", *lines, ""])

    def _answers(self) -> bool:
        try:
            address = f"{self.address}/.well-known/openid-configuration"
            urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            return False
        return True
