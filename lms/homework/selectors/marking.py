"""Marking: who marks what a student handed in, what they have noted, and what waits to be told."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import (
    F,
    Max,
    Q,
    QuerySet,
)

from lms.common.errors import NotFound

from ..models import (
    Homework,
    Marking,
    Phrase,
    Place,
    SecondMarker,
    Submission,
    Work,
)
from ..permissions import may_decide
from ..states import Marked


def marking_for(user: Any, submission: Submission, place: int) -> Marking:
    """A draft of feedback that a marker may see now. Raises NotFound."""
    rows = Marking.objects.select_related("upload__blob__playable")
    row = rows.filter(submission=submission, place=place).first()
    if row is None or (is_blind(submission) and row.saved_by_id != user.pk):
        raise NotFound
    return row


def is_blind(submission: Submission) -> bool:
    """Whether of two markers neither sees what the other gave, nor anybody else, who may be the
    second: before both are done, unless the homework says that they do."""
    homework = submission.work.homework
    twice = homework.is_marked_twice(submission.work)
    return twice and not homework.open_marking and not submission.is_marked_by_both


def both_of(submission: Submission) -> list[Marking]:
    """The drafts of the two markers, the first's first."""
    rows = submission.markings.exclude(place=Place.FINAL)
    return list(rows.select_related("upload", "saved_by").order_by("place"))


def place_of(submission: Submission, user: Any) -> tuple[Place | None, Marking | None]:
    """(where `user` marks what two mark, their draft): their own place, or a free one; (None, None)
    where two others have it. Free is what a deleted account left undone, too."""
    return _place_in(both_of(submission), user)


def _place_in(both: Sequence[Marking], user: Any) -> tuple[Place | None, Marking | None]:
    held = {row.place: row for row in both}
    for row in both:
        if row.saved_by_id == user.pk:
            return Place(row.place), row
    for place in (Place.FIRST, Place.SECOND):
        left = held.get(place)
        if left is None or (left.saved_by_id is None and left.done_at is None):
            return place, left
    return None, None


def second_begun(submissions: QuerySet[Submission]) -> bool:
    """Whether two have begun to mark any of these."""
    begun = ~Q(marked=Marked.OPEN) | Q(markings__place=Place.SECOND)
    return submissions.filter(begun).exists()


@dataclass(frozen=True, slots=True)
class Marks:
    """How far the marking of a submission is, for one of its markers.

    `draft` is what stands in their form, None where nothing does yet; `shown` are the two markers'
    drafts as far as they may see them and beside the form, `others` all but their own. `stage`:
    "alone" (one marks it), "mark" (they are one of two, or may be), "done" (they wait for the
    other), "full" (two others do), "decide" (they have to), "apart" (somebody else has to),
    "agreed".
    """

    stage: str
    draft: Marking | None = None
    final: Marking | None = None
    shown: tuple[Marking, ...] = ()
    others: tuple[Marking, ...] = ()
    decides: bool = False

    @property
    def takes_mark(self) -> bool:
        """Whether there is a form to type in."""
        return self.stage in ("alone", "mark", "decide") or (
            self.stage == "agreed" and self.decides
        )

    def takes(self, final: bool) -> bool:
        """Whether a form of the final mark, or of a marker's own, may be typed in."""
        return self.takes_mark and self.is_final == final

    @property
    def is_final(self) -> bool:
        """Whether that form is of the final mark."""
        return self.stage in ("decide", "agreed")


def marks_of(submission: Submission, homework: Homework, user: Any) -> Marks:
    """Of one of `submissions_of` with `marks`: no query."""
    rows = sorted(submission.markings.all(), key=lambda row: row.place)
    first = next((row for row in rows if row.place == Place.FIRST), None)
    if not homework.is_marked_twice(submission.work):
        return Marks("alone", first)
    both = [row for row in rows if row.place != Place.FINAL]
    final = next((row for row in rows if row.place == Place.FINAL), None)
    decides = may_decide(user, homework)
    others = tuple(row for row in both if row.saved_by_id != user.pk)
    if submission.is_marked_by_both:
        stage = "decide" if decides else "apart"
        if submission.marked == Marked.AGREED:
            stage = "agreed"
        return Marks(stage, final if decides else None, final, tuple(both), others, decides)
    place, mine = _place_in(both, user)
    stage = "full" if place is None else "done" if mine and mine.done_at else "mark"
    shown = [row for row in both if row is not mine and homework.open_marking]
    if mine is not None and stage == "done":
        shown = sorted([*shown, mine], key=lambda row: row.place)
    return Marks(stage, mine, None, tuple(shown), others, decides)


def markers_of(works: Sequence[Work]) -> dict[Any, list[Marking]]:
    """{submission id: the drafts of its markers, without the final mark}: one query."""
    keys = [work.latest_id for work in works if work.latest_id]
    found: dict[Any, list[Marking]] = {}
    rows = Marking.objects.filter(submission__in=keys).exclude(place=Place.FINAL)
    for row in rows.select_related("saved_by", "submission").order_by("place") if keys else ():
        found.setdefault(row.submission_id, []).append(row)
    return found


def phrases_of(homework: Homework, author: Any) -> QuerySet[Phrase]:
    """The comments that a marker keeps to use again, at the homework's provider."""
    rows = Phrase.objects.filter(provider=homework.provider_id, author=author)
    return rows.order_by("text", "pk")


def unreleased(homework: Homework) -> QuerySet[Marking]:
    """Drafts of feedback on standing submissions that are newer than what was last released; of two
    markers their final mark."""
    alone = Q(place=Place.FIRST)
    final = Q(place=Place.FINAL, submission__marked=Marked.AGREED)
    which = {
        SecondMarker.NONE: alone,
        SecondMarker.EVERY: final,
        SecondMarker.SOME: Q(alone, submission__work__twice=False)
        | Q(final, submission__work__twice=True),
    }
    return (
        Marking.objects.filter(which[SecondMarker(homework.second_marker)])
        .filter(submission__work__homework=homework)
        .filter(submission__work__latest=F("submission"))
        .annotate(told_at=_latest_release())
        .filter(Q(told_at=None) | Q(told_at__lt=F("saved_at")))
        .select_related("submission__work__enrolment")
        .order_by("pk")
    )


def _latest_release() -> Any:
    return Max("submission__feedback__released_at")
