"""Writes: people a house brings in by a list.

A list is read in the request that hands it in, so that no file is kept, and becomes rows. The
worker then takes rows whose turn it is, `BATCH` at a time, each batch in a transaction: a worker
that is killed leaves whole batches, and the next one goes on. Two workers at one list take turns.

Whether somebody has an account already is told to nobody: they become members, and what they are
called here and elsewhere stays theirs.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from lms.accounts.actions import create_people
from lms.accounts.models import User
from lms.accounts.selectors import people_by_email
from lms.common.addresses import is_email
from lms.common.errors import Conflict, Forbidden
from lms.common.states import move
from lms.courses.models import CoursePage
from lms.enrolments.actions import grant_many, take_back
from lms.enrolments.models import Enrolment
from lms.events import emit
from lms.tenants.actions import add_members, remove_members
from lms.tenants.limits import PLACES, room_for
from lms.tenants.models import Membership, Provider, Role
from lms.tenants.permissions import Code, require
from lms.tenants.scope import every_tenant, provider_scope

from . import events, rules, selectors
from .models import Forecast, PeopleImport, PeopleImportRow, Result
from .states import CHECK, CONFIRM, FINISH, UNDO, UNDO_ALL, State

BATCH = 250


@transaction.atomic
def hand_in(
    provider: Provider, data: bytes, *, file_name: str, actor: Any, at: datetime
) -> PeopleImport:
    """A list, read and kept as rows, for the worker to check. For those who manage members.

    Who is given no language or time zone gets the actor's. Raises Forbidden, rules.Unreadable.
    """
    require(actor, Code.MANAGE_MEMBERS, provider)
    table = rules.read(data, is_email=is_email)
    with provider_scope(provider):
        batch = PeopleImport.objects.create(
            file_name=file_name[-120:],
            actor=actor,
            total=len(table.people),
            created_at=at,
            told={
                "encoding": table.encoding,
                "guessed": table.guessed,
                "separator": table.separator,
                "unused": table.unused[:20],
            },
        )
        PeopleImportRow.objects.bulk_create(
            [_row(batch, person, actor) for person in table.people], batch_size=1000
        )
        emit(events.PEOPLE_UPLOADED, batch, actor=actor, people=batch.total)
    return batch


@transaction.atomic
def confirm(batch: PeopleImport, *, with_mail: bool, actor: Any) -> None:
    """Have the worker bring the list in, in the name of `actor`; `with_mail`, those who are added
    get a message. Raises Forbidden, IllegalMove, StaleMove."""
    require(actor, Code.MANAGE_MEMBERS, batch)
    with provider_scope(batch.provider_id):
        move(batch, CONFIRM, actor=actor, with_mail=with_mail)
        emit(events.PEOPLE_CONFIRMED, batch, actor=actor, people=batch.total)


@transaction.atomic
def undo(batch: PeopleImport, *, actor: Any, at: datetime) -> None:
    """Have the worker take back what the list did. Raises Forbidden, Conflict after UNDO_WITHIN."""
    require(actor, Code.MANAGE_MEMBERS, batch)
    if not batch.can_be_undone(at):
        raise Conflict
    with provider_scope(batch.provider_id):
        move(batch, UNDO, actor=actor)


@transaction.atomic
def resume(batch: PeopleImport, *, actor: Any) -> None:
    """Have the worker go on in the name of `actor`. Raises Forbidden, and Conflict where there is
    nothing to do."""
    require(actor, Code.MANAGE_MEMBERS, batch)
    if not batch.is_busy:
        raise Conflict
    with provider_scope(batch.provider_id):
        PeopleImport.objects.filter(pk=batch.pk).update(actor=actor)


@transaction.atomic
def discard(batch: PeopleImport, *, actor: Any) -> None:
    """Throw a list away that was not brought in. Raises Forbidden, Conflict."""
    require(actor, Code.MANAGE_MEMBERS, batch)
    with provider_scope(batch.provider_id):
        found = PeopleImport.objects.select_for_update().get(pk=batch.pk)
        if found.state not in (State.CHECKING, State.CHECKED):
            raise Conflict
        emit(events.PEOPLE_DISCARDED, found, actor=actor, people=found.total)
        found.rows.all().delete()
        found.delete()


@transaction.atomic
def work(batch_id: int, *, at: datetime) -> bool:
    """One batch of whatever a list waits for; whether there may be more. Needs the scope.

    Raises Forbidden where the one in whose name it is done may no longer do it: `resume` names
    another.
    """
    # Held: another worker at this list waits, and finds other rows.
    rows = PeopleImport.objects.select_for_update(no_key=True, of=("self",))
    batch = rows.select_related("actor", "provider").filter(pk=batch_id).first()
    if batch is None or not batch.is_busy:
        return False
    turn, transition, do = _WORK[batch.state]
    waiting = list(batch.rows.filter(**turn).order_by("number")[:BATCH])
    if waiting:
        do(batch, waiting, at)
        return True
    move(batch, transition, **({"finished_at": at} if transition == FINISH else {}))
    if transition in _DONE:
        numbers = {key: n for key, n in selectors.results(batch).items() if key}
        emit(_DONE[transition], batch, actor=batch.actor or _nobody(), **numbers)
    return False


def _check(batch: PeopleImport, rows: Sequence[PeopleImportRow], at: datetime) -> None:
    """What each row would do. Courses that are missing are a problem of the row."""
    members = _members(rows)
    courses = _courses(batch, rows)
    seats = _seats(rows)
    for row in rows:
        unknown = [slug for slug in row.courses if slug not in courses]
        row.problems += [["no_course", slug] for slug in unknown]
        if row.problems:
            row.forecast = Forecast.ERROR
        elif row.role not in members.get(row.email, {}):
            row.forecast = Forecast.ADD
        else:
            own = seats.get(row.email, set())
            wanted = {courses[slug].pk for slug in row.courses} - own
            row.forecast = Forecast.ENROL if wanted else Forecast.ALREADY
    _save(rows, "problems", "forecast")


def _bring_in(batch: PeopleImport, rows: Sequence[PeopleImportRow], at: datetime) -> None:
    """Accounts, memberships and seats. Only who has a place in the plan gets an account."""
    actor = batch.actor or _nobody()
    inside = _with_a_place(batch, rows)
    known = people_by_email([row.email for row in inside])
    unsaved = {
        row.email: User(
            email=row.email,
            name=row.name,
            language=row.language,
            time_zone=row.time_zone,
            date_joined=at,
        )
        for row in inside
        if row.email not in known
    }
    people = known | create_people(unsaved.values())
    made = {person.pk for person in unsaved.values()}
    asked = [(people[row.email], Role(row.role)) for row in inside]
    joined = add_members(batch.provider, asked, actor=actor, at=at)
    for row, (person, role) in zip(inside, asked, strict=True):
        row.user, row.new_account = person, person.pk in made
        row.joined = (person.pk, str(role)) in joined
        row.result = Result.ADDED if row.joined else Result.ALREADY
    for slug, course in _courses(batch, inside).items():
        _give_seats(course, [row for row in inside if slug in row.courses], actor, at)
    _save(rows, "new_account", "joined", "enrolled", "problems", "result")
    PeopleImportRow.objects.bulk_update(inside, ["user"])


def _with_a_place(batch: PeopleImport, rows: Sequence[PeopleImportRow]) -> list[PeopleImportRow]:
    """The rows there is room for in the plan, in their order; the others get that as their result.
    The room is held until the transaction ends."""
    members = _members(rows)
    full = set()
    for role, limit in PLACES.items():
        new = [row for row in rows if row.role == role and role not in members.get(row.email, ())]
        room = room_for(batch.provider_id, limit, wanted=len(new)) if new else 0
        full |= {row.pk for row in new[room:]}
    for row in rows:
        if row.pk in full:
            row.result = Result.NO_ROOM
    return [row for row in rows if row.pk not in full]


def _give_seats(course: CoursePage, rows: list[PeopleImportRow], actor: Any, at: datetime) -> None:
    answers = grant_many(course, [row.user for row in rows], actor=actor, at=at)
    for row in rows:
        answer = answers[row.user_id]
        if answer == "given":
            row.enrolled = [*row.enrolled, course.pk]
            if row.result == Result.ALREADY:
                row.result = Result.ENROLLED
        elif answer != "had":
            row.problems = [*row.problems, [answer, course.slug]]


def _take_back(batch: PeopleImport, rows: Sequence[PeopleImportRow], at: datetime) -> None:
    """Seats, memberships and accounts the rows made, but for people who have done something."""
    actor = batch.actor or _nobody()
    busy = selectors.busy_here(batch.provider, rows)
    gone = [row for row in rows if row.user_id is not None and row.pk not in busy]
    for row in rows:
        row.result = Result.KEPT if row.pk in busy else Result.UNDONE
    for course in CoursePage.objects.filter(pk__in={pk for row in gone for pk in row.enrolled}):
        students = [row.user_id for row in gone if course.pk in row.enrolled]
        take_back(course, students, actor=actor)
    left = [(row.user_id, row.role) for row in gone if row.joined]
    remove_members(batch.provider, left, actor=actor)
    _delete_unused([row.user_id for row in gone if row.new_account])
    _save(rows, "result")


def _delete_unused(ids: Sequence[Any]) -> None:
    """Delete accounts that a list made and nobody ever used, here or anywhere."""
    never = User.objects.filter(pk__in=ids, last_login=None, socialaccount=None)
    unused = {user.pk for user in never if not user.has_usable_password()}
    with every_tenant("an account is used where any house has a row of it"):
        for model, name in ((Membership, "user"), (Enrolment, "student")):
            found = model.objects.filter(**{f"{name}__in": unused})
            unused -= set(found.values_list(name, flat=True))
        User.objects.filter(pk__in=unused).delete()


# What a state waits for: {state: (rows whose turn it is, the transition when none is left, how)}.
_WORK: dict[str, tuple[dict[str, Any], str, Any]] = {
    State.CHECKING: ({"forecast": ""}, CHECK, _check),
    State.IMPORTING: (
        {"result": "", "forecast__in": [Forecast.ADD, Forecast.ENROL]},
        FINISH,
        _bring_in,
    ),
    State.UNDOING: ({"result__in": [Result.ADDED, Result.ENROLLED]}, UNDO_ALL, _take_back),
}
_DONE = {FINISH: events.PEOPLE_IMPORTED, UNDO_ALL: events.PEOPLE_UNDONE}


def _nobody() -> Any:
    """The account in whose name it was to be done is gone."""
    raise Forbidden


def _row(batch: PeopleImport, person: rules.Person, actor: Any) -> PeopleImportRow:
    return PeopleImportRow(
        batch=batch,
        number=person.number,
        email=person.email,
        name=person.name,
        role=person.role,
        language=person.language or actor.language,
        time_zone=person.time_zone or actor.time_zone,
        courses=person.courses,
        problems=[[problem.code, problem.value] for problem in person.problems],
    )


def _members(rows: Sequence[PeopleImportRow]) -> dict[str, set[str]]:
    """{address: the roles its owner has here}."""
    people = people_by_email([row.email for row in rows])
    emails = {person.pk: email for email, person in people.items()}
    found: dict[str, set[str]] = {}
    for pk, role in Membership.objects.filter(user__in=emails).values_list("user_id", "role"):
        found.setdefault(emails[pk], set()).add(role)
    return found


def _seats(rows: Sequence[PeopleImportRow]) -> dict[str, set[int]]:
    """{address: ids of the courses its owner has a row in}."""
    people = people_by_email([row.email for row in rows if row.courses])
    emails = {person.pk: email for email, person in people.items()}
    found: dict[str, set[int]] = {}
    taken = Enrolment.objects.filter(student__in=emails).values_list("student_id", "course_id")
    for pk, course_id in taken:
        found.setdefault(emails[pk], set()).add(course_id)
    return found


def _courses(batch: PeopleImport, rows: Sequence[PeopleImportRow]) -> dict[str, CoursePage]:
    """{address: the house's published course}, of those the rows name."""
    slugs = {slug for row in rows for slug in row.courses}
    found = CoursePage.objects.filter(provider=batch.provider_id, live=True, slug__in=slugs)
    return {course.slug: course for course in found.select_related("provider")} if slugs else {}


def _save(rows: Sequence[PeopleImportRow], *fields: str) -> None:
    """Write these fields. Most rows of a batch say the same: an UPDATE for each different saying is
    a tenth of the work of bulk_update()."""
    alike: dict[str, list[PeopleImportRow]] = {}
    for row in rows:
        alike.setdefault(repr([getattr(row, name) for name in fields]), []).append(row)
    for group in alike.values():
        values = {name: getattr(group[0], name) for name in fields}
        PeopleImportRow.objects.filter(pk__in=[row.pk for row in group]).update(**values)
