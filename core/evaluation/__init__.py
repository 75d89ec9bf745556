"""Evaluation of methods: accuracy, calibration and speed on labelled sequences."""
