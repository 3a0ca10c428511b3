"""Time zones as people choose them: by region and city, with the difference to UTC now."""

import zoneinfo
from collections import defaultdict
from datetime import datetime
from functools import cache

from django.utils.translation import gettext as _

from lms.common import clock

# The rest of the database (Etc/GMT+3, US/Pacific, EST5EDT …) are old names of the same zones.
REGIONS = (
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)


@cache
def names() -> tuple[str, ...]:
    """The names offered, sorted: UTC and every Region/City."""
    cities = (name for name in zoneinfo.available_timezones() if name.split("/")[0] in REGIONS)
    return ("UTC", *sorted(cities))


@cache
def _zone(name: str) -> zoneinfo.ZoneInfo:
    # zoneinfo itself remembers only the last eight; a list of all would read 400 files each time.
    return zoneinfo.ZoneInfo(name)


def is_known(name: str) -> bool:
    """Whether `name` is an IANA time zone of this machine's database, old names included."""
    return name in zoneinfo.available_timezones()


def offset_label(name: str, moment: datetime) -> str:
    """The difference to UTC at `moment`, such as "UTC+05:30"."""
    offset = moment.astimezone(_zone(name)).strftime("%z")
    return f"UTC{offset[:3]}:{offset[3:5]}"


def choices(current: str = "") -> list[tuple[str, list[tuple[str, str]]]]:
    """Groups for a select: [(region, [(name, "Nairobi (UTC+03:00)"), …]), …], UTC first.

    `current` is added where it is an old name, so that a form never loses it.
    """
    moment = clock.now()
    groups: dict[str, list[tuple[str, str]]] = defaultdict(list)
    offered = names()
    if current and current not in offered and is_known(current):
        offered = (*offered, current)
    for name in offered:
        region, _slash, city = name.partition("/")
        if not city:
            region, city = _("Universal"), name
        label = city.replace("_", " ").replace("/", ", ")
        groups[region].append((name, f"{label} ({offset_label(name, moment)})"))
    return list(groups.items())
