"""Clients of the API, for Locust: each asks for one sequence after the other.

:mod:`benchmarks.api` runs this file in an environment of its own; its options are in the
environment.
"""

import json
import os
import random
from itertools import count
from pathlib import Path

from locust import HttpUser, task

_QUESTIONS = json.loads(Path(os.environ["QUESTIONS"]).read_text(encoding="ascii"))
_ADDRESSES = os.environ["ADDRESSES"].split()
_PAUSE = float(os.environ["PAUSE"])
_numbers = count()


class Client(HttpUser):  # type: ignore[misc]  # untyped
    """A program that classifies sequences, and knows the right answers."""

    host = _ADDRESSES[0]

    def on_start(self) -> None:
        """Choose a dashboard."""
        number = next(_numbers)
        self.random = random.Random(number)  # noqa: S311
        self.client.base_url = _ADDRESSES[number % len(_ADDRESSES)]

    def wait_time(self) -> float:
        """Return the pause before the next question, in seconds."""
        return self.random.expovariate(1 / _PAUSE) if _PAUSE else 0.0

    @task  # type: ignore[untyped-decorator]
    def classify(self) -> None:
        """Ask one question, and check its answer."""
        residues, expected = self.random.choice(_QUESTIONS)
        headers = {"Content-Type": "text/x-fasta"}
        with self.client.post(
            "/api/v1/classify", f">query\n{residues}\n", headers=headers, catch_response=True
        ) as answer:
            if answer.status_code != 200:
                answer.failure(f"{answer.status_code} {answer.text[:200]}")
                return
            (call,) = answer.json()["calls"]
            found = call["family"] if call["status"] == "called" else "Unknown"
            if found != expected:
                answer.failure(f"not {expected}, but {found}")
