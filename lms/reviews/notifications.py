"""Who hears of what, by mail: teachers of new reviews, authors of answers and of being hidden."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from django_q.tasks import async_task

from lms.courses.teachers import teachers_of
from lms.events import Happened, subscribe
from lms.tenants.letters import write_to

from . import events
from .models import Review


def written(happened: Happened) -> None:
    if happened.data["shown"]:
        _queue("tell_written", happened)


def shown(happened: Happened) -> None:
    """One that waited is new to those who teach."""
    if happened.data["waited"]:
        _queue("tell_written", happened)


def answered(happened: Happened) -> None:
    if happened.data["first"]:
        _queue("tell_answered", happened)


def hidden(happened: Happened) -> None:
    _queue("tell_hidden", happened)


def _queue(task: str, happened: Happened) -> None:
    async_task(f"lms.reviews.tasks.{task}", str(happened.provider_id), happened.row.pk)


def send_written(review: Review) -> None:
    """Tell those who teach the course."""
    url = settings.FLEDGE_BASE_URL + reverse("reviews_desk:review", args=[review.pk])
    for teacher in teachers_of(review.course):
        if teacher.is_active:
            _send("written", review, teacher, url=url)


def send_answered(review: Review) -> None:
    url = settings.FLEDGE_BASE_URL + reverse("reviews:course", args=[review.course_id])
    _send("answered", review, review.author, url=url)


def send_hidden(review: Review) -> None:
    url = settings.FLEDGE_BASE_URL + reverse("reviews:write", args=[review.course_id])
    _send("hidden", review, review.author, url=url)


def _send(name: str, review: Review, person: Any, **context: Any) -> None:
    told = {"review": review, "course": review.course, **context}
    write_to(person, f"reviews/emails/{name}.txt", told, provider=review.provider)


subscribe(events.WRITTEN, written)
subscribe(events.SHOWN, shown)
subscribe(events.ANSWERED, answered)
subscribe(events.HIDDEN, hidden)
