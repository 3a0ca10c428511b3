"""What a lesson that has not opened yet holds back is no date of the student's, anywhere."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lms.common import clock
from lms.courses.models import CoursePage
from lms.enrolments.actions import save_group
from lms.planner import actions
from lms.planner.selectors import feed_token
from lms.plans.actions import Entry as Planned
from lms.progress.dates import Standing
from lms.tenants.scope import provider_scope
from tests.cast import forget_cached
from tests.lms.assessments.making import assessment
from tests.lms.certificates.making import complete, course, enrol, lessons_of
from tests.lms.homework.making import hand_in, homework
from tests.lms.learning import lesson, module, reader
from tests.lms.planner.making import entries
from tests.lms.plans.making import lesson_entry, plan

NOW = datetime(2026, 10, 21, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def opens_itself(school):
    """A lesson that opens tomorrow."""
    one = lessons_of(school.course)[0]
    type(one).objects.filter(pk=one.pk).update(release_at=clock.now() + DAY)
    return one


def opens_with_its_module(school):
    """A lesson in a module that opens a day after the student has enrolled."""
    part = module(CoursePage.objects.get(pk=school.course.pk))
    one = lesson(part)
    type(part).objects.filter(pk=part.pk).update(release_after_days=1)
    return one


def shown(school, words, on):
    """{where: whether these words are there} for carol."""
    forget_cached()
    planner = actions.renew_feed(school.carol, actor=school.carol, at=clock.now())
    paths = {
        "dashboard": "/learn/",
        "to-do": "/learn/todo/",
        "calendar": f"/learn/calendar/?view=week&on={on:%Y-%m-%d}",
        "feed": f"/calendars/{feed_token(planner)}.ics",
    }
    browser, found = reader(school.carol), {}
    for where, path in paths.items():
        answer = browser.get(path)
        assert answer.status_code == 200, path
        found[where] = words in answer.content.decode()
    return found


def made(school, kind, one, due):
    if kind == "homework":
        return homework(school, title="Hidden moons", lesson=one, due_at=due)
    return assessment(school, title="Hidden moons", lesson=one, closes_at=due)


@pytest.mark.parametrize("way", [opens_itself, opens_with_its_module])
@pytest.mark.parametrize("kind", ["homework", "assessment"])
def test_it_comes_up_once_its_lesson_opens(night_class, way, kind):
    one, due = way(night_class), clock.now() + 2 * DAY
    row = made(night_class, kind, one, due)
    assert not any(shown(night_class, "Hidden moons", due).values())
    single = f"/learn/calendar/{kind}-{row.pk}.ics"
    assert reader(night_class.carol).get(single).status_code == 404
    with clock.later(days=1, minutes=1):
        assert all(shown(night_class, "Hidden moons", due).values())
        assert reader(night_class.carol).get(single).status_code == 200


def test_what_was_handed_in_before_stays_in_the_calendar(night_class):
    row = homework(night_class, lesson=lessons_of(night_class.course)[0])
    hand_in(night_class, row)
    assert opens_itself(night_class).pk == row.lesson_id
    assert entries(night_class, now=clock.now()) == []
    (done,) = entries(night_class, now=clock.now(), done=True)
    assert (done.key, done.standing) == (f"homework-{row.pk}", Standing.DONE)


# Where it is the day before yet, and where it is the day itself.
@pytest.mark.parametrize("now", [NOW + timedelta(hours=17), NOW + DAY])
def test_a_course_starts_by_the_readers_day(night_class, now):
    """On that day, it is still to come: a calendar reminds of it in the morning."""
    with provider_scope(night_class.acme):
        rows = CoursePage.objects.filter(pk=night_class.course.pk)
        rows.update(pacing="scheduled", starts_on=(NOW + DAY).date())
    night_class.carol.time_zone = "Pacific/Honolulu"
    night_class.carol.save()
    key = f"course-{night_class.course.pk}-starts"
    with clock.stopped_at(now):
        planner = actions.renew_feed(night_class.carol, actor=night_class.carol, at=now)
        told = reader().get(f"/calendars/{feed_token(planner)}.ics").content.decode()
        assert f'data-key="{key}"' in reader(night_class.carol).get("/learn/todo/").content.decode()
    assert key in told and "BEGIN:VALARM" in told
    with clock.stopped_at(now + 2 * DAY):
        page = reader(night_class.carol).get("/learn/todo/").content.decode()
    assert f'data-key="{key}"' not in page


@pytest.mark.parametrize("kind", ["homework", "assessment"])
def test_what_belongs_to_a_lesson_comes_up_in_its_turn(night_class, kind):
    """Where lessons open in order; a plan that names it says nothing of it sooner."""
    CoursePage.objects.filter(pk=night_class.course.pk).update(in_order=True)
    first, second = lessons_of(night_class.course)[:2]
    due = clock.now() + 2 * DAY
    row = made(night_class, kind, second, due)
    steps = [Planned((kind, row.pk), due_at=due + DAY), lesson_entry(second, due_at=due)]
    plan(night_class, steps, students=[night_class.seats["carol"]])
    assert not any(shown(night_class, "Hidden moons", due).values())
    (later,) = entries(night_class, now=clock.now())  # a lesson is named in the outline
    assert (later.title, later.standing, later.url) == (second.title, Standing.LATER, "")
    complete(night_class.seats["carol"], [first])
    assert all(shown(night_class, "Hidden moons", due).values())


@pytest.mark.parametrize("lesson_too", [False, True])
def test_nothing_is_to_do_before_ones_group_starts(night_class, lesson_too):
    starts, due = clock.now() + 3 * DAY, clock.now() + 5 * DAY
    one = lessons_of(night_class.course)[0] if lesson_too else None
    homework(night_class, title="Hidden moons", lesson=one, due_at=due)
    plan(night_class, [lesson_entry(lessons_of(night_class.course)[1])],
         students=[night_class.seats["carol"]])  # fmt: skip
    with provider_scope(night_class.acme):
        save_group(
            night_class.course,
            name="Spring",
            members=[night_class.seats["carol"]],
            actor=night_class.alice,
            dates=(starts, starts + 30 * DAY),
        )
    assert not any(shown(night_class, "Hidden moons", due).values())
    (start,) = entries(night_class, now=clock.now())
    assert (start.label, start.at, start.url) == ("Your group starts", starts, "")
    assert shown(night_class, "Your group starts", starts)["to-do"]
    with clock.later(days=3, minutes=1):
        assert all(shown(night_class, "Hidden moons", due).values())
        assert "Your group starts" not in [
            one.label for one in entries(night_class, now=clock.now())
        ]
    with clock.later(days=34):
        assert entries(night_class, now=clock.now()) == []  # the group's time is over


def test_closed_lessons_cost_the_same_in_one_course_and_in_many(night_class, carol):
    def cost():
        carol.get("/learn/todo/")
        with CaptureQueriesContext(connection) as found:
            carol.get("/learn/todo/")
        return len(found)

    def closes_its_work(page):
        school = replace(night_class, course=page)
        for one in lessons_of(page):
            homework(school, lesson=one, due_at=clock.now() + DAY)

    CoursePage.objects.filter(pk=night_class.course.pk).update(in_order=True, opens_by_plan=True)
    closes_its_work(night_class.course)
    few = cost()
    for number in range(3):
        page = course(
            night_class.acme, title=f"Deep {number}", lessons=2, in_order=True, opens_by_plan=True,
            instructors=[night_class.alice],
        )  # fmt: skip
        enrol(night_class.carol, page)
        closes_its_work(page)
    assert cost() == few
