"""A student's own pages: what there is to do, their calendar, and its file for other programs."""

import hashlib
from datetime import date

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseNotModified
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import patch_cache_control
from django.utils.formats import get_format
from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from lms.common import clock, throttle
from lms.common.errors import NotFound
from lms.tenants.requests import HouseRequest

from . import actions, feeds, rules, selectors
from .forms import NoteForm

# Calendar programs ask once an hour or so. A wrong address is tried by nobody who has a right one.
FEED_LIMIT = 30  # a minute
WRONG_LIMIT = 20  # a minute from one address
# Years a calendar turns to.
FIRST_YEAR, LAST_YEAR = 1971, 2199
FILE_TYPE = "text/calendar; charset=utf-8"


# --- To do ----------------------------------------------------------------------------------------


@login_required
@require_safe
@never_cache
def todo(request: HouseRequest) -> HttpResponse:
    """Who may see it: anybody signed in, their own."""
    return _todo(request, NoteForm())


@login_required
@require_POST
def add(request: HouseRequest) -> HttpResponse:
    """A note to oneself. Who may: anybody signed in."""
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _todo(request, form, status=200 if request.htmx else 422)
    values = form.cleaned_data
    actions.add_note(
        request.user, values["text"], values["day"], actor=request.user, at=clock.now()
    )
    return _changed(request)


@login_required
@require_POST
def tick(request: HouseRequest, note_id: int) -> HttpResponse:
    """Who may: whose note it is."""
    note = selectors.note_for(request.user, note_id)
    actions.tick(note, actor=request.user, at=clock.now())
    return _changed(request)


@login_required
@require_POST
def untick(request: HouseRequest, note_id: int) -> HttpResponse:
    """Who may: whose note it is."""
    actions.untick(selectors.note_for(request.user, note_id), actor=request.user)
    return _changed(request)


@login_required
@require_POST
def remove(request: HouseRequest, note_id: int) -> HttpResponse:
    """Who may: whose note it is."""
    actions.remove(selectors.note_for(request.user, note_id), actor=request.user)
    return _changed(request)


@login_required
@require_POST
def hide_steps(request: HouseRequest) -> HttpResponse:
    """Put the first steps on the dashboard away. Who may: anybody signed in, their own."""
    actions.hide_steps(request.user, actor=request.user, at=clock.now())
    return HttpResponse() if request.htmx else redirect("learn:dashboard")


def _changed(request: HouseRequest) -> HttpResponse:
    return _todo(request, NoteForm()) if request.htmx else redirect("planner:todo")


def _todo(request: HouseRequest, form: NoteForm, status: int = 200) -> HttpResponse:
    found = selectors.todo(request.user, now=clock.now(), number=request.GET.get("page"))
    name = "planner/_todo.html" if request.htmx else "planner/todo.html"
    return render(request, name, {"todo": found, "form": form}, status=status)


# --- The calendar ---------------------------------------------------------------------------------


@login_required
@require_safe
@never_cache
def calendar(request: HouseRequest) -> HttpResponse:
    """A month or a week, in the reader's time zone. Who may see it: anybody signed in, their own.
    What the address says wrong is today."""
    now = clock.now()
    today = timezone.localdate(now)
    on = _day(request.GET.get("on", "")) or today
    # Django counts from Sunday.
    first = (int(get_format("FIRST_DAY_OF_WEEK")) - 1) % 7
    by_week = request.GET.get("view") == "week"
    if by_week:
        sheet = selectors.week(request.user, on, first=first, now=now)
        previous, following = on - 7 * rules.ONE_DAY, on + 7 * rules.ONE_DAY
    else:
        sheet = selectors.month(request.user, on, first=first, now=now)
        previous, following = rules.months_on(on, -1), rules.months_on(on, 1)
    view = "week" if by_week else "month"
    context = {
        "sheet": sheet,
        "view": view,
        "today": today,
        "previous_url": _calendar_url(view, previous),
        "next_url": _calendar_url(view, following),
        "today_url": _calendar_url(view, today),
        "tabs": [
            {"title": _("Month"), "url": _calendar_url("month", on), "current": not by_week},
            {"title": _("Week"), "url": _calendar_url("week", on), "current": by_week},
        ],
        "feed_url": _feed_url(request),
    }
    return render(request, "planner/calendar.html", context)


@login_required
@require_POST
def change_feed(request: HouseRequest) -> HttpResponse:
    """Open, renew or close one's calendar for other programs. Who may: anybody signed in."""
    if request.POST.get("close"):
        actions.close_feed(request.user, actor=request.user)
        messages.success(request, _("The address leads nowhere any more."))
    else:
        actions.renew_feed(request.user, actor=request.user, at=clock.now())
        messages.success(request, _("Here is the new address. Give it to your calendar program."))
    return redirect(reverse("planner:calendar") + "#subscribe")


@login_required
@require_safe
@never_cache
def entry_file(request: HouseRequest, key: str) -> HttpResponse:
    """One date, to add to another calendar. Who may: the student it is for."""
    now = clock.now()
    entry = selectors.entry_of(request.user, key, now=now)
    said = selectors.planner_of(request.user).said
    body = feeds.calendar(request.user, [entry], said, now=now, absolute=request.build_absolute_uri)
    response = HttpResponse(body, content_type=FILE_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{entry.key}.ics"'
    return response


@require_safe
def feed(request: HouseRequest, token: str) -> HttpResponse:
    """All of somebody's dates for their calendar program. Who may: whoever holds the address. It
    looks at no session."""
    try:
        planner = selectors.planner_by_token(token)
    except NotFound:
        throttle.count("calendar.wrong", throttle.address_of(request), limit=WRONG_LIMIT)
        raise
    throttle.count("calendar", str(planner.feed), limit=FEED_LIMIT)
    person, now = planner.person, clock.now()
    with (
        selectors.feed_scope(person, request.provider),
        translation.override(person.language),
        timezone.override(person.time_zone),
    ):
        entries = selectors.feed_entries(person, now=now)
        said = actions.note_said(planner, entries, at=now)
        body = feeds.calendar(
            person,
            entries,
            said,
            now=now,
            absolute=request.build_absolute_uri,
            name=_feed_name(request),
        )
    return _unless_known(request, body)


def _feed_name(request: HouseRequest) -> str:
    school = request.provider.name if request.provider else "Fledge"
    return _("My learning at %(school)s") % {"school": school}


def _unless_known(request: HouseRequest, body: bytes) -> HttpResponse:
    """The file, or that it has not changed."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    response: HttpResponse
    if etag in parse_etags(request.headers.get("If-None-Match", "")):
        response = HttpResponseNotModified()
    else:
        response = HttpResponse(body, content_type=FILE_TYPE)
        response["Content-Disposition"] = 'inline; filename="calendar.ics"'
    response["ETag"] = etag
    response["X-Robots-Tag"] = "noindex"
    patch_cache_control(response, private=True, no_cache=True)
    return response


def _feed_url(request: HouseRequest) -> str:
    """Empty while it is closed."""
    token = selectors.feed_token(selectors.planner_of(request.user))
    return request.build_absolute_uri(reverse("planner:feed", args=[token])) if token else ""


def _calendar_url(view: str, on: date) -> str:
    return f"{reverse('planner:calendar')}?view={view}&on={on.isoformat()}"


def _day(text: str) -> date | None:
    """A day as addresses have it: 2026-10-25. None for nonsense, and for years far away."""
    try:
        found = date.fromisoformat(text[:10])
    except ValueError:
        return None
    return found if FIRST_YEAR <= found.year <= LAST_YEAR else None
