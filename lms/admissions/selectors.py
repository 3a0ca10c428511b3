"""Reads: what stands at a course's desk, and what somebody has been offered or has asked for."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from lms.common import clock
from lms.common.errors import NotFound
from lms.courses import desk
from lms.courses.models import CoursePage
from lms.enrolments import invited as rosters
from lms.enrolments.errors import SeatExpired, SeatWithdrawn
from lms.enrolments.models import Enrolment
from lms.enrolments.rules import is_over
from lms.enrolments.states import State as Seat
from lms.tenants.models import Membership, Provider
from lms.tenants.permissions import Code, houses_where, is_operator
from lms.tenants.scope import every_tenant, provider_scope

from . import rules
from .models import (
    OPEN_PLACES,
    EntryLink,
    Invitation,
    InvitationList,
    InvitationRow,
    JoinRequest,
    Result,
    WaitlistEntry,
)
from .states import Asked, Invited, Listed, Waiting

# --- The desk -------------------------------------------------------------------------------------


def course_at_desk(user: Any, course_id: int, *, host: Provider | None) -> CoursePage:
    """A course for one who manages its students. Raises NotFound."""
    code = Code.MANAGE_STUDENTS
    return desk.course_at_desk(user, course_id, host=host, works=code, sets=code).course


def invitations_of(course: CoursePage) -> QuerySet[Invitation]:
    """The newest first, in any state."""
    rows = Invitation.objects.filter(course=course).select_related("invited_by", "answered_by")
    return rows.order_by("-sent_at", "-pk")


def invited(
    course: CoursePage, words: str, first: int, most: int
) -> tuple[int, list[rosters.Invited]]:
    """Who was invited and has not come yet, for the roster (lms.enrolments.invited): 2 queries."""
    rows = invitations_of(course).filter(state=Invited.SENT)
    if words:
        rows = rows.filter(Q(name__icontains=words) | Q(email__icontains=words))
    now, url = clock.now(), reverse("admissions_desk:invitations", args=[course.pk])
    found = [
        rosters.Invited(
            one.name,
            one.email,
            str(Invited(one.state_at(now)).label),
            one.sent_at,
            url,
        )
        for one in (rows[first : first + most] if most > 0 else ())
    ]
    return rows.count(), found


def refuse_ended(course: CoursePage, student: Any, *, at: datetime) -> None:
    """Raises SeatWithdrawn for one whom the school removed, SeatExpired for one whose time is up:
    by themselves they don't come back. Needs the scope."""
    seat = Enrolment.objects.filter(course=course, student=student).first()
    if seat is None or seat.is_active:
        return
    if seat.state == Seat.REMOVED:
        raise SeatWithdrawn
    over = is_over(expires_at=seat.expires_at, completed_at=seat.completed_at, now=at)
    if seat.state == Seat.EXPIRED or over:
        raise SeatExpired


def requests_of(course: CoursePage) -> QuerySet[JoinRequest]:
    """Those that wait for a decision, the newest first."""
    rows = JoinRequest.objects.filter(course=course, state=Asked.PENDING)
    return rows.select_related("student").order_by("-created_at", "-pk")


def pending_requests(user: Any, *, host: Provider | None = None) -> QuerySet[JoinRequest]:
    """All that wait for `user`, in whichever course, the newest first; `.count()` is the badge."""
    rows = JoinRequest.objects.filter(state=Asked.PENDING)
    if host is not None:
        rows = rows.filter(provider=host)
    if not is_operator(user):
        rows = rows.filter(provider__in=houses_where(user, Code.MANAGE_STUDENTS))
    return rows.select_related("student", "course").order_by("-created_at", "-pk")


def desk_courses(user: Any, *, host: Provider | None) -> QuerySet[CoursePage]:
    """The courses whose students `user` manages, by title."""
    rows = CoursePage.objects.select_related("provider").order_by("title", "pk")
    if host is not None:
        rows = rows.filter(provider=host)
    if not is_operator(user):
        rows = rows.filter(provider_id__in=houses_where(user, Code.MANAGE_STUDENTS))
    return rows


def manages_somewhere(user: Any, *, host: Provider | None) -> bool:
    """Whether requests may ever wait for `user` here."""
    if is_operator(user):
        return True
    houses = houses_where(user, Code.MANAGE_STUDENTS)
    return host.pk in houses if host is not None else bool(houses)


def waitlist_of(course: CoursePage) -> QuerySet[WaitlistEntry]:
    """The line, in order: whom a seat is offered to, and who waits."""
    rows = WaitlistEntry.objects.filter(course=course, state__in=OPEN_PLACES)
    return rows.select_related("student").order_by("pk")


def links_of(course: CoursePage) -> QuerySet[EntryLink]:
    """The newest first."""
    return EntryLink.objects.filter(course=course).order_by("-created_at", "-pk")


