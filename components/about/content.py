"""Texts of the Help page. Pure."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from core import __version__


@cache
def section(name: str) -> str:
    """Return the section of the page that is in a file of this name, as Markdown."""
    return Path(__file__).with_name(f"{name}.md").read_text(encoding="utf-8")


def citation(year: int) -> str:
    """Return an entry for a bibliography, in BibTeX."""
    return (
        "@software{genekin,\n"
        "  title   = {GeneKin: gene families of DNA sequences, with the evidence},\n"
        f"  version = {{{__version__}}},\n"
        f"  year    = {{{year}}}\n"
        "}"
    )


def library_facts(
    name: str, encoder: str, fingerprint: str, threshold: float, genes: Mapping[str, int]
) -> dict[str, str]:
    """Return the facts of a library that a publication should state.

    Parameters
    ----------
    genes
        Number of genes by organism.
    """
    organisms = ", ".join(f"{organism} ({count:,})" for organism, count in genes.items())
    return {
        "Library": name,
        "Genes": f"{sum(genes.values()):,}",
        "Organisms": organisms,
        "Encoder": encoder,
        "Fingerprint": fingerprint,
        "Confidence threshold": f"{threshold:.1%}",
    }
