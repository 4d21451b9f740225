"""The extractive engine: a DSPy engine without a model, which selects and rewrites sentences of its prompt."""
