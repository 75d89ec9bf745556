"""Compile what numba compiles, once for all processes: ``python -m core.kernels``.

The compiled functions are kept on disk. Setting up runs this, so that nobody waits for them.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from core.alignment.explanation import explain
from core.classify import classify
from core.evaluation.perturbations import substitute
from core.library.load import load
from core.library.manager import Libraries
from core.sequences.records import Record
from core.settings import Settings
from core.similarity import compare_organisms
from core.stores.stores import Stores
from core.tracing import trace

_GENES, _BASES = 12, 600
_FAMILIES = 2


def main() -> None:
    """Load a small library and ask it all that a page may: everything that compiles is called."""
    generator = np.random.default_rng(0)
    genes = ["".join(generator.choice(list("ACGT"), _BASES)) for _ in range(_GENES)]
    references = {
        organism: [
            Record(
                f"gene {number}",
                substitute(gene, 0.05, generator),
                number,
                number,
                number % _FAMILIES,
            )
            for number, gene in enumerate(genes, start=1)
        ]
        for organism in ("one", "other")
    }
    queries = [
        Record("close", substitute(genes[0], 0.1, generator), 1, 1),
        Record("far", substitute(genes[0], 0.4, generator), 2, 2),
    ]
    with (
        TemporaryDirectory(prefix="genekin-") as home,
        Stores(Settings(home=Path(home), milvus_uri="", database_url="")) as stores,
    ):
        libraries = Libraries(stores)
        load(libraries, references, library="count", encoder="count")
        classify(libraries.open("count"), queries)
        load(libraries, references)
        library = libraries.open()
        calls = classify(library, queries)
        explain(library, queries[0].residues, calls[0])
        trace(library, queries)
        compare_organisms(library, "one", "other", None)


if __name__ == "__main__":
    main()
