"""Accuracy that profile HMMs add where no relative of a query is in the library.

Run it by hand, ``python -m benchmarks.profiles``; it writes its section of RESULTS.md. The library
is human, with clusters of relatives held out, and the profiles are built from dog genes, whose
families are not used: they are what a lab knows beyond its library.
"""

from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pyhmmer.easel import Alphabet, TextSequence
from pyhmmer.hmmer import hmmalign
from pyhmmer.plan7 import Background, Builder

from benchmarks.common import (
    family_of,
    log,
    open_embedded,
    option_parser,
    publish,
    query_records,
    read_organisms,
    table,
)
from core.calls import Call, Status
from core.classify import classify
from core.evaluation.clusters import CLUSTERING, mmseqs_clusters
from core.evaluation.data import data_of_records
from core.evaluation.external_tools import run_tool, translate_orf, write_fasta
from core.evaluation.measures import calibration_error
from core.evaluation.splits import FOLDS, held_out_clusters
from core.library.load import load
from core.library.manager import Libraries
from core.library.profiles import add_profiles, remove_profiles
from core.sequences.records import Record

LIBRARY = "human"
OUTSIDE = "dog"
BINS = (0.0, 0.2, 0.3, 0.5, 1.01)
BIN_NAMES = ("< 20%", "20–30%", "30–50%", "≥ 50%")
MAX_RESIDUES, MAX_MEMBERS = 2_000, 50
"""Longer proteins, and more of a cluster, take long to align and are left out."""


class Variant(NamedTuple):
    """Knowledge of a lab beside its library."""

    title: str
    about: str


VARIANTS = {
    "none": Variant("without profiles", "the library alone"),
    "all": Variant(
        "profiles of dog genes",
        "one for each cluster of dog genes, among them orthologs of the held-out human genes, as"
        " Pfam and PANTHER have homologs of nearly every gene",
    ),
    "unrelated": Variant(
        "profiles of unrelated dog genes",
        "the same, but no dog gene of a cluster that has a held-out human gene takes part",
    ),
    "shuffled": Variant("irrelevant profiles", "the same dog proteins, their residues shuffled"),
    "loaded": Variant("dog genes loaded", "no profiles: the dog genes with their families"),
}


def main() -> None:
    """Measure, and write the section."""
    parser = option_parser(__doc__)
    parser.add_argument("--rounds", type=int, default=FOLDS, help="folds to measure")
    publish("profiles", parser.parse_args(), measure)


def measure(options: Namespace) -> str:
    """Hold out each fold of clusters in turn, and return the section."""
    organisms = read_organisms(options.data, options.sample, options.seed)
    human, dog = organisms[LIBRARY], organisms[OUTSIDE]
    data = data_of_records({LIBRARY: human, OUTSIDE: dog})
    clusters = mmseqs_clusters(data.sequences)
    knowledge = _Knowledge(dog, clusters[len(human) :], options.seed)
    log.info("profiles built")
    own = np.arange(len(human))
    rounds = held_out_clusters(data, own, mmseqs_clusters([one.residues for one in human]))
    outcomes: dict[str, list[Outcome]] = {name: [] for name in VARIANTS}
    identities = []
    for number, one in enumerate(rounds[: options.rounds]):
        log.info("fold %d of %d", number + 1, options.rounds)
        queries = one.tasks[0].indexes
        training = [human[index] for index in one.training.tolist()]
        held_out = [human[index] for index in queries.tolist()]
        identities.append(nearest_identities(training, held_out))
        for name, outcome in _run(training, held_out, knowledge, clusters[queries]):
            outcomes[name].append(outcome)
            log.info("%s: %.4f, weight %.2f", name, outcome.correct.mean(), outcome.weight)
    found = {name: Outcome.join(parts) for name, parts in outcomes.items()}
    return _section(found, np.concatenate(identities), options.rounds)


