"""Who hears of what, by mail: people who are added, invited, offered a seat or decided about, and
those who teach, of answers and requests."""

import logging
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.mail import get_connection
from django.urls import reverse
from django.utils import timezone, translation
from django_q.tasks import async_task

from lms.accounts.selectors import people_by_email
from lms.common.mail import REFUSED, compose
from lms.courses.models import CoursePage
from lms.courses.teachers import teachers_of
from lms.events import Happened, subscribe
from lms.tenants.letters import write_to
from lms.tenants.permissions import Code, can
from lms.tenants.scope import unfenced
from lms.tenants.selectors import sender_of

from . import events
from .models import Invitation, JoinRequest, WaitlistEntry
from .states import Asked

logger = logging.getLogger(__name__)


def _queue(task: str, happened: Happened, *args: Any) -> None:
    key = str(happened.row.pk)
    async_task(f"lms.admissions.tasks.{task}", str(happened.provider_id), key, *args)


def added(happened: Happened) -> None:
    _queue("tell_added", happened, str(happened.actor.pk), happened.data["message"])


def answered(happened: Happened) -> None:
    _queue("tell_answered", happened)


def asked(happened: Happened) -> None:
    _queue("tell_asked", happened)


def decided(happened: Happened) -> None:
    _queue("tell_decided", happened)


def offered(happened: Happened) -> None:
    _queue("tell_offered", happened)


def passed(happened: Happened) -> None:
    """Whoever declined knows; who let the time go by is told."""
    if happened.data["why"] == "expired":
        _queue("tell_passed", happened)


def send_added(course: CoursePage, student: Any, teacher: Any, message: str) -> None:
    url = _url("learn:course", course.pk)
    _send("added", course, student, url=url, teacher=teacher, message=message)


def send_answered(invitation: Invitation) -> None:
    """Whoever invited hears the answer."""
    inviter = invitation.invited_by
    people = [inviter] if inviter and inviter.is_active else deciders_of(invitation.course)
    url = _url("admissions_desk:invitations", invitation.course_id)
    for person in people:
        _send("answered", invitation.course, person, url=url, invitation=invitation)


def send_asked(request: JoinRequest) -> None:
    url = _url("admissions_desk:requests", request.course_id)
    for person in deciders_of(request.course):
        _send("asked", request.course, person, url=url, asked=request)


def send_decided(request: JoinRequest) -> None:
    name = "learn:course" if request.state == Asked.APPROVED else "admissions:ask"
    url = _url(name, request.course_id)
    _send("decided", request.course, request.student, url=url, asked=request)


def send_offered(entry: WaitlistEntry) -> None:
    url = _url("admissions:waitlist", entry.course_id)
    _send("offered", entry.course, entry.student, url=url, entry=entry)


def send_passed(entry: WaitlistEntry) -> None:
    url = _url("admissions:waitlist", entry.course_id)
    _send("passed", entry.course, entry.student, url=url, entry=entry)


def mail_invitations(
    course: CoursePage, inviter: Any, sent: Iterable[tuple[Invitation, str]]
) -> None:
    """Mail each its link: in the language and time of who has an account, else the inviter's."""
    sent = list(sent)
    with unfenced("the readers' languages; nothing of it is shown to the inviter"):
        readers = people_by_email([row.email for row, _url in sent])
    sender = sender_of(course.provider)
    messages = []
    for invitation, url in sent:
        reader = readers.get(invitation.email)
        told = {
            "invitation": invitation,
            "course": course,
            "provider": course.provider,
            "inviter": inviter,
            "is_known": reader is not None,
            "url": url,
        }
        language = reader.language if reader else inviter.language
        zone = reader.time_zone if reader else inviter.time_zone
        with timezone.override(zone), translation.override(language):
            message = compose(
                "admissions/emails/invitation.txt",
                told,
                to=invitation.email,
                language=language,
                sender=sender,
            )
        message.reply_to = [inviter.email]
        messages.append(message)
    connection = get_connection()
    for message in messages:
        connection.open()  # once for all; where there is no server, it is no use to go on
        try:
            connection.send_messages([message])
        except REFUSED:
            # One address that is refused must not cost the others theirs.
            logger.exception("An invitation could not be mailed.")
            connection.close()
    connection.close()


def deciders_of(course: CoursePage) -> list[Any]:
    """Who is told of requests: those who teach the course and may decide."""
    return [
        person
        for person in teachers_of(course)
        if person.is_active and can(person, Code.MANAGE_STUDENTS, course)
    ]


def _send(name: str, course: CoursePage, person: Any, **context: Any) -> None:
    told = {"course": course, "provider": course.provider, **context}
    write_to(person, f"admissions/emails/{name}.txt", told, provider=course.provider)


def _url(name: str, *args: Any) -> str:
    return settings.FLEDGE_BASE_URL + reverse(name, args=args)


subscribe(events.ADDED, added)
subscribe(events.ACCEPTED, answered)
subscribe(events.DECLINED, answered)
subscribe(events.ASKED, asked)
subscribe(events.APPROVED, decided)
subscribe(events.REFUSED, decided)
subscribe(events.OFFERED, offered)
subscribe(events.PASSED, passed)
