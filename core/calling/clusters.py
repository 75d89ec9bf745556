"""Clusters of relatives: what must be left out together to see how strangers fare."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

LINKS = (0.04, 0.10, 0.30)
"""Inner products above which two sequences are linked, from distant relatives to near copies."""


def inner_products(rows: csr_array, others: csr_array) -> NDArray[np.float32]:
    """Inner products of sparse rows with others: float32, shape (rows, others)."""
    products: NDArray[np.float32] = (rows @ others.T.tocsr()).toarray()
    return products


def linked_clusters(products: NDArray[np.float32], link: float) -> NDArray[np.int64]:
    """Single-linkage clusters of the pairs above `link`: the cluster's number for each row."""
    _, clusters = connected_components(coo_array(products > link), directed=False)
    return clusters.astype(np.int64)
