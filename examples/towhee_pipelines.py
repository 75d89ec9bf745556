"""The published demo's two Towhee pipelines, insert and classify, over GeneKin's own calls.

    .venv/towhee/bin/python examples/towhee_pipelines.py

It loads the human reference into a temporary folder, and classifies example sequences: one, and a
batch. Nothing is downloaded.
"""

from tempfile import TemporaryDirectory

import genekin
from core.sequences.references.examples import EXAMPLES
from genekin.towhee import classify_pipeline, insert_pipeline


def main() -> None:
    """Run both pipelines, and print what they return."""
    with (
        TemporaryDirectory(prefix="genekin-") as home,
        genekin.open_library("demo", home=home) as library,
    ):
        insert = insert_pipeline(library, encoder="count")
        print(insert({"human": "builtin:human"}).get()[0])

        classify = classify_pipeline(library)
        examples = [make() for make in EXAMPLES.values()]
        print(_table(classify(examples[0])))
        for answer in classify.batch(examples):
            print(_table(answer))


def _table(answer: object) -> str:
    """Return the calls of a pipeline's answer as text."""
    calls: genekin.Calls = answer.get()[0]  # type: ignore[attr-defined]  # a queue of Towhee
    return calls.to_frame()[["query", "status", "family", "confidence"]].to_string(index=False)


if __name__ == "__main__":
    main()
