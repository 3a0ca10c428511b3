"""Writes: links and codes that let people in."""

import secrets
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from lms.common.errors import DomainError
from lms.courses.models import CoursePage
from lms.enrolments.models import Enrolment
from lms.events import emit
from lms.tenants.permissions import Code, require
from lms.tenants.scope import every_tenant, provider_scope

from . import events, rules, seats
from .errors import LinkExpired, LinkRevoked, LinkUsedUp
from .models import EntryLink


@transaction.atomic
def make(
    course: CoursePage,
    *,
    is_code: bool,
    actor: Any,
    at: datetime,
    label: str = "",
    max_uses: int | None = None,
    expires_at: datetime | None = None,
) -> EntryLink:
    """A secret link, or a short code. Raises Forbidden."""
    require(actor, Code.MANAGE_STUDENTS, course)
    with provider_scope(course.provider_id):
        row = EntryLink.objects.create(
            course=course,
            code=_unused_code() if is_code else secrets.token_urlsafe(24),
            label=label,
            max_uses=max_uses,
            expires_at=expires_at,
            created_at=at,
            created_by=actor,
        )
        emit(events.LINK_MADE, row, actor=actor, course=course.pk, is_code=is_code)
    return row


@transaction.atomic
def revoke(link: EntryLink, *, actor: Any, at: datetime) -> None:
    """Nobody gets in by it any more; who is in stays. Repeating it changes nothing. Raises
    Forbidden."""
    require(actor, Code.MANAGE_STUDENTS, link)
    with provider_scope(link.provider_id):
        if EntryLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=at):
            emit(events.LINK_REVOKED, link, actor=actor, course=link.course_id)


@transaction.atomic
def redeem(link: EntryLink, student: Any, *, at: datetime) -> Enrolment:
    """A seat by a link or code. Whoever has one keeps it, and uses up nothing.

    Raises LinkRevoked, LinkExpired, LinkUsedUp, and what `admit` raises.
    """
    course = CoursePage.objects.select_related("provider").get(pk=link.course_id)
    with provider_scope(link.provider_id):
        seat = Enrolment.objects.filter(course=course, student=student).first()
        if seat is not None and seat.is_active:
            return seat
        if refusal := _why_not(link, at):
            raise refusal
        seat = seats.admit(course, student, actor=student, at=at)
        # All who come wait for the Seats row, so this is read after the last one's use.
        within = Q(max_uses=None) | Q(uses__lt=F("max_uses"))
        open_now = Q(expires_at=None) | Q(expires_at__gt=at)
        rows = EntryLink.objects.filter(within, open_now, pk=link.pk, revoked_at=None)
        if not rows.update(uses=F("uses") + 1):
            raise _why_not(link, at) or LinkUsedUp()
        emit(events.LINK_USED, link, actor=student, course=course.pk)
    return seat


def _why_not(link: EntryLink, at: datetime) -> DomainError | None:
    row = EntryLink.objects.get(pk=link.pk)
    if row.revoked_at:
        return LinkRevoked()
    if row.expires_at is not None and at >= row.expires_at:
        return LinkExpired()
    return LinkUsedUp() if row.is_used_up else None


def _unused_code() -> str:
    """Codes are typed on the marketplace too, so no two schools have the same."""
    while True:
        code = rules.new_code()
        with every_tenant("a code means one course, whosever it is"):
            if not EntryLink.objects.filter(code=code).exists():
                return code
