"""One rule a file; each module has one RULE and is found by itself."""
