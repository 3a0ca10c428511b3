"""Announcements, from the desk to the students' pages and mail."""

from datetime import timedelta

import pytest
from django.core import mail
from django.test import TestCase

from lms.common import clock
from lms.enrolments.actions import save_group
from lms.teaching import tasks
from lms.teaching.models import Announcement
from lms.tenants.scope import provider_scope
from tests.cast import forget_cached
from tests.lms.certificates.making import lessons_of
from tests.lms.learning import reader

pytestmark = pytest.mark.django_db


def announce(school, who=None, **typed):
    typed = {"title": "No class on Friday", "text": "We meet on Monday.", **typed}
    with TestCase.captureOnCommitCallbacks(execute=True):
        path = f"/desk/{school.course.pk}/announcements/new/"
        return reader(who or school.alice).post(path, typed)


def pages_of(school, who):
    """The dashboard and a lesson, as that student sees them."""
    forget_cached()
    (lesson, *_rest) = lessons_of(school.course)
    browser = reader(school.seats[who].student)
    paths = ("/learn/", f"/learn/{school.course.pk}/{lesson.pk}/")
    return [browser.get(path).content.decode() for path in paths]


def row_of(school):
    with provider_scope(school.acme):
        return Announcement.objects.get()


def test_students_get_a_mail_and_see_it_until_they_put_it_away(school):
    assert announce(school).status_code == 302
    assert sorted(one.to[0] for one in mail.outbox) == ["carol@example.org", "dave@example.org"]
    assert "We meet on Monday." in mail.outbox[0].body
    assert all("We meet on Monday." in html for html in pages_of(school, "carol"))
    path = f"/learn/news/{row_of(school).pk}/dismiss/"
    assert reader(school.carol).post(path, {"back": "/learn/"}).url == "/learn/"
    assert not any("We meet on Monday." in html for html in pages_of(school, "carol"))
    assert all("We meet on Monday." in html for html in pages_of(school, "dave"))


def test_a_scheduled_one_waits_for_its_moment_and_ends_with_its_last(school):
    day = clock.now() + timedelta(days=2)
    at, until = (one.strftime("%Y-%m-%dT%H:%M") for one in (day, day + timedelta(days=1)))
    announce(school, publish_at=at, expires_at=until)
    assert not mail.outbox and tasks.publish_due() == 0
    assert not any("Monday" in html for html in pages_of(school, "carol"))
    with clock.later(days=2, minutes=1):
        with TestCase.captureOnCommitCallbacks(execute=True):
            assert tasks.publish_due() == 1
        assert tasks.publish_due() == 0
        assert len(mail.outbox) == 2
        assert all("Monday" in html for html in pages_of(school, "carol"))
    with clock.later(days=3, minutes=1):
        assert not any("Monday" in html for html in pages_of(school, "carol"))


def test_one_for_a_group_reaches_nobody_else(school):
    seat = school.seats["dave"]
    with provider_scope(school.acme):
        group = save_group(school.course, name="Late", members=[seat], actor=school.alice)
    announce(school, group=group.pk)
    assert [one.to for one in mail.outbox] == [["dave@example.org"]]
    assert not any("Monday" in html for html in pages_of(school, "carol"))
    assert all("Monday" in html for html in pages_of(school, "dave"))
    path = f"/learn/news/{row_of(school).pk}/dismiss/"
    assert reader(school.carol).post(path).status_code == 404


def test_it_can_be_changed_withdrawn_and_shown_again_and_writes_to_nobody_twice(school):
    announce(school)
    row, browser = row_of(school), reader(school.alice)
    path = f"/desk/{school.course.pk}/announcements/{row.pk}/"
    with TestCase.captureOnCommitCallbacks(execute=True):
        changed = browser.post(path, {"title": "Moved", "text": "We meet on Tuesday."})
    assert changed.status_code == 302
    assert all("Tuesday" in html for html in pages_of(school, "carol"))
    browser.post(f"{path}withdraw/")
    assert not any("Tuesday" in html for html in pages_of(school, "carol"))
    with TestCase.captureOnCommitCallbacks(execute=True):
        browser.post(f"{path}withdraw/", {"again": "1"})
    assert all("Tuesday" in html for html in pages_of(school, "carol"))
    assert len(mail.outbox) == 2


def test_only_who_manages_students_announces(school):
    assert announce(school, school.bob).status_code == 404
    assert announce(school, school.carol).status_code == 404
    assert announce(school, title="").status_code == 422
    ends = (clock.now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    assert announce(school, expires_at=ends).status_code == 422
    assert not mail.outbox


def test_a_worker_that_was_stopped_goes_on_after_the_last_mail(school, monkeypatch):
    sent = []

    def send(row, seat):
        sent.append(seat.student.email)
        if len(sent) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr("lms.teaching.notifications.send_announcement", send)
    with pytest.raises(KeyboardInterrupt):
        announce(school)
    tasks.tell(str(school.acme.pk), row_of(school).pk)
    assert sorted(set(sent)) == ["carol@example.org", "dave@example.org"]
    assert len(sent) == 3
