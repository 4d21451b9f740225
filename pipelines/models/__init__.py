"""Model files: the table, where they come from, whether the bytes are right."""