def lists_of(course: CoursePage) -> QuerySet[InvitationList]:
    """The newest first."""
    return InvitationList.objects.filter(course=course).order_by("-created_at", "-pk")


def counts_of(course: CoursePage) -> dict[str, int]:
    """What waits at the course's desk, for its tabs: {"requests", "waitlist"}."""
    return {
        "requests": JoinRequest.objects.filter(course=course, state=Asked.PENDING).count(),
        "waitlist": WaitlistEntry.objects.filter(course=course, state__in=OPEN_PLACES).count(),
    }


def invitation_of(course: CoursePage, invitation_id: int) -> Invitation:
    """Raises NotFound."""
    return _one(Invitation.objects.filter(course=course, pk=invitation_id))


def link_of(course: CoursePage, link_id: int) -> EntryLink:
    """Raises NotFound."""
    return _one(EntryLink.objects.filter(course=course, pk=link_id))


def list_of(course: CoursePage, list_id: int) -> InvitationList:
    """Raises NotFound."""
    return _one(InvitationList.objects.filter(course=course, pk=list_id))


def rows_of(batch: InvitationList) -> QuerySet[InvitationRow]:
    """As they stand in the list."""
    return batch.rows.order_by("place")


def results_of(batch: InvitationList) -> dict[str, int]:
    """{result: rows}."""
    return _counted(batch, "result")


@dataclass(frozen=True, slots=True)
class Summary:
    """A list at a glance. `done` of `total` rows have had the worker's turn; `results` are (what,
    in words; rows)."""

    total: int
    done: int
    to_invite: int
    results: list[tuple[Any, int]]


def summary_of(batch: InvitationList) -> Summary:
    """Two queries."""
    forecasts = _counted(batch, "forecast")
    results = _counted(batch, "result")
    to_invite = forecasts.get(Result.INVITE, 0)
    after = batch.state in (Listed.INVITING, Listed.DONE)
    shown = {key: number for key, number in forecasts.items() if key != Result.INVITE or not after}
    for key, number in results.items():
        shown[key] = shown.get(key, 0) + number
    return Summary(
        total=to_invite if after else batch.total,
        done=sum((results if after else forecasts).values()),
        to_invite=to_invite,
        results=[(Result(key).label, number) for key, number in shown.items()],
    )


def _counted(batch: InvitationList, name: str) -> dict[str, int]:
    rows = batch.rows.exclude(**{name: ""}).values_list(name)
    return dict(rows.annotate(number=Count("pk")).order_by(name))


def members_called(course: CoursePage, name: str) -> list[Any]:
    """The first two people of the course's school who are called exactly this."""
    rows = Membership.objects.filter(user__name__iexact=name, user__is_active=True)
    people = {row.user_id: row.user for row in rows.select_related("user").order_by("pk")[:10]}
    return list(people.values())[:2]


# --- People ---------------------------------------------------------------------------------------


def addresses_of(user: Any) -> set[str]:
    """The addresses the person has shown to be theirs."""
    if not user.is_authenticated:
        return set()
    return set(
        EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
    )


@dataclass(frozen=True, slots=True)
class Ways:
    """What somebody has been offered, and asked for, wherever: the open first, then the latest."""

    invitations: list[Invitation]
    requests: list[JoinRequest]
    places: list["Place"]

    def __bool__(self) -> bool:
        return bool(self.invitations or self.requests or self.places)


@dataclass(frozen=True, slots=True)
class Place:
    """A place on a waitlist; `number` is 1 for whoever is next."""

    entry: WaitlistEntry
    number: int


MOST = 50  # of each kind, on one page


def ways_of(user: Any) -> Ways:
    """The person's own, at whichever school. A query for each kind and one for addresses; and one
    for each place on a waitlist."""
    emails = addresses_of(user)
    with every_tenant("a person's own invitations and requests, at whichever school"):
        invitations = Invitation.objects.filter(email__in=emails, state=Invited.SENT)
        requests = JoinRequest.objects.filter(student=user).exclude(state=Asked.WITHDRAWN)
        entries = WaitlistEntry.objects.filter(student=user, state__in=OPEN_PLACES)
        return Ways(
            list(
                invitations.filter(expires_at__gt=clock.now())
                .select_related("course__provider", "invited_by")
                .order_by("-sent_at", "-pk")[:MOST]
            ),
            list(
                requests.select_related("course__provider", "decided_by").order_by(
                    "-created_at", "-pk"
                )[:MOST]
            ),
            [
                Place(entry, number_of(entry))
                for entry in entries.select_related("course__provider").order_by("-pk")[:MOST]
            ],
        )


def has_ways(user: Any) -> bool:
    """Whether anything of the person's is open. One query."""
    emails = EmailAddress.objects.filter(user=user, verified=True).values("email")
    with every_tenant("a person's own invitations and requests, at whichever school"):
        invitations = Invitation.objects.filter(
            email__in=emails, state=Invited.SENT, expires_at__gt=clock.now()
        )
        requests = JoinRequest.objects.filter(student=user, state=Asked.PENDING)
        entries = WaitlistEntry.objects.filter(student=user, state__in=OPEN_PLACES)
        return _any(invitations, requests, entries)


