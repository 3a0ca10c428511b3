"""People at the door, for fixtures and for Hypothesis."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.account.models import EmailAddress
from django.core import mail
from django.test import TestCase

from lms.admissions.models import Invitation
from lms.admissions.receivers import course_published
from lms.courses.models import CoursePage
from lms.enrolments.models import Enrolment, Seats
from lms.tenants.models import Role
from lms.tenants.scope import provider_scope
from tests.cast import member
from tests.lms.certificates.making import course, named, school


def teaching(**fields: Any) -> CoursePage:
    """A course of acme that alice teaches."""
    acme = school()
    alice = named("alice", "Alice Okafor")
    member(alice, acme, Role.INSTRUCTOR)
    page = course(acme, instructors=[alice], **fields)
    page.alice = alice
    return page


def somebody(key: str, name: str = "") -> Any:
    """A person who has confirmed their address, <key>@example.org."""
    user = named(key, name or key.title())
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


@contextmanager
def settled(page: CoursePage) -> Iterator[None]:
    """In the school's scope; what waits for the commit happens at the end."""
    with provider_scope(page.provider_id), TestCase.captureOnCommitCallbacks(execute=True):
        yield


def seated(page: CoursePage) -> set[str]:
    """The keys of those who have a seat."""
    with provider_scope(page.provider_id):
        rows = Enrolment.objects.filter(course=page, state="active")
        return {email.split("@")[0] for email in rows.values_list("student__email", flat=True)}


def taken(page: CoursePage) -> int:
    with provider_scope(page.provider_id):
        return Seats.objects.filter(course=page).values_list("taken", flat=True).first() or 0


def letters(to: str, about: str = "") -> list[Any]:
    """The mails to <to>@example.org whose subject holds `about`."""
    found = [one for one in mail.outbox if one.to == [f"{to}@example.org"]]
    return [one for one in found if about in one.subject]


def link_in(letter: Any) -> str:
    """The address behind a mail's button, without the host."""
    return re.search(r"https?://[^/\s]+(/learn/invitations/\S+)", letter.body)[1]


def invitation_to(page: CoursePage, key: str) -> Invitation:
    with provider_scope(page.provider_id):
        rows = Invitation.objects.filter(course=page, email=f"{key}@example.org")
        row = rows.order_by("-pk").first()
        row.course = page
        return row


def limit(page: CoursePage, seats: int | None) -> None:
    """As if the course had been published with another limit."""
    CoursePage.objects.filter(pk=page.pk).update(enrolment_limit=seats)
    page.enrolment_limit = seats
    course_published(sender=CoursePage, instance=page)
