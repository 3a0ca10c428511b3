"""Inviting people by e-mail to work at a house, and their answers.

Nothing here tells the inviter whether an address has an account: what is said of it comes from the
house's own rows.
"""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from lms.accounts.models import normalise_email
from lms.common.errors import Conflict, NotFound, TooManyRequests
from lms.common.states import move
from lms.events import SYSTEM, emit

from . import events
from .actions import add_member, approve_instructor
from .limits import LimitReached
from .models import STAFF_ROLES, Membership, Provider, Role, StaffInvitation
from .notifications import mail_invitations
from .permissions import Code, can, require
from .scope import provider_scope
from .states import ACCEPT, DECLINE, EXPIRE, RESEND, WITHDRAW, Invited

VALID = timedelta(days=14)
# A house's mail to strangers, and how soon one of them may get it again.
PER_DAY = 200
PAUSE = timedelta(minutes=5)
# The admins of a full house hear of it this often for each who stands at the door.
FULL_PAUSE = timedelta(days=1)


@dataclass(slots=True)
class Outcome:
    """What became of the addresses: `links` are {address: its link}, to be shown once; `working`
    work at the house already, `waiting` have an invitation that is still open."""

    links: dict[str, str] = field(default_factory=dict)
    working: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)


class Standing(StrEnum):
    """What an invitation means to the person who opens its link."""

    READY = "ready"
    SIGN_IN = "sign_in"
    OTHER_ACCOUNT = "other_account"
    DONE = "done"  # accepted by this person
    ACCEPTED = "accepted"  # by whom is not said
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    CLOSED = "closed"  # the house is


@transaction.atomic
def invite(
    *,
    provider: Provider,
    emails: Iterable[str],
    roles: Iterable[Role],
    approved: bool,
    message: str,
    actor: Any,
    at: datetime,
) -> Outcome:
    """Ask these addresses to work at `provider`, by mail once this is certain.

    Raises Forbidden, and TooManyRequests beyond PER_DAY mails of the house.
    """
    require(actor, Code.MANAGE_MEMBERS, provider)
    given = [role for role in Role if role in set(roles) & STAFF_ROLES]
    asked = list(dict.fromkeys(normalise_email(email) for email in emails))
    outcome = Outcome()
    new: list[tuple[StaffInvitation, str]] = []
    with provider_scope(provider):
        # Held, so that two lists at once are counted one after the other.
        Provider.objects.select_for_update(no_key=True).get(pk=provider.pk)
        outcome.working = _working(asked)
        left = [email for email in asked if email not in outcome.working]
        outcome.waiting = _waiting(left, at)
        left = [email for email in left if email not in outcome.waiting]
        _require_calm(len(left), at)
        for email in left:
            token = _new_token(provider)
            row = StaffInvitation.objects.create(
                email=email,
                roles=given,
                approved=approved and Role.INSTRUCTOR in given,
                message=message,
                token_hash=_hash(token),
                invited_by=actor,
                sent_at=at,
                expires_at=at + VALID,
            )
            emit(events.STAFF_INVITED, row, actor=actor, roles=[str(role) for role in given])
            new.append((row, invitation_url(token)))
    outcome.links = {row.email: url for row, url in new}
    transaction.on_commit(lambda: mail_invitations(provider, actor, new), robust=True)
    return outcome


