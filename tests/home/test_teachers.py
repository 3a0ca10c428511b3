"""Teachers of the public marketplace, where its operators want to look at them first."""

import pytest
from django.core import mail

from home.actions import open_provider, set_up_marketplace
from lms.courses.actions import rebuild_listings
from lms.courses.models import CourseListing, CoursePage, TeacherApproval
from lms.courses.selectors import visible_listings
from lms.events import SYSTEM
from lms.tenants.actions import add_member
from lms.tenants.models import Role
from tests.cast import person
from tests.lms.learning import reader

pytestmark = pytest.mark.django_db
TEACHERS = "/cms/teachers/"


@pytest.fixture
def look(settings):
    settings.FLEDGE_APPROVE_TEACHERS = True


@pytest.fixture
def acme(django_capture_on_commit_callbacks):
    set_up_marketplace()
    with django_capture_on_commit_callbacks(execute=True):
        return open_provider(name="Acme", slug="acme", owner=person("ada"), actor=SYSTEM)


@pytest.fixture
def olga():
    return person("olga", is_superuser=True, is_staff=True)


@pytest.fixture
def alice(acme):
    alice = person("alice")
    add_member(provider=acme, user=alice, role=Role.INSTRUCTOR, actor=SYSTEM, approved=True)
    return alice


@pytest.fixture
def publish(acme, django_capture_on_commit_callbacks):
    def publish(title, *teachers, owner=None):
        course = CoursePage(title=title, summary=".", owner=owner, live=False)
        with django_capture_on_commit_callbacks(execute=True):
            acme.page.refresh_from_db()
            acme.page.add_child(instance=course)
            course.instructors.set(teachers)
            course.save_revision().publish()
        return course

    return publish


@pytest.fixture
def decide(olga, django_capture_on_commit_callbacks):
    def decide(move, *people, reason="", actor=None):
        with django_capture_on_commit_callbacks(execute=True):
            data = {"teacher": [user.pk for user in people], "move": move, "reason": reason}
            return reader(actor or olga).post(TEACHERS, data, follow=True)

    return decide


def listed(provider=None):
    return set(visible_listings(provider).values_list("title", flat=True))


def test_without_the_setting_nobody_is_asked(acme, alice, publish):
    publish("Knots", alice)
    assert listed() == {"Knots"}
    assert not TeacherApproval.objects.exists()


def test_a_new_teacher_waits_on_the_marketplace_and_not_at_the_school(
    look, acme, olga, alice, publish, decide
):
    course = publish("Knots", alice)
    assert listed() == set() and listed(acme) == {"Knots"}
    path = f"/acme/{course.slug}/"
    assert reader().get(path).status_code == 404
    own = reader().get(f"/{course.slug}/", headers={"Host": "acme.localhost"})
    assert own.status_code == 200
    assert "acme.localhost" in own.content.decode().split('rel="canonical"')[1][:80]
    assert sorted(message.to[0] for message in mail.outbox) == [alice.email, olga.email]
    mail.outbox.clear()
    publish("Splices", alice)
    assert not mail.outbox, "asked once"
    page = reader(olga).get(TEACHERS).content.decode()
    assert "Alice" in page and "Knots" in page and "Splices" in page
    decide("approve", alice)
    assert listed() == {"Knots", "Splices"}
    assert reader().get(path).status_code == 200
    assert mail.outbox[-1].to == [alice.email]
    publish("Hitches", alice)
    assert "Hitches" in listed()


def test_all_teachers_of_a_course_have_to_be_approved(look, alice, publish, decide):
    bob = person("bob")
    publish("Knots", alice, bob)
    decide("approve", alice)
    assert listed() == set()
    decide("approve", bob)
    assert listed() == {"Knots"}


def test_where_nobody_is_named_it_is_who_made_the_course(look, acme, alice, olga, publish, decide):
    publish("Knots", owner=alice)
    publish("News", owner=olga)
    assert listed() == {"News"}, "operators need no leave"
    decide("approve", alice)
    assert listed() == {"News", "Knots"}


def test_who_is_refused_hears_why_and_keeps_the_school(look, acme, alice, publish, decide):
    publish("Knots", alice)
    assert "Say why" in decide("refuse", alice).content.decode()
    mail.outbox.clear()
    decide("refuse", alice, reason="Copied from elsewhere.")
    assert listed() == set() and listed(acme) == {"Knots"}
    assert "Copied from elsewhere." in mail.outbox[0].body
    decide("approve", alice)
    assert listed() == {"Knots"}
    decide("refuse", alice, reason="Again.")
    assert listed() == set()


def test_what_was_listed_before_stays(settings, acme, alice, publish):
    publish("Knots", alice)
    settings.FLEDGE_APPROVE_TEACHERS = True
    rebuild_listings(lambda done, total: None)
    assert listed() == {"Knots"}
    publish("Splices", alice)
    assert listed() == {"Knots"}


def test_turning_it_off_lists_what_waited(settings, look, acme, alice, publish):
    publish("Knots", alice)
    settings.FLEDGE_APPROVE_TEACHERS = False
    rebuild_listings(lambda done, total: None)
    assert CourseListing.objects.get().visibility == "marketplace"


def test_several_are_decided_at_once_and_twice_is_once(look, alice, publish, decide):
    bob = person("bob")
    publish("Knots", alice)
    publish("Splices", bob)
    assert "2 teachers are told" in decide("approve", alice, bob).content.decode()
    mail.outbox.clear()
    assert "0 teachers are told" in decide("approve", alice).content.decode()
    assert not mail.outbox
    assert "at least one" in decide("approve").content.decode()


def test_only_operators_decide(look, acme, alice, publish, decide):
    publish("Knots", alice)
    for user in (alice, person("dora")):
        assert decide("approve", alice, actor=user).status_code in (403, 404)
    assert listed() == set()
