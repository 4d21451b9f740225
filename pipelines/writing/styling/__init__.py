"""The parts of `pipelines.writing.style`: one module a setting."""
