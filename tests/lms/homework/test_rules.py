"""Deadlines, lateness, penalties and what counts as done."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.homework import rules
from lms.homework.rules import Terms

DUE = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)

moments = st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))
spans = st.timedeltas(timedelta(0), timedelta(days=40))
percents = st.decimals(0, 100, places=2)


@given(due=moments, grace=spans, after=spans)
def test_the_deadline_is_on_time_and_the_moment_after_it_is_late(due, grace, after):
    terms = Terms(due_at=due, grace=grace)
    assert not rules.is_late(terms, due + grace)
    assert rules.is_late(terms, due + grace + after + SECOND)
    assert rules.accepts(terms, due + grace + after)
    assert not rules.accepts(
        Terms(due_at=due, grace=grace, late_policy=rules.CUT_OFF), due + grace + SECOND
    )


@given(due=moments, grace=spans, more=spans, at=moments)
def test_an_extension_is_exact_and_replaces_due_date_and_grace(due, grace, more, at):
    terms = Terms(due_at=due, grace=grace, extended_to=due + more)
    assert rules.is_late(terms, at) == (at > due + more)


def test_nothing_is_late_without_a_due_date():
    assert not rules.is_late(Terms(late_policy=rules.CUT_OFF), DUE)
    assert rules.days_late(Terms(), DUE) == 0


@pytest.mark.parametrize(
    ("late", "days"),
    [
        (timedelta(0), 0),
        (timedelta(minutes=30), 0),  # within the grace
        (timedelta(minutes=31), 1),
        (timedelta(days=1), 1),
        (timedelta(days=1, seconds=1), 2),
        (timedelta(days=30), 30),
    ],
)
def test_every_day_begun_since_the_due_date_counts(late, days):
    terms = Terms(
        due_at=DUE,
        grace=timedelta(minutes=30),
        late_policy=rules.PENALTY,
        penalty_per_day=Decimal("7.5"),
    )
    assert rules.days_late(terms, DUE + late) == days
    assert rules.penalty(terms, DUE + late) == min(Decimal(100), Decimal("7.5") * days)


@given(points=st.decimals(0, 9999, places=2), percent=percents)
def test_penalties_are_exact_and_never_leave_the_range(points, percent):
    left = rules.after_penalty(points, percent)
    assert 0 <= left <= points
    assert abs(left - points * (100 - percent) / 100) <= Decimal("0.005")
    assert rules.after_penalty(points, Decimal(0)) == points
    assert rules.after_penalty(points, Decimal(100)) == 0


def test_who_may_hand_in_again():
    def may(rule, graded, complete):
        return rules.may_submit_again(rule, graded=graded, complete=complete)

    assert may(rules.ALWAYS, True, True)
    assert may(rules.UNTIL_GRADED, False, None)
    assert may(rules.UNTIL_GRADED, True, False)
    assert not may(rules.UNTIL_GRADED, True, True)
    assert not may(rules.UNTIL_GRADED, True, None)
    assert not may(rules.NEVER, False, None)
