"""Writes: one more of something as it happens, and everything counted anew.

Each enters the provider's scope itself, after the deed has been committed. What was missed (a crash
between the two) is found by the nightly recount.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, F, OuterRef, Q, Sum
from django.db.models.functions import Greatest, TruncDate, TruncMonth

from lms.certificates.models import Certificate
from lms.enrolments.models import Enrolment
from lms.progress.models import LessonProgress
from lms.tenants.models import Provider
from lms.tenants.scope import provider_scope

from .models import (
    COHORT,
    HAPPENED,
    SUMMED,
    ActiveFigures,
    ActiveLearner,
    Period,
    PeriodFigures,
)
from .rules import after, day_of, start_of

BATCH = 2_000


@transaction.atomic
def add(provider_id: UUID, course_id: int, day: date, name: str, *, by: int = 1) -> None:
    """`by` more of `name` on that day and in its month, for the course and for the house."""
    more = {name: F(name) + by}
    with provider_scope(provider_id):
        for course in (course_id, None):
            for period in SUMMED:
                start = start_of(period, day)
                key: dict[str, Any] = {"course_id": course, "period": period, "start": start}
                rows = PeriodFigures.objects.filter(**key)
                # What the day never got can't be taken from it, and so not from its month.
                if rows.filter(**{f"{name}__gte": -by}).update(**more):
                    continue
                if by < 0:
                    return
                # Whoever makes the row adds to it like everybody else: two may do so at once.
                PeriodFigures.objects.get_or_create(provider_id=provider_id, **key)
                rows.update(**more)


@transaction.atomic
def seen(provider_id: UUID, user_id: Any, moment: datetime) -> None:
    """The person was active; counted once a day, once a week and once a month."""
    day = day_of(moment)
    with provider_scope(provider_id):
        _row, created = ActiveLearner.objects.get_or_create(
            provider_id=provider_id, user_id=user_id, day=day
        )
        if created:
            _count_person(provider_id, user_id, day, 1)


def seen_together(provider_id: UUID, users: Collection[Any], day: date) -> None:
    """`seen` of many who were active on a day, in a handful of queries."""
    try:
        with transaction.atomic(), provider_scope(provider_id):
            rows = ActiveLearner.objects
            known = set(rows.filter(day=day, user__in=users).values_list("user_id", flat=True))
            new = set(users) - known
            rows.bulk_create(
                [ActiveLearner(provider_id=provider_id, user_id=one, day=day) for one in new], BATCH
            )
            _count_people(provider_id, new, day)
    except IntegrityError:  # one of them was active elsewhere at this moment
        for one in users:
            seen(provider_id, one, _midnight(day))


def _count_people(provider_id: UUID, users: Collection[Any], day: date) -> None:
    """Into each period of `day`, those of whom no other day in it has heard."""
    for period in Period:
        start = start_of(period, day)
        inside = ActiveLearner.objects.filter(
            user__in=users, day__gte=start, day__lt=after(period, start)
        ).exclude(day=day)
        more = len(users) - inside.order_by().values("user_id").distinct().count()
        if more:
            ActiveFigures.objects.get_or_create(provider_id=provider_id, period=period, start=start)
            counted = ActiveFigures.objects.filter(period=period, start=start)
            counted.update(learners=F("learners") + more)


@transaction.atomic
def unseen(provider_id: UUID, user_id: Any, moment: datetime) -> None:
    """What made the person active then was taken back: if nothing else did, they were not."""
    day = day_of(moment)
    since, until = _midnight(day), _midnight(after(Period.DAY, day))
    with provider_scope(provider_id):
        if _activity(since, until, Q(student_id=user_id), Q(enrolment__student_id=user_id)):
            return
        if ActiveLearner.objects.filter(user_id=user_id, day=day).delete()[0]:
            _count_person(provider_id, user_id, day, -1)


def _count_person(provider_id: UUID, user_id: Any, day: date, by: int) -> None:
    """Into each period of `day` in which no other day has the person."""
    for period in Period:
        start = start_of(period, day)
        inside = ActiveLearner.objects.filter(
            user_id=user_id, day__gte=start, day__lt=after(period, start)
        )
        if inside.exclude(day=day).exists():
            continue
        ActiveFigures.objects.get_or_create(provider_id=provider_id, period=period, start=start)
        counted = ActiveFigures.objects.filter(period=period, start=start)
        counted.update(learners=Greatest(F("learners") + by, 0))


@transaction.atomic
def recount(provider: Provider, since: date | None = None) -> None:
    """Count the provider's figures anew, from the Monday `since` or from the beginning."""
    with provider_scope(provider):
        first = since or date.min
        days = _days(provider, _midnight(first))
        PeriodFigures.objects.filter(period=Period.DAY, start__gte=first).delete()
        PeriodFigures.objects.bulk_create(days, BATCH)
        _sum_months(provider, start_of(Period.MONTH, first))
        _recount_people(provider, first)


