"""The service on the web: the API, and what stands in front of API and pages. Each part is pure ASGI or FastAPI."""
