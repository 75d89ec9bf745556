"""What a comparison of organisms says, in sentences."""

from components.shared.formatting import escape_markdown, pluralize
from core.similarity import Comparison, Similarity

_NAMED = 5
"""Organisms that a sentence names."""


def headline(comparison: Comparison, organism: str) -> str:
    """What a reader should take away, as seen from the genes of an organism; Markdown."""
    pairs = comparison.seen_from(organism)
    name = _begun(organism)
    first, *others = pairs
    if not others:
        match = (
            f"{_begun(first.of)} genes match {escape_markdown(organism)} genes at {first.mean:.2f}"
        )
        return f"{match}, on a scale from 0 to 1."
    if first.estimate.overlaps(others[0].estimate):
        sentence = f"{name} genes are about as close to {_told(first)} as to {_told(others[0])}"
    elif len(others) == 1:
        return f"{name} genes are closer to {_told(first)} than to {_told(others[0])}."
    else:
        sentence = f"{name} genes are closest to {_told(first)}, then to {_told(others[0])}"
    more = [_told(pair) for pair in others[1 : _NAMED - 1]]
    if len(others) >= _NAMED:
        more.append(f"{len(others) - _NAMED + 1:,} more")
    return f"{sentence}{''.join(f', then {each}' for each in more)}."


def meaning(comparison: Comparison, organism: str) -> str:
    """What the figures of :func:`headline` are, and what they are not; Markdown."""
    pairs = comparison.seen_from(organism)
    genes = ", ".join(f"{pair.n:,} of {escape_markdown(pair.of)}" for pair in pairs[:_NAMED])
    if len(pairs) > _NAMED:
        genes += f" and of {len(pairs) - _NAMED:,} more"
    others = len(pairs[0].others)
    return (
        f"A figure is a mean best cosine: each gene ({genes}) is compared with all"
        f" {pluralize(others, 'gene')} of {escape_markdown(organism)}; the inner product with the nearest one"
        f" is taken, and averaged. It is of these genes, by the encoder {comparison.encoder}; it is"
        " not the percent identity of genomes."
    )


def _told(pair: Similarity) -> str:
    return f"{escape_markdown(pair.of)} ({pair.mean:.2f})"


def _begun(organism: str) -> str:
    """Its name as a sentence begins with it."""
    return escape_markdown(organism[:1].upper() + organism[1:])
