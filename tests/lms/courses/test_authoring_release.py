"""Drafts on their way to students: publishing, moderation, schedules."""

import json
from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from django_q.models import Schedule
from django_q.scheduler import scheduler

from home.schedules import PUBLISH_SCHEDULED
from lms.courses.models import LessonPage
from tests.lms.courses.authoring import (
    admin_of,
    author,
    course,
    draft_lesson,
    edit_url,
    latest,
    said,
    school,
    send,
)
from tests.lms.learning import module, reader

pytestmark = pytest.mark.django_db
HALF = [{"type": "video", "value": {"media": None, "url": "", "title": "Soon"}}]


@pytest.fixture
def acme():
    return school()


@pytest.fixture
def alice(acme):
    return author(acme)


@pytest.fixture
def nina(acme):
    """Teaches at acme, not approved yet."""
    return author(acme, "nina", approved=False)


def is_live(page):
    return type(page).objects.get(pk=page.pk).live


def test_a_course_is_published_with_all_its_lessons(acme, alice):
    page = course(acme, alice)
    part = module(page, live=False)
    lessons = [draft_lesson(part, alice), draft_lesson(page, alice, "Reef knot")]
    answer = send(alice, edit_url(page), action_publish="with-lessons")
    assert all(is_live(one) for one in (page, part, *lessons))
    assert "3 pages" in said(answer)


def test_publishing_a_course_alone_leaves_its_lessons(acme, alice):
    page = course(acme, alice)
    waiting = draft_lesson(page, alice)
    send(alice, edit_url(page), action_publish="action-publish")
    assert is_live(page)
    assert not is_live(waiting)


def test_newer_versions_of_live_lessons_are_published_too(acme, alice):
    page = course(acme, alice)
    known = draft_lesson(page, alice)
    known.get_latest_revision().publish()
    known = LessonPage.objects.get(pk=known.pk)
    known.title = "Bowline, again"
    known.save_revision(user=alice)
    send(alice, edit_url(page), action_publish="with-lessons")
    assert LessonPage.objects.get(pk=known.pk).title == "Bowline, again"


def test_incomplete_lessons_are_held_back_by_name(acme, alice):
    page = course(acme, alice)
    half = draft_lesson(page, alice, "Half a lesson")
    LessonPage.objects.filter(pk=half.pk).update(body=json.dumps(HALF))
    half = LessonPage.objects.get(pk=half.pk)
    half.save_revision(clean=False)
    answer = send(alice, edit_url(page), action_publish="with-lessons")
    assert not is_live(half)
    assert "Half a lesson" in said(answer)


def test_lessons_locked_by_somebody_else_are_held_back(acme, alice):
    page = course(acme, alice)
    locked = draft_lesson(page, alice, "Under repair")
    reader(admin_of(acme)).post(reverse("wagtailadmin_pages:lock", args=[locked.pk]))
    answer = send(alice, edit_url(page), action_publish="with-lessons")
    assert not is_live(locked)
    assert "Under repair" in said(answer)


def test_who_may_publish_is_not_offered_moderation(acme, alice):
    html = reader(alice).get(edit_url(course(acme, alice))).content.decode()
    assert 'name="action-publish"' in html
    assert 'name="action-submit"' not in html


def test_new_instructors_are_offered_moderation_instead_of_publishing(acme, nina):
    html = reader(nina).get(edit_url(course(acme, nina))).content.decode()
    assert 'name="action-publish"' not in html
    assert 'name="action-submit"' in html


def test_new_instructors_can_t_publish_by_a_forged_form(acme, nina):
    page = course(acme, nina)
    waiting = draft_lesson(page, nina)
    send(nina, edit_url(page), action_publish="with-lessons")
    assert not is_live(page)
    assert not is_live(waiting)


def test_submitting_a_course_tells_the_admins_and_gives_them_the_task(acme, nina):
    page = course(acme, nina)
    send(nina, edit_url(page), action_submit="action-submit")
    assert [one.to for one in mail.outbox] == [["acme-admin@example.org"]]
    assert "Knots" in mail.outbox[0].subject + mail.outbox[0].body
    home = reader(admin_of(acme)).get(reverse("wagtailadmin_home")).content.decode()
    assert home.index("Awaiting your review") < home.index('class="school"')
    assert ">in moderation<" in home.partition('class="school"')[2]
    assert not is_live(page)


def test_another_school_s_admin_hears_nothing_of_it(acme, nina):
    other = admin_of(school("globex"))
    send(nina, edit_url(course(acme, nina)), action_submit="action-submit")
    assert [other.email] not in [one.to for one in mail.outbox]
    home = reader(other).get(reverse("wagtailadmin_home")).content.decode()
    assert "Knots" not in home


def decide(user, page, decision, comment=""):
    """Send the form that an admin decides a task with."""
    page = type(page).objects.get(pk=page.pk)
    state = page.current_workflow_task_state
    url = reverse("wagtailadmin_pages:workflow_action", args=[page.pk, decision, state.pk])
    return reader(user).post(url, {"comment": comment}, follow=True)


