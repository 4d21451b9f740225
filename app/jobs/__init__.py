"""The worker: durable jobs on DBOS. The web imports `dispatch` alone, which knows no DBOS."""
