"""Files for Schemathesis to send: what their bytes may be, no schema can say."""

import gzip

import schemathesis
from hypothesis import strategies as st

_RECORDS = st.tuples(
    st.text("abcdefghijklmnopqrstuvwxyz0123456789_", min_size=1, max_size=20),
    st.sampled_from(["Ion channel", "Kinase", "3"]),
    st.text("ACGTRYN", min_size=60, max_size=300),
)


def _fasta(records: list[tuple[str, str, str]]) -> bytes:
    return "".join(f">{name} family={family}\n{dna}\n" for name, family, dna in records).encode()


FASTA = st.lists(_RECORDS, min_size=1, max_size=5).map(_fasta)

schemathesis.openapi.media_type("text/x-fasta", FASTA)
schemathesis.openapi.media_type("text/plain", FASTA)
schemathesis.openapi.media_type(
    "application/octet-stream", st.one_of(FASTA, FASTA.map(gzip.compress))
)