@transaction.atomic
def renew(invitation: StaffInvitation, *, actor: Any, at: datetime, by_mail: bool) -> str:
    """A new link for an open or expired invitation, in the name of `actor`; the old link ends.
    `by_mail` sends it. Returns the link.

    Raises Forbidden, IllegalMove for one that was answered or withdrawn, and TooManyRequests for a
    mail too soon after the last.
    """
    provider = invitation.provider
    require(actor, Code.MANAGE_MEMBERS, provider)
    with provider_scope(provider):
        Provider.objects.select_for_update(no_key=True).get(pk=provider.pk)
        row = StaffInvitation.objects.get(pk=invitation.pk)
        sent_at = row.sent_at
        if by_mail:
            if wait := max(0, int((sent_at + PAUSE - at).total_seconds())):
                text = _("This was mailed a moment ago. Please give it a few minutes.")
                raise TooManyRequests(text, retry_after=wait)
            _require_calm(1, at)
            sent_at = at
        if row.state == Invited.EXPIRED and _waiting([row.email], at):
            raise Conflict(_("There is a newer invitation for this address."))
        token = _new_token(provider)
        move(
            row,
            RESEND,
            token_hash=_hash(token),
            invited_by=actor,
            sent_at=sent_at,
            expires_at=at + VALID,
        )
        emit(events.INVITATION_RENEWED, row, actor=actor, by_mail=by_mail)
    url = invitation_url(token)
    if by_mail:
        transaction.on_commit(lambda: mail_invitations(provider, actor, [(row, url)]), robust=True)
    return url


@transaction.atomic
def withdraw(invitation: StaffInvitation, *, actor: Any, at: datetime) -> None:
    """Take an open invitation back. Raises Forbidden, IllegalMove, StaleMove."""
    require(actor, Code.MANAGE_MEMBERS, invitation.provider)
    with provider_scope(invitation.provider):
        row = StaffInvitation.objects.get(pk=invitation.pk)
        move(row, WITHDRAW, answered_at=at)
        emit(events.INVITATION_WITHDRAWN, row, actor=actor)


def accept(invitation: StaffInvitation, *, user: Any, at: datetime) -> None:
    """Give `user` what the invitation offers; once, however often it is accepted.

    Raises Conflict where it can't be, with what to do in words. Where the plan has no place left,
    the invitation stays open and the house's admins hear of it.
    """
    try:
        _accept(invitation, user, at)
    except LimitReached as full:
        _tell_of_full_house(invitation, user, at)
        raise Conflict(
            _(
                "All places for instructors at %(school)s are taken. The school has been told. "
                "Your invitation stays valid: please try again when it has made room."
            )
            % {"school": invitation.provider.name},
            details=full.details,
        ) from full


@transaction.atomic
def decline(invitation: StaffInvitation, *, user: Any, at: datetime) -> None:
    """Say no. Whoever holds the link may, with an account or without (`user` is None); repeating it
    changes nothing. Raises IllegalMove for an invitation that is no longer open."""
    with provider_scope(invitation.provider):
        row = StaffInvitation.objects.get(pk=invitation.pk)
        if row.state == Invited.DECLINED:
            return
        move(row, DECLINE, answered_at=at, answered_by=user)
        emit(events.INVITATION_DECLINED, row, actor=user or SYSTEM)


def by_token(token: str, *, host: Provider | None) -> StaffInvitation:
    """The invitation of a link, with its house; on a provider's own host, of that one alone.

    Raises NotFound for a link nobody was sent, or that a newer one has replaced.
    """
    try:
        provider_id = UUID(token[:32])
    except ValueError:
        raise NotFound from None
    if host is not None and host.pk != provider_id:
        raise NotFound
    with provider_scope(provider_id):
        rows = StaffInvitation.objects.select_related("provider__logo", "invited_by")
        row = rows.filter(token_hash=_hash(token)).first()
    if row is None:
        raise NotFound
    return row


def standing(invitation: StaffInvitation, *, user: Any, at: datetime) -> Standing:
    """What the invitation means to `user`, who may be anonymous."""
    state = invitation.state_at(at)
    if state == Invited.ACCEPTED:
        same = user.is_authenticated and invitation.answered_by_id == user.pk
        return Standing.DONE if same else Standing.ACCEPTED
    if not invitation.provider.is_open:
        return Standing.CLOSED
    if state != Invited.SENT:
        return Standing(state.value)
    inviter = invitation.invited_by
    if inviter is None or not can(inviter, Code.MANAGE_MEMBERS, invitation.provider):
        return Standing.WITHDRAWN  # who can't give a role any more can't have promised it
    if not user.is_authenticated:
        return Standing.SIGN_IN
    return Standing.READY if user.email == invitation.email else Standing.OTHER_ACCOUNT


