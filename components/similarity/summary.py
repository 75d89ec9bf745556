"""Sentences that sum up a comparison of organisms."""

from components.shared.formatting import escape_markdown, pluralize
from core.similarity import Comparison, Similarity

_MAX_NAMED = 5
"""Organisms that a sentence names."""


def headline(comparison: Comparison, organism: str) -> str:
    """Say in Markdown which organisms are closest to an organism."""
    pairs = comparison.rank_against(organism)
    name = _capitalize(organism)
    first, *others = pairs
    if not others:
        return (
            f"{_capitalize(first.organism)} genes match {escape_markdown(organism)} genes at"
            f" {first.mean:.2f}, on a scale from 0 to 1."
        )
    if first.estimate.overlaps(others[0].estimate):
        sentence = (
            f"{name} genes are about as close to {_with_mean(first)} as to {_with_mean(others[0])}"
        )
    elif len(others) == 1:
        return f"{name} genes are closer to {_with_mean(first)} than to {_with_mean(others[0])}."
    else:
        sentence = (
            f"{name} genes are closest to {_with_mean(first)}, then to {_with_mean(others[0])}"
        )
    rest = [_with_mean(pair) for pair in others[1 : _MAX_NAMED - 1]]
    if len(others) >= _MAX_NAMED:
        rest.append(f"{len(others) - _MAX_NAMED + 1:,} more")
    return f"{sentence}{''.join(f', then {part}' for part in rest)}."


def explanation(comparison: Comparison, organism: str) -> str:
    """Say in Markdown how the values of :func:`headline` are computed."""
    pairs = comparison.rank_against(organism)
    genes = ", ".join(
        f"{pair.n:,} of {escape_markdown(pair.organism)}" for pair in pairs[:_MAX_NAMED]
    )
    if len(pairs) > _MAX_NAMED:
        genes += f" and of {len(pairs) - _MAX_NAMED:,} more"
    others = pluralize(len(pairs[0].reference_genes), "gene")
    return (
        f"Mean best-hit cosine similarity ({comparison.encoder} encoder): each gene ({genes}) is"
        f" compared with all {others} of {escape_markdown(organism)}, and the similarities of the"
        " best hits are averaged. This is not the percent identity of genomes."
    )


def _with_mean(pair: Similarity) -> str:
    return f"{escape_markdown(pair.organism)} ({pair.mean:.2f})"


def _capitalize(organism: str) -> str:
    return escape_markdown(organism[:1].upper() + organism[1:])
