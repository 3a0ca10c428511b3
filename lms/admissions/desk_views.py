"""The desk: adding and inviting people, deciding about requests, the waitlist, links and codes."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_q.tasks import async_task

from lms.common import clock, throttle
from lms.common.errors import DomainError, Forbidden
from lms.common.tables import Unreadable
from lms.courses.models import CoursePage
from lms.enrolments.selectors import seats_left
from lms.tenants.requests import HouseRequest

from . import invitations as inviting
from . import links as linking
from . import lists, selectors, wording
from . import requests as asking
from .forms import AddForm, InviteForm, LinkForm, ReplyForm
from .models import Invitation
from .states import Listed

PER_PAGE = 50
ADDED_A_MINUTE = 30
LISTS_A_MINUTE = 10


@login_required
@require_safe
@never_cache
def pending(request: HouseRequest) -> HttpResponse:
    """All requests that wait, in whichever course. Who may see it: who decides somewhere."""
    if not selectors.manages_somewhere(request.user, host=request.provider):
        raise Forbidden
    rows = selectors.pending_requests(request.user, host=request.provider)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    courses = Paginator(
        selectors.desk_courses(request.user, host=request.provider), PER_PAGE
    ).get_page(request.GET.get("courses"))
    return render(request, "admissions/desk/pending.html", {"page": page, "courses": courses})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def add(request: HouseRequest, course_id: int) -> HttpResponse:
    """Adding one person. Who may: those who manage the course's students."""
    course = _course(request, course_id)
    form = AddForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        throttle.count("admissions.add", str(request.user.pk), limit=ADDED_A_MINUTE)
        data = form.cleaned_data
        try:
            made = inviting.add(
                course, data["who"], message=data["message"], actor=request.user, at=clock.now()
            )
        except DomainError as refused:
            if refused.status == 403:
                raise
            form.add_error("who", str(refused.message))
        else:
            if isinstance(made, Invitation):
                text = _("Nobody has this address here yet: %(who)s was invited to register.")
                messages.success(request, text % {"who": made.email})
            else:
                text = _("%(who)s is enrolled and was told by mail.")
                messages.success(request, text % {"who": made.student})
            return redirect("admissions_desk:add", course.pk)
    return _page(request, "add", course, form=form)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def invitations(request: HouseRequest, course_id: int) -> HttpResponse:
    """The course's invitations, and inviting one or many. Who may: those who manage its
    students."""
    course = _course(request, course_id)
    posted = request.method == "POST"
    form = InviteForm(request.POST if posted else None, request.FILES if posted else None)
    if form.is_valid():
        throttle.count("admissions.invite", str(request.user.pk), limit=LISTS_A_MINUTE)
        try:
            return _invite(request, course, form.cleaned_data)
        except Unreadable as refused:
            name = "file" if form.cleaned_data["file"] else "people"
            form.add_error(name, wording.of_file(refused))
        except DomainError as refused:
            if refused.status == 403:
                raise
            form.add_error("people", str(refused.message))
    rows = selectors.invitations_of(course)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    recent = list(selectors.lists_of(course)[:5])
    return _page(request, "invitations", course, form=form, page=page, lists=recent)


def _invite(request: HouseRequest, course: CoursePage, data: dict[str, Any]) -> HttpResponse:
    file, pasted = data["file"], data["people"].strip()
    told = {"message": data["message"], "days": data["days"]}
    if not file and len(pasted.split()) == 1 and not set(pasted) & set(",;<"):
        made = inviting.invite(course, pasted, **told, actor=request.user, at=clock.now())
        messages.success(request, _("%(who)s is invited.") % {"who": made.email})
        return redirect("admissions_desk:invitations", course.pk)
    batch = lists.hand_in(
        course,
        file.read() if file else pasted,
        name=file.name if file else _("Pasted addresses"),
        **told,
        actor=request.user,
        at=clock.now(),
    )
    if batch.is_busy:
        _queue(batch)
    return redirect("admissions_desk:list", course.pk, batch.pk)


@login_required
@require_POST
def resend(request: HouseRequest, course_id: int, invitation_id: int) -> HttpResponse:
    """Who may: those who manage the course's students."""
    course = _course(request, course_id)
    row = selectors.invitation_of(course, invitation_id)
    inviting.resend(row, actor=request.user, at=clock.now())
    messages.success(request, _("Sent again, with a new link."))
    return redirect("admissions_desk:invitations", course.pk)


