from datetime import UTC, datetime, timedelta, timezone

import pytest

from lms.common import clock

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_now_is_in_utc():
    assert clock.now().utcoffset() == timedelta(0)


def test_a_stopped_clock_stands_still_and_goes_on_afterwards():
    with clock.stopped_at(NOON):
        assert clock.now() == clock.now() == NOON
    assert clock.now() > NOON


def test_a_stopped_clock_answers_in_utc_whatever_zone_it_was_given():
    with clock.stopped_at(NOON.astimezone(timezone(timedelta(hours=3)))):
        assert clock.now().tzinfo is UTC


def test_later_moves_on_from_a_stopped_clock():
    with clock.stopped_at(NOON), clock.later(days=3):
        assert clock.now() == NOON + timedelta(days=3)


def test_a_naive_moment_is_refused():
    with pytest.raises(ValueError, match="timezone-aware"), clock.stopped_at(datetime(2026, 1, 1)):
        pass