class Outcome(NamedTuple):
    """Calls of held-out genes: bool, bool and float64 of shape (queries,), and of the profiles."""

    correct: NDArray[np.bool_]
    called: NDArray[np.bool_]
    confidences: NDArray[np.float64]
    matched: NDArray[np.bool_]
    weight: float = 0.0

    @classmethod
    def of(cls, calls: Sequence[Call], records: Sequence[Record], weight: float) -> "Outcome":
        """Compare calls with the families of their records."""
        pairs = zip(calls, records, strict=True)
        return cls(
            np.array([call.family_id == family_of(record) for call, record in pairs]),
            np.array([call.status is Status.CALLED for call in calls]),
            np.array([call.confidence for call in calls]),
            np.array([bool(call.profiles) for call in calls]),
            weight,
        )

    @classmethod
    def join(cls, parts: "Sequence[Outcome]") -> "Outcome":
        """Return the outcome of several folds, with their mean weight."""
        arrays = [
            np.concatenate(column) for column in zip(*(part[:4] for part in parts), strict=True)
        ]
        correct, called, confidences, matched = arrays
        weight = float(np.mean([part.weight for part in parts]))
        return cls(correct, called, confidences, matched, weight)


class _Knowledge:
    """Dog genes as profiles, one for each of their clusters, which are built once.

    Parameters
    ----------
    clusters
        Cluster of each gene.
    """

    def __init__(self, dog: Sequence[Record], clusters: NDArray[np.int64], seed: int) -> None:
        self.records = dog
        groups: dict[int, list[str]] = {}
        for record, cluster in zip(dog, clusters.tolist(), strict=True):
            protein = translate_orf(record.residues)
            if len(protein) <= MAX_RESIDUES:
                groups.setdefault(cluster, []).append(protein)
        self._profiles = {
            cluster: build_profile(f"dog_{cluster}", proteins)
            for cluster, proteins in groups.items()
        }
        generator = np.random.default_rng(seed)
        self._shuffled = [
            build_profile(f"dog_{cluster}", ["".join(generator.permutation(list(proteins[0])))])
            for cluster, proteins in groups.items()
        ]

    def profiles(self, name: str, related: NDArray[np.int64]) -> bytes:
        """Return the file of profiles of a variant.

        Parameters
        ----------
        related
            Clusters that have a held-out gene.
        """
        if name == "shuffled":
            return b"".join(self._shuffled)
        unwanted = set(related.tolist()) if name == "unrelated" else set()
        return b"".join(text for number, text in self._profiles.items() if number not in unwanted)


def build_profile(name: str, proteins: Sequence[str]) -> bytes:
    """Build a profile of related proteins, aligned to the profile of the longest one first."""
    alphabet = Alphabet.amino()
    builder, background = Builder(alphabet, seed=42), Background(alphabet)
    sequences: list[Any] = [  # pyhmmer's own types differ between its functions.
        TextSequence(name=str(index), sequence=protein).digitize(alphabet)
        for index, protein in enumerate(sorted(proteins, key=len, reverse=True)[:MAX_MEMBERS])
    ]
    hmm, _, _ = builder.build(sequences[0], background)
    if len(sequences) > 1:
        alignment: Any = hmmalign(hmm, sequences, trim=True, digitize=True)
        alignment.name = name
        built, _, _ = builder.build_msa(alignment, background)
        hmm = built if built.M else hmm  # No state: there is no column that most members share.
    hmm.name = name
    file = BytesIO()
    hmm.write(file)
    return file.getvalue()


def _run(
    training: Sequence[Record],
    held_out: Sequence[Record],
    knowledge: _Knowledge,
    related: NDArray[np.int64],
) -> Iterator[tuple[str, Outcome]]:
    """Classify the held-out genes by a library of the others, with every variant."""
    queries = query_records([record.residues for record in held_out])
    with TemporaryDirectory() as folder, open_embedded(Path(folder)) as libraries:
        load(libraries, {LIBRARY: training}, library="lab")
        yield "none", Outcome.of(_classify(libraries, queries), held_out, 0.0)
        for name in ("all", "unrelated", "shuffled"):
            file = knowledge.profiles(name, related)
            summaries = add_profiles(libraries, "lab", file, f"{name}.hmm")
            yield name, Outcome.of(_classify(libraries, queries), held_out, summaries.weight)
            remove_profiles(libraries, "lab")
        load(libraries, {OUTSIDE: knowledge.records}, library="lab")
        yield "loaded", Outcome.of(_classify(libraries, queries), held_out, 0.0)


