"""Students' pages: invitations, asking to join, the waitlist, links and codes."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lms.common import clock, throttle
from lms.common.errors import DomainError, NotFound
from lms.courses.details import course_url
from lms.courses.models import CoursePage
from lms.enrolments.selectors import enrolment_of, open_course, seats_left
from lms.tenants.requests import HouseRequest
from lms.tenants.scope import provider_scope

from . import invitations, links, requests, selectors
from . import waitlist as line
from .errors import NoOffer, SeatIsFree
from .forms import CodeForm, NoteForm
from .models import Invitation
from .rules import CODE_LENGTH, normalise_code

DEEDS_A_MINUTE = 20
# Codes that are tried, not secret links. Of visitors it is an address that is counted, and a whole
# class may sit behind one: 31 ** 8 codes are not guessed at this pace either.
CODES_A_MINUTE = 10
CODES_A_MINUTE_AN_ADDRESS = 120


@login_required
@require_safe
@never_cache
def index(request: HouseRequest) -> HttpResponse:
    """What one has been offered and has asked for. Who may see it: who is signed in, their own."""
    return render(request, "admissions/index.html", {"ways": selectors.ways_of(request.user)})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HouseRequest, token: str) -> HttpResponse:
    """An invitation, and yes or no. Who may see it: whoever holds the link; to accept, the person
    whose account has confirmed the invited address."""
    try:
        found = invitations.by_token(token, host=request.provider)
    except NotFound:
        context = {"standing": "unknown"}
        return render(request, "admissions/invitation.html", context, status=404)
    return _invitation(request, found)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def own(request: HouseRequest, invitation_id: int) -> HttpResponse:
    """The same without the mail. Who may: the person whose confirmed address was invited."""
    found = selectors.own_invitation(request.user, invitation_id, host=request.provider)
    return _invitation(request, found)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HouseRequest, course_id: int) -> HttpResponse:
    """Asking to join. Who may: who is signed in, for a course that is on request."""
    course = open_course(request.user, course_id, host=request.provider)
    if _has_seat(request, course):
        return redirect("learn:course", course.pk)
    form = NoteForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        throttle.count("admissions.ask", str(request.user.pk), limit=DEEDS_A_MINUTE)
        try:
            requests.ask(course, request.user, note=form.cleaned_data["note"], at=clock.now())
        except DomainError as refused:
            if refused.status != 409:
                raise
            form.add_error("note", str(refused.message))  # what was written stays
        else:
            text = _("Your request is with the teacher. You get a mail either way.")
            messages.success(request, text)
            return redirect("admissions:ask", course.pk)
    context = {
        "course": course,
        "form": form,
        "last": selectors.last_request(request.user, course),
    }
    return render(request, "admissions/ask.html", context, status=422 if form.is_bound else 200)


@login_required
@require_POST
def withdraw(request: HouseRequest, request_id: int) -> HttpResponse:
    """Taking a request back. Who may: who asked."""
    row = selectors.own_request(request.user, request_id, host=request.provider)
    requests.withdraw(row, student=request.user, at=clock.now())
    messages.success(request, _("Your request is taken back."))
    return _back(request, course_url(row.course, request.provider))


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def waitlist(request: HouseRequest, course_id: int) -> HttpResponse:
    """One's place in the line: joining, leaving, answering an offer. Who may: who is signed in."""
    user: Any = request.user
    course = _course_in_line(request, course_id)
    if _has_seat(request, course):
        return redirect("learn:course", course.pk)
    refusal = ""
    if request.method == "POST":
        throttle.count("admissions.waitlist", str(user.pk), limit=DEEDS_A_MINUTE)
        try:
            return _in_line(request, course)
        except SeatIsFree:
            return redirect("enrolments:enrol", course.pk)
        except DomainError as refused:
            if refused.status not in (409, 410):
                raise
            refusal = str(refused.message)
    entry = selectors.open_entry(user, course)
    if entry is not None and entry.state == "offered" and not entry.is_offered:
        entry = None  # its time is over, and the clock comes within the minute
    context = {
        "course": course,
        "entry": entry,
        "number": selectors.number_of(entry) if entry else 0,
        "refusal": refusal,
    }
    status = 409 if refusal else 200
    return render(request, "admissions/waitlist.html", context, status=status)


