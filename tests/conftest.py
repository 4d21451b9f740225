"""What several test modules share."""

from collections.abc import Iterator

import pytest

from pipelines.workers import Cluster


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """One Ray for all tests that need it: starting it takes seconds."""
    with Cluster() as started:
        started.start()
        yield started
