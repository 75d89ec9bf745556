"""A model trained on simulated families."""

import pytest

from core.classification.training import train_model
from core.encoders import TranslatedEncoder
from tests.support.evolution import members


@pytest.fixture(scope="package")
def reference():
    return members("human")


@pytest.fixture(scope="package")
def encoder(reference):
    return TranslatedEncoder.fit([record.residues for record in reference])


@pytest.fixture(scope="package")
def model(encoder, reference):
    return train_model(
        encoder,
        [record.residues for record in reference],
        [record.family or 0 for record in reference],
    )
