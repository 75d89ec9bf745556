"""Classifiers of scikit-learn: on the features of the encoder ``count``, and a published recipe."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

from core.encoders import CountEncoder
from core.errors import InputError
from core.evaluation.data import LabelledData
from core.evaluation.methods import (
    MIN_TRAINING,
    Parameters,
    Predictions,
    Predictor,
    reject_small_training,
)
from core.progress import Progress

_SPAN = 9
"""Bases that four consecutive 6-mers span: each 9-mer is one feature of the recipe."""


class CountClassifier:
    """A classifier on the 768 features of the encoder ``count``, rows scaled to length one.

    Parameters
    ----------
    make
        Makes the unfitted classifier.
    parameters
        Its parameters, for reports.
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
        """Return the features and the parameters of the classifier."""
        return {"features": "768 word 4-grams of 4-base words", **self._parameters}

    def unavailable_reason(self) -> str:
        """Return nothing: scikit-learn is always installed."""
        return ""

    @contextmanager
    def fit(self, training: LabelledData, progress: Progress) -> Iterator[Predictor]:
        """Fit the encoder and the classifier."""
        reject_small_training(training)
        progress("Fitting the encoder", 0, 2)
        encoder = CountEncoder.fit(training.sequences)
        progress("Fitting the classifier", 1, 2)
        model = self._make().fit(encoder.encode(training.sequences), training.families)
        yield lambda queries: _predict(model, encoder.encode(queries))


class KmerNaiveBayes:
    """Multinomial naive Bayes on all 4-grams of 6-mers, a popular recipe from Kaggle."""

    name = "kaggle"
    title = "naive Bayes on 4-grams of 6-mers (Kaggle recipe)"

    def settings(self) -> Parameters:
        """Return the features and the smoothing parameter."""
        return {"features": "all word 4-grams of 6-base words", "alpha": 0.1}

    def unavailable_reason(self) -> str:
        """Return nothing: scikit-learn is always installed."""
        return ""

    @contextmanager
    def fit(self, training: LabelledData, progress: Progress) -> Iterator[Predictor]:
        """Count k-mers and fit the classifier."""
        from sklearn.feature_extraction.text import CountVectorizer
        from sklearn.naive_bayes import MultinomialNB

        reject_small_training(training)
        vectorizer = CountVectorizer(analyzer="char", ngram_range=(_SPAN, _SPAN), lowercase=False)
        if all(len(sequence) < _SPAN for sequence in training.sequences):
            message = "All training sequences are too short."
            raise InputError(message, f"This method needs sequences of at least {_SPAN} bases.")
        counts = vectorizer.fit_transform(_reported(training.sequences, progress))
        model = MultinomialNB(alpha=0.1).fit(counts, training.families)
        yield lambda queries: _predict(model, vectorizer.transform(queries))


class MajorityClass:
    """The most frequent family of the training set, whatever the query."""

    name = "majority"
    title = "majority-class baseline"

    def settings(self) -> Parameters:
        """Return nothing: it has no parameters."""
        return {}

    def unavailable_reason(self) -> str:
        """Return nothing: it always runs."""
        return ""

    @contextmanager
    def fit(self, training: LabelledData, progress: Progress) -> Iterator[Predictor]:
        """Count families; the share of the most frequent one is the confidence."""
        progress("Counting families", 0, 1)
        families, counts = np.unique(training.families, return_counts=True)
        family, share = families[counts.argmax()], counts.max() / len(training)

        def predict(queries: Sequence[str]) -> Predictions:
            count = len(queries)
            return Predictions(
                np.full(count, family, dtype=np.int64),
                np.ones(count, dtype=np.bool_),
                np.full(count, share, dtype=np.float64),
            )

        yield predict


def count_classifiers(seed: int) -> list[CountClassifier]:
    """Return five classifiers on the features of ``count``."""
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
        ("knn", "k-nearest neighbours", KNeighborsClassifier, {"n_neighbors": MIN_TRAINING}),
    ]
    return [
        CountClassifier(name, title, partial(kind, **parameters), parameters)
        for name, title, kind, parameters in kinds
    ]


def _reported(sequences: Sequence[str], progress: Progress) -> Iterator[str]:
    for number, sequence in enumerate(sequences):
        progress("Counting k-mers", number, len(sequences))
        yield sequence


def _predict(model: Any, vectors: Any) -> Predictions:
    """Predict with a classifier of scikit-learn; a linear SVM has no probabilities."""
    count = vectors.shape[0]
    called = np.ones(count, dtype=np.bool_)
    if not hasattr(model, "predict_proba"):
        return Predictions(model.predict(vectors), called)
    probabilities = model.predict_proba(vectors)
    best = probabilities.argmax(axis=1)
    return Predictions(model.classes_[best], called, probabilities[np.arange(count), best])
