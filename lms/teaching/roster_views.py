"""The desk: a course's roster, and a student's page."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import chain
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
    require_safe,
)

from lms.common import clock
from lms.common.errors import Forbidden, NotFound
from lms.common.sheets import csv_response
from lms.courses.desk import Desk
from lms.enrolments import actions as enrolments
from lms.enrolments import invited
from lms.enrolments.forms import RemovalForm
from lms.enrolments.models import Enrolment
from lms.enrolments.selectors import group_of, students_now
from lms.enrolments.states import State
from lms.tenants.requests import HouseRequest

from . import actions, panels, selectors, students, support
from .forms import ChoiceForm, NoteForm, SnoozeForm, WatchForm
from .rules import Thresholds
from .selectors import Choice

PER_PAGE = 50
INVITED = "invited"
REMOVE = "remove"
GROUP = "group"


@login_required
@require_safe
@never_cache
def roster(request: HouseRequest, course_id: int) -> HttpResponse:
    """A course's students. Who may see it: those who see its students."""
    desk = selectors.course_at_desk(request.user, course_id, host=request.provider)
    if request.GET.get("show") == INVITED and invited.has_sources():
        return _invited(request, desk)
    form = ChoiceForm(request.GET, groups=selectors.group_names(desk.course))
    choice, watch, now = form.choice(), selectors.watch_over(desk.course), clock.now()
    pages = Paginator(selectors.roster(desk.course, watch, choice, now=now), PER_PAGE)
    if choice.is_everybody:
        pages.count = students_now([desk.course]).get(desk.course.pk, 0)  # without a join
    page = pages.get_page(request.GET.get("page"))
    rows = selectors.roster_rows(desk.course, list(page.object_list), watch, now=now)
    context = {
        "desk": desk,
        "course": desk.course,
        "form": form,
        "choice": choice,
        "page": page,
        "numbers": pages.get_elided_page_range(page.number),
        "rows": rows,
        "watch": watch,
        "invites": invited.has_sources(),
    }
    return render(request, "teaching/roster.html", context)


def _invited(request: HouseRequest, desk: Desk) -> HttpResponse:
    words = request.GET.get("q", "")[:100]
    rows: Any = _Invited(desk, words)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {"desk": desk, "course": desk.course, "page": page, "words": words}
    return render(request, "teaching/invited.html", context)


class _Invited:
    """The invited as a paginator asks for them."""

    def __init__(self, desk: Desk, words: str) -> None:
        self.course, self.words = desk.course, words

    def __len__(self) -> int:
        return invited.invited(self.course, self.words, 0, 0)[0]

    def __getitem__(self, part: slice) -> list[Any]:
        return invited.invited(self.course, self.words, part.start, part.stop - part.start)[1]


@login_required
@require_safe
@never_cache
def as_csv(request: HouseRequest, course_id: int) -> HttpResponseBase:
    """What was chosen of the roster as CSV. Who may: those who see its students."""
    desk = selectors.course_at_desk(request.user, course_id, host=request.provider)
    form = ChoiceForm(request.GET, groups=selectors.group_names(desk.course))
    choice, now = form.choice(), clock.now()
    name = f"{slugify(desk.course.title) or 'course'}-{now:%Y-%m-%d}.csv"
    return csv_response(request, name, _lines(desk, choice))


def _lines(desk: Desk, choice: Choice) -> Iterator[list[Any]]:
    # Said in the reader's language now: the rest is read while it is sent.
    states = {value: str(label) for value, label in State.choices}
    heads = [
        _("Name"),
        _("E-mail"),
        _("Status"),
        _("Enrolled on"),
        _("Progress in percent"),
        _("Grade in percent"),
        _("Last activity"),
        _("Groups"),
    ]
    return chain([heads], _rows(desk, choice, states))


def _rows(desk: Desk, choice: Choice, states: dict[str, str]) -> Iterator[list[Any]]:
    watch, now = selectors.watch_over(desk.course), clock.now()
    for row in selectors.in_batches(desk.course, watch, choice, now=now):
        yield [
            str(row.seat.student),
            row.seat.student.email,
            states[row.seat.state],
            row.seat.enrolled_at.isoformat(timespec="seconds"),
            row.standing.percent,
            "" if row.standing.grade is None else row.standing.grade,
            row.active_at.isoformat(timespec="seconds") if row.active_at else "",
            ", ".join(row.groups),
        ]


