"""Compiling note programs: demonstrations, metric, optimizers, and what leaks from a demonstration into a note."""
