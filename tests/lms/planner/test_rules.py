from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.planner.rules import (
    Part,
    month_of,
    months_on,
    part,
    revised,
    streaks,
    week_of,
)

TODAY = date(2026, 3, 4)
DAY = timedelta(days=1)
DAYS = st.dates(date(1971, 1, 1), date(2199, 12, 31))


@pytest.mark.parametrize(
    ("ahead", "where"),
    [(-1, Part.TODAY), (0, Part.TODAY), (1, Part.WEEK), (6, Part.WEEK), (7, Part.LATER)],
)
def test_where_something_stands(ahead, where):
    assert part(TODAY + ahead * DAY, today=TODAY, overdue=False) == where
    assert part(TODAY + ahead * DAY, today=TODAY, overdue=True) == Part.OVERDUE
    assert part(None, today=TODAY, overdue=False) == Part.WHENEVER


@given(DAYS, st.integers(0, 6))
def test_a_month_is_whole_weeks_with_all_of_its_days_once(day, first):
    weeks = month_of(day, first)
    days = [one for week in weeks for one in week]
    assert all(len(week) == 7 and week[0].weekday() == first for week in weeks)
    assert days == [days[0] + number * DAY for number in range(len(days))]
    inside = [one for one in days if (one.year, one.month) == (day.year, day.month)]
    assert inside[0].day == 1
    assert (inside[-1] + DAY).day == 1
    assert all(any(one in inside for one in week) for week in weeks)


@given(DAYS, st.integers(0, 6))
def test_a_week_has_its_day_and_begins_as_it_should(day, first):
    week = week_of(day, first)
    assert day in week
    assert week[0].weekday() == first
    assert len(week) == 7


@given(DAYS, st.integers(-24, 24))
def test_turning_on_and_back_is_where_one_was(day, by):
    assert months_on(months_on(day, by), -by) == day.replace(day=1)


@given(st.sets(st.integers(-40, 0)))
def test_streaks_are_runs_of_days(numbers):
    days = {TODAY + number * DAY for number in numbers}
    current, longest = streaks(days, today=TODAY)
    # Counted another way: day by day.
    row = best = 0
    rows = {}
    for number in range(-40, 1):
        row = row + 1 if number in numbers else 0
        rows[number] = row
        best = max(best, row)
    assert longest == best
    assert current == (rows[0] or rows[-1])


@given(st.lists(st.dictionaries(st.sampled_from("abc"), st.sampled_from("xy"))))
def test_a_revision_goes_up_with_every_change_and_never_down(told):
    said = {}
    for number, digests in enumerate(told):
        before, said = said, revised(said, digests, at=str(number))
        for key, digest in digests.items():
            known = before.get(key)
            assert said[key][0] == digest
            if known is None:
                assert said[key][1] == 0
            else:
                assert said[key][1] == known[1] + (known[0] != digest)
                assert (said[key] == known) == (known[0] == digest)
        assert set(said) == set(before) | set(digests)
