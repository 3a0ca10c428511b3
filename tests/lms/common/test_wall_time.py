"""Reading what clocks show, and saying it."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.common import wall_time


@pytest.mark.parametrize(
    ("wall", "zone", "utc"),
    [
        (datetime(2026, 7, 1, 9), "Africa/Nairobi", datetime(2026, 7, 1, 6, tzinfo=UTC)),
        # Clocks go back from three to two: the second time is meant.
        (datetime(2026, 10, 25, 2, 30), "Europe/Berlin", datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
    ],
)
def test_wall_time_is_read_where_it_was_written(wall, zone, utc):
    assert wall_time.in_zone(wall, zone) == utc


def test_a_time_that_the_clocks_skip_is_refused():
    with pytest.raises(wall_time.SkippedTime):
        wall_time.in_zone(datetime(2026, 3, 29, 2, 30), "Europe/Berlin")


@given(
    wall=st.datetimes(datetime(2000, 1, 1), datetime(2035, 1, 1)),
    zone=st.sampled_from(["Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "UTC"]),
)
def test_wall_time_comes_back_as_it_was_written(wall, zone):
    try:
        moment = wall_time.in_zone(wall, zone)
    except wall_time.SkippedTime:
        return
    assert moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == wall
