"""What was left half done, or could stop the rest: mails, notes, what is ticked on the roster."""

from datetime import timedelta
from smtplib import SMTPRecipientsRefused

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.test import TestCase

from lms.common import clock
from lms.teaching import actions, notifications, tasks
from lms.teaching.models import Announcement, Note
from lms.tenants.scope import provider_scope
from tests.lms.learning import reader

pytestmark = pytest.mark.django_db


def announce(school):
    """Said, and told to nobody yet."""
    typed = {"title": "No class on Friday", "text": "We meet on Monday."}
    with TestCase.captureOnCommitCallbacks():
        path = f"/desk/{school.course.pk}/announcements/new/"
        assert reader(school.alice).post(path, typed).status_code == 302
    return row_of(school)


def row_of(school):
    with provider_scope(school.acme):
        return Announcement.objects.get()


def tell(school, row):
    return tasks.tell(str(school.acme.pk), row.pk)


def in_turn(school):
    """The addresses, in the order they are written to."""
    seats = sorted(school.seats.values(), key=lambda one: one.pk)
    return [one.student.email for one in seats]


def told():
    return [one.to[0] for one in mail.outbox]


# --- Announcements --------------------------------------------------------------------------------


def test_one_told_to_only_some_is_gone_on_with_by_the_clock(school, monkeypatch):
    row, send = announce(school), notifications.send_announcement

    def stopped(row, seat):
        if mail.outbox:
            raise KeyboardInterrupt
        send(row, seat)

    with monkeypatch.context() as broken:
        broken.setattr(notifications, "send_announcement", stopped)
        with pytest.raises(KeyboardInterrupt):
            tell(school, row)
    assert told() == in_turn(school)[:1] and row_of(school).told_at is None
    with clock.stopped_at(row.publish_at + timedelta(minutes=9)):
        tasks.publish_due()
        assert len(told()) == 1  # its worker may be at it still
    with clock.stopped_at(row.publish_at + timedelta(minutes=11)):
        assert tasks.publish_due() == 0
        tasks.publish_due()
    assert told() == in_turn(school)
    assert row_of(school).told_at is not None


def test_one_that_no_worker_heard_of_is_told_by_the_clock(school):
    row = announce(school)
    with clock.stopped_at(row.publish_at + timedelta(minutes=11)):
        tasks.publish_due()
    assert told() == in_turn(school)


def test_one_that_was_withdrawn_is_told_no_further(school):
    row = announce(school)
    reader(school.alice).post(f"/desk/{school.course.pk}/announcements/{row.pk}/withdraw/")
    with clock.stopped_at(row.publish_at + timedelta(minutes=11)):
        tasks.publish_due()
    assert told() == []


def test_an_address_that_is_refused_does_not_cost_the_others_theirs(school, monkeypatch):
    row, (refused, other) = announce(school), in_turn(school)
    send = EmailBackend.send_messages

    def pick(self, messages):
        if messages[0].to == [refused]:
            raise SMTPRecipientsRefused({refused: (550, b"No such user")})
        return send(self, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", pick)
    assert tell(school, row) == 1
    assert told() == [other]
    assert row_of(school).told_at is not None


def test_two_workers_at_once_write_to_nobody_twice(school, monkeypatch):
    row, send, other = announce(school), notifications.send_announcement, []

    def meanwhile(row, seat):
        other.append(tell(school, row))
        send(row, seat)

    monkeypatch.setattr(notifications, "send_announcement", meanwhile)
    assert tell(school, row) == 2
    assert other == [0, 0]
    assert told() == in_turn(school)


# --- Notes and the roster -------------------------------------------------------------------------


def test_a_note_that_was_removed_is_gone_once_that_can_not_be_undone(school):
    seat, at = school.seats["carol"], clock.now()
    with provider_scope(school.acme):
        kept = actions.note(seat, "Likes maps", actor=school.bob, at=at)
        gone = actions.note(seat, "Works at night", actor=school.bob, at=at)
        actions.remove_note(gone, actor=school.bob, at=at)

    def notes(**later):
        with clock.stopped_at(at + timedelta(**later)):
            tasks.count_all()
        with provider_scope(school.acme):
            return set(Note.objects.values_list("pk", flat=True))

    assert notes(hours=23) == {kept.pk, gone.pk}
    assert notes(hours=25) == {kept.pk}


@pytest.mark.parametrize("key", ["²", "①", "1" * 30, "-1", ""])
def test_a_group_that_is_no_number_is_none(school, key):
    told = {"seat": [str(school.seats["carol"].pk)], "deed": f"group:{key}"}
    answer = reader(school.alice).post(f"/desk/{school.course.pk}/students/bulk/", told)
    assert answer.status_code == 302
