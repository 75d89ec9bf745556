"""Classification: from the candidates of a query to its family, with a calibrated confidence."""
