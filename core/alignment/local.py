"""Local alignment with affine gaps by PyOpal, in pieces between anchors where that is as good.

PyOpal finds scores with SIMD instructions, but paths without: twenty times as slow for two similar
genes. So only the ends of an alignment, and what lies between the ungapped segments that two
sequences share, are aligned. If the pieces add up to the best score, no alignment is better.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import product
from typing import Final, Literal, NamedTuple, Self, TypeAlias

import numpy as np
import pyopal
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scoring_matrices.lib import ScoringMatrix

Letters: TypeAlias = NDArray[np.uint8]
Path: TypeAlias = NDArray[np.int64]
_Algorithm: TypeAlias = Literal["sw", "nw"]

_SMALL = 100_000
"""Pairs of letters up to which a whole path is found as fast as its pieces."""
_TRIMMED = 10, 100
"""Letters at both ends of a segment that are no part of its anchor, as the best gap may be there:
a few, or more where that fails, as in repeats."""
_RUN = 6
"""Similar letters in a row before and after an anchor: no best alignment ends among them."""
_OVERFLOW: Final = "simple"
"""PyOpal's way to go on after a score that does not fit a narrow integer. Its default, by buckets,
is no faster here and does not free the query's profile: PyOpal 0.7.3 leaks 70 bytes a letter."""
_FIRST_LETTER = ord("A")
_CIGAR = re.compile(r"(\d+)([MID])")
"""Blocks of an alignment: I has letters of the query alone, D of the reference."""


class _Anchor(NamedTuple):
    """A part of two sequences without gaps: its starts, its letters, the score of its segment."""

    start: int
    other: int
    length: int
    score: int

    @property
    def end(self) -> int:
        return self.start + self.length

    @property
    def other_end(self) -> int:
        return self.other + self.length

    @property
    def shift(self) -> int:
        return self.other - self.start

    def follows(self, anchor: Self) -> bool:
        return self.start >= anchor.end and self.other >= anchor.other_end