def have_open(user_ids: Collection[Any], course_id: int) -> set[Any]:
    """The ids of those of whom anything is open in the course of the scope. One query."""
    invited = Invitation.objects.filter(
        course=course_id, state=Invited.SENT, email=OuterRef("email")
    )
    mine = EmailAddress.objects.filter(Exists(invited), user__in=user_ids, verified=True)
    asked = JoinRequest.objects.filter(course=course_id, student__in=user_ids, state=Asked.PENDING)
    entries = WaitlistEntry.objects.filter(
        course=course_id, student__in=user_ids, state__in=OPEN_PLACES
    )
    names = [asked.values_list("student_id"), entries.values_list("student_id")]
    return {key for (key,) in mine.order_by().values_list("user_id").union(*names)}


def own_invitation(user: Any, invitation_id: int, *, host: Provider | None) -> Invitation:
    """An invitation to one of the person's addresses. Raises NotFound."""
    with every_tenant("a person's own invitations, at whichever school"):
        rows = Invitation.objects.filter(pk=invitation_id, email__in=addresses_of(user))
        return _one(_here(rows, host).select_related(*_WHOSE))


def own_request(user: Any, request_id: int, *, host: Provider | None) -> JoinRequest:
    """Raises NotFound."""
    with every_tenant("a person's own requests, at whichever school"):
        rows = JoinRequest.objects.filter(pk=request_id, student=user)
        return _one(_here(rows, host).select_related("course__provider"))


def open_request(user: Any, course: CoursePage) -> JoinRequest | None:
    """The person's request that waits for a decision."""
    with provider_scope(course.provider_id):
        rows = JoinRequest.objects.filter(course=course, student=user)
        return rows.filter(state=Asked.PENDING).first()


def last_request(user: Any, course: CoursePage) -> JoinRequest | None:
    """The person's latest request, decided or not."""
    with provider_scope(course.provider_id):
        rows = JoinRequest.objects.filter(course=course, student=user)
        return rows.order_by("-pk").first()


def open_entry(user: Any, course: CoursePage) -> WaitlistEntry | None:
    """The person's place on the course's waitlist."""
    with provider_scope(course.provider_id):
        rows = WaitlistEntry.objects.filter(course=course, student=user)
        return rows.filter(state__in=OPEN_PLACES).first()


def open_invitation(user: Any, course: CoursePage, *, at: datetime) -> Invitation | None:
    """An invitation the person can accept now."""
    if not (emails := addresses_of(user)):
        return None
    with provider_scope(course.provider_id):
        rows = Invitation.objects.filter(course=course, email__in=emails, state=Invited.SENT)
        return rows.filter(expires_at__gt=at).select_related("invited_by").first()


def number_of(entry: WaitlistEntry) -> int:
    """The place in the line, from 1."""
    with provider_scope(entry.provider_id):
        before = WaitlistEntry.objects.filter(
            course=entry.course_id, state=Waiting.WAITING, pk__lt=entry.pk
        )
        return before.count() + 1


def anybody_waits(course: CoursePage, *, but: Any = None) -> bool:
    """Whether somebody (but this person) stands in line, so that free seats are theirs."""
    with provider_scope(course.provider_id):
        rows = WaitlistEntry.objects.filter(course=course, state=Waiting.WAITING)
        return rows.exclude(student=but).exists() if but is not None else rows.exists()


def link_by_code(typed: str, *, host: Provider | None) -> EntryLink:
    """The link or code of a course; on a provider's own site, of that one alone.

    Raises NotFound."""
    code = rules.normalise_code(typed)
    if not code:
        raise NotFound
    with every_tenant("a link or code is a secret: whoever holds it may use it anywhere"):
        rows = EntryLink.objects.filter(code=code)
        return _one(_here(rows, host).select_related("course__provider__logo", "created_by"))


def enrolled_among(course: CoursePage, people: Collection[Any]) -> dict[Any, Enrolment]:
    """{person's id: their enrolment in the course, in any state}."""
    rows = Enrolment.objects.filter(course=course, student__in=people)
    return {row.student_id: row for row in rows}


_WHOSE = ("course__provider__logo", "invited_by", "answered_by")


def _here(rows: QuerySet[Any], host: Provider | None) -> QuerySet[Any]:
    return rows if host is None else rows.filter(provider=host)


def _any(*kinds: QuerySet[Any]) -> bool:
    first, *others = (rows.order_by().values_list("pk") for rows in kinds)
    return bool(first.union(*others, all=True)[:1])


def _one(rows: QuerySet[Any]) -> Any:
    found = rows.first()
    if found is None:
        raise NotFound
    return found
