"""Writes: many invitations at once, from a file or pasted.

A list is read in the request that hands it in, so that no file is kept, and becomes rows. Nobody is
written to before the teacher has read what would happen. The worker takes rows whose turn it is,
`BATCH` at a time, each batch in a transaction: one that is killed leaves whole batches, and the
next goes on.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from lms.accounts.selectors import people_by_email
from lms.common.addresses import is_email
from lms.common.errors import Conflict, Forbidden
from lms.common.states import move
from lms.courses.models import CoursePage
from lms.enrolments.states import State as Seat
from lms.events import emit
from lms.tenants.models import Provider
from lms.tenants.permissions import Code, require
from lms.tenants.scope import provider_scope

from . import events, rules, seats, selectors
from .invitations import DAYS, close_expired, hash_of, mail_on_commit, new_token, require_calm
from .models import Invitation, InvitationList, InvitationRow, Result
from .states import CHECK, CONFIRM, FINISH, Invited, Listed

BATCH = 250


@transaction.atomic
def hand_in(
    course: CoursePage,
    given: bytes | str,
    *,
    name: str,
    message: str = "",
    days: int = DAYS,
    actor: Any,
    at: datetime,
) -> InvitationList:
    """A file's bytes or pasted text, read and kept as rows. Up to BATCH are checked at once, more
    by the worker.

    Raises Forbidden, EnrolmentClosed, Unreadable (lms.common.tables).
    """
    require(actor, Code.MANAGE_STUDENTS, course)
    seats.require_open(course)
    if isinstance(given, bytes):
        table = rules.read_file(given, is_email=is_email)
    else:
        table = rules.read_pasted(given, is_email=is_email)
    with provider_scope(course.provider_id):
        batch = InvitationList.objects.create(
            course=course,
            name=name[-120:],
            message=message,
            days=days,
            actor=actor,
            total=len(table.entries),
            created_at=at,
            told={
                "encoding": table.encoding,
                "guessed": table.guessed,
                "unused": table.unused[:20],
            },
        )
        InvitationRow.objects.bulk_create(
            [
                InvitationRow(
                    batch=batch,
                    place=place,
                    number=entry.number,
                    email=entry.email,
                    name=entry.name,
                    problem=entry.problem[0] if entry.problem else "",
                    value=entry.problem[1] if entry.problem else "",
                )
                for place, entry in enumerate(table.entries)
            ],
            batch_size=1000,
        )
        if batch.total <= BATCH:
            while work(batch.pk, at=at):
                pass
            batch.refresh_from_db(fields=["state"])
    return batch


@transaction.atomic
def confirm(batch: InvitationList, *, actor: Any, at: datetime) -> None:
    """Have the worker invite, in the name of `actor`. Raises Forbidden, IllegalMove, StaleMove,
    EnrolmentClosed, TooManyRequests."""
    require(actor, Code.MANAGE_STUDENTS, batch)
    course = CoursePage.objects.select_related("provider").get(pk=batch.course_id)
    seats.require_open(course)
    with provider_scope(batch.provider_id):
        wanted = batch.rows.filter(forecast=Result.INVITE).count()
        require_calm(batch.provider_id, wanted, at)
        move(batch, CONFIRM, actor=actor)


@transaction.atomic
def discard(batch: InvitationList, *, actor: Any) -> None:
    """Throw a list away nobody of which was invited. Raises Forbidden, Conflict."""
    require(actor, Code.MANAGE_STUDENTS, batch)
    with provider_scope(batch.provider_id):
        row = InvitationList.objects.select_for_update().get(pk=batch.pk)
        if row.state not in (Listed.CHECKING, Listed.CHECKED):
            raise Conflict
        row.rows.all().delete()
        row.delete()


@transaction.atomic
def work(list_id: int, *, at: datetime) -> bool:
    """One batch of whatever a list waits for; whether there may be more. Needs the scope.

    Raises Forbidden where the one in whose name it is done may no longer do it.
    """
    # Held: another worker at this list waits, and finds other rows.
    rows = InvitationList.objects.select_for_update(no_key=True, of=("self",))
    batch = rows.select_related("actor").filter(pk=list_id).first()
    if batch is None or not batch.is_busy:
        return False
    checking = batch.state == Listed.CHECKING
    turn = {"forecast": ""} if checking else {"result": "", "forecast": Result.INVITE}
    waiting = list(batch.rows.filter(**turn).order_by("place")[:BATCH])
    if waiting:
        if checking:
            _check(batch, waiting, at)
        else:
            _invite(batch, waiting, at)
        return True
    move(batch, CHECK if checking else FINISH, **({} if checking else {"finished_at": at}))
    if not checking:
        numbers = selectors.results_of(batch)
        emit(events.LIST_SENT, batch, actor=batch.actor, course=batch.course_id, **numbers)
    return False


def _check(batch: InvitationList, rows: Sequence[InvitationRow], at: datetime) -> None:
    said = _forecasts(batch, rows, at)
    for row in rows:
        row.forecast = said[row.pk]
    _save(rows, "forecast")


def _invite(batch: InvitationList, rows: Sequence[InvitationRow], at: datetime) -> None:
    """Much may have happened since the check: it is asked again."""
    if batch.actor is None:
        raise Forbidden
    require(batch.actor, Code.MANAGE_STUDENTS, batch)
    course = CoursePage.objects.select_related("provider__logo").get(pk=batch.course_id)
    seats.require_open(course)
    Provider.objects.select_for_update(no_key=True).get(pk=course.provider_id)
    said = _forecasts(batch, rows, at)
    sent: list[tuple[Invitation, str]] = []
    for row in rows:
        row.result = said[row.pk]
        if row.result == Result.INVITE:
            row.result = Result.INVITED
            token = new_token(batch.provider_id)
            invitation = Invitation(
                course=course,
                email=row.email,
                name=row.name,
                message=batch.message,
                token_hash=hash_of(token),
                invited_by=batch.actor,
                sent_at=at,
                expires_at=at + timedelta(days=batch.days),
            )
            sent.append((invitation, token))
    Invitation.objects.bulk_create([row for row, _token in sent])
    _save(rows, "result")
    mail_on_commit(course, batch.actor, sent)


def _forecasts(
    batch: InvitationList, rows: Sequence[InvitationRow], at: datetime
) -> dict[int, Result]:
    """{row's key: what inviting it would come to}. A handful of queries, however many rows."""
    emails = [row.email for row in rows if not row.problem]
    course = batch.course
    close_expired(course, emails, at)
    open_now = set(
        Invitation.objects.filter(course=course, email__in=emails, state=Invited.SENT).values_list(
            "email", flat=True
        )
    )
    people = people_by_email(emails)
    enrolled = selectors.enrolled_among(course, [one.pk for one in people.values()])
    own = selectors.addresses_of(batch.actor) | {batch.actor.email} if batch.actor else set()
    said = {}
    for row in rows:
        seat = enrolled.get(people[row.email].pk) if row.email in people else None
        if row.problem:
            said[row.pk] = Result.ERROR
        elif row.email in own:
            said[row.pk] = Result.SELF
        elif seat is not None and seat.is_active:
            said[row.pk] = Result.ENROLLED
        elif seat is not None and seat.state == Seat.REMOVED:
            said[row.pk] = Result.REMOVED
        else:
            said[row.pk] = Result.WAITING if row.email in open_now else Result.INVITE
    return said


def _save(rows: Sequence[InvitationRow], name: str) -> None:
    """An UPDATE for each different saying, instead of one for each row."""
    for value in {getattr(row, name) for row in rows}:
        keys = [row.pk for row in rows if getattr(row, name) == value]
        InvitationRow.objects.filter(pk__in=keys).update(**{name: value})
