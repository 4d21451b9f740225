"""Notifications: each user's own, told once, and nothing of a session in them; on both databases."""

import pytest

from app.database.scope import Principal
from app.errors import NotFoundError
from app.work import notifications
from tests.app.conftest import Clinic


def test_each_user_finds_their_own_once_and_marks_it_read(clinic_of_two: Clinic) -> None:
    ada, ben = clinic_of_two.users["ada"], clinic_of_two.users["ben"]
    for _ in range(2):
        with clinic_of_two.service.work(Principal.system("worker")) as work:
            notifications.tell(work, ada.user_id, "draft_ready", "a")
            notifications.tell(work, ben.user_id, "draft_ready", "b")
        clinic_of_two.clock.forward(minutes=1)
    with clinic_of_two.work("ada") as work:
        [mine] = notifications.list_notifications(work, unread=True)
        assert (mine.appointment_id, mine.sentence) == ("a", notifications.SENTENCES["draft_ready"])
        assert notifications.mark_read(work, mine.id).read_at == clinic_of_two.clock.now
        assert notifications.list_notifications(work, unread=True) == ()
        notifications.tell(work, ben.user_id, "client_moved")
    with clinic_of_two.work("ben") as work:
        assert [one.kind for one in notifications.list_notifications(work)] == ["client_moved", "draft_ready"]
        with pytest.raises(NotFoundError):
            notifications.mark_read(work, mine.id)
        notifications.mark_all_read(work)
        assert notifications.list_notifications(work, unread=True) == ()
    with clinic_of_two.work("ada") as work:
        notifications.tell(work, ada.user_id, "draft_ready", "a")
        assert len(notifications.list_notifications(work)) == 2
        with pytest.raises(KeyError):
            notifications.tell(work, ada.user_id, "Client said something")