@login_required
@require_POST
def withdraw(request: HouseRequest, course_id: int, invitation_id: int) -> HttpResponse:
    """Who may: those who manage the course's students."""
    course = _course(request, course_id)
    row = selectors.invitation_of(course, invitation_id)
    inviting.withdraw(row, actor=request.user, at=clock.now())
    messages.success(request, _("The invitation is withdrawn."))
    return redirect("admissions_desk:invitations", course.pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def invitation_list(request: HouseRequest, course_id: int, list_id: int) -> HttpResponse:
    """A list row by row: what would come of it, and what came. Who may: those who manage the
    course's students."""
    course = _course(request, course_id)
    batch = selectors.list_of(course, list_id)
    if request.method == "POST":
        deed = request.POST.get("deed")
        if deed == "discard":
            lists.discard(batch, actor=request.user)
            return redirect("admissions_desk:invitations", course.pk)
        if deed == "confirm":
            lists.confirm(batch, actor=request.user, at=clock.now())
        if batch.is_busy:
            _queue(batch)  # a list that was interrupted goes on too
        return redirect("admissions_desk:list", course.pk, batch.pk)
    rows = selectors.rows_of(batch)
    if request.GET.get("show") == "problems":
        rows = rows.exclude(problem="")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "batch": batch,
        "page": page,
        "rows": [(row, wording.of_row(row)) for row in page.object_list],
        "summary": selectors.summary_of(batch),
        "notes": wording.of_reading(batch.told),
        "can_confirm": batch.state == Listed.CHECKED,
    }
    response = _page(request, "list", course, here="invitations", **context)
    if batch.is_busy:
        response["Refresh"] = "3"  # without a script, too
    return response


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def requests(request: HouseRequest, course_id: int) -> HttpResponse:
    """Requests that wait, the newest first, and deciding one or several. Who may: those who manage
    the course's students."""
    course = _course(request, course_id)
    form = ReplyForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        approved, keys = _decision(request)
        found = selectors.requests_of(course).filter(pk__in=keys)
        outcome = asking.decide(
            found,
            approved=approved,
            reply=form.cleaned_data["reply"],
            actor=request.user,
            at=clock.now(),
        )
        _say_decided(request, approved, outcome)
        return redirect("admissions_desk:requests", course.pk)
    rows = selectors.requests_of(course)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return _page(request, "requests", course, form=form, page=page, free=seats_left(course))


def _decision(request: HouseRequest) -> tuple[bool, list[int]]:
    """A button of one request ("approve:7"), or of those that are ticked ("approve")."""
    deed, _colon, key = request.POST.get("deed", "").partition(":")
    keys = [key] if key else request.POST.getlist("request")
    if deed not in ("approve", "decline"):
        keys = []  # Enter was pressed: nobody has chosen yet
    return deed == "approve", [int(one) for one in keys if one.isdecimal() and len(one) < 19]


def _say_decided(request: HouseRequest, approved: bool, outcome: asking.Decided) -> None:
    number = len(outcome.done)
    if approved:
        text = ngettext("%(n)s student is enrolled.", "%(n)s students are enrolled.", number)
    else:
        text = ngettext("%(n)s request is declined.", "%(n)s requests are declined.", number)
    if number:
        messages.success(request, text % {"n": number})
    if outcome.left:
        still = len(outcome.left)
        text = ngettext("%(n)s request still waits.", "%(n)s requests still wait.", still)
        messages.warning(request, f"{text % {'n': still}} {outcome.why}")
    if not outcome.done and not outcome.left:
        messages.info(request, _("Nothing was decided: choose requests that still wait."))


@login_required
@require_safe
@never_cache
def waitlist(request: HouseRequest, course_id: int) -> HttpResponse:
    """Who waits, in order. Who may see it: those who manage the course's students."""
    course = _course(request, course_id)
    rows = selectors.waitlist_of(course)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return _page(request, "waitlist", course, page=page, free=seats_left(course))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def links(request: HouseRequest, course_id: int) -> HttpResponse:
    """Links and codes of the course, and making one. Who may: those who manage its students."""
    course = _course(request, course_id)
    zone = get_current_timezone_name()
    form = LinkForm(request.POST if request.method == "POST" else None, zone=zone)
    if form.is_valid():
        data = form.cleaned_data
        linking.make(
            course,
            is_code=data["kind"] == "code",
            label=data["label"],
            max_uses=data["max_uses"],
            expires_at=data["expires_at"],
            actor=request.user,
            at=clock.now(),
        )
        return redirect("admissions_desk:links", course.pk)
    page = Paginator(selectors.links_of(course), PER_PAGE).get_page(request.GET.get("page"))
    rows = [
        (row, settings.FLEDGE_BASE_URL + reverse("admissions:join_by", args=[row.code]))
        for row in page.object_list
    ]
    join_url = settings.FLEDGE_BASE_URL + reverse("admissions:join")
    return _page(request, "links", course, form=form, page=page, rows=rows, join_url=join_url)


@login_required
@require_POST
def revoke(request: HouseRequest, course_id: int, link_id: int) -> HttpResponse:
    """Who may: those who manage the course's students."""
    course = _course(request, course_id)
    linking.revoke(selectors.link_of(course, link_id), actor=request.user, at=clock.now())
    messages.success(request, _("Nobody gets in by it any more. Who is in stays."))
    return redirect("admissions_desk:links", course.pk)


def _course(request: HouseRequest, course_id: int) -> CoursePage:
    return selectors.course_at_desk(request.user, course_id, host=request.provider)


def _page(
    request: HouseRequest, name: str, course: CoursePage, *, here: str = "", **context: Any
) -> HttpResponse:
    form = context.get("form")
    told = {"course": course, "here": here or name, "counts": selectors.counts_of(course)}
    status = 422 if form is not None and form.is_bound else 200
    return render(request, f"admissions/desk/{name}.html", {**told, **context}, status=status)


def _queue(batch: Any) -> None:
    async_task("lms.admissions.tasks.work_on_list", str(batch.provider_id), batch.pk)
