"""Writes: opening and completing lessons, time spent, playing positions.

Lock order: the enrolment, then the lesson's progress. They run in the scope of the request.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from lms.common.errors import Conflict
from lms.courses.models import LessonPage
from lms.courses.selectors import curriculum
from lms.enrolments.models import Enrolment
from lms.events import emit

from . import events, rules, work
from .models import LessonProgress, StudyTime
from .work import NOTHING

# A page that is read again within this time is not worth a write.
SEEN_AGAIN = timedelta(minutes=1)


def open_lesson(
    enrolment: Enrolment,
    lesson: LessonPage,
    *,
    at: datetime,
    known: LessonProgress | None = None,
) -> LessonProgress:
    """Note that the student is at `lesson`: they will resume there. `known` is their row for it,
    where it is at hand."""
    progress = known or _progress(enrolment, lesson, at)
    moved = enrolment.last_lesson_id != lesson.pk
    if moved or enrolment.last_seen_at is None or at - enrolment.last_seen_at > SEEN_AGAIN:
        Enrolment.objects.filter(pk=enrolment.pk).update(last_lesson=lesson, last_seen_at=at)
        enrolment.last_lesson_id, enrolment.last_seen_at = lesson.pk, at
    return progress


@transaction.atomic
def complete_lesson(
    enrolment: Enrolment, lesson: LessonPage, *, actor: Any, at: datetime
) -> LessonProgress:
    """Mark `lesson` as done. Doing it twice, or in two tabs at once, counts once and keeps the
    first moment. When everything required is done, the course is completed; that is noted once and
    stays, whatever lessons are added later.

    Raises Conflict without an active seat.
    """
    enrolment = _locked(enrolment)
    progress = _progress(enrolment, lesson, at)
    changed = LessonProgress.objects.filter(pk=progress.pk, completed_at=None).update(
        completed_at=at, lesson_title=lesson.title
    )
    if not changed:
        progress.refresh_from_db(fields=["completed_at"])
        return progress
    progress.completed_at = at
    told = {"lesson": lesson.pk, "title": lesson.title, "at": at.isoformat()}
    emit(events.LESSON_COMPLETED, enrolment, actor=actor, **told)
    _complete_if_all_done(enrolment, actor=actor, at=at)
    return progress


@transaction.atomic
def reopen_lesson(enrolment: Enrolment, lesson: LessonPage, *, actor: Any) -> None:
    """Mark `lesson` as not done. A course once completed stays completed. Raises Conflict."""
    enrolment = _locked(enrolment)
    progress = LessonProgress.objects.filter(
        enrolment=enrolment, lesson=lesson, completed_at__isnull=False
    ).first()
    if progress is not None and progress.completed_at is not None:
        LessonProgress.objects.filter(pk=progress.pk).update(completed_at=None)
        was = progress.completed_at.isoformat()
        told = {"lesson": lesson.pk, "title": lesson.title, "completed_at": was}
        emit(events.LESSON_REOPENED, enrolment, actor=actor, **told)


@transaction.atomic
def work_changed(enrolment: Enrolment, *, actor: Any, at: datetime) -> None:
    """Other work that counts was done, or counts no longer: the course may be completed by that.

    Apps call it after they wrote; the enrolment is locked here, so a lesson completed at the same
    moment does not miss it. Nothing happens without an active seat.
    """
    locked = Enrolment.objects.select_for_update(no_key=True).get(pk=enrolment.pk)
    if locked.is_active:
        _complete_if_all_done(locked, actor=actor, at=at)


@transaction.atomic
def report(
    enrolment: Enrolment,
    lesson: LessonPage,
    *,
    seconds: float,
    positions: Mapping[int, float],
    recordings: Collection[int],
    at: datetime,
) -> None:
    """Add reading time, and note where recordings were left.

    `seconds` is the browser's claim; no more is believed than has passed since the last report.
    `positions` is {media id: seconds}; ids that are not among the lesson's `recordings` are
    dropped.
    """
    known = _progress(enrolment, lesson, at)
    progress = LessonProgress.objects.select_for_update().get(pk=known.pk)
    since = (at - (progress.reported_at or progress.opened_at)).total_seconds()
    kept = {
        str(media): clean
        for media, position in positions.items()
        if media in recordings and (clean := rules.clean_position(position)) is not None
    }
    credited = rules.credited(seconds, since)
    LessonProgress.objects.filter(pk=progress.pk).update(
        seconds=F("seconds") + credited,
        reported_at=at,
        positions={**progress.positions, **kept},
    )
    # The row of progress is held: nobody else adds to its times meanwhile.
    for start, inside in rules.quarters(at, credited):
        times = StudyTime.objects.filter(progress=progress, start=start)
        if not times.update(seconds=F("seconds") + inside):
            StudyTime.objects.create(
                provider_id=progress.provider_id,
                progress=progress,
                start=start,
                seconds=inside,
            )


def _locked(enrolment: Enrolment) -> Enrolment:
    """The row as it is now, held: the last two lessons of a course, completed at the same moment,
    would otherwise each miss the other."""
    # Not against new rows that point here: opening a lesson in another tab would wait for this one,
    # and this one for that row of progress.
    locked = Enrolment.objects.select_for_update(no_key=True).get(pk=enrolment.pk)
    if not locked.is_active:
        raise Conflict
    return locked


def _progress(enrolment: Enrolment, lesson: LessonPage, at: datetime) -> LessonProgress:
    progress, _created = LessonProgress.objects.get_or_create(
        provider_id=enrolment.provider_id,  # type: ignore[misc]
        enrolment=enrolment,
        lesson=lesson,
        defaults={"lesson_title": lesson.title, "opened_at": at},
    )
    return progress


def _complete_if_all_done(enrolment: Enrolment, *, actor: Any, at: datetime) -> None:
    if enrolment.completed_at is None and _all_done(enrolment):
        Enrolment.objects.filter(pk=enrolment.pk).update(completed_at=at)
        enrolment.completed_at = at
        emit(events.COURSE_COMPLETED, enrolment, actor=actor, course=enrolment.course_id)


def _all_done(enrolment: Enrolment) -> bool:
    counted = rules.counting(curriculum(enrolment.course).lessons)
    completed = LessonProgress.objects.filter(
        enrolment=enrolment, completed_at__isnull=False, lesson__isnull=False
    ).values_list("lesson_id", flat=True)
    others = work.counted([enrolment]).get(enrolment.pk, NOTHING)
    done = rules.done_of(counted, set(completed)) + others.done
    return rules.is_complete(done, len(counted) + others.total)
