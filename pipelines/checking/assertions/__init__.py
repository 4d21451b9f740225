"""Sentences as assertions, which can be compared: who, what, with which polarity and certainty, how many, when."""
