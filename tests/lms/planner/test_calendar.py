"""The calendar: days as the reader counts them, and the way about in it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from lms.common import clock
from lms.planner import actions
from tests.lms.homework.making import hand_in, homework
from tests.lms.learning import reader
from tests.lms.planner.making import days

NOW = datetime(2026, 10, 21, 12, tzinfo=UTC)


def text(answer):
    assert answer.status_code == 200, answer
    return answer.content.decode()


def zone(person, name, language="en"):
    person.time_zone, person.language = name, language
    person.save()


@pytest.mark.parametrize(
    ("place", "day"),
    [
        ("UTC", "2026-10-24"),
        ("Europe/Berlin", "2026-10-25"),  # the night the clocks are put back
        ("Pacific/Honolulu", "2026-10-24"),
        ("Pacific/Kiritimati", "2026-10-25"),
    ],
)
def test_a_date_stands_under_the_readers_day(night_class, carol, place, day):
    row = homework(night_class, due_at=datetime(2026, 10, 24, 22, 30, tzinfo=UTC))
    zone(night_class.carol, place)
    with clock.stopped_at(NOW):
        found = days(text(carol.get("/learn/calendar/?on=2026-10-01")))
        agenda = days(text(carol.get("/learn/calendar/?view=week&on=2026-10-24")))
    assert found == {day: [f"homework-{row.pk}"]}
    assert agenda == found


def test_both_hours_of_the_night_the_clocks_go_back_are_told_apart(night_class, carol):
    first, second = (
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
    )
    for at in (first, second):
        homework(night_class, due_at=at)
    zone(night_class.carol, "Europe/Berlin")
    with clock.stopped_at(NOW):
        page = text(carol.get("/learn/calendar/?view=week&on=2026-10-25"))
    assert 'datetime="2026-10-25T02:30:00+02:00"' in page
    assert 'datetime="2026-10-25T02:30:00+01:00"' in page


def test_a_note_stands_on_its_day_wherever_its_writer_is(night_class, carol):
    note = actions.add_note(
        night_class.carol, "Pack", date(2026, 10, 25), actor=night_class.carol, at=NOW
    )
    for place in ("Pacific/Honolulu", "Pacific/Kiritimati"):
        zone(night_class.carol, place)
        with clock.stopped_at(NOW):
            assert days(text(carol.get("/learn/calendar/"))) == {"2026-10-25": [f"note-{note.pk}"]}


@pytest.mark.parametrize(("language", "first"), [("en", "2026-09-28"), ("ar", "2026-09-26")])
def test_a_week_begins_as_it_does_in_the_readers_language(night_class, carol, language, first):
    zone(night_class.carol, "UTC", language)
    page = text(carol.get("/learn/calendar/?on=2026-10-21"))
    assert page.split('data-day="')[1].startswith(first)


def test_what_is_done_stays_in_the_calendar(night_class, carol):
    row = homework(night_class, due_at=clock.now() + timedelta(hours=1))
    hand_in(night_class, row)
    page = text(carol.get("/learn/calendar/?view=week"))
    assert f'todo__row--done" data-key="homework-{row.pk}"' in page
    assert f"homework-{row.pk}" not in text(carol.get("/learn/todo/"))


def test_a_day_with_much_leads_to_its_week(night_class, carol):
    for _ in range(5):
        homework(night_class, due_at=NOW)
    with clock.stopped_at(NOW):
        page = text(carol.get("/learn/calendar/"))
        assert len(days(page)["2026-10-21"]) == 3
        assert "All 5 dates" in page
        assert len(days(text(carol.get("/learn/calendar/?view=week")))["2026-10-21"]) == 5


@pytest.mark.parametrize(
    "query", ["on=nonsense", "on=0001-01-01", "on=9999-12-31", "view=year", "on=2026-02-30", "on="]
)
def test_nonsense_in_the_address_is_today(carol, query):
    with clock.stopped_at(NOW):
        assert 'data-day="2026-10-21"' in text(carol.get(f"/learn/calendar/?{query}"))


@pytest.mark.parametrize("on", ["1971-01-01", "2199-12-31"])
@pytest.mark.parametrize("view", ["month", "week"])
def test_it_can_be_turned_to_the_ends_of_time(carol, on, view):
    assert carol.get(f"/learn/calendar/?on={on}&view={view}").status_code == 200


def test_nobody_sees_anybody_elses_dates(night_class):
    from lms.homework import actions as of_homework
    from tests.lms.homework.making import settled

    row = homework(night_class, assigned=False, title="For Dave", due_at=clock.now())
    with settled(night_class):
        of_homework.choose(row, [night_class.seats["dave"]], actor=night_class.alice)
        of_homework.assign(row, actor=night_class.alice, at=clock.now())
    for path in ("/learn/calendar/", "/learn/todo/", "/learn/"):
        assert "For Dave" not in text(reader(night_class.carol).get(path))
        assert "For Dave" in text(reader(night_class.dave).get(path))
    own = f"/learn/calendar/homework-{row.pk}.ics"
    assert reader(night_class.carol).get(own).status_code == 404
    assert reader(night_class.dave).get(own).status_code == 200
