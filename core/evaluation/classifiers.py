"""Classifiers of scikit-learn, on the seed's features and on those of a well-known recipe."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

from core.encoders import CountEncoder
from core.errors import InputError
from core.evaluation.data import LabelledData
from core.evaluation.methods import FEWEST, Answering, Predictions, require_enough

Parameters = Mapping[str, str | int | float]

_SPAN = 9
"""Bases that four words of six bases span, which overlap by five: a feature each."""


class SeedClassifier:
    """A classifier on the 768 features of the seed's encoder, each row of length one.

    Parameters
    ----------
    make
        Makes the classifier of scikit-learn, unfitted.
    parameters
        What it is made with, to be told.
    """

    def __init__(
        self,
        name: str,
        title: str,
        make: Callable[[], Any],
        parameters: Parameters,
    ) -> None:
        self.name = name
        self.title = title
        self._make = make
        self._parameters = parameters

    def settings(self) -> Parameters:
        """Those of the classifier, and its features."""
        return {"features": "768 word 4-grams of 4-base words", **self._parameters}

    def missing(self) -> str:
        """Nothing: scikit-learn is always there."""
        return ""

    @contextmanager
    def fitted(self, training: LabelledData, step: Callable[[], None]) -> Iterator[Answering]:
        """Fit features and classifier."""
        require_enough(training)
        step()
        encoder = CountEncoder.fit(training.sequences)
        step()
        model = self._make().fit(encoder.encode(training.sequences), training.families)
        yield lambda asked: _predictions(model, encoder.encode(asked))


class WordCounts:
    """Multinomial naive Bayes on all 4-grams of 6-base words, as a popular recipe has it."""

    name = "kaggle"
    title = "naive Bayes on 4-grams of 6-mers (the Kaggle recipe)"

    def settings(self) -> Parameters:
        """Of both of its steps."""
        return {"features": "all word 4-grams of 6-base words", "alpha": 0.1}

    def missing(self) -> str:
        """Nothing: scikit-learn is always there."""
        return ""

    @contextmanager
    def fitted(self, training: LabelledData, step: Callable[[], None]) -> Iterator[Answering]:
        """Count words, and fit the classifier."""
        from sklearn.feature_extraction.text import CountVectorizer
        from sklearn.naive_bayes import MultinomialNB

        require_enough(training)
        vectorizer = CountVectorizer(analyzer="char", ngram_range=(_SPAN, _SPAN), lowercase=False)
        if all(len(sequence) < _SPAN for sequence in training.sequences):
            message = "No sequence is long enough to learn from."
            raise InputError(message, f"The recipe needs {_SPAN} bases or more.")
        counts = vectorizer.fit_transform(_with_steps(training.sequences, step))
        model = MultinomialNB(alpha=0.1).fit(counts, training.families)
        yield lambda asked: _predictions(model, vectorizer.transform(asked))


class Majority:
    """The commonest family, whatever is asked."""

    name = "majority"
    title = "the commonest family"

    def settings(self) -> Parameters:
        """None."""
        return {}

    def missing(self) -> str:
        """Nothing."""
        return ""

    @contextmanager
    def fitted(self, training: LabelledData, step: Callable[[], None]) -> Iterator[Answering]:
        """Count families; its share is the confidence."""
        step()
        families, counts = np.unique(training.families, return_counts=True)
        family, share = families[counts.argmax()], counts.max() / len(training)

        def answer(sequences: Sequence[str]) -> Predictions:
            count = len(sequences)
            return Predictions(
                np.full(count, family, dtype=np.int64),
                np.ones(count, dtype=np.bool_),
                np.full(count, share, dtype=np.float64),
            )

        yield answer


def seed_classifiers(seed: int) -> list[SeedClassifier]:
    """The five classifiers on the seed's features."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.naive_bayes import MultinomialNB
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.svm import LinearSVC

    kinds: list[tuple[str, str, Callable[..., Any], dict[str, Any]]] = [
        ("naive-bayes", "multinomial naive Bayes", MultinomialNB, {"alpha": 0.1}),
        ("logistic", "logistic regression", LogisticRegression, {"C": 1.0, "max_iter": 1000}),
        ("svm", "linear SVM", LinearSVC, {"C": 1.0, "random_state": seed}),
        (
            "forest",
            "random forest",
            RandomForestClassifier,
            {"n_estimators": 200, "random_state": seed},
        ),
        ("knn", "k-nearest neighbours", KNeighborsClassifier, {"n_neighbors": FEWEST}),
    ]
    return [
        SeedClassifier(name, title, partial(kind, **given), given)
        for name, title, kind, given in kinds
    ]


def _with_steps(sequences: Sequence[str], step: Callable[[], None]) -> Iterator[str]:
    for sequence in sequences:
        step()
        yield sequence


def _predictions(model: Any, vectors: Any) -> Predictions:
    """What a classifier of scikit-learn says; a linear SVM has no probabilities."""
    count = vectors.shape[0]
    called = np.ones(count, dtype=np.bool_)
    if not hasattr(model, "predict_proba"):
        return Predictions(model.predict(vectors), called)
    shares = model.predict_proba(vectors)
    best = shares.argmax(axis=1)
    return Predictions(model.classes_[best], called, shares[np.arange(count), best])
