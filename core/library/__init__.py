"""Libraries: created, loaded, searched, refitted, repaired and exported."""
