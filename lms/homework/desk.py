"""What the desk's views share: a piece of homework, addresses, how the list is filtered."""

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from lms.courses.desk import Desk
from lms.tenants.requests import HouseRequest

from . import selectors
from .models import Homework
from .rules import Standing
from .states import Marked

SHOWN = {*map(str, Standing), *map(str, (Marked.ONCE, Marked.APART))}


def homework_at(request: HouseRequest, course_id: int, homework_id: int) -> tuple[Desk, Homework]:
    return selectors.homework_at_desk(request.user, course_id, homework_id, host=request.provider)


def url_of(name: str, row: Homework, *more: Any) -> str:
    return reverse(f"homework_desk:{name}", args=[row.course_id, row.pk, *more])


def filters_of(request: HouseRequest) -> tuple[str, str]:
    """(standing, stage of two markers or "", words) as the list is filtered."""
    given = request.GET if request.method != "POST" else request.POST
    chosen = given.get("show", "")
    words = given.get("q", "").strip()[:100].replace("\x00", "")
    return (chosen if chosen in SHOWN else ""), words


def query_of(chosen: str, words: str) -> str:
    return urlencode({name: value for name, value in (("show", chosen), ("q", words)) if value})
