"""Source to draft: the DSPy program, the extractive engine, what surrounds them."""
