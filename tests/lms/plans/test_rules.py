from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.plans.rules import Standing, moved, next_step, standing

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("done", "opens", "due", "expected"),
    [
        (True, NOON + HOUR, NOON - HOUR, Standing.DONE),
        (False, NOON + HOUR, None, Standing.LATER),
        (False, NOON, NOON, Standing.OPEN),
        (False, None, NOON - HOUR, Standing.OVERDUE),
        (False, None, None, Standing.OPEN),
    ],
)
def test_a_step_stands_in_one_way(done, opens, due, expected):
    assert standing(done=done, opens_at=opens, due_at=due, now=NOON) == expected


def test_what_is_next_can_be_done_now():
    assert next_step([Standing.DONE, Standing.LATER, Standing.OVERDUE, Standing.OPEN]) == 2
    assert next_step([Standing.DONE, Standing.LATER]) is None


@given(count=st.integers(0, 6), place=st.integers(-2, 8), by=st.integers(-300, 300))
def test_moving_a_step_loses_none_and_keeps_the_others_in_order(count, place, by):
    order = moved(count, place, by)
    assert sorted(order) == list(range(count))
    assert [one for one in order if one != place] == [one for one in range(count) if one != place]
