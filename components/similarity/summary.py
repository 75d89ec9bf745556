"""Sentences that sum up a comparison of organisms."""

from components.shared.formatting import escape_markdown, pluralize
from core.similarity import Comparison, Similarity

_MAX_NAMED = 5
"""Organisms that a sentence names."""


def headline(comparison: Comparison, organism: str) -> str:
    """Say in Markdown whose genes are closest to those of an organism.

    All values are of one direction: genes of the others, best hits in this organism.
    """
    first, *others = comparison.rank_against(organism)
    name = escape_markdown(organism)
    if not others:
        return (
            f"{_capitalize(first.organism)} genes match {name} genes at {first.mean:.2f}, on a"
            " scale from 0 to 1."
        )
    second, *rest = others
    if first.estimate.overlaps(second.estimate):
        sentence = (
            f"{_capitalize(first.organism)} genes ({first.mean:.2f}) are about as close to {name}"
            f" genes as {_genes(second)} are"
        )
    else:
        sentence = (
            f"{_capitalize(first.organism)} genes are closer to {name} genes ({first.mean:.2f})"
            f" than {escape_markdown(second.organism)} genes are ({second.mean:.2f})"
        )
    parts = [_genes(pair) for pair in rest[: _MAX_NAMED - 2]]
    if len(rest) > _MAX_NAMED - 2:
        parts.append(f"{len(rest) - _MAX_NAMED + 2:,} more")
    return f"{sentence}{''.join(f', then {part}' for part in parts)}."


def explanation(comparison: Comparison, organism: str) -> str:
    """Say in Markdown how the values of :func:`headline` are computed, and the other direction."""
    pairs = comparison.rank_against(organism)
    genes = ", ".join(
        f"{pair.n:,} of {escape_markdown(pair.organism)}" for pair in pairs[:_MAX_NAMED]
    )
    if len(pairs) > _MAX_NAMED:
        genes += f" and of {len(pairs) - _MAX_NAMED:,} more"
    name = escape_markdown(organism)
    reverse = ", ".join(
        f"{name} → {escape_markdown(pair.organism)}"
        f" {comparison.pairs[organism, pair.organism].mean:.2f}"
        for pair in pairs[:_MAX_NAMED]
    )
    return (
        f"Mean best-hit cosine similarity ({comparison.encoder} encoder) of genes ({genes}) with"
        f" all {pluralize(len(pairs[0].reference_genes), 'gene')} of {name}; not the percent"
        f" identity of genomes. The other way: {reverse}."
    )


def _genes(pair: Similarity) -> str:
    return f"{escape_markdown(pair.organism)} genes ({pair.mean:.2f})"


def _capitalize(organism: str) -> str:
    return escape_markdown(organism[:1].upper() + organism[1:])
