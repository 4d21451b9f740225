"""The job tables take ids and nothing that anybody said."""

from datetime import UTC, datetime

import pytest

from app.jobs.serializer import ContentError, IdsOnly

TAKEN = [
    "5f0c2c1e-1111-4222-8333-944455556666", "process", 3, 2.5, True, None, ["a", {"run": 1}],
    datetime(2026, 3, 2, 15, tzinfo=UTC),
]  # fmt: skip


@pytest.mark.parametrize("value", TAKEN)
def test_ids_numbers_and_times_come_back(value: object) -> None:
    kept = IdsOnly()

    assert kept.deserialize(kept.serialize({"args": [value], "kwargs": {}})) == {"args": [value], "kwargs": {}}


@pytest.mark.parametrize("value", ["I felt sad", "x" * 81, b"sound", {"said so": 1}, [["my mother called"]], object()])
def test_what_could_be_content_is_refused_and_not_shown(value: object) -> None:
    with pytest.raises(ContentError) as refused:
        IdsOnly().serialize({"args": [value], "kwargs": {}})

    assert "mother" not in str(refused.value)
    assert "sad" not in str(refused.value)


def test_of_an_exception_its_type_alone_is_kept() -> None:
    kept = IdsOnly().serialize(ValueError("the client said that she"))

    assert "client" not in kept
    assert "ValueError" in str(IdsOnly().deserialize(kept))
