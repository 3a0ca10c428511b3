"""The desk: courses, their homework, who handed in what, and deeds for many at once."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from lms.common import clock
from lms.common.errors import NotFound
from lms.common.ids import uuids_in
from lms.enrolments.models import Enrolment
from lms.tenants.requests import HouseRequest

from . import actions, selectors
from .desk import filters_of, homework_at, query_of, url_of
from .forms import ExtensionForm
from .models import Homework, SecondMarker
from .rules import Standing
from .states import Marked

PER_PAGE = 50
MOST_AT_ONCE = 200


@login_required
@require_safe
@never_cache
def index(request: HouseRequest) -> HttpResponse:
    """The courses one marks in. Who may see it: those who mark somewhere."""
    rows = selectors.desk_courses(request.user, host=request.provider)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    waiting = selectors.waiting_in(list(page.object_list))
    for course in page.object_list:
        course.waiting = waiting.get(course.pk, 0)
    return render(request, "homework/desk/index.html", {"page": page})


@login_required
@require_safe
@never_cache
def course(request: HouseRequest, course_id: int) -> HttpResponse:
    """The homework of a course, drafts too. Who may see it: those who mark there."""
    desk = selectors.course_at_desk(request.user, course_id, host=request.provider)
    rows = selectors.homework_of(desk.course)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {"desk": desk, "course": desk.course, "page": page}
    return render(request, "homework/desk/course.html", context)


@login_required
@require_safe
@never_cache
def homework(request: HouseRequest, course_id: int, homework_id: int) -> HttpResponse:
    """Who handed in what. Who may see it: those who mark there. At most eight queries and those
    of people."""
    desk, row = homework_at(request, course_id, homework_id)
    now = clock.now()
    chosen, words = filters_of(request)
    rows = selectors.rows_of(row, chosen=chosen, words=words, now=now)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    numbers = selectors.counts(row, now)
    listed = [selectors.row(row, seat, now) for seat in page.object_list]
    markers = selectors.markers_of([one.work for one in listed if one.work])
    for one in listed:
        if one.work:
            one.work.markers = markers.get(one.work.latest_id, [])  # type: ignore[attr-defined]
            one.work.is_twice = row.is_marked_twice(one.work)  # type: ignore[attr-defined]
    context = {
        "desk": desk,
        "course": desk.course,
        "homework": row,
        "page": page,
        "rows": listed,
        "chosen": chosen,
        "words": words,
        "all": sum(numbers.values()),
        "counts": [(one, numbers[one]) for one in Standing],
        "stages": [(Marked(one), number) for one, number in selectors.stage_counts(row).items()],
        "asks_second": row.second_marker == SecondMarker.SOME,
        "unreleased": selectors.unreleased(row).count(),
        "query": query_of(chosen, words),
        "extension": ExtensionForm(homework=row),
    }
    return render(request, "homework/desk/homework.html", context)


@login_required
@require_POST
def bulk(request: HouseRequest, course_id: int, homework_id: int) -> HttpResponse:
    """Set as completed, extend, or release for the chosen students. Who may: those who mark."""
    _desk, row = homework_at(request, course_id, homework_id)
    now, deed = clock.now(), request.POST.get("deed", "")
    back = redirect(f"{url_of('homework', row)}?{request.POST.get('query', '')[:500]}")
    if deed == "release_all":
        number = actions.release_all(row, actor=request.user, at=now)
    else:
        seats = _chosen(request, row)
        if not seats:
            messages.warning(request, _("Choose students first."))
            return back
        if deed == "complete":
            for seat in seats:
                actions.override(row, seat, actor=request.user, at=now)
        elif deed == "extend":
            form = ExtensionForm(request.POST, homework=row)
            if not form.is_valid():
                messages.error(request, " ".join(map(str, form.errors.get("until", []))))
                return back
            for seat in seats:
                actions.extend(row, seat, until=form.cleaned_data["until"], actor=request.user)
        elif deed == "second":
            for seat in seats:
                actions.ask_second(row, seat, on=True, actor=request.user)
        else:
            raise NotFound
        number = len(seats)
    done = ngettext("Done for %(number)d student.", "Done for %(number)d students.", number)
    messages.success(request, done % {"number": number})
    return back


def _chosen(request: HouseRequest, row: Homework) -> list[Enrolment]:
    keys = uuids_in(request.POST.getlist("student")[:MOST_AT_ONCE])
    return list(selectors.seats_of(row).filter(pk__in=keys))
