"""Several tabs at once, real threads and real transactions."""

import threading
import time

import pytest
from django.db import connections, transaction

from lms.common import clock
from lms.enrolments.models import Enrolment
from lms.events import subscribe, unsubscribe
from lms.progress import actions, events
from lms.progress.models import LessonProgress
from lms.tenants.scope import provider_scope
from tests.cast import person
from tests.lms.certificates.making import course, enrol, lessons_of, school

pytestmark = pytest.mark.django_db(transaction=True)


def together(enrolment, *deeds):
    """All of them at once, in the provider's scope; the errors they ended with."""
    errors = []

    def run(deed):
        try:
            with provider_scope(enrolment.provider_id):
                deed()
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[deed]) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def completing(enrolment, one):
    mine = Enrolment.objects.get(pk=enrolment.pk)
    actions.complete_lesson(mine, one, actor=mine.student, at=clock.now())


def test_tabs_completing_the_same_and_the_last_lessons_complete_the_course_once():
    page = course(school(), lessons=2)
    enrolment, (first, last) = enrol(person("carol"), page), lessons_of(page)
    heard = []
    subscribe(events.COURSE_COMPLETED, heard.append)
    try:
        deeds = [lambda one=one: completing(enrolment, one) for one in [first, last] * 4]
        assert together(enrolment, *deeds) == []
    finally:
        unsubscribe(events.COURSE_COMPLETED, heard.append)
    assert len(heard) == 1
    with provider_scope(enrolment.provider_id):
        assert LessonProgress.objects.filter(completed_at__isnull=False).count() == 2


def test_a_lesson_opened_in_one_tab_while_it_is_completed_in_another_lets_both_through():
    page = course(school())
    enrolment, (one,) = enrol(person("carol"), page), lessons_of(page)
    opened = threading.Event()

    def opening():
        with transaction.atomic():
            LessonProgress.objects.create(
                enrolment=enrolment, lesson=one, lesson_title="", opened_at=clock.now()
            )
            opened.set()
            time.sleep(0.5)  # the other tab waits for this row by now

    def closing():
        opened.wait()
        completing(enrolment, one)

    assert together(enrolment, opening, closing) == []
    with provider_scope(enrolment.provider_id):
        assert LessonProgress.objects.get().is_completed
