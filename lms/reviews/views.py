"""What is said of a course, for everybody; one's own review; reporting another's."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lms.common import clock, throttle
from lms.common.errors import NotFound
from lms.courses.freshness import public_page
from lms.courses.models import CoursePage
from lms.courses.selectors import ratings_of
from lms.enrolments.selectors import enrolment_of, open_course
from lms.tenants.requests import HouseRequest
from lms.tenants.scope import provider_scope

from . import actions, selectors
from .errors import NotCompleted
from .forms import ReasonForm, ReviewForm

# Nobody changes their mind more often; a script that does should cost the rest of us nothing.
DEEDS_A_MINUTE = 10
REPORTS_AN_HOUR = 20
HOUR = 3600  # seconds


@public_page
@require_safe
def course(request: HouseRequest, course_id: int) -> HttpResponse:
    """All reviews of a course. Who may see it: whoever may see the course. htmx gets
    the list alone."""
    page = open_course(request.user, course_id, host=request.provider)
    order = request.GET.get("sort", "")
    order = order if order in selectors.ORDERS else "newest"
    number = request.GET.get("p", "1")
    ratings = ratings_of(page)
    found = selectors.shown_reviews(page, ratings, order=order, number=number)
    context = {
        "course": page,
        "page": found,
        "order": order,
        "ratings": ratings,
        "standing": selectors.standing_of(request.user, page),
    }
    part = request.htmx and not request.htmx.history_restore_request
    response = render(request, "reviews/_list.html" if part else "reviews/course.html", context)
    # Anybody can think up numbers: such pages are made anew each time.
    response.public_page = found.number == 1  # type: ignore[attr-defined]
    return response


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def write(request: HouseRequest, course_id: int) -> HttpResponse:
    """Write or change one's own review. Who may: whoever completed the course."""
    page, standing = selectors.course_to_review(request.user, course_id, host=request.provider)
    if not standing.may_review:
        raise NotCompleted
    review = standing.review
    said = {"rating": review.rating, "text": review.text} if review else None
    if request.method != "POST":
        return _form(request, page, standing, ReviewForm(initial=said))
    throttle.count("reviews.write", str(request.user.pk), limit=DEEDS_A_MINUTE)
    form = ReviewForm(request.POST)
    if not form.is_valid():
        return _form(request, page, standing, form, status=422)
    review = actions.rate(page, actor=request.user, at=clock.now(), **form.cleaned_data)
    messages.success(
        request,
        _("Thank you! Others can read your review now.")
        if review.is_shown
        else _("Thank you! Your review is shown once the school has looked at it."),
    )
    return redirect("reviews:course", course_id)


def _form(
    request: HouseRequest,
    page: CoursePage,
    standing: selectors.Standing,
    form: ReviewForm,
    *,
    status: int = 200,
) -> HttpResponse:
    context = {"course": page, "review": standing.review, "form": form}
    return render(request, "reviews/write.html", context, status=status)


@login_required
@require_POST
def remove(request: HouseRequest, course_id: int) -> HttpResponse:
    """Take one's own review back. Who may: its author."""
    _course, standing = selectors.course_to_review(request.user, course_id, host=request.provider)
    throttle.count("reviews.write", str(request.user.pk), limit=DEEDS_A_MINUTE)
    if standing.review is None:
        raise NotFound
    actions.remove(standing.review, actor=request.user)
    messages.success(request, _("Your review is gone."))
    return redirect("reviews:course", course_id)


@login_required
@require_POST
def decline(request: HouseRequest, course_id: int) -> HttpResponse:
    """Not be asked for a review of this course again. Who may: whoever completed it."""
    page = open_course(request.user, course_id, host=request.provider)
    with provider_scope(page.provider_id):
        enrolment = enrolment_of(page, request.user)
        if enrolment is None or enrolment.completed_at is None:
            raise NotFound
        actions.decline(enrolment)
    return HttpResponse() if request.htmx else redirect("learn:dashboard")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def report(request: HouseRequest, course_id: int, review_id: int) -> HttpResponse:
    """Report a review to the moderators. Who may: anybody signed in who sees it."""
    page, review = selectors.shown_review(request.user, course_id, review_id, host=request.provider)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        throttle.count("reviews.report", str(request.user.pk), limit=REPORTS_AN_HOUR, window=HOUR)
        actions.report(
            review, reason=form.cleaned_data["reason"], actor=request.user, at=clock.now()
        )
        messages.success(request, _("Thank you. The moderators will look at it."))
        return redirect("reviews:course", course_id)
    context = {"course": page, "review": review, "form": form}
    status = 422 if form.is_bound else 200
    return render(request, "reviews/report.html", context, status=status)
