"""Background jobs: scheduled, followed and cancelled from every process."""
