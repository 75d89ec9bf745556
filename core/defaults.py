"""Defaults that the services share with the options of the command line.

They stand apart from the services, so that the help of a command imports none of these.
"""

LIBRARY = "default"
"""Name of the library."""
ENCODERS = ("translated", "count")
"""Names of the encoders, the default one first."""
NEIGHBOURS = 10
"""Maximum hits of a query."""
EVALUATED_SEQUENCES = 10_000
"""Sequences of an evaluation; larger data sets are sampled."""
