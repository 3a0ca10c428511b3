"""The desk: reviews that wait, that were reported, and all others, for those who answer them."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from lms.common import clock
from lms.common.errors import NotFound
from lms.courses.desk import course_at_desk
from lms.courses.models import CoursePage
from lms.tenants.permissions import Code
from lms.tenants.requests import HouseRequest

from . import actions, selectors
from .forms import AnswerForm, ReasonForm
from .models import Review
from .selectors import AtDesk
from .states import State

PER_PAGE = 25


@login_required
@require_safe
@never_cache
def index(request: HouseRequest) -> HttpResponse:
    """Reviews of the houses one answers for, or of one course. Who may see it: those who answer
    somewhere."""
    rows = selectors.at_desk(request.user, host=request.provider)
    course, within = _course(request), ""
    if course is not None:
        rows, within = rows.filter(course_id=course.pk), f"&course={course.pk}"
    counts = selectors.desk_counts(rows)
    view = request.GET.get("view", "")
    if view not in selectors.VIEWS:
        view = next((one for one in selectors.VIEWS[:2] if counts[one]), State.SHOWN.value)
    page = Paginator(selectors.desk_view(rows, view), PER_PAGE).get_page(request.GET.get("page"))
    labels = {selectors.REPORTED: _("Reported"), **dict(State.choices)}
    path = reverse("reviews_desk:index")
    context = {
        "page": page,
        "course": course,
        "tabs": [
            {
                "title": labels[one],
                "url": f"{path}?view={one}{within}",
                "count": counts[one],
                "current": one == view,
            }
            for one in selectors.VIEWS
        ],
        "houses": [] if course else selectors.houses_to_set(request.user, host=request.provider),
    }
    return render(request, "reviews/desk/index.html", context)


def _course(request: HouseRequest) -> CoursePage | None:
    """The course that is asked for, if one is. Raises NotFound."""
    key = request.GET.get("course", "")
    if not key:
        return None
    code = Code.ANSWER_REVIEWS
    if not key.isdecimal() or len(key) > 18:
        raise NotFound
    return course_at_desk(
        request.user, int(key), host=request.provider, works=code, sets=code
    ).course


@login_required
@require_POST
def approval(request: HouseRequest) -> HttpResponse:
    """Whether reviews of a house wait for approval. Who may: those who change its settings."""
    wanted = request.POST.get("house", "")
    houses = selectors.houses_to_set(request.user, host=request.provider)
    house = next((one for one in houses if str(one.pk) == wanted), None)
    if house is None:
        raise NotFound
    actions.set_approval(house, "waits" in request.POST, actor=request.user)
    messages.success(request, _("Saved."))
    return redirect("reviews_desk:index")


@login_required
@require_safe
@never_cache
def review(request: HouseRequest, review_id: int) -> HttpResponse:
    """One review. Who may see it: those who answer or moderate it."""
    return _page(request, _at_desk(request, review_id))


@login_required
@require_POST
def answer(request: HouseRequest, review_id: int) -> HttpResponse:
    """Who may: those who answer reviews of its house."""
    found = _at_desk(request, review_id)
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _page(request, found, answer_form=form, status=422)
    actions.answer(found.review, form.cleaned_data["answer"], actor=request.user, at=clock.now())
    messages.success(request, _("Your answer stands beneath the review."))
    return _back(found.review)


@login_required
@require_POST
def show(request: HouseRequest, review_id: int) -> HttpResponse:
    """Who may: those who moderate it."""
    found = _at_desk(request, review_id)
    actions.show(found.review, actor=request.user)
    messages.success(request, _("The review is shown."))
    return _back(found.review)


@login_required
@require_POST
def hide(request: HouseRequest, review_id: int) -> HttpResponse:
    """Who may: those who moderate it."""
    found = _at_desk(request, review_id)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _page(request, found, hide_form=form, status=422)
    actions.hide(
        found.review, reason=form.cleaned_data["reason"], actor=request.user, at=clock.now()
    )
    messages.success(request, _("The review is hidden. Its author is told why."))
    return _back(found.review)


@login_required
@require_POST
def settle(request: HouseRequest, review_id: int) -> HttpResponse:
    """Leave it as it is. Who may: those who moderate it."""
    found = _at_desk(request, review_id)
    actions.settle(found.review, actor=request.user, at=clock.now())
    messages.success(request, _("The reports are dismissed."))
    return _back(found.review)


def _at_desk(request: HouseRequest, review_id: int) -> AtDesk:
    return selectors.review_at_desk(request.user, review_id, host=request.provider)


def _back(review: Review) -> HttpResponse:
    return redirect("reviews_desk:review", review.pk)


def _page(
    request: HouseRequest,
    found: AtDesk,
    *,
    answer_form: AnswerForm | None = None,
    hide_form: ReasonForm | None = None,
    status: int = 200,
) -> HttpResponse:
    row = found.review
    context = {
        "found": found,
        "review": row,
        "course": row.course,
        "reports": selectors.open_reports(row),
        "answer_form": answer_form or AnswerForm(initial={"answer": row.answer}),
        "hide_form": hide_form or ReasonForm(),
    }
    return render(request, "reviews/desk/review.html", context, status=status)