def test_approval_publishes_and_tells_the_author(acme, nina):
    page = course(acme, nina)
    send(nina, edit_url(page), action_submit="action-submit")
    mail.outbox.clear()
    decide(admin_of(acme), page, "approve")
    assert is_live(page)
    assert ["nina@example.org"] in [one.to for one in mail.outbox]


def test_rejection_tells_the_author_why(acme, nina):
    page = course(acme, nina)
    send(nina, edit_url(page), action_submit="action-submit")
    mail.outbox.clear()
    decide(admin_of(acme), page, "reject", "Please add a reef knot.")
    assert not is_live(page)
    told = [one for one in mail.outbox if one.to == ["nina@example.org"]]
    assert "Please add a reef knot." in told[0].body
    answer = reader(nina).get(edit_url(page))
    assert "Acme-Admin asks for changes. “Please add a reef knot.”" in said(answer)


def test_resubmitting_a_course_is_silent_about_lessons_that_still_wait(acme, nina):
    page = course(acme, nina)
    waiting = draft_lesson(page, nina)
    send(nina, edit_url(page), action_submit="with-lessons")
    decide(admin_of(acme), page, "reject", "A cover, please.")
    answer = send(nina, edit_url(page), action_submit="with-lessons")
    assert "Left as they were" not in said(answer)
    assert LessonPage.objects.get(pk=waiting.pk).workflow_in_progress


def test_a_course_is_submitted_and_approved_with_all_its_lessons(acme, nina):
    page = course(acme, nina)
    part = module(page, live=False)
    type(part).objects.filter(pk=part.pk).update(owner=nina)
    waiting = draft_lesson(part, nina)
    send(nina, edit_url(page), action_submit="with-lessons")
    for one in (page, part, waiting):
        assert type(one).objects.get(pk=one.pk).workflow_in_progress
    html = reader(admin_of(acme)).get(edit_url(page)).content.decode()
    assert html.count(">in moderation<") == 2
    send(admin_of(acme), edit_url(page), action_publish="with-lessons")
    assert all(is_live(one) for one in (page, part, waiting))
    assert not type(waiting).objects.get(pk=waiting.pk).workflow_in_progress


def test_publishing_what_waits_approves_it_and_tells_the_author(acme, nina):
    page = course(acme, nina)
    send(nina, edit_url(page), action_submit="action-submit")
    mail.outbox.clear()
    send(admin_of(acme), edit_url(page), action_publish="action-publish")
    assert is_live(page)
    assert [one.to for one in mail.outbox] == [["nina@example.org"]]


def test_what_was_rejected_is_submitted_again(acme, nina):
    page = course(acme, nina)
    waiting = draft_lesson(page, nina)
    send(nina, edit_url(page), action_submit="with-lessons")
    for one in (page, waiting):
        decide(admin_of(acme), one, "reject", "Too short.")
    send(nina, edit_url(page), action_submit="with-lessons")
    assert LessonPage.objects.get(pk=waiting.pk).workflow_in_progress


def scheduled(page, **times):
    page = type(page).objects.get(pk=page.pk)
    for name, when in times.items():
        setattr(page, name, when)
    page.save_revision().publish()
    return page


def test_set_up_has_the_worker_publish_by_the_clock():
    for _again in range(2):
        call_command("set_up")
    schedule = Schedule.objects.get(name=PUBLISH_SCHEDULED)
    assert (schedule.schedule_type, schedule.minutes, schedule.repeats) == ("I", 1, -1)


def test_times_are_those_of_the_author_s_time_zone(acme):
    tomoko = author(acme, "tomoko", time_zone="Asia/Tokyo")
    page = course(acme, tomoko)
    send(tomoko, edit_url(page), go_live_at="2099-01-02 08:00")
    assert latest(page).go_live_at.isoformat() == "2099-01-01T23:00:00+00:00"


def test_the_worker_publishes_what_is_due(acme, alice, monkeypatch):
    page = scheduled(course(acme, alice), go_live_at=timezone.now() + timedelta(hours=1))
    assert not is_live(page)
    _work(monkeypatch, hours=2)
    assert is_live(page)


def test_the_worker_takes_away_what_has_expired(acme, alice, monkeypatch):
    page = scheduled(course(acme, alice), expire_at=timezone.now() + timedelta(hours=1))
    assert is_live(page)
    _work(monkeypatch, hours=2)
    assert not is_live(page)


def _work(monkeypatch, *, hours):
    """What django-q2's worker does some hours from now; its queue is immediate in tests."""
    call_command("set_up")
    Schedule.objects.exclude(name=PUBLISH_SCHEDULED).delete()
    later = timezone.now() + timedelta(hours=hours)
    monkeypatch.setattr(timezone, "now", lambda: later)
    scheduler()


def test_times_of_going_live_and_expiring_are_in_the_forms(acme, alice):
    page = course(acme, alice)
    for one in (page, module(page), draft_lesson(page, alice)):
        html = reader(alice).get(edit_url(one)).content.decode()
        assert 'name="go_live_at"' in html
        assert 'name="expire_at"' in html
