"""The routes of the API, a file a subject. Each ends its transaction before it answers; none holds a rule."""
