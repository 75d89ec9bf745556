import itertools
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer

from core.encoders import CountEncoder, fingerprint, get_encoder_class
from core.encoders.count import split_kmers
from core.errors import InputError
from core.sequences.alphabet import IUPAC_DNA

dna = st.text(st.sampled_from("ACGTN"), max_size=60)
references = st.lists(dna, min_size=1, max_size=8).filter(
    lambda sequences: max(map(len, sequences)) >= 7
)


def published_vectors(reference, queries):
    """Encode queries as the published demo does."""
    texts = [" ".join(s[i : i + 4].lower() for i in range(len(s) - 4 + 1)) for s in reference]
    vectorizer = CountVectorizer(ngram_range=(4, 4), max_features=768).fit(texts)
    query_texts = [" ".join(s[i : i + 4].lower() for i in range(len(s) - 4 + 1)) for s in queries]
    counts = vectorizer.transform(query_texts).toarray().astype(float)
    lengths = np.linalg.norm(counts, axis=1, keepdims=True)
    return counts / np.where(lengths, lengths, 1)


class TestSplitKmers:
    @pytest.mark.parametrize(
        ("sequence", "expected"),
        [("ACGTA", "ACGT CGTA"), ("ACGT", "ACGT"), ("ACG", ""), ("", "")],
    )
    def test_are_the_four_bases_at_every_position(self, sequence, expected):
        assert split_kmers(sequence) == expected


class TestCountEncoder:
    @given(references, st.lists(dna, min_size=1, max_size=5))
    def test_is_the_published_one(self, reference, queries):
        encoder = CountEncoder.fit(reference)
        np.testing.assert_allclose(
            encoder.encode(queries), published_vectors(reference, queries), atol=1e-6
        )

    def test_is_the_published_one_where_features_must_be_chosen(self):
        generator = random.Random(7)
        reference = ["".join(generator.choices("ACGT", k=300)) for _ in range(40)]
        queries = [*reference[:3], "".join(generator.choices("ACGT", k=500))]
        encoder = CountEncoder.fit(reference)
        assert encoder.dimension == 768
        np.testing.assert_allclose(
            encoder.encode(queries), published_vectors(reference, queries), atol=1e-6
        )

    @pytest.mark.parametrize("letters", ["ACGT", "ACGTACGTN", IUPAC_DNA])
    @pytest.mark.parametrize("seed", range(3))
    def test_of_equally_common_features_the_same_are_chosen(self, letters, seed):
        generator = random.Random(seed)
        reference = ["".join(generator.choices(letters, k=200)) for _ in range(30)]
        vectorizer = CountVectorizer(ngram_range=(4, 4), max_features=768)
        expected = vectorizer.fit(map(split_kmers, reference)).get_feature_names_out().tolist()
        assert CountEncoder.fit(reference).state()["features"].tolist() == expected

    def test_tells_how_many_are_done_while_it_is_fitted(self):
        steps: list[tuple[str, int, int]] = []
        CountEncoder.fit(["ACGTACGT"] * 2_500, lambda *step: steps.append(step))
        assert steps == [("Fitting the encoder", done, 2_500) for done in (0, 1_000, 2_000)]

    def test_vectors_are_float32_of_length_one(self):
        vectors = CountEncoder.fit(["ACGTACGTAA"]).encode(["ACGTACGTAA", "ACGTACG"])
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-6)

    @pytest.mark.parametrize("query", ["", "ACGTAC", "TTTTTTTT"])
    def test_a_vector_is_zero_where_nothing_is_recognised(self, query):
        assert not CountEncoder.fit(["ACGTACG"]).encode([query]).any()

    def test_no_sequences_are_no_vectors(self):
        encoder = CountEncoder.fit(["ACGTACGT"])
        assert encoder.encode([]).shape == (0, encoder.dimension)

    def test_queries_are_encoded_as_references_are(self):
        encoder = CountEncoder.fit(["ACGTACGTAA"])
        queries = ["ACGTACGTT", "CGTACGT"]
        np.testing.assert_array_equal(encoder.encode_queries(queries), encoder.encode(queries))

    def test_the_dimension_is_the_number_of_features(self):
        encoder = CountEncoder.fit(["ACGTACGT"])  # ACGTACG, CGTACGT
        assert encoder.dimension == 2
        assert encoder.encode(["ACGT"]).shape == (1, 2)

    def test_one_sequence_of_seven_bases_is_enough_to_learn_from(self):
        assert CountEncoder.fit(["ACG", "ACGTACG"]).dimension == 1

    @pytest.mark.parametrize("reference", [[], [""], ["ACGTAC", "ACG"]])
    def test_too_little_to_learn_from_is_refused(self, reference):
        with pytest.raises(InputError) as caught:
            CountEncoder.fit(reference)
        assert str(caught.value) == (
            "No sequence is long enough to learn from. The count encoder needs 7 bases or more."
        )


class TestState:
    @given(references, dna)
    def test_an_encoder_comes_back_from_it(self, reference, query):
        encoder = CountEncoder.fit(reference)
        again = CountEncoder.from_state(encoder.state())
        np.testing.assert_array_equal(again.encode([query]), encoder.encode([query]))
        assert fingerprint(again) == fingerprint(encoder)

    def test_is_plain_arrays(self):
        state = CountEncoder.fit(["ACGTACGT"]).state()
        assert {name: array.dtype.hasobject for name, array in state.items()} == {"features": False}


class TestFingerprint:
    def test_never_changes(self):
        # Libraries remember it: another digest would lock all of them.
        assert fingerprint(CountEncoder.fit(["ACGTACGTT"])) == "d48b8e28b980531882e5fa29ea9136dd"

    def test_does_not_depend_on_the_order_of_the_reference(self):
        one, other = (
            CountEncoder.fit(["ACGTACG", "TTTTTTT"]),
            CountEncoder.fit(["TTTTTTT", "ACGTACG"]),
        )
        assert fingerprint(one) == fingerprint(other)

    def test_changes_when_anything_changes(self):
        class Renamed(CountEncoder):
            name = "renamed"

        features = ["acgt cgta gtac tacg", "cgta gtac tacg acgt"]
        encoders = [
            CountEncoder(features),
            CountEncoder(features[::-1]),
            CountEncoder(features[:1]),
            CountEncoder([*features, "gtac tacg acgt cgta"]),
            CountEncoder([features[0], "aaaa aaaa aaaa aaaa"]),
            Renamed(features),
        ]
        for one, other in itertools.combinations(map(fingerprint, encoders), 2):
            assert one != other


class TestGetEncoderClass:
    def test_is_found_by_name(self):
        assert get_encoder_class("count") is CountEncoder

    def test_an_unknown_name_is_refused_and_the_known_ones_are_told(self):
        with pytest.raises(
            InputError, match=r"^There is no encoder 'bert'\. Choose one of: .*count"
        ):
            get_encoder_class("bert")
