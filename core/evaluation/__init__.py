"""How often methods are right: splits of labelled sequences, methods, measures, a report."""
