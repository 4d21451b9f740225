"""Several at once: one call, one change of a chart, four templates, one last administrator; on both databases."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from app.errors import WorkError
from app.work import calls, clients, people, practice, templates
from app.work.unit import Work
from tests.app.conftest import Clinic
from tests.app.work.recorder import recordable

AT_ONCE = 4


def outcomes(clinic: Clinic, names: list[str], act: Callable[[Work], Any]) -> Counter[str]:
    """What became of the same thing done by several in the same moment."""
    together = Barrier(len(names))

    def one(name: str) -> str:
        together.wait()
        try:
            with clinic.work(name) as work:
                act(work)
        except WorkError as error:
            return error.code
        return "done"

    with ThreadPoolExecutor(len(names)) as pool:
        return Counter(pool.map(one, names))


def test_two_tabs_start_one_call(clinic_of_two: Clinic) -> None:
    appointment_id = recordable(clinic_of_two, call=False)
    done = outcomes(clinic_of_two, ["ada"] * AT_ONCE,
                    lambda work: calls.start_call_with_transcription(work, appointment_id))  # fmt: skip
    assert done == {"done": 1, "already_in_call": AT_ONCE - 1}


def test_of_changes_of_the_same_version_one_stands(clinic_of_two: Clinic) -> None:
    client_id = clinic_of_two.clients["ada"]
    chart = {"client": {"name": "Ro Lind"}}
    done = outcomes(clinic_of_two, ["ada", "admin"] * 2, lambda work: clients.change_client(work, client_id, 1, chart))
    assert done == {"done": 1, "conflict": AT_ONCE - 1}


def test_ai_that_is_enabled_twice_at_once_brings_its_templates_once(clinic_of_two: Clinic) -> None:
    assert outcomes(clinic_of_two, ["admin"] * AT_ONCE, practice.enable_ai) == {"done": AT_ONCE}
    with clinic_of_two.work("admin") as work:
        assert len(templates.list_templates(work)) == 4


def test_of_two_administrators_who_leave_at_once_one_stays(clinic_of_two: Clinic) -> None:
    with clinic_of_two.work("admin") as work:
        people.change_role(work, clinic_of_two.users["reviewer"].user_id, "administrator")
    both = iter([clinic_of_two.users["admin"].user_id, clinic_of_two.users["reviewer"].user_id])
    done = outcomes(clinic_of_two, ["admin", "admin"], lambda work: people.deactivate(work, next(both)))
    assert done == {"done": 1, "last_administrator": 1}
