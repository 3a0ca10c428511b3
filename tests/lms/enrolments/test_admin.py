"""What the Wagtail admin refuses and says about courses with students."""

import pytest
from django.urls import reverse

from lms.courses.models import CoursePage, LessonPage
from tests.cast import person
from tests.lms.certificates.making import course, enrol, lessons_of, school
from tests.lms.learning import reader

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme():
    return school()


@pytest.fixture
def olga():
    return reader(person("olga", is_superuser=True, is_staff=True))


def text(response):
    return response.content.decode()


def test_a_course_with_students_is_not_deleted_and_the_author_is_told_why(acme, olga):
    page = course(acme)
    enrol(person("carol"), page)
    response = olga.post(reverse("wagtailadmin_pages:delete", args=[page.pk]), follow=True)
    assert "can&#x27;t be deleted" in text(response) or "can't be deleted" in text(response)
    assert CoursePage.objects.filter(pk=page.pk).exists()


def test_a_course_without_students_can_be_deleted(acme, olga):
    page = course(acme)
    olga.post(reverse("wagtailadmin_pages:delete", args=[page.pk]))
    assert not CoursePage.objects.filter(pk=page.pk).exists()


def test_bulk_deletion_spares_courses_with_students(acme, olga):
    page = course(acme)
    enrol(person("carol"), page)
    path = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "delete"])
    olga.post(f"{path}?id={page.pk}", follow=True)
    assert CoursePage.objects.filter(pk=page.pk).exists()


@pytest.mark.parametrize("bulk", [False, True])
def test_unpublishing_a_course_with_all_below_it_leaves_its_lessons_published(acme, olga, bulk):
    page = course(acme, lessons=2)
    path = (
        reverse("wagtail_bulk_action", args=["wagtailcore", "page", "unpublish"])
        + f"?id={page.pk}&next=/cms/"
        if bulk
        else reverse("wagtailadmin_pages:unpublish", args=[page.pk])
    )
    response = olga.post(path, {"include_descendants": "on"}, follow=True)
    page.refresh_from_db()
    assert not page.live
    assert all(one.live for one in lessons_of(page))
    assert "students who are enrolled keep their access" in text(response)


def test_unpublishing_a_whole_school_takes_its_courses_off_but_not_their_lessons(acme, olga):
    page = course(acme)
    path = reverse("wagtailadmin_pages:unpublish", args=[acme.page.pk])
    olga.post(path, {"include_descendants": "on"})
    page.refresh_from_db()
    assert not page.live
    assert LessonPage.objects.child_of(page).live().exists()


def test_a_course_with_students_does_not_move_to_another_provider(acme, olga):
    page = course(acme)
    enrol(person("carol"), page)
    globex = school("globex")
    path = reverse("wagtailadmin_pages:move_confirm", args=[page.pk, globex.page.pk])
    olga.post(path)
    page.refresh_from_db()
    assert page.is_descendant_of(acme.page)


def test_a_limit_below_the_seats_given_is_pointed_out(acme, olga, rf):
    from django.contrib.messages.storage.base import BaseStorage

    from lms.enrolments.wagtail_hooks import tell_of_lowered_limit

    page = course(acme, enrolment_limit=2)
    enrol(person("carol"), page)
    enrol(person("dave"), page)
    page.enrolment_limit = 1
    page.save_revision().publish()

    class Kept(BaseStorage):
        def _get(self, *args, **kwargs):
            return [], True

        def _store(self, messages, response, *args, **kwargs):
            return []

    request = rf.get("/")
    request._messages = Kept(request)
    from lms.tenants.scope import provider_scope

    with provider_scope(acme):
        tell_of_lowered_limit(request, page)
    (message,) = request._messages._queued_messages
    assert "2 students are enrolled, more than the limit of 1" in str(message)
