"""Hypothesis strategies for DNA sequences."""

from hypothesis import strategies as st

# Mostly bases, so that there are k-mers; stop codons occur by chance.
dna = st.text(st.sampled_from("ACGT" * 8 + "NRYU"), max_size=200)
plain_dna = st.text("ACGT", max_size=200)
codons = st.lists(st.sampled_from(["TAA", "AAA", "GCC", "GCN", "ATG", "A", "C"]), max_size=40).map(
    "".join
)
sequences = dna | plain_dna | codons
