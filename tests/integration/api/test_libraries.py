"""Libraries over HTTP: look, compare, remove; entity tags."""

from dataclasses import replace

import pytest

from core.api.schemas import LibraryInfo, LibraryList, SimilarityInfo
from core.library.load import load
from core.library.manager import Libraries
from core.similarity import compare_organisms
from tests.support.api import app_of, client_of
from tests.support.synthetic import FAMILY_NAMES, genes

LOOKS = (
    "libraries/default",
    "libraries/default/organisms",
    "libraries/default/organisms/human",
    "libraries/default/similarity?of=human&to=human",
)


@pytest.fixture
def changed(backend):
    """A library to change."""
    references = {"human": genes("human", 6), "dog": genes("dog", 6)}
    load(backend.libraries, references, library="changed", encoder="count", families=FAMILY_NAMES)
    yield "changed"
    if "changed" in backend.libraries.names():
        backend.libraries.delete("changed")


def test_they_are_described(client):
    listed = LibraryList.model_validate_json(client.get("/api/v1/libraries").content).libraries
    assert {"default", "private", "public"} <= {library.name for library in listed}
    answer = client.get("/api/v1/libraries/default")
    library = LibraryInfo.model_validate_json(answer.content)
    assert (library.sequences, library.families) == (12, FAMILY_NAMES)
    assert library.organisms[0].families == {0: 4, 1: 4, 2: 4}
    assert library.organisms[0].loads[0].sequences == 12
    assert answer.json()["organisms"][0]["loads"][0]["date"].endswith("Z")


@pytest.mark.parametrize("path", LOOKS)
def test_what_a_client_has_is_not_sent_again(client, path):
    answer = client.get(f"/api/v1/{path}")
    tag = answer.headers["etag"]
    assert tag == f'"{client.get("/api/v1/libraries/default").json()["digest"]}"'
    for given in (tag, f'"other", W/{tag}', "*"):
        again = client.get(f"/api/v1/{path}", headers={"If-None-Match": given})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert client.get(f"/api/v1/{path}", headers={"If-None-Match": '"old"'}).status_code == 200


def test_the_tag_changes_with_all_that_answers_depend_on(backend, client, changed):
    def tag():
        answer = client.get(f"/api/v1/libraries/{changed}")
        question = client.post(f"/api/v1/classify?library={changed}", content=">q\nACGTACGTACGT\n")
        assert question.headers["etag"] == answer.headers["etag"]
        return answer.headers["etag"]

    tags = [tag()]
    assert tag() == tags[0]
    backend.libraries.set_threshold(changed, 0.7)
    tags.append(tag())
    load(backend.libraries, {"cat": genes("cat", 2)}, library=changed)
    tags.append(tag())
    backend.libraries.remove_organism(changed, "dog")
    tags.append(tag())
    assert len(set(tags)) == 4


def test_organisms_are_compared(backend, client, changed):
    path = f"/api/v1/libraries/{changed}/similarity"
    answer = client.get(path, params={"of": "dog", "to": "human", "limit": 3})
    found = SimilarityInfo.model_validate_json(answer.content)
    expected = compare_organisms(backend.libraries.open(changed), "dog", "human", 3)
    assert (found.mean, found.n) == (expected.mean, 3)
    assert client.get(path, params={"of": "dog", "to": "cow"}).status_code == 404
    assert client.get(path, params={"of": "dog"}).status_code == 422
    assert client.get(path, params={"of": "dog", "to": "human", "limit": 0}).status_code == 422


def test_a_comparison_that_would_take_minutes_is_refused(client, monkeypatch):
    monkeypatch.setattr("core.api.libraries._MAX_PAIRS", 143)
    path = "/api/v1/libraries/default/similarity?of=human&to=human"
    answer = client.get(path)
    assert answer.status_code == 422
    assert "144 pairs" in answer.json()["detail"]
    assert client.get(f"{path}&limit=11").status_code == 200


def test_an_organism_is_removed(client, changed):
    path = f"/api/v1/libraries/{changed}/organisms/dog"
    assert client.get(path).json()["sequences"] == 6
    assert client.delete(path).json() == {"library": changed, "organism": "dog", "sequences": 6}
    for answer in (client.get(path), client.delete(path)):
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:genekin:problem:not-found")


def test_a_library_is_deleted(client, changed):
    path = f"/api/v1/libraries/{changed}"
    assert client.delete(path).json()["sequences"] == 12
    for answer in (client.get(path), client.delete(path), client.get(f"{path}/organisms")):
        assert answer.status_code == 404


def test_a_damaged_one_says_so(backend, client, changed):
    row = backend.libraries.library_row(changed)
    backend.libraries.stores.vectors.drop(row.collection)
    fresh = Libraries(backend.libraries.stores)
    client = client_of(app_of(replace(backend, libraries=fresh)))
    answer = client.get(f"/api/v1/libraries/{changed}")
    assert answer.json()["digest"] is None
    assert "missing" in answer.json()["problem"]
    assert "etag" not in answer.headers
    assert client.get(f"/api/v1/libraries/{changed}/organisms").status_code == 409