def _classify(libraries: Libraries, queries: Sequence[Record]) -> list[Call]:
    return classify(libraries.open("lab"), queries)


def nearest_identities(
    references: Sequence[Record], queries: Sequence[Record]
) -> NDArray[np.float64]:
    """Return the share of each query's residues that its best blastp hit has, 0 without a hit."""
    proteins = [translate_orf(record.residues) for record in queries]
    with TemporaryDirectory() as folder:
        path = Path(folder)
        subject = [translate_orf(record.residues) for record in references]
        database = write_fasta(path / "references.fasta", subject)
        query = write_fasta(path / "queries.fasta", proteins)
        run_tool(["makeblastdb", "-in", str(database), "-dbtype", "prot"])
        options = ["-evalue", "10", "-max_target_seqs", "5", "-max_hsps", "1", "-outfmt"]
        files = ["-query", str(query), "-db", str(database), "-out", str(path / "hits.tsv")]
        run_tool(["blastp", *files, *options, "6 qseqid nident bitscore"])
        lines = (path / "hits.tsv").read_text(encoding="ascii").splitlines()
    best: dict[int, tuple[float, int]] = {}
    for line in lines:
        index, identical, score = line.split("\t")
        best[int(index)] = max(best.get(int(index), (0.0, 0)), (float(score), int(identical)))
    return np.array(
        [best.get(index, (0.0, 0))[1] / len(protein) for index, protein in enumerate(proteins)]
    )


def _section(outcomes: Mapping[str, Outcome], identities: NDArray[np.float64], rounds: int) -> str:
    bins = np.digitize(identities, BINS) - 1
    chosen = [bins == index for index in range(len(BIN_NAMES))]
    head = ["", "all", *BIN_NAMES]
    parts = [np.ones(bins.size, dtype=np.bool_), *chosen]
    counts = ["queries", *(f"{int(part.sum()):,}" for part in parts)]
    accuracy = [
        [VARIANTS[name].title, *(_share(outcome.correct[part]) for part in parts)]
        for name, outcome in outcomes.items()
    ]
    calls = [
        [VARIANTS[name].title, *(_calls(outcome, part) for part in parts)]
        for name, outcome in outcomes.items()
    ]
    matched = [
        [
            VARIANTS[name].title,
            f"{outcome.weight:.2f}",
            *(_share(outcome.matched[part]) for part in parts),
        ]
        for name, outcome in outcomes.items()
        if name in {"all", "unrelated", "shuffled"}
    ]
    about = "; ".join(f"{variant.title}: {variant.about}" for variant in VARIANTS.values())
    return (
        "## Profiles\n\n"
        "Human genes, of which clusters of relatives are held out"
        f" ({rounds} of {FOLDS} folds, MMseqs2,"
        f" `{CLUSTERING}`): share whose best guess is correct, called or not, by the share of a"
        " query's residues that are identical in its best blastp hit in the library. No database"
        " of profiles is installed here; these are built from dog genes, without their families:"
        " the library learns those from its own genes. So this shows what profiles of genes that"
        " are related to a query add, and what those that know nothing of it do; not what Pfam or"
        f" PANTHER would add. {about[0].upper()}{about[1:]}.\n\n"
        + table(head, [counts, *accuracy])
        + "\nCalled / accuracy of calls / ECE (expected calibration error of all confidences).\n\n"
        + table(head, calls)
        + "\nWeight that the library gives the profiles (mean of the folds; 0: not used), and share"
        " of the queries that one of them matches and that no close neighbour decides.\n\n"
        + table(["", "weight", *head[1:]], matched)
    )


def _share(flags: NDArray[np.bool_]) -> str:
    return f"{flags.mean():.4f}".lstrip("0") if flags.size else "–"


def _calls(outcome: Outcome, part: NDArray[np.bool_]) -> str:
    if not part.any():
        return "–"
    called, correct = outcome.called[part], outcome.correct[part]
    error = calibration_error(outcome.confidences[part], correct)
    return f"{_share(called)} / {_share(correct[called])} / {f'{error:.4f}'.lstrip('0')}"


if __name__ == "__main__":
    main()