def invitations_of(provider: Provider, *, actor: Any) -> QuerySet[StaffInvitation]:
    """The house's invitations, the newest first. To be read within a scope that has the provider.
    Raises Forbidden."""
    require(actor, Code.MANAGE_MEMBERS, provider)
    rows = StaffInvitation.objects.filter(provider=provider)
    return rows.select_related("invited_by").order_by("-sent_at", "-pk")


def open_count(provider: Provider, *, at: datetime) -> int:
    with provider_scope(provider):
        return StaffInvitation.objects.filter(state=Invited.SENT, expires_at__gt=at).count()


def invitation_url(token: str) -> str:
    return settings.FLEDGE_BASE_URL + reverse("tenants:invitation", args=[token])


@transaction.atomic
def _accept(invitation: StaffInvitation, user: Any, at: datetime) -> None:
    with provider_scope(invitation.provider_id):
        # Lock order: the provider first, as everything that counts places does.
        provider = Provider.objects.select_for_update(no_key=True).get(pk=invitation.provider.pk)
        row = StaffInvitation.objects.select_related("invited_by").get(pk=invitation.pk)
        row.provider = provider
        now = standing(row, user=user, at=at)
        if now == Standing.DONE:
            return
        if now != Standing.READY:
            raise Conflict(_("This invitation can't be accepted."), details={"standing": now})
        for role in row.roles:
            add_member(
                provider=provider,
                user=user,
                role=Role(role),
                approved=row.approved,
                at=at,
                actor=SYSTEM,
            )
        if row.approved:  # they may have taught there before, unapproved
            approve_instructor(provider=provider, user=user, actor=SYSTEM)
        move(row, ACCEPT, answered_at=at, answered_by=user)
        emit(events.INVITATION_ACCEPTED, row, actor=user, roles=row.roles)


@transaction.atomic
def _tell_of_full_house(invitation: StaffInvitation, user: Any, at: datetime) -> None:
    with provider_scope(invitation.provider_id):
        rows = StaffInvitation.objects.filter(pk=invitation.pk)
        told_lately = rows.filter(full_told_at__gt=at - FULL_PAUSE).exists()
        if not told_lately:
            rows.update(full_told_at=at)
            emit(events.NO_PLACE_LEFT, invitation, actor=user, name=user.name)


def _working(emails: list[str]) -> list[str]:
    """Those of these addresses whose people work at the house in scope."""
    working = Membership.objects.filter(role__in=STAFF_ROLES).values("user")
    people = get_user_model()._default_manager.filter(email__in=emails, pk__in=working)
    return sorted(people.values_list("email", flat=True))


def _waiting(emails: list[str], at: datetime) -> list[str]:
    """Those with an open invitation; one whose time is over is marked so and leaves the way."""
    waiting = []
    for row in StaffInvitation.objects.filter(email__in=emails, state=Invited.SENT):
        if row.state_at(at) == Invited.EXPIRED:
            move(row, EXPIRE)
        else:
            waiting.append(row.email)
    return sorted(waiting)


def _require_calm(sending: int, at: datetime) -> None:
    day = timedelta(days=1)
    lately = StaffInvitation.objects.filter(sent_at__gt=at - day).count()
    if sending and lately + sending > PER_DAY:
        raise TooManyRequests(
            _("A school may send %(number)s invitations a day. Please go on tomorrow.")
            % {"number": PER_DAY},
            retry_after=int(day.total_seconds()),
        )


def _new_token(provider: Provider) -> str:
    """Says whose house it is of, so that it is looked for within that one alone."""
    return provider.pk.hex + secrets.token_urlsafe(24)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
