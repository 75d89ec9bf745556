"""An alignment whose figures are easy to check."""

from dataclasses import replace
from typing import Any

from core.alignment.pairwise import Alignment
from core.classification.prediction import Hit


def alignment(hit: Hit, **changes: Any) -> Alignment:
    """An alignment of nine residues and two gaps with that hit."""
    return replace(
        Alignment(
            hit=hit,
            strand="+",
            frame=1,
            score=380.0,
            bits=150.26,
            evalue=1.234e-45,
            identity=0.5,
            query_coverage=0.75,
            hit_coverage=0.6,
            query_start=1,
            query_end=27,
            hit_start=11,
            hit_end=19,
            query_letters="MKL-VVAWRY",
            midline="MK   VA  Y",
            hit_letters="MKIA-VAGHY",
            dna="",
            significant=True,
            truncated=False,
        ),
        **changes,
    )
