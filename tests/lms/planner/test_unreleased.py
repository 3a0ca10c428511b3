"""What a lesson that has not opened yet holds back is no date of the student's, anywhere."""

from datetime import UTC, datetime, timedelta

import pytest

from lms.common import clock
from lms.courses.models import CoursePage
from lms.planner import actions
from lms.planner.selectors import feed_token
from lms.progress.dates import Standing
from lms.tenants.scope import provider_scope
from tests.cast import forget_cached
from tests.lms.assessments.making import assessment
from tests.lms.certificates.making import lessons_of
from tests.lms.homework.making import hand_in, homework
from tests.lms.learning import lesson, module, reader
from tests.lms.planner.making import entries

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


@pytest.mark.parametrize("way", [opens_itself, opens_with_its_module])
@pytest.mark.parametrize("kind", ["homework", "assessment"])
def test_it_comes_up_once_its_lesson_opens(night_class, way, kind):
    one, due = way(night_class), clock.now() + 2 * DAY
    if kind == "homework":
        row = homework(night_class, title="Hidden moons", lesson=one, due_at=due)
    else:
        row = assessment(night_class, title="Hidden moons", lesson=one, closes_at=due)
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