@login_required
@require_POST
def bulk(request: HouseRequest, course_id: int) -> HttpResponse:
    """Do something with the students that were ticked; before they are removed it is asked why, on
    a page of its own. Who may: those who manage them."""
    desk = selectors.course_at_desk(request.user, course_id, host=request.provider)
    if not desk.sets:
        raise Forbidden
    ticked = [one for one in request.POST.getlist("seat")[:PER_PAGE] if _is_id(one)]
    rows = Enrolment.objects.filter(course=desk.course, pk__in=ticked).select_related("student")
    seats = [one for one in rows if one.is_active]
    deed, _colon, key = request.POST.get("deed", "").partition(":")
    if not seats:
        messages.info(request, _("Tick the students first."))
    elif deed == GROUP and key.isdecimal() and len(key) < 19:
        group = group_of(desk.course, int(key[:18]))
        number = enrolments.add_to_group(group, seats, actor=request.user)
        text = ngettext(
            "%(n)d student is now in “%(group)s”.",
            "%(n)d students are now in “%(group)s”.",
            number,
        )
        messages.success(request, text % {"n": number, "group": group.name})
    elif deed == REMOVE and "confirmed" not in request.POST:
        context = {"desk": desk, "course": desk.course, "seats": seats, "form": RemovalForm()}
        return render(request, "teaching/remove.html", context)
    elif deed == REMOVE:
        form = RemovalForm(request.POST)
        if not form.is_valid():
            context = {"desk": desk, "course": desk.course, "seats": seats, "form": form}
            return render(request, "teaching/remove.html", context, status=422)
        told = {"actor": request.user, "at": clock.now(), "reason": form.cleaned_data["reason"]}
        for seat in seats:
            enrolments.remove(desk.course, seat.student, **told)
        text = ngettext(
            "%(n)d student was removed. Under “Left or removed” you can give the seat back.",
            "%(n)d students were removed. Under “Left or removed” you can give the seats back.",
            len(seats),
        )
        messages.success(request, text % {"n": len(seats)})
    return redirect("teaching:roster", course_id)


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def watch(request: HouseRequest, course_id: int) -> HttpResponse:
    """What is watched for in the course. Who may: those who manage its students."""
    desk = selectors.course_at_desk(request.user, course_id, host=request.provider)
    if not desk.sets:
        raise NotFound
    posted = request.POST if request.method == "POST" else None
    form = WatchForm(posted, instance=selectors.watch_over(desk.course))
    if form.is_valid():
        limits = Thresholds(**form.cleaned_data)
        actions.set_watch(desk.course, limits, actor=request.user)
        messages.success(request, _("Saved."))
        return redirect("teaching:roster", course_id)
    context = {"desk": desk, "course": desk.course, "form": form}
    status = 422 if form.is_bound else 200
    return render(request, "teaching/watch.html", context, status=status)


@login_required
@require_safe
@never_cache
def student(request: HouseRequest, course_id: int, enrolment_id: UUID) -> HttpResponse:
    """A student's work in the course. Who may see it: those who see its students."""
    desk, seat = _seat(request, course_id, enrolment_id)
    watch_row, now = selectors.watch_over(desk.course), clock.now()
    (row,) = selectors.roster_rows(desk.course, [seat], watch_row, now=now)
    context = {
        "desk": desk,
        "course": desk.course,
        "seat": seat,
        "row": row,
        "reasons": panels.reasons(seat, watch_row, now) if row.reasons else [],
        "snooze_form": SnoozeForm(),
        "portrait": students.portrait(desk.course, seat, now=now),
        "note_form": NoteForm(),
        "removed": students.note_of(seat, int(key)) if (key := _undoable(request)) else None,
        "has_support": support.has_profile(request.user, seat),
    }
    return render(request, "teaching/student.html", context)


@login_required
@require_POST
def snooze(request: HouseRequest, course_id: int, enrolment_id: UUID) -> HttpResponse:
    """Put the student off the list of those at risk. Who may: those who see its students."""
    _desk, seat = _seat(request, course_id, enrolment_id)
    form = SnoozeForm(request.POST)
    if form.is_valid():
        now, days = clock.now(), form.cleaned_data["days"]
        until = now + timedelta(days=days) if days else None
        note = form.cleaned_data["note"]
        actions.snooze(seat, until=until, note=note, actor=request.user, at=now)
        messages.success(request, _("Put off. You can undo that here."))
    return redirect("teaching:student", course_id, enrolment_id)


@login_required
@require_POST
def end_snooze(request: HouseRequest, course_id: int, enrolment_id: UUID) -> HttpResponse:
    """Who may: those who see its students."""
    _desk, seat = _seat(request, course_id, enrolment_id)
    actions.end_snooze(seat, actor=request.user)
    return redirect("teaching:student", course_id, enrolment_id)


def _undoable(request: HouseRequest) -> str:
    """The id of the note that was removed a moment ago."""
    key = request.GET.get("removed", "")
    return key if key.isdecimal() and len(key) < 19 else ""


@login_required
@require_POST
def note(request: HouseRequest, course_id: int, enrolment_id: UUID) -> HttpResponse:
    """Note something for colleagues. Who may: those who see the course's students."""
    _desk, seat = _seat(request, course_id, enrolment_id)
    form = NoteForm(request.POST)
    if form.is_valid():
        actions.note(seat, form.cleaned_data["text"], actor=request.user, at=clock.now())
    else:
        messages.error(request, _("Nothing was noted: write up to 2000 characters."))
    return redirect(f"{_path(course_id, enrolment_id)}#notes")


@login_required
@require_POST
def remove_note(
    request: HouseRequest, course_id: int, enrolment_id: UUID, note_id: int
) -> HttpResponse:
    """Take a note away, or back again. Who may: its author, and those who manage the students."""
    _desk, seat = _seat(request, course_id, enrolment_id)
    row = students.note_of(seat, note_id)
    if row is None:
        raise NotFound
    if "undo" in request.POST:
        actions.restore_note(row, actor=request.user)
        return redirect(f"{_path(course_id, enrolment_id)}#notes")
    actions.remove_note(row, actor=request.user, at=clock.now())
    return redirect(f"{_path(course_id, enrolment_id)}?removed={row.pk}#notes")


@login_required
@require_GET
@never_cache
def support_profile(request: HouseRequest, course_id: int, enrolment_id: UUID) -> HttpResponse:
    """What helps the student to learn; the look is put on record. Who may see it: those who teach
    the student, and nobody else."""
    desk, seat = _seat(request, course_id, enrolment_id)
    profile = support.look(request.user, seat, at=clock.now())
    context = {"course": desk.course, "seat": seat, "profile": profile}
    return render(request, "teaching/support.html", context)


def _path(course_id: int, enrolment_id: UUID) -> str:
    return reverse("teaching:student", args=[course_id, enrolment_id])


def _seat(request: HouseRequest, course_id: int, enrolment_id: UUID) -> tuple[Desk, Enrolment]:
    desk = selectors.course_at_desk(request.user, course_id, host=request.provider)
    return desk, selectors.seat_at_desk(desk.course, enrolment_id)
