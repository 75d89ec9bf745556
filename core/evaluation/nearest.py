"""How close queries come to what is learned from: what makes some of them easy."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from core.encoders import TranslatedEncoder
from core.encoders.translated import stacked

_TOGETHER = 128


def nearest_similarities(
    references: Sequence[str], queries: Sequence[str], step: Callable[[], None] = lambda: None
) -> NDArray[np.float64]:
    """The largest inner product of each query's profile with any reference's, 0 to 1.

    The profiles are whole ones of the encoder ``translated``, fitted on the references.
    """
    encoder = TranslatedEncoder.fit(references)
    columns = stacked([encoder.profile(each) for each in references]).T.tocsr()
    found = []
    for start in range(0, len(queries), _TOGETHER):
        step()
        some = queries[start : start + _TOGETHER]
        products = stacked([encoder.profile(each) for each in some]) @ columns
        found.append(products.max(axis=1).toarray().ravel())
    nearest = np.concatenate(found) if found else np.zeros(0)
    return np.clip(nearest.astype(np.float64), 0, 1)