@login_required
@never_cache
@require_safe
def waiting(request: HouseRequest) -> HttpResponse:
    """A line for the dashboard when the reader has invitations or requests that are open. Who may
    see it: who is signed in."""
    context = {"has_ways": selectors.has_ways(request.user)}
    return render(request, "admissions/_waiting_ways.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HouseRequest) -> HttpResponse:
    """Where a code is typed. Who may see it: everybody."""
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        _count(request)
        try:
            found = selectors.link_by_code(form.cleaned_data["code"], host=request.provider)
        except NotFound:
            text = _("There is no such code. Please look at it again, letter by letter.")
            form.add_error("code", text)
        else:
            return redirect("admissions:join_by", found.code)
    return render(request, "admissions/join.html", {"form": form}, status=_status(form))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join_by(request: HouseRequest, code: str) -> HttpResponse:
    """The course a link or code leads to, and getting in. Who may see it: whoever holds it; to get
    in, who is signed in."""
    if len(normalise_code(code)) <= CODE_LENGTH:  # not a link, which nobody guesses
        _count(request)
    try:
        found = selectors.link_by_code(code, host=request.provider)
    except NotFound:
        context = {"form": CodeForm(), "lost": True}
        return render(request, "admissions/join.html", context, status=404)
    course = found.course
    if _has_seat(request, course):
        return redirect("learn:course", course.pk)
    user: Any = request.user
    refusal = ""
    if request.method == "POST" and user.is_authenticated:
        try:
            links.redeem(found, user, at=clock.now())
        except DomainError as refused:
            refusal = str(refused.message)
        else:
            messages.success(request, _("Welcome! You are enrolled."))
            return redirect("learn:course", course.pk)
    context = {
        "course": course,
        "link": found,
        "refusal": refusal,
        "is_open": course.live and course.provider.is_open,
        "full": seats_left(course) == 0,
    }
    return render(request, "admissions/join_by.html", context, status=409 if refusal else 200)


def _invitation(request: HouseRequest, found: Invitation) -> HttpResponse:
    user: Any = request.user
    refusal = ""
    if request.method == "POST":
        throttle.count("admissions.answer", found.token_hash, limit=DEEDS_A_MINUTE)
        try:
            if request.POST.get("answer") == "decline":
                who = user if user.is_authenticated else None
                invitations.decline(found, user=who, at=clock.now())
                return redirect("admissions:index" if "from" in request.POST else request.path)
            if user.is_authenticated:
                invitations.accept(found, user=user, at=clock.now())
                messages.success(request, _("Welcome! You are enrolled."))
                return redirect("learn:course", found.course_id)
        except DomainError as refused:
            refusal = str(refused.message)
            found = _again(found)
    now = invitations.standing(found, user=user, at=clock.now())
    full = now == invitations.Standing.FULL
    entry = selectors.open_entry(user, found.course) if full else None
    context = {
        "invitation": found,
        "course": found.course,
        "standing": now.value,
        "number": selectors.number_of(entry) if entry else 0,
        "refusal": refusal,
        "teachers": list(found.course.instructors.all()),
    }
    return render(request, "admissions/invitation.html", context, status=409 if refusal else 200)


def _again(found: Invitation) -> Invitation:
    course = found.course
    with provider_scope(found.provider_id):
        row = Invitation.objects.select_related("invited_by").get(pk=found.pk)
    row.course = course
    return row


def _in_line(request: HouseRequest, course: CoursePage) -> HttpResponse:
    user: Any = request.user
    deed, entry = request.POST.get("deed"), selectors.open_entry(user, course)
    if deed == "join":
        line.join(course, user, at=clock.now())
        messages.success(request, _("You are on the waitlist. We write when a seat is free."))
    elif deed == "accept":
        if entry is None:
            raise NoOffer
        line.accept(entry, student=user, at=clock.now())
        messages.success(request, _("Welcome! You are enrolled."))
        return redirect("learn:course", course.pk)
    elif deed == "leave" and entry is not None:
        line.leave(entry, student=user, at=clock.now())
        messages.success(request, _("You are no longer on the waitlist."))
        return _back(request, course_url(course, request.provider))
    return redirect("admissions:waitlist", course.pk)


def _course_in_line(request: HouseRequest, course_id: int) -> CoursePage:
    """Who stands in line, or is invited, knows the course, wherever it is listed.

    Raises NotFound."""
    course = CoursePage.objects.select_related("provider").filter(pk=course_id).first()
    here = course is not None and request.provider in (None, course.provider)
    if course is not None and here:
        invited = selectors.open_invitation(request.user, course, at=clock.now())
        if invited or selectors.open_entry(request.user, course):
            return course
    return open_course(request.user, course_id, host=request.provider)


def _has_seat(request: HouseRequest, course: CoursePage) -> bool:
    with provider_scope(course.provider_id):
        seat = enrolment_of(course, request.user)
    return seat is not None and seat.is_active


def _count(request: HouseRequest) -> None:
    if request.user.is_authenticated:
        throttle.count("admissions.code", str(request.user.pk), limit=CODES_A_MINUTE)
    else:
        who, most = throttle.address_of(request), CODES_A_MINUTE_AN_ADDRESS
        throttle.count("admissions.code", who, limit=most)


def _back(request: HouseRequest, otherwise: str) -> HttpResponse:
    """To the list of one's invitations and requests, if one comes from there."""
    return redirect("admissions:index" if request.POST.get("from") == "list" else otherwise)


def _status(form: Any) -> int:
    return 422 if form.is_bound else 200
