"""Profile HMMs as text: parsed by HMMER, with checks that it leaves out."""

import re
from collections.abc import Sequence
from io import BytesIO
from math import inf, isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pyhmmer.plan7 import HMM

_STATISTICS = re.compile(r"^STATS +LOCAL +(MSV|VITERBI|FORWARD) +(.*)$", re.MULTILINE)
_TOLERANCE = 1e-3
"""Difference from one that a sum of probabilities may have: the text rounds them."""


def parse_hmm(text: str) -> "HMM[Any]":
    """Parse a profile in HMMER3 text format.

    Raises
    ------
    ValueError
        If it is not a valid profile.
    """
    from pyhmmer.errors import EaselError, InvalidHMM
    from pyhmmer.plan7 import HMMFile

    if "\0" in text:
        message = "it has a NUL character"
        raise ValueError(message)
    _check_statistics(text)
    try:
        with HMMFile(BytesIO(text.encode())) as file:
            hmm = file.read()
        if hmm is None:
            message = "it has no states"
            raise ValueError(message)
        hmm.validate(tolerance=_TOLERANCE)
    except InvalidHMM:  # Its text cannot be had: it takes names for bytes.
        message = "its probabilities do not add up"
        raise ValueError(message) from None
    except (EaselError, EOFError, OverflowError, MemoryError) as error:
        raise ValueError(str(error)) from None
    _check_numbers(hmm)
    return hmm


def _check_statistics(text: str) -> None:
    """Check that a profile is calibrated: pyhmmer reads what is not, and any numbers."""
    statistics = {match[1]: match[2].split() for match in _STATISTICS.finditer(text)}
    if statistics.keys() != {"MSV", "VITERBI", "FORWARD"} or not all(
        map(_is_distribution, statistics.values())
    ):
        message = "its lines STATS LOCAL have no valid numbers"
        raise ValueError(message)


def _check_numbers(hmm: Any) -> None:
    """Check that all probabilities are numbers, which HMMER does not."""
    matrices = hmm.match_emissions, hmm.insert_emissions, hmm.transition_probabilities
    if not all(np.isfinite(np.asarray(matrix)).all() for matrix in matrices):
        message = "it has a probability that is no number"
        raise ValueError(message)


def _is_distribution(numbers: Sequence[str]) -> bool:
    """Tell whether these are a finite location and a positive scale."""
    try:
        location, scale = map(float, numbers)
    except ValueError:
        return False
    return isfinite(location) and 0 < scale < inf
