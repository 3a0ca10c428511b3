"""Writes: adding people to a course, inviting them by e-mail, and their answers.

Who an invitation is for answers it: the account that has confirmed the invited address. A link that
was forwarded is of no use to others.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from lms.accounts.models import normalise_email
from lms.accounts.selectors import people_by_email
from lms.common.errors import NotFound, TooManyRequests
from lms.common.states import move
from lms.courses.models import CoursePage
from lms.enrolments import actions as enrolments
from lms.enrolments.models import Enrolment
from lms.enrolments.selectors import seats_left
from lms.enrolments.states import State as Seat
from lms.events import SYSTEM, emit
from lms.tenants.models import Provider
from lms.tenants.permissions import Code, require
from lms.tenants.scope import provider_scope

from . import events, notifications, seats, selectors
from .errors import (
    AccountClosed,
    AlreadyEnrolled,
    AlreadyInvited,
    InvitationClosed,
    InvitedSelf,
    NobodyOfThatName,
    NotForYou,
    SeveralOfThatName,
    WasRemoved,
)
from .models import Invitation
from .states import ACCEPT, DECLINE, EXPIRE, RESEND, WITHDRAW, Invited

DAYS = 14
# A school's mail to people who have not asked for it, and how soon one may get it again.
PER_DAY = 20_000
PAUSE = timedelta(minutes=5)


class Standing(StrEnum):
    """What an invitation means to the person who opens its page."""

    READY = "ready"
    FULL = "full"
    SIGN_IN = "sign_in"
    OTHER_ACCOUNT = "other_account"
    UNCONFIRMED = "unconfirmed"  # the right account, but it has not confirmed the address
    DONE = "done"  # they have a seat
    ACCEPTED = "accepted"  # by whom is not said
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    CLOSED = "closed"  # the course or the school is


@transaction.atomic
def add(
    course: CoursePage, who: str, *, message: str = "", actor: Any, at: datetime
) -> Enrolment | Invitation:
    """Enrol the person with this e-mail address, or the school's member of this name, at once;
    an address nobody has is invited to register.

    Raises Forbidden, EnrolmentClosed, InvitedSelf, AlreadyEnrolled, AlreadyInvited, AccountClosed,
    NobodyOfThatName, SeveralOfThatName, ClassFull, LimitReached, TooManyRequests.
    """
    require(actor, Code.MANAGE_STUDENTS, course)
    seats.require_open(course)
    with provider_scope(course.provider_id):
        person = _person(course, who)
        if person is None:
            return _invite(course, normalise_email(who), message=message, actor=actor, at=at)
        if person == actor:
            raise InvitedSelf
        if not person.is_active:
            raise AccountClosed
        known = selectors.enrolled_among(course, [person.pk]).get(person.pk)
        if known is not None and known.is_active:
            raise AlreadyEnrolled
        if known is not None and known.state == Seat.REMOVED:
            enrolments.restore(course, person, actor=actor, at=at)
        seat = seats.admit(course, person, actor=actor, at=at, renews=True)
        emit(events.ADDED, seat, actor=actor, course=course.pk, message=message)
    return seat


@transaction.atomic
def invite(
    course: CoursePage,
    email: str,
    *,
    message: str = "",
    name: str = "",
    days: int = DAYS,
    actor: Any,
    at: datetime,
) -> Invitation:
    """Ask an address into a course, by mail once this is certain.

    Raises Forbidden, EnrolmentClosed, InvitedSelf, AlreadyEnrolled, WasRemoved, AlreadyInvited,
    TooManyRequests.
    """
    require(actor, Code.MANAGE_STUDENTS, course)
    seats.require_open(course)
    with provider_scope(course.provider_id):
        return _invite(
            course,
            normalise_email(email),
            message=message,
            name=name,
            days=days,
            actor=actor,
            at=at,
        )


@transaction.atomic
def resend(invitation: Invitation, *, actor: Any, at: datetime) -> None:
    """A new link and a new term for an open or expired invitation; the old link ends.

    Raises Forbidden, IllegalMove for one that was answered or withdrawn, EnrolmentClosed,
    AlreadyInvited where there is a newer one, and TooManyRequests too soon after the last mail.
    """
    require(actor, Code.MANAGE_STUDENTS, invitation)
    course = _course_of(invitation)
    seats.require_open(course)
    with provider_scope(course.provider_id):
        Provider.objects.select_for_update(no_key=True).get(pk=course.provider_id)
        row = Invitation.objects.select_for_update(no_key=True).get(pk=invitation.pk)
        if wait := max(0, int((row.sent_at + PAUSE - at).total_seconds())):
            text = _("This was mailed a moment ago. Please give it a few minutes.")
            raise TooManyRequests(text, retry_after=wait)
        require_calm(course.provider_id, 1, at)
        if row.state == Invited.EXPIRED and _open(course, row.email, at):
            raise AlreadyInvited
        term = row.expires_at - row.sent_at
        token = new_token(course.provider_id)
        move(
            row,
            RESEND,
            token_hash=hash_of(token),
            invited_by=actor,
            sent_at=at,
            expires_at=at + term,
        )
        emit(events.RESENT, row, actor=actor, course=course.pk)
    mail_on_commit(course, actor, [(row, token)])


@transaction.atomic
def withdraw(invitation: Invitation, *, actor: Any, at: datetime) -> None:
    """Raises Forbidden, IllegalMove or StaleMove for one that is no longer open."""
    require(actor, Code.MANAGE_STUDENTS, invitation)
    with provider_scope(invitation.provider_id):
        row = Invitation.objects.get(pk=invitation.pk)
        move(row, WITHDRAW, answered_at=at)
        emit(events.WITHDRAWN, row, actor=actor, course=row.course_id)


@transaction.atomic
def accept(invitation: Invitation, *, user: Any, at: datetime) -> Enrolment:
    """Take the seat, once, however often it is accepted.

    Raises NotForYou, InvitationClosed, and what `admit` raises: the invitation then stays open.
    """
    course = _course_of(invitation)
    with provider_scope(course.provider_id):
        if invitation.email not in selectors.addresses_of(user):
            raise NotForYou
        row = Invitation.objects.get(pk=invitation.pk)
        known = selectors.enrolled_among(course, [user.pk]).get(user.pk)
        if row.state == Invited.ACCEPTED and known is not None:
            return known
        if row.state_at(at) != Invited.SENT:
            raise InvitationClosed(details={"state": row.state_at(at)})
        seats.require_open(course)
        seats.enter(course, user, at=at)
        row = Invitation.objects.get(pk=row.pk)  # a second click has waited for the first
        if row.state == Invited.ACCEPTED:
            return Enrolment.objects.get(course=course, student=user)
        move(row, ACCEPT, answered_at=at, answered_by=user)
        seat = seats.admit(course, user, actor=user, at=at, renews=True)
        emit(events.ACCEPTED, row, actor=user, course=course.pk)
    return seat


@transaction.atomic
def decline(invitation: Invitation, *, user: Any, at: datetime) -> None:
    """Say no. Whoever holds the link may, with an account or without (`user` is None); repeating it
    changes nothing. Raises InvitationClosed."""
    with provider_scope(invitation.provider_id):
        row = Invitation.objects.get(pk=invitation.pk)
        if row.state == Invited.DECLINED:
            return
        if row.state_at(at) != Invited.SENT:
            raise InvitationClosed(details={"state": row.state_at(at)})
        move(row, DECLINE, answered_at=at, answered_by=user)
        emit(events.DECLINED, row, actor=user or SYSTEM, course=row.course_id)


def by_token(token: str, *, host: Provider | None) -> Invitation:
    """The invitation of a link; on a provider's own site, of that one alone.

    Raises NotFound for a link nobody was sent, or that a newer one has replaced.
    """
    try:
        provider_id = UUID(token[:32])
    except ValueError:
        raise NotFound from None
    if host is not None and host.pk != provider_id:
        raise NotFound
    with provider_scope(provider_id):
        rows = Invitation.objects.select_related("course__provider__logo", "invited_by")
        row = rows.filter(token_hash=hash_of(token)).first()
    if row is None:
        raise NotFound
    return row


def standing(invitation: Invitation, *, user: Any, at: datetime) -> Standing:
    """What the invitation means to `user`, who may be anonymous."""
    course = invitation.course
    state = invitation.state_at(at)
    mine = invitation.email in selectors.addresses_of(user)
    if mine:
        with provider_scope(course.provider_id):
            seat = selectors.enrolled_among(course, [user.pk]).get(user.pk)
        if seat is not None and seat.is_active:
            return Standing.DONE
    if state != Invited.SENT:
        return Standing(state)
    if not (course.live and course.provider.is_open):
        return Standing.CLOSED
    if not user.is_authenticated:
        return Standing.SIGN_IN
    if not mine:
        same = user.email == invitation.email
        return Standing.UNCONFIRMED if same else Standing.OTHER_ACCOUNT
    entry = selectors.open_entry(user, course)
    held = entry is not None and entry.is_offered
    return Standing.FULL if seats_left(course) == 0 and not held else Standing.READY


# --- For lists ------------------------------------------------------------------------------------


def new_token(provider_id: Any) -> str:
    """Says whose house it is of, so that it is looked for within that one alone."""
    return provider_id.hex + secrets.token_urlsafe(24)


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def url_of(token: str) -> str:
    return settings.FLEDGE_BASE_URL + reverse("admissions:invitation", args=[token])


def require_calm(provider_id: Any, sending: int, at: datetime) -> None:
    """Raises TooManyRequests beyond PER_DAY mails of a house. Needs the scope."""
    day = timedelta(days=1)
    lately = Invitation.objects.filter(provider=provider_id, sent_at__gt=at - day).count()
    if lately + sending > PER_DAY:
        raise TooManyRequests(
            _("A school may send %(number)s invitations a day. Please go on tomorrow.")
            % {"number": PER_DAY},
            retry_after=int(day.total_seconds()),
        )


def mail_on_commit(course: CoursePage, actor: Any, sent: list[tuple[Invitation, str]]) -> None:
    links = [(row, url_of(token)) for row, token in sent]
    transaction.on_commit(lambda: notifications.mail_invitations(course, actor, links), robust=True)


def close_expired(course: CoursePage, emails: list[str], at: datetime) -> None:
    """Invitations whose time is over make way for new ones."""
    rows = Invitation.objects.filter(
        course=course, email__in=emails, state=Invited.SENT, expires_at__lte=at
    )
    for row in rows:
        move(row, EXPIRE)


def _invite(
    course: CoursePage,
    email: str,
    *,
    message: str,
    actor: Any,
    at: datetime,
    name: str = "",
    days: int = DAYS,
) -> Invitation:
    if email == actor.email or email in selectors.addresses_of(actor):
        raise InvitedSelf
    if person := people_by_email([email]).get(email):
        seat = selectors.enrolled_among(course, [person.pk]).get(person.pk)
        if seat is not None and seat.is_active:
            raise AlreadyEnrolled
        if seat is not None and seat.state == Seat.REMOVED:
            raise WasRemoved
    # Held, so that of two who invite the same address one hears of the other.
    Provider.objects.select_for_update(no_key=True).get(pk=course.provider_id)
    if _open(course, email, at):
        raise AlreadyInvited
    require_calm(course.provider_id, 1, at)
    token = new_token(course.provider_id)
    row = Invitation.objects.create(
        course=course,
        email=email,
        name=name,
        message=message,
        token_hash=hash_of(token),
        invited_by=actor,
        sent_at=at,
        expires_at=at + timedelta(days=days),
    )
    emit(events.INVITED, row, actor=actor, course=course.pk)
    mail_on_commit(course, actor, [(row, token)])
    return row


def _open(course: CoursePage, email: str, at: datetime) -> bool:
    close_expired(course, [email], at)
    return Invitation.objects.filter(course=course, email=email, state=Invited.SENT).exists()


def _person(course: CoursePage, who: str) -> Any | None:
    """None for an address nobody has."""
    text = who.strip()
    if "@" in text:
        email = normalise_email(text)
        return people_by_email([email]).get(email)
    found = selectors.members_called(course, text)
    if not found:
        raise NobodyOfThatName
    if len(found) > 1:
        raise SeveralOfThatName
    return found[0]


def _course_of(invitation: Invitation) -> CoursePage:
    return CoursePage.objects.select_related("provider").get(pk=invitation.course_id)
