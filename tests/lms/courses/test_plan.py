"""Published courses and the school's plan: drafts are free, publishing needs a place."""

from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse

from home.tasks import publish_due
from lms.common import clock
from lms.courses.models import CoursePage
from lms.tenants.limits import LimitReached
from lms.tenants.models import Provider, Tier
from tests.lms.courses.authoring import admin_of, author, course, edit_url, said, school, send
from tests.lms.learning import reader

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme():
    """A school with room for one published course."""
    provider = school()
    small = Tier.objects.create(code="small", name="Small", position=9, courses=1)
    Provider.objects.filter(pk=provider.pk).update(tier=small)
    return Provider.objects.get(pk=provider.pk)


@pytest.fixture
def alice(acme):
    return author(acme)


def is_live(page):
    return CoursePage.objects.get(pk=page.pk).live


def test_publishing_beyond_the_plan_keeps_the_draft_and_says_what_to_do(acme, alice):
    course(acme, alice, "First").save_revision().publish()
    second = course(acme, alice, "Second")
    answer = send(alice, edit_url(second), title="Second, better", action_publish="1")
    assert "move to a larger plan" in said(answer)
    assert not is_live(second)
    latest = CoursePage.objects.get(pk=second.pk).get_latest_revision_as_object()
    assert latest.title == "Second, better"


def test_no_other_way_publishes_it_either(acme, alice):
    course(acme, alice, "First").save_revision().publish()
    second = course(acme, alice, "Second")
    with pytest.raises(LimitReached):
        second.save_revision().publish()
    assert not is_live(second)


def test_what_is_published_can_be_edited_when_the_plan_is_full(acme, alice):
    first = course(acme, alice, "First")
    first.save_revision().publish()
    send(alice, edit_url(first), title="First, better", action_publish="1")
    assert CoursePage.objects.get(pk=first.pk).title == "First, better"


def test_unpublishing_makes_room(acme, alice):
    first, second = course(acme, alice, "First"), course(acme, alice, "Second")
    first.save_revision().publish()
    CoursePage.objects.get(pk=first.pk).unpublish()
    second.save_revision().publish()
    assert is_live(second)


def test_a_schedule_without_room_is_held_back_and_stops_no_other(
    acme, alice, django_capture_on_commit_callbacks
):
    course(acme, alice, "First").save_revision().publish()
    globex = school("globex")
    waiting = [course(acme, alice, "Second"), course(globex, admin_of(globex), "Elsewhere")]
    for page in waiting:
        page.go_live_at = clock.now() - timedelta(minutes=1)
        page.save_revision(approved_go_live_at=page.go_live_at)
    with django_capture_on_commit_callbacks(execute=True):
        publish_due()
    assert [is_live(page) for page in waiting] == [False, True]
    (told,) = [message for message in mail.outbox if "Not published" in message.subject]
    assert told.to == ["acme-admin@example.org"]
    publish_due()
    assert len([message for message in mail.outbox if "Not published" in message.subject]) == 1


def test_the_plan_page_shows_what_is_used(acme, alice):
    course(acme, alice, "First").save_revision().publish()
    page = reader(admin_of(acme)).get(reverse("plan")).content.decode()
    assert "1 of 1" in page
    assert "Enterprise" in page


def test_instructors_do_not_see_the_plan(acme, alice):
    assert reader(alice).get(reverse("plan")).status_code == 302
