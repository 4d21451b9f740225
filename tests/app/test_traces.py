"""MLflow gets what is safe, once, and nothing else; what it does not take now it gets later."""

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from app import traces
from app.database.base import new_id
from app.database.clinic import Appointment, Template
from app.database.notes import Revision, StoredNote
from app.database.operations import Trace
from app.database.scope import Principal
from app.wiring import Service
from tests.app.conftest import Clinic
from tests.app.mlflow_store import fresh

SYSTEM = Principal.system("test")


def revision_of(clinic: Clinic, origin: str = "generated", **given: object) -> str:
    """A revision of ada's, which leaves its trace."""
    ada = clinic.users["ada"]
    owner = {"practice_id": ada.practice_id, "practitioner_id": ada.user_id}
    now = clinic.clock.now
    with clinic.service.work(SYSTEM) as work:
        template = Template(id=new_id(), practice_id=ada.practice_id, name="soap", title="SOAP", base="soap",
                            elements=[{"kind": "summary"}])  # fmt: skip
        work.session.add(template)
        work.session.flush()
        appointment = Appointment(id=new_id(), client_id=clinic.clients["ada"], template_id=template.id,
                                  starts_at=now, ends_at=now, **owner)  # fmt: skip
        work.session.add(appointment)
        work.session.flush()
        note = StoredNote(id=new_id(), appointment_id=appointment.id, template_id=template.id, **owner)
        work.session.add(note)
        work.session.flush()
        fields = {"origin": origin, "source": "transcript", "format": "soap", "lm": "extractive", "program": "abc123",
                  "measures": {"seconds": 2.5, "words": {"plan": 10, "subjective": 30}}} | given  # fmt: skip
        revision = Revision(id=new_id(), appointment_id=appointment.id, note_id=note.id, number=1,
                            template_id=template.id, created_at=now, **owner, **fields)  # fmt: skip
        work.session.add(revision)
        work.session.flush()
        traces.record(work, revision)
        return revision.id


def rows(service: Service) -> list[Trace]:
    with service.work(SYSTEM) as work:
        return list(work.session.scalars(select(Trace).order_by(Trace.created_at, Trace.kind)))


def give(clinic: Clinic, revision_id: str, stars: int) -> None:
    with clinic.service.work(clinic.users["ada"]) as work:
        traces.assess(work, work.get(Revision, revision_id, "draft"), "stars", stars)


class Taken:
    """A store that takes what it is given, or is down."""

    def __init__(self) -> None:
        self.up, self.got = True, []

    def trace(self, row: Trace) -> None:
        self._take(row.kind, row.attributes)

    def assessment(self, row: Trace, made: Trace | None) -> None:
        assert made is not None
        self._take(row.kind, row.attributes)

    def _take(self, kind: str, attributes: dict[str, object]) -> None:
        if not self.up:
            raise ConnectionError
        self.got.append((kind, attributes))


def test_a_trace_holds_ids_versions_and_measures_and_withholds_what_it_does_not_know(clinic_of_two: Clinic) -> None:
    said = {"seconds": 2.5, "words": {"plan": 10, "subjective": 30}, "quote": "she cried", "unsupported": "two lines"}
    revision = revision_of(clinic_of_two, measures=said, lm="openai/a model with words")

    (row,) = rows(clinic_of_two.service)

    assert row.attributes["revision_id"] == revision
    assert row.attributes["words"] == 40
    assert row.attributes["format"] == "soap"
    assert row.attributes["withheld"] == 3
    assert not {"quote", "unsupported", "lm"} & set(row.attributes)
    assert "cried" not in json.dumps(row.attributes)


def test_what_was_put_into_a_row_by_other_ways_is_held_back_too() -> None:
    assert traces.safe({"words": 3, "subject": "Ro Vale", "format": "Ro Vale", "support": float("nan")}) == {
        "words": 3,
        "withheld": 3,
    }


def test_what_a_person_wrote_leaves_no_trace(clinic_of_two: Clinic) -> None:
    for origin in ("edited", "restored", "switched"):
        revision_of(clinic_of_two, origin)

    assert not rows(clinic_of_two.service)


def test_while_the_store_is_down_all_is_kept_and_then_sent_once_with_the_latest_stars(clinic_of_two: Clinic) -> None:
    store, service = Taken(), clinic_of_two.service
    revision = revision_of(clinic_of_two)
    give(clinic_of_two, revision, 2)
    store.up = False
    with pytest.raises(ConnectionError):
        traces.send(service, store)
    give(clinic_of_two, revision, 4)

    store.up = True
    assert traces.send(service, store) == 2
    assert traces.send(service, store) == 0

    assert [kind for kind, _ in store.got] == ["generated", "stars"]
    assert store.got[1][1] == {"value": 4}
    give(clinic_of_two, revision, 5)
    give(clinic_of_two, revision, 5)
    assert traces.send(service, store) == 1
    assert store.got[-1] == ("stars", {"value": 5})


def test_stars_that_change_while_they_are_sent_are_sent_again(clinic_of_two: Clinic) -> None:
    revision = revision_of(clinic_of_two)
    give(clinic_of_two, revision, 2)

    class Slow(Taken):
        def assessment(self, row: Trace, made: Trace | None) -> None:
            super().assessment(row, made)
            if len(self.got) == 2:
                give(clinic_of_two, revision, 5)

    store = Slow()
    traces.send(clinic_of_two.service, store)
    traces.send(clinic_of_two.service, store)

    assert [attributes.get("value") for _, attributes in store.got] == [None, 2, 5]


def test_an_assessment_is_a_number_of_a_known_name() -> None:
    for name, value in (("stars", True), ("stars", "five"), ("stars", float("inf")), ("comment", 3)):
        with pytest.raises(ValueError, match="a number"):
            traces.assess(None, None, name, value)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_mlflow_has_one_trace_and_one_assessment_whatever_is_sent_twice(
    clinic_of_two: Clinic, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    from mlflow import MlflowClient

    uri = fresh(tmp_path, tmp_path_factory)
    settings = clinic_of_two.service.settings.model_copy(update={"tracking_uri": uri})
    revision = revision_of(clinic_of_two)
    store = traces.Store(settings)
    (row,) = rows(clinic_of_two.service)
    store.trace(row)  # taken, but the worker was killed before it could say so
    for stars in (2, 2, 5):
        give(clinic_of_two, revision, stars)
        traces.send(clinic_of_two.service, store)
    star_row = rows(clinic_of_two.service)[1]
    store.assessment(star_row, row)

    client = MlflowClient(tracking_uri=uri)
    experiment = client.get_experiment_by_name(traces.EXPERIMENT)
    (trace,) = client.search_traces(locations=[experiment.experiment_id])

    assert trace.info.trace_id == traces.trace_id(revision)
    assert trace.info.trace_metadata["words"] == "40"
    assert trace.info.execution_duration == 2500
    assert [(a.name, a.value, a.source.source_type) for a in trace.info.assessments] == [("stars", 5, "HUMAN")]
    assert len(trace.data.spans) == 1
    assert not trace.info.request_preview
