"""The rules of the work: use cases that screens and API call. They know no web and no screen.

A use case is a function whose first argument is the `Work` it is done in: one transaction, for one principal.
"""
