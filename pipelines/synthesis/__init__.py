"""Text to audio: the synthetic sessions spoken by neural voices."""