def _days(provider: Provider, since: datetime) -> list[PeriodFigures]:
    cells: dict[tuple[int | None, date], Counter[str]] = defaultdict(Counter)

    def gather(names: Iterable[str], rows: Iterable[Any]) -> None:
        for row in rows:
            for course in (row["of"], None):
                for name in names:
                    cells[course, row["on"]][name] += row[name]

    progress = LessonProgress.objects.filter(enrolment_id=OuterRef("pk"))
    certificate = Certificate.objects.filter(enrolment_id=OuterRef("pk"))
    gather(
        ("enrolments", *COHORT),
        Enrolment.objects.filter(enrolled_at__gte=since)
        .annotate(has_begun=Exists(progress), has_one=Exists(certificate))
        .values(of=F("course_id"), on=_utc_day("enrolled_at"))
        .annotate(
            enrolments=Count("pk"),
            started=Count("pk", filter=Q(has_begun=True)),
            finished=Count("pk", filter=Q(completed_at__isnull=False)),
            certified=Count("pk", filter=Q(has_one=True)),
        ),
    )
    for name, model, course, moment in (
        ("completions", Enrolment, "course_id", "completed_at"),
        ("lessons", LessonProgress, "enrolment__course_id", "completed_at"),
        ("certificates", Certificate, "enrolment__course_id", "issued_at"),
    ):
        rows: Any = model._default_manager.filter(**{f"{moment}__gte": since})
        by_day = rows.values(of=F(course), on=_utc_day(moment))
        gather((name,), by_day.annotate(**{name: Count("pk")}))
    return [
        PeriodFigures(provider=provider, course_id=course, period=Period.DAY, start=day, **counted)
        for (course, day), counted in cells.items()
    ]


def _sum_months(provider: Provider, first: date) -> None:
    # Deleted before the days are read: who adds to one of them meanwhile waits for its month.
    PeriodFigures.objects.filter(period=Period.MONTH, start__gte=first).delete()
    days = PeriodFigures.objects.filter(period=Period.DAY, start__gte=first)
    months: Any = days.values("course_id", month=TruncMonth("start")).annotate(
        **{name: Sum(name) for name in (*HAPPENED, *COHORT)}
    )
    PeriodFigures.objects.bulk_create(
        (
            PeriodFigures(provider=provider, period=Period.MONTH, start=row.pop("month"), **row)
            for row in months
        ),
        BATCH,
    )


def _recount_people(provider: Provider, first: date) -> None:
    ActiveLearner.objects.filter(day__gte=first).delete()
    people = _activity(_midnight(first))
    ActiveLearner.objects.bulk_create(
        (ActiveLearner(provider=provider, user_id=user, day=day) for user, day in people), BATCH
    )
    for period in Period:
        start = start_of(period, first)
        ActiveFigures.objects.filter(period=period, start__gte=start).delete()
        inside: dict[date, set[Any]] = defaultdict(set)
        rows = ActiveLearner.objects.filter(day__gte=start).values_list("user_id", "day")
        for user, day in rows.iterator(BATCH):
            inside[start_of(period, day)].add(user)
        ActiveFigures.objects.bulk_create(
            [
                ActiveFigures(provider=provider, period=period, start=day, learners=len(users))
                for day, users in inside.items()
            ],
            BATCH,
        )


def _activity(
    since: datetime,
    until: datetime | None = None,
    of_enrolment: Q | None = None,
    of_progress: Q | None = None,
) -> set[tuple[Any, date]]:
    """(person, day) of everybody who was active; of those the conditions name."""
    found: set[tuple[Any, date]] = set()
    for model, student, moment, who in (
        (Enrolment, "student_id", "enrolled_at", of_enrolment),
        (LessonProgress, "enrolment__student_id", "opened_at", of_progress),
        (LessonProgress, "enrolment__student_id", "completed_at", of_progress),
    ):
        rows: Any = model._default_manager.filter(who or Q(), **{f"{moment}__gte": since})
        if until:
            rows = rows.filter(**{f"{moment}__lt": until})
        found.update(rows.values_list(student, _utc_day(moment)).distinct())
    return found


def _utc_day(field: str) -> TruncDate:
    return TruncDate(field, tzinfo=UTC)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)
