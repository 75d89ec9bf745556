"""Defaults that stand apart from the modules that use them."""

from core import defaults
from core.encoders import DEFAULT_ENCODER, ENCODERS


def test_the_encoders_are_those_that_there_are():
    assert set(defaults.ENCODERS) == set(ENCODERS)
    assert defaults.ENCODERS[0] == DEFAULT_ENCODER
