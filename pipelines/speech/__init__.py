"""Audio to transcript: decoding, voice, Whisper with its second look, channels merged into turns, the pool."""
