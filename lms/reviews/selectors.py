"""Reads: what is said of a course, what somebody may say of it, and the moderators' list."""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from lms.common.errors import Forbidden, NotFound
from lms.courses.models import CoursePage
from lms.courses.rules import Ratings
from lms.enrolments.models import Enrolment
from lms.enrolments.selectors import enrolment_of, open_course
from lms.enrolments.states import State as Seat
from lms.tenants.models import Provider
from lms.tenants.permissions import Code, houses_where, is_operator
from lms.tenants.scope import provider_scope

from .models import Declined, Report, Review
from .permissions import may_answer, may_moderate
from .states import State

PER_PAGE = 10

# {order: what it sorts by}; each ends in the key, so that no row stands on two pages.
ORDERS = {
    "newest": ("-changed_at", "-pk"),
    "highest": ("-rating", "-changed_at", "-pk"),
    "lowest": ("rating", "-changed_at", "-pk"),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What a reader may do about the reviews of a course. `review` is their own, in any state."""

    review: Review | None
    may_review: bool


def shown_reviews(
    course: CoursePage, ratings: Ratings, *, order: str = "newest", number: Any = 1
) -> Page[Review]:
    """A page of the reviews that stand on a course the reader may see. One query where there are
    any: how many is known from its `ratings`.

    Who sees the course has been asked: its page is public, or behind its portal's door.
    """
    with provider_scope(course.provider_id):
        pages = Paginator(shown_in(course).order_by(*ORDERS[order]), PER_PAGE)
        pages.count = ratings.count
        page = pages.get_page(number)
        page.object_list = list(page.object_list) if ratings.count else []
    return page


def shown_in(course: CoursePage) -> QuerySet[Review]:
    """All reviews that stand on a course, with who wrote and answered them. To be read in the
    provider's scope."""
    rows = Review.objects.filter(course_id=course.pk, state=State.SHOWN)
    return rows.select_related("author", "answered_by")


def standing_of(user: Any, course: CoursePage) -> Standing:
    """Two queries for who is signed in; none for visitors."""
    if not user.is_authenticated:
        return Standing(None, False)
    with provider_scope(course.provider_id):
        review = Review.objects.filter(course_id=course.pk, author=user).first()
        return Standing(review, may_review=review is not None or has_completed(course, user))


def has_completed(course: CoursePage, user: Any) -> bool:
    """Whether they ever completed it, whatever came later. In the provider's scope."""
    enrolment = enrolment_of(course, user)
    return enrolment is not None and enrolment.completed_at is not None


def course_to_review(
    user: Any, course_id: int, *, host: Provider | None
) -> tuple[CoursePage, Standing]:
    """A course and what `user` may say of it. Raises NotFound."""
    course = open_course(user, course_id, host=host)
    return course, standing_of(user, course)


def shown_review(
    user: Any, course_id: int, review_id: int, *, host: Provider | None
) -> tuple[CoursePage, Review]:
    """A review that the reader can see on the course's page. Raises NotFound."""
    course = open_course(user, course_id, host=host)
    with provider_scope(course.provider_id):
        review = shown_in(course).filter(pk=review_id).first()
    if review is None:
        raise NotFound
    return course, review


# --- Asking for one -------------------------------------------------------------------------------


def to_be_asked(student: Any, *, limit: int = 3) -> list[Enrolment]:
    """Completed courses, in scope, that the student has not rated nor declined to; the latest
    first. One query."""
    rows = Enrolment.objects.filter(
        student=student, completed_at__isnull=False, state=Seat.ACTIVE
    ).select_related("course")
    return list(_unasked(rows).order_by("-completed_at")[:limit])


def is_to_be_asked(enrolment: Enrolment | None) -> bool:
    if enrolment is None or enrolment.completed_at is None:
        return False
    return _unasked(Enrolment.objects.filter(pk=enrolment.pk)).exists()


def _unasked(rows: QuerySet[Enrolment]) -> QuerySet[Enrolment]:
    written = Review.objects.filter(course=OuterRef("course"), author=OuterRef("student"))
    declined = Declined.objects.filter(enrolment=OuterRef("pk"))
    return rows.filter(~Exists(written), ~Exists(declined))


# --- The desk -------------------------------------------------------------------------------------

REPORTED = "reported"
VIEWS = (REPORTED, State.WAITING, State.SHOWN, State.HIDDEN)


@dataclass(frozen=True, slots=True)
class AtDesk:
    """A review before somebody who answers or moderates."""

    review: Review
    answers: bool
    moderates: bool


def at_desk(user: Any, *, host: Provider | None) -> QuerySet[Review]:
    """The reviews of the houses `user` answers for. Raises Forbidden for who answers nowhere."""
    rows = Review.objects.all()
    if host is not None:
        rows = rows.filter(provider=host)
    if not is_operator(user):
        houses = houses_where(user, Code.ANSWER_REVIEWS)
        if host is not None:
            houses = [one for one in houses if one == host.pk]
        if not houses:
            raise Forbidden
        rows = rows.filter(provider_id__in=houses)
    return rows


def desk_counts(rows: QuerySet[Review]) -> dict[str, int]:
    """{one of VIEWS: how many}. Two queries."""
    counts = dict(rows.order_by().values_list("state").annotate(number=Count("pk")))
    return {REPORTED: desk_view(rows, REPORTED).count()} | {
        state: counts.get(state, 0) for state in State.values
    }


def desk_view(rows: QuerySet[Review], view: str) -> QuerySet[Review]:
    """What stands under a tab: the longest wait first where somebody waits, else the newest."""
    rows = rows.select_related("course__provider", "author")
    if view == REPORTED:
        open_reports = Report.objects.filter(review=OuterRef("pk"), settled_at=None)
        return rows.filter(Exists(open_reports)).order_by("changed_at", "pk")
    order = ("changed_at", "pk") if view == State.WAITING else ("-changed_at", "-pk")
    return rows.filter(state=view).order_by(*order)


def review_at_desk(user: Any, review_id: int, *, host: Provider | None) -> AtDesk:
    """Raises NotFound for who neither answers nor moderates there."""
    rows = Review.objects.select_related("course__provider", "author", "answered_by")
    review = rows.filter(pk=review_id).first()
    if review is None or (host is not None and review.provider_id != host.pk):
        raise NotFound
    found = AtDesk(review, may_answer(user, review.course), may_moderate(user, review.course))
    if not (found.answers or found.moderates):
        raise NotFound
    return found


def open_reports(review: Review) -> list[Report]:
    rows = Report.objects.filter(review=review, settled_at=None).select_related("reporter")
    return list(rows.order_by("reported_at", "pk")[:100])


def houses_to_set(user: Any, *, host: Provider | None) -> list[Provider]:
    """The houses for which `user` decides whether reviews wait, by name."""
    rows = Provider.objects.filter(pk__in=houses_where(user, Code.CHANGE_SETTINGS))
    if host is not None:
        mine = Q(pk=host.pk)
        rows = Provider.objects.filter(mine) if is_operator(user) else rows.filter(mine)
    return list(rows.order_by("name"))
