"""A Milvus server whose users must sign in."""

import pytest

from core.errors import UnavailableError
from core.stores.milvus.vectors import VectorStore
from tests.support.services import MilvusServer, milvus_missing, require

pytestmark = pytest.mark.milvus_server


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    require(milvus_missing())
    with MilvusServer(tmp_path_factory.mktemp("milvus"), authorization=True) as server:
        yield server


def test_a_right_password_is_accepted(server):
    store = VectorStore(server.uri, server.token, 10)
    assert store.description("nothing") is None
    store.close()


@pytest.mark.parametrize("token", ["root:s3cret", "nobody:s3cret", "s3cret", ""])
def test_a_wrong_password_is_named_and_not_repeated(server, token):
    with pytest.raises(UnavailableError) as raised:
        VectorStore(server.uri, token, 10)

    assert raised.value.message == (
        f"The vector store {server.uri} refused the user or the password."
    )
    assert "GENEKIN_MILVUS_TOKEN" in raised.value.hint
    assert "s3cret" not in str(raised.value)
