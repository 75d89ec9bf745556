"""How often GeneKin and its peers are right, and what they say of what they cannot know.

Run by hand, ``python -m benchmarks.accuracy``; it writes its section of RESULTS.md.
"""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks import tasks
from benchmarks.common import (
    Provenance,
    family,
    option_parser,
    read_organisms,
    table,
    write_section,
)
from benchmarks.peers import BLASTN, BLASTN_7, DIAMOND, MMSEQS, SIGNIFICANT, Answer, GeneKin, System
from benchmarks.tasks import Round, Task
from core.evaluation.clusters import (
    CLUSTERING,
    LINK,
    mmseqs_clusters,
    mmseqs_missing,
    profile_clusters,
)
from core.evaluation.measures import BINS, calibration_error
from core.evaluation.splits import FOLDS
from core.sequences.records import Record
from core.sequences.references.human import FAMILIES

SPLIT_SEEDS = (42, 1, 2)

_log = logging.getLogger("benchmarks.accuracy")


@dataclass(frozen=True, slots=True)
class Score:
    """What a system's answers to a task are worth.

    Attributes
    ----------
    right, called, called_right
        Shares: of all queries, right at all and called; of the called ones, right.
    error
        Expected calibration error; None where the system gives no confidences.
    """

    right: float
    called: float
    called_right: float
    error: float | None


Answers = dict[str, dict[str, list[Answer]]]
"""By system, then by task."""
Truths = dict[str, list[int | None]]
"""By task."""


def main() -> None:
    """Measure, and write the section."""
    parser = option_parser(__doc__.split("\n")[0])
    parser.add_argument("--word-size-7", action="store_true", help="blastn -word_size 7 too: slow")
    options = parser.parse_args()
    logging.basicConfig(format="%(message)s", level=logging.CRITICAL)
    _log.setLevel(logging.INFO)
    started = time.monotonic()
    provenance = Provenance(options.data, options.seed)
    organisms = read_organisms(options.data, options.sample, options.seed)
    systems = _present(
        [
            GeneKin("translated"),
            GeneKin("count"),
            BLASTN,
            *([BLASTN_7] if options.word_size_7 else []),
            DIAMOND,
            MMSEQS,
        ]
    )
    text = _Report(organisms, systems, options.seed).text()
    minutes = (time.monotonic() - started) / 60
    text = f"{text}\n{provenance.table()}\nMeasured in {minutes:.0f} minutes.\n"
    if options.sample:
        print(text)
    else:
        write_section("accuracy", text)


def _present(systems: Sequence[System]) -> list[System]:
    for system in systems:
        if why := system.missing():
            _log.info("%s is left out: %s", system.name, why)
    return [system for system in systems if not system.missing()]