class LocalAligner:
    """Finds best local alignments; other threads go on meanwhile.

    Parameters
    ----------
    scores
        float32, shape (letters, letters): score of each letter against each other.
    gap_open, gap_extend
        Scores of the first letter of a gap and of every further one.
    """

    def __init__(self, scores: NDArray[np.float32], gap_open: float, gap_extend: float) -> None:
        self._scores = scores
        self._gap_open = gap_open
        self._gap_extend = gap_extend

    def align(
        self, query: Letters, references: Sequence[Letters], segments: Sequence[NDArray[np.int64]]
    ) -> list[tuple[Path, float]]:
        """Return the path and the score of the best local alignment with each reference.

        Parameters
        ----------
        query, references
            Letters as numbers, uint8; at least one pair of them has a positive score.
        segments
            Ungapped segments that the query shares with each reference, int64, shape (n, 4): first
            letter in the query and in the reference, from 0, letters, and score.

        Returns
        -------
        list of (path, score)
            The path is int64, shape (2, n): the boundaries of its blocks, in letters of the query
            and of the reference, from 0.
        """
        large = [n for n, letters in enumerate(references) if query.size * letters.size > _SMALL]
        best = self._best_scores(query, [references[number] for number in large])
        found: dict[int, tuple[Path, float]] = {}
        for trimmed, (number, score) in product(_TRIMMED, zip(large, best, strict=True)):
            if number not in found:
                anchors = self._anchors(query, references[number], segments[number], trimmed)
                stitched = self._stitch(query, references[number], self._chain(anchors))
                if stitched is not None and stitched[1] == score:
                    found[number] = stitched
        others = [number for number in range(len(references)) if number not in found]
        paths = self._paths(query, [references[number] for number in others])
        found.update(zip(others, paths, strict=True))
        return [found[number] for number in range(len(references))]

    def _stitch(
        self, query: Letters, reference: Letters, anchors: Sequence[_Anchor]
    ) -> tuple[Path, float] | None:
        """Return the best path through the anchors, and its score; None if there is none."""
        if not anchors:
            return None
        first, last = anchors[0], anchors[-1]
        left, score = self._paths(query[: first.start], [reference[: first.other]])[0]
        right, right_score = self._paths(query[last.end :], [reference[last.other_end :]])[0]
        if left[:, -1].tolist() != [first.start, first.other] or right[:, 0].any():
            return None
        inner, inner_score = self._join(query, reference, anchors)
        path = np.hstack([left, inner, _shift(right, last.end, last.other_end)])
        return _merge_blocks(path), score + inner_score + right_score

    def _join(
        self, query: Letters, reference: Letters, anchors: Sequence[_Anchor]
    ) -> tuple[Path, float]:
        """Return the boundaries from the first anchor to the last, and the score."""
        blocks, score = list[Path](), 0.0
        end, other_end = anchors[0][:2]
        for anchor in anchors:
            between, between_score = self._align_ends(
                query[end : anchor.start], reference[other_end : anchor.other]
            )
            blocks.append(_shift(between, end, other_end))
            end, other_end = anchor.end, anchor.other_end
            blocks.append(np.array([[end], [other_end]]))
            ungapped = self._scores[query[anchor.start : end], reference[anchor.other : other_end]]
            score += between_score + float(ungapped.sum())
        return np.hstack(blocks), score

    def _align_ends(self, query: Letters, reference: Letters) -> tuple[Path, float]:
        """Align all letters of both, of which one may have none."""
        if query.size and reference.size:
            return self._paths(query, [reference], "nw")[0]
        path = np.array([[0, query.size], [0, reference.size]])
        return path, self._gap_score(query.size + reference.size)

    def _anchors(
        self, query: Letters, reference: Letters, segments: NDArray[np.int64], trimmed: int
    ) -> Iterator[_Anchor]:
        """Yield the part of each segment between two runs of similar letters, not at its ends."""
        for start, other, length, score in segments.tolist():
            low, high, shift = start + trimmed, start + length - trimmed, other - start
            if high - low < 2 * _RUN:
                continue
            similar = self._scores[query[low:high], reference[low + shift : high + shift]] > 0
            runs = low + np.flatnonzero(sliding_window_view(similar, _RUN).all(axis=1))
            if runs.size and runs[-1] - runs[0] >= _RUN:
                first, stop = int(runs[0]) + _RUN, int(runs[-1])
                yield _Anchor(first, first + shift, stop - first, score)

    def _chain(self, anchors: Iterable[_Anchor]) -> list[_Anchor]:
        """Return anchors that one alignment may have, chosen by score, in order.

        They follow each other in both sequences, and are worth the gap between them.
        """
        chosen: list[_Anchor] = []
        for anchor in sorted(anchors, key=lambda anchor: -anchor.score):
            if all(
                (anchor.follows(other) or other.follows(anchor))
                and anchor.score + self._gap_score(anchor.shift - other.shift) > 0
                for other in chosen
            ):
                chosen.append(anchor)
        return sorted(chosen)

    def _gap_score(self, letters: int) -> float:
        return self._gap_open + (abs(letters) - 1) * self._gap_extend if letters else 0.0

    def _best_scores(self, query: Letters, references: Sequence[Letters]) -> list[float]:
        database = self._database(references)
        found = self._opal.align(
            _text(query), database, mode="score", overflow=_OVERFLOW, algorithm="sw"
        )
        return [float(result.score) for result in found]

    def _paths(
        self, query: Letters, references: Sequence[Letters], algorithm: _Algorithm = "sw"
    ) -> list[tuple[Path, float]]:
        """Return paths and scores: local ones, or of all letters ("nw")."""
        database = self._database(references)
        found = self._opal.align(
            _text(query), database, mode="full", overflow=_OVERFLOW, algorithm=algorithm
        )
        return [(_path(result), float(result.score)) for result in found]

    def _database(self, references: Sequence[Letters]) -> pyopal.Database:
        return pyopal.Database(map(_text, references), alphabet=self._alphabet)

    @cached_property
    def _alphabet(self) -> str:
        """The letters that stand for numbers, since those of PyOpal are from A to Z."""
        return "".join(chr(_FIRST_LETTER + code) for code in range(len(self._scores)))

    @cached_property
    def _opal(self) -> pyopal.Aligner:
        matrix = ScoringMatrix(self._scores.tolist(), self._alphabet)
        # A gap of n letters costs its opening and n - 1 extensions.
        opening, extension = round(-self._gap_open), round(-self._gap_extend)
        return pyopal.Aligner(matrix, gap_open=opening, gap_extend=extension)


def _shift(path: Path, letters: int, other_letters: int) -> Path:
    shifted: Path = path + np.array([[letters], [other_letters]])
    return shifted


def _merge_blocks(path: Path) -> Path:
    """Remove the boundaries between blocks of the same kind."""
    steps = np.diff(path)
    path = path[:, np.insert(steps.any(axis=0), 0, True)]
    kinds = np.sign(np.diff(path))
    inner = (kinds[:, 1:] != kinds[:, :-1]).any(axis=0)
    return path[:, np.concatenate([[True], inner, [True]])]


def _text(letters: Letters) -> bytes:
    return (letters + _FIRST_LETTER).tobytes()


def _path(found: pyopal.FullResult) -> Path:
    """Return the boundaries of an alignment's blocks."""
    steps = [(found.query_start, found.target_start)]
    steps += [
        (int(count) * (kind != "D"), int(count) * (kind != "I"))
        for count, kind in _CIGAR.findall(found.cigar())
    ]
    return np.cumsum(np.array(steps, dtype=np.int64), axis=0).T
