"""What a student's pages say of their dates, for fixtures and for Hypothesis."""

import re
from typing import Any
from zoneinfo import ZoneInfo

from lms.progress.dates import Entry, dates_of
from lms.tenants.scope import provider_scope
from tests.lms.homework.making import Class

UTC = ZoneInfo("UTC")


def parts(page: str) -> dict[str, list[str]]:
    """{part: the keys of its entries} of a to-do list."""
    return {
        name: re.findall('data-key="([^"]+)"', rest.split("</section>")[0])
        for name, rest in re.findall(r'data-part="(\w+)">(.*?</section>)', page, re.S)
    }


def days(page: str) -> dict[str, list[str]]:
    """{day: the keys of its entries} of a calendar, days without any left out."""
    found = {}
    for chunk in page.split('data-day="')[1:]:
        if keys := re.findall('data-key="([^"]+)"', chunk):
            found[chunk[:10]] = keys
    return found


def entries(school: Class, who: str = "carol", *, now: Any, done: bool = False) -> list[Entry]:
    with provider_scope(school.acme):
        return dates_of(getattr(school, who), now=now, zone=UTC, done=done)


def titles(found: list[Entry]) -> list[str]:
    return [one.title for one in found]