class _Report:
    """Puts all tasks to all systems, and tells what came out."""

    def __init__(
        self, organisms: Mapping[str, Sequence[Record]], systems: Sequence[System], seed: int
    ) -> None:
        self._organisms = organisms
        self._human = organisms["human"]
        self._systems = systems
        self._names = [system.name for system in systems]
        self._seed = seed
        self._sequences = [record.residues for record in self._human]
        self._products = tasks.profile_products(self._human)

    def text(self) -> str:
        known, unknown = self._known(), self._strangers()
        answers, truths = self._asked([*known, *unknown])
        families, _ = self._asked(list(tasks.left_out_families(self._human, FAMILIES)))
        return "\n".join(
            [
                "## Accuracy\n",
                self._rightness(answers, truths),
                self._standing(answers, truths),
                self._unknowns(answers),
                self._left_out(families),
            ]
        )

    def _known(self) -> list[Round]:
        rounds = []
        for seed in SPLIT_SEEDS:
            reference, queries = tasks.split(self._human, seed)
            asked = [tasks.labelled(f"split {seed}", queries)]
            if seed == SPLIT_SEEDS[0]:
                asked += tasks.variations(queries, self._seed)
            else:
                asked += tasks.substitutions(queries, self._seed, ", other splits")
            rounds.append(Round(reference, asked))
        clusters = profile_clusters(self._sequences)
        rounds += tasks.held_out("held out, profiles", self._human, clusters)
        if not mmseqs_missing():
            clusters = mmseqs_clusters(self._sequences)
            rounds += tasks.held_out("held out, MMseqs2", self._human, clusters)
        return rounds

    def _strangers(self) -> list[Round]:
        others = [
            tasks.labelled(organism, records)
            for organism, records in self._organisms.items()
            if organism != "human"
        ]
        return [Round(self._human, [*others, *tasks.strangers(self._human, self._seed)])]

    def _asked(self, rounds: Sequence[Round]) -> tuple[Answers, Truths]:
        """All answers, those of a task of several rounds one after the other."""
        answers: Answers = {name: {} for name in self._names}
        truths: Truths = {}
        for number, each in enumerate(rounds, start=1):
            for task in each.tasks:
                truths.setdefault(task.name, []).extend(task.truth)
            for system in self._systems:
                started = time.monotonic()
                for task, found in _answers(system, each):
                    answers[system.name].setdefault(task.name, []).extend(found)
                seconds = time.monotonic() - started
                _log.info("round %d of %d: %s %.0f s", number, len(rounds), system.name, seconds)
        return answers, truths

    def _rightness(self, answers: Answers, truths: Truths) -> str:
        """Right answers of all queries, called or not."""
        known = _known_tasks(truths)
        rows = [["queries", *(f"{len(truths[name]):,}" for name in known)]]
        rows.append(["commonest family", *(_figure(_commonest(truths[name])) for name in known)])
        for system, found in answers.items():
            scores = [score(found[name], truths[name]) for name in known]
            rows.append([system, *(_figure(each.right) for each in scores)])
        return (
            "Share of queries whose best guess is right, called or not; no hit counts as wrong."
            f" 5% and 10%: so many of the bases substituted, in {tasks.DRAWS} draws; of split 42,"
            " and of the two others."
            " A peer's guess is its best hit's family. Held out: whole clusters of relatives, by"
            f" profiles linked above {LINK} or by MMseqs2 on the longest open stretches"
            f" (`{CLUSTERING}`), {FOLDS} folds.\n\n" + table(["", *known], rows)
        )

    def _standing(self, answers: Answers, truths: Truths) -> str:
        """What is called, how much of that is right, and whether confidences are honest."""
        known = _known_tasks(truths)
        head = ["called / right of the called / ECE", *known]
        rows = []
        for system, found in answers.items():
            scores = [score(found[name], truths[name]) for name in known]
            rows.append([system, *(_standing(each) for each in scores)])
        return (
            f"What each stands by: GeneKin's calls, a peer's hits of E-value {SIGNIFICANT} or less."
            f" ECE: expected calibration error of all confidences, {BINS} bins.\n\n"
            + table(head, rows)
        )

    def _unknowns(self, answers: Answers) -> str:
        """What is called of sequences that have no family at all."""
        rows = [
            [system, *(_figure(called(found[name])) for name in ("random", "shuffled"))]
            for system, found in answers.items()
        ]
        head = ["called, wrongly", "random DNA", "shuffled genes"]
        return (
            f"{tasks.STRANGERS:,} random sequences of the data's composition and lengths, and as"
            " many genes with their letters shuffled: share that is called.\n\n" + table(head, rows)
        )

    def _left_out(self, answers: Answers) -> str:
        """What is called of the members of a family that the library has not."""
        calls = [
            _together({name: _calls(each) for name, each in found.items()})
            for found in answers.values()
        ]
        head = ["family left out", "members", "", *self._names]
        rows = []
        for kind, parts in self._without_relatives(answers).items():
            for name, chosen in _together(parts).items():
                shares = [
                    _figure(float(each[name][chosen].mean())) if chosen.any() else "–"
                    for each in calls
                ]
                rows.append([name, kind, f"{chosen.sum():,}", *shares])
        return (
            "Members of a family that is left out of the library whole: share that is called,"
            " always wrongly; of all of them, and of those that have no relative in the other"
            " families, as some proteins of other families are true relatives. (Where a peer's own"
            " hits say so, its share is 0 by definition.)\n\n" + table(head, rows)
        )

    def _without_relatives(self, answers: Answers) -> dict[str, dict[str, NDArray[np.bool_]]]:
        """Members of each family by whether they have relatives in the others."""
        numbers = np.array([family(record) for record in self._human])
        far = f"profile products ≤ {LINK}"
        kinds: dict[str, dict[str, NDArray[np.bool_]]] = {"all": {}, far: {}}
        for number in np.unique(numbers).tolist():
            products = self._products[np.ix_(numbers == number, numbers != number)]
            kinds["all"][FAMILIES[number]] = np.ones(len(products), dtype=np.bool_)
            kinds[far][FAMILIES[number]] = products.max(axis=1) <= LINK
        tellers = [name for name in (BLASTN.name, DIAMOND.name) if name in answers]
        if tellers:
            kinds[f"no hit of {' or '.join(tellers)}"] = {
                name: ~np.any([_calls(answers[teller][name]) for teller in tellers], axis=0)
                for name in answers[tellers[0]]
            }
        return kinds


def _known_tasks(truths: Truths) -> list[str]:
    """Tasks whose queries have a family; the splits first."""
    known = [name for name, truth in truths.items() if None not in truth]
    return sorted(known, key=lambda name: not name.startswith("split"))


def _together(parts: Mapping[str, NDArray[np.bool_]]) -> dict[str, NDArray[np.bool_]]:
    """The parts, and all of them as one more."""
    return {**parts, "all of these": np.concatenate(list(parts.values()))}


def _answers(system: System, each: Round) -> Iterator[tuple[Task, list[Answer]]]:
    with system.against(each.reference) as answering:
        for task in each.tasks:
            yield task, answering(task.queries)


def score(answers: Sequence[Answer], truth: Sequence[int | None]) -> Score:
    """Answers held against the truth."""
    pairs = zip(answers, truth, strict=True)
    right = np.array(
        [answer.family is not None and answer.family == true for answer, true in pairs]
    )
    calls = _calls(answers)
    sure = [answer.confidence for answer in answers if answer.confidence is not None]
    return Score(
        right=float(right.mean()),
        called=float(calls.mean()),
        called_right=float(right[calls].mean()) if calls.any() else float("nan"),
        error=calibration_error(np.array(sure), right) if len(sure) == len(answers) else None,
    )


def called(answers: Sequence[Answer]) -> float:
    """Share of the queries that are called."""
    return float(_calls(answers).mean())


def _calls(answers: Sequence[Answer]) -> NDArray[np.bool_]:
    return np.array([answer.called for answer in answers], dtype=np.bool_)


def _commonest(truth: Sequence[int | None]) -> float:
    numbers = [number for number in truth if number is not None]
    return float(np.bincount(numbers).max() / len(numbers))


def _standing(each: Score) -> str:
    error = "–" if each.error is None else _figure(each.error)
    return f"{_figure(each.called)} / {_figure(each.called_right)} / {error}"


def _figure(share: float) -> str:
    return f"{share:.4f}".removeprefix("0")


if __name__ == "__main__":
    main()
