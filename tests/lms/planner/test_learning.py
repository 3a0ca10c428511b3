"""The dashboard, first steps, the history with grades and certificates, achievements."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lms.common import clock
from lms.planner import actions
from lms.planner.selectors import achievements
from lms.progress.models import LessonProgress
from lms.tenants.scope import provider_scope
from tests.cast import person
from tests.lms.certificates.making import complete, course, enrol, lessons_of, school
from tests.lms.homework.making import give_feedback, hand_in, homework
from tests.lms.learning import reader

NOW = datetime(2026, 10, 21, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def text(answer):
    assert answer.status_code == 200, answer
    return answer.content.decode()


# --- The dashboard --------------------------------------------------------------------------------


def test_it_leads_on_where_the_student_left_off(night_class, carol):
    other = course(night_class.acme, title="Deep Sky", lessons=2)
    enrol(night_class.carol, other)
    with clock.later(days=1):
        carol.get(f"/learn/{other.pk}/{lessons_of(other)[1].pk}/")
    page = text(carol.get("/learn/"))
    first = page.split('class="card continue"')[1].split("</article>")[0]
    assert f'href="/learn/{other.pk}/"' in first
    assert page.count(f'data-course="{other.pk}"') == 1
    assert f'data-course="{night_class.course.pk}"' in page


def test_it_says_what_opens(night_class, carol):
    from tests.lms.assessments.making import assessment

    row = assessment(night_class, opens_at=clock.now() + DAY, closes_at=clock.now() + 2 * DAY)
    page = text(carol.get("/learn/"))
    coming = page.split('id="upcoming"')[1].split("</section>")[0]
    assert re.findall('data-key="([^"]+)"', coming) == [f"assessment-{row.pk}-opens"]
    soon = page.split('id="due-soon"')[1].split("</section>")[0]
    assert "Nothing is due" in soon


def test_a_course_that_starts_later_comes_up(db):
    carol = person("carol")
    page = course(
        school(), pacing="scheduled", starts_on=(clock.now() + 9 * DAY).date(), title="Spring"
    )
    enrol(carol, page)
    assert f'data-key="course-{page.pk}-starts"' in text(reader(carol).get("/learn/"))


def test_first_steps_are_ticked_off_as_they_are_done_and_put_away(db):
    carol, page = person("carol"), course(school())
    browser = reader(carol)

    def done():
        found = re.search(r"(\d)/4</span>", text(browser.get("/learn/")))
        return found and int(found[1])

    assert done() == 0
    assert 'href="/join/"' in text(browser.get("/learn/"))
    enrol(carol, page)
    assert done() == 1
    browser.get(f"/learn/{page.pk}/{lessons_of(page)[0].pk}/")
    assert done() == 2
    actions.renew_feed(carol, actor=carol, at=NOW)
    assert done() == 3
    browser.post("/learn/first-steps/hide/")
    assert done() is None
    # For good, and for her alone.
    assert "Your first steps" not in text(reader(carol).get("/learn/"))
    assert "Your first steps" in text(reader(person("dave")).get("/learn/"))


# --- The history ----------------------------------------------------------------------------------


def test_the_history_has_grade_and_certificate(night_class, carol):
    row = homework(night_class, grading="points", points=Decimal(10))
    give_feedback(night_class, hand_in(night_class, row), points=Decimal(8))
    complete(night_class.seats["carol"])
    page = text(carol.get("/learn/history/"))
    assert ">80 % B<" in page
    assert re.search(r'href="/certificates/[^"]+"', page)
    # Dave's stands in his own.
    assert "80 %" not in text(reader(night_class.dave).get("/learn/history/"))


def test_a_grade_that_is_hidden_from_students_is_not_in_the_history(night_class, carol):
    from lms.grades.models import Scheme

    row = homework(night_class, grading="points", points=Decimal(10))
    give_feedback(night_class, hand_in(night_class, row), points=Decimal(8))
    with provider_scope(night_class.acme):
        Scheme.objects.create(course=night_class.course, shown=False)
    assert "80 %" not in text(carol.get("/learn/history/"))


def test_a_history_with_grades_costs_the_same_however_many_courses(night_class, carol):
    def graded():
        row = homework(night_class, grading="points", points=Decimal(10))
        give_feedback(night_class, hand_in(night_class, row), points=Decimal(8))

    graded()
    carol.get("/learn/history/")
    with CaptureQueriesContext(connection) as few:
        carol.get("/learn/history/")
    for number in range(3):
        graded()
        enrol(night_class.carol, course(night_class.acme, title=f"Course {number}"))
    carol.get("/learn/history/")  # what is kept for seconds is known again
    with CaptureQueriesContext(connection) as many:
        carol.get("/learn/history/")
    assert len(few) == len(many) <= 26


# --- Achievements ---------------------------------------------------------------------------------


def learn(night_class, *moments):
    with provider_scope(night_class.acme):
        for at in moments:
            LessonProgress.objects.create(
                enrolment=night_class.seats["carol"], lesson=None, opened_at=at, completed_at=at
            )


@pytest.mark.parametrize(
    ("zone", "current", "longest"), [("UTC", 1, 1), ("Pacific/Auckland", 2, 2)]
)
def test_a_streak_counts_the_readers_days(night_class, carol, zone, current, longest):
    # In Auckland, half a day ahead, the evening of the 19th is the 20th.
    learn(
        night_class,
        datetime(2026, 10, 19, 20, tzinfo=UTC),
        datetime(2026, 10, 21, 5, tzinfo=UTC),
    )
    night_class.carol.time_zone = zone
    night_class.carol.save()
    with clock.stopped_at(datetime(2026, 10, 21, 6, tzinfo=UTC)):
        page = text(carol.get("/learn/history/"))
    found = re.search(r'data-streak="(\d+)" data-longest="(\d+)"', page)
    assert (int(found[1]), int(found[2])) == (current, longest)


def test_handing_in_is_learning_too(night_class):
    with clock.stopped_at(NOW):
        hand_in(night_class, homework(night_class))
        with provider_scope(night_class.acme):
            assert achievements(night_class.carol).current == 1
            assert achievements(night_class.dave).current == 0


def test_the_next_of_each_kind_is_named(night_class):
    with provider_scope(night_class.acme):
        found = achievements(night_class.carol, lessons=30, completed=0, certificates=0, hours=1)
    reached = [str(one.title) for one in found.badges if one.reached]
    ahead = {str(one.title): (one.have, one.need) for one in found.badges if not one.reached}
    assert reached == ["25 lessons", "First hour"]
    assert ahead["100 lessons"] == (30, 100)
    assert ahead["First course"] == (0, 1)
