"""What clocks on the wall show, and the moments they mean."""

from datetime import datetime
from zoneinfo import ZoneInfo


class SkippedTime(ValueError):
    """The clocks are put forward over this time of day: it does not exist."""


def in_zone(wall: datetime, zone: str) -> datetime:
    """The moment when clocks in `zone` (an IANA name) show `wall` (naive). Of a time that comes
    twice, the later: in the student's favour. Raises SkippedTime.
    """
    place = ZoneInfo(zone)
    moment = wall.replace(tzinfo=place, fold=1)
    if moment.astimezone(ZoneInfo("UTC")).astimezone(place).replace(tzinfo=None) != wall:
        raise SkippedTime(f"{wall} does not exist in {zone}.")
    return moment.astimezone(ZoneInfo("UTC"))


def on_the_wall(moment: datetime, zone: str) -> datetime:
    """What clocks in `zone` show at that moment, without a zone: `in_zone` turned round."""
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
