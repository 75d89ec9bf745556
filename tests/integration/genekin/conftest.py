"""Both kinds of stores, as the settings name them."""

import pytest


@pytest.fixture
def environment(deployment, monkeypatch):
    """The settings of a deployment as variables; return the settings."""
    monkeypatch.setenv("GENEKIN_HOME", str(deployment.home))
    monkeypatch.setenv("GENEKIN_MILVUS_URI", deployment.milvus_uri)
    monkeypatch.setenv("GENEKIN_DATABASE_URL", deployment.database_url.get_secret_value())
    monkeypatch.setenv("GENEKIN_STORE_TIMEOUT", "60")
    return deployment
