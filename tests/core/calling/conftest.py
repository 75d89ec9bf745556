"""A caller that was fitted on made-up families."""

import pytest

from core.calling.fitting import fit_caller
from core.encoders import TranslatedEncoder
from tests.evolved import members


@pytest.fixture(scope="package")
def reference():
    return members("human")


@pytest.fixture(scope="package")
def encoder(reference):
    return TranslatedEncoder.fit([record.residues for record in reference])


@pytest.fixture(scope="package")
def caller(encoder, reference):
    return fit_caller(
        encoder, [one.residues for one in reference], [one.family or 0 for one in reference]
    )
