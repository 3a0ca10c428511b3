"""The desk: reports of a course on a page, as files and by mail."""

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lms.common import clock
from lms.common.errors import Invalid, NotFound
from lms.courses.models import CoursePage
from lms.files.serving import serve
from lms.tenants.models import Provider
from lms.tenants.requests import HouseRequest
from lms.tenants.scope import provider_scope

from . import file_actions, learning
from .errors import FileEnded, TooManyFiles
from .forms import PRESETS, MailingForm, ReportForm, SpanForm
from .learning import Ask, Done
from .models import By, Format, Period, Recipient
from .notifications import SALT
from .views import Chart

PER_PAGE = 50
GROUPS_PER_PAGE = 25


@login_required
@require_safe
@never_cache
def index(request: HouseRequest) -> HttpResponse:
    """One's courses in some days. Who may see it: those who see students' progress somewhere."""
    rows = learning.desk_courses(request.user, host=request.provider)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    form = SpanForm(request.GET)
    days = request.GET.get("days", "")
    zone = timezone.get_current_timezone_name()
    span, preset = form.span("" if days == "all" else days, _today(zone))
    courses = list(page.object_list)
    figures = learning.by_course(courses, span, zone)
    context = {
        "page": page,
        "rows": [(one, figures[one.pk]) for one in courses],
        "form": form,
        "span": span,
        "days": preset,
        "presets": PRESETS,
        "query": _query(request.GET),
    }
    return render(request, "reports/desk/index.html", context)


@login_required
@require_safe
@never_cache
def course(request: HouseRequest, course_id: int) -> HttpResponse:
    """How the students of a course do. Who may see it: those who see their progress. Twelve queries
    and those of people, however many students."""
    page = learning.course_at_desk(request.user, course_id, host=request.provider)
    asked, by, form, preset = _asked(page, request.GET)
    seats = learning.seats_of(asked)
    done = Done(asked, seats)
    whole = learning.whole(done, seats)
    points = learning.over_time(done)
    context: dict[str, Any] = {
        "course": page,
        "form": form,
        "asked": asked,
        "by": by,
        "tabs": [(value, label, _query(request.GET, by=value)) for value, label in By.choices],
        "days": preset,
        "presets": PRESETS,
        "whole": whole,
        "charts": [
            _chart(asked, [(one[0], one[1]) for one in points], _("Lessons completed")),
            _chart(asked, [(one[0], one[2]) for one in points], _("Minutes of study")),
        ],
        "query": _query(request.GET),
        "formats": Format.choices,
        "period": Period(asked.span.period).label,
    }
    number = request.GET.get("page")
    if by == By.GROUP:
        groups = Paginator(form.groups, GROUPS_PER_PAGE).get_page(number)
        context |= {"page": groups, "rows": learning.by_group(done, list(groups.object_list))}
    elif by == By.LESSON:
        context["rows"] = learning.by_lesson(done)
    elif by == By.HOMEWORK:
        plain = seats.order_by().select_related(None)
        since = dict(plain.values_list("pk", "enrolled_at"))
        context["rows"] = learning.by_homework(done, since)
    else:
        students = _Counted(seats, PER_PAGE, whole.students).get_page(number)
        context |= {"page": students, "rows": learning.figures_of(done, list(students.object_list))}
    return render(request, "reports/desk/course.html", context)


class _Counted(Paginator):
    """Of rows that were counted already."""

    def __init__(self, rows: Any, per_page: int, number: int) -> None:
        super().__init__(rows, per_page)
        self.__dict__["count"] = number


def _asked(page: CoursePage, data: QueryDict) -> tuple[Ask, By, ReportForm, str]:
    """What the address asks for; what it says that is nonsense is left out."""
    form = ReportForm(data, groups=list(learning.groups_of(page)))
    zone = timezone.get_current_timezone_name()
    form.is_valid()
    span, preset = form.chosen(data.get("days", ""), _today(zone))
    words = (form.value("q") or "").replace("\x00", "").strip()
    asked = Ask(page, span, zone, now=clock.now(), group=form.value("group"), words=words)
    by = By(form.value("by") or By.STUDENT)
    return asked, by, form, preset


def _today(zone: str) -> date:
    return learning.day_in(clock.now(), zone)


def _query(data: QueryDict, **changes: str) -> str:
    query = data.copy()
    query.pop("page", None)
    for name, value in changes.items():
        query[name] = value
    return query.urlencode()


def _chart(asked: Ask, points: list[tuple[date, int]], title: str) -> Chart:
    from .charts import lines  # pygal is heavy

    starts = [max(start, asked.span.first) for start, _number in points]
    month = asked.span.period == Period.MONTH
    labels = [date_format(day, "YEAR_MONTH_FORMAT" if month else "j M") for day in starts]
    numbers = [number for _start, number in points]
    rows = [(date_format(day), [number]) for day, number in zip(starts, numbers, strict=True)]
    return Chart(title, [title], lines(labels, {title: numbers}, bare=True), rows)


# --- Files ----------------------------------------------------------------------------------------


@login_required
@require_POST
def ask(request: HouseRequest, course_id: int) -> HttpResponse:
    """Have the report that the address asks for made as a file. Who may: those who may see it."""
    page = learning.course_at_desk(request.user, course_id, host=request.provider)
    asked, by, _form, _preset = _asked(page, request.GET)
    format = request.POST.get("format", "")
    if format not in Format.values:
        raise Invalid(details={"format": [_("Choose a kind of file.")]})
    try:
        export = file_actions.ask(
            page,
            actor=request.user,
            span=asked.span,
            zone=asked.zone,
            by=by,
            format=format,
            at=clock.now(),
            group=asked.group,
            words=asked.words,
        )
    except TooManyFiles as refused:
        messages.error(request, str(refused.message))
        return redirect("reports_desk:course", page.pk)
    return redirect("reports_desk:export", page.pk, export.pk)


@login_required
@require_safe
@never_cache
def export(request: HouseRequest, course_id: int, export_id: UUID) -> HttpResponse:
    """How far a file is, and the way to it. Who may see it: who asked for it, as long as they see
    students' progress."""
    page = learning.course_at_desk(request.user, course_id, host=request.provider)
    row = learning.export_for(request.user, page, export_id)
    now = clock.now()
    context = {
        "course": page,
        "export": row,
        "ended": row.ends_at <= now,
        "exports": learning.exports_of(request.user, page, now=now),
    }
    return render(request, "reports/desk/export.html", context)


@login_required
@require_POST
def again(request: HouseRequest, course_id: int, export_id: UUID) -> HttpResponse:
    """Have a file that could not be made tried anew. Who may: who asked for it, as long as they see
    students' progress."""
    page = learning.course_at_desk(request.user, course_id, host=request.provider)
    row = learning.export_for(request.user, page, export_id)
    if row.is_failed:
        file_actions.again(row, actor=request.user, at=clock.now())
    return redirect("reports_desk:export", page.pk, row.pk)


@login_required
@require_safe
def file(request: HouseRequest, course_id: int, export_id: UUID, name: str) -> HttpResponseBase:
    """The file. Who may have it: who asked for it, as long as they see students' progress."""
    page = learning.course_at_desk(request.user, course_id, host=request.provider)
    row = learning.export_for(request.user, page, export_id)
    if row.ends_at <= clock.now():
        raise FileEnded
    if not row.is_ready:
        raise NotFound
    saved_as = f"{slugify(page.title) or 'course'}-{row.name}"
    return serve(request, row.file, name=saved_as, attachment=True)


# --- By mail --------------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def mailings(request: HouseRequest, course_id: int) -> HttpResponse:
    """The reports that are sent regularly, and setting one up. Who may: those who see students'
    progress."""
    page = learning.course_at_desk(request.user, course_id, host=request.provider)
    form = MailingForm(
        request.POST if request.method == "POST" else None,
        groups=learning.groups_of(page),
        people=learning.staff_of(page),
        zone=timezone.get_current_timezone_name(),
    )
    status = 200
    if request.method == "POST":
        if form.is_valid():
            people = form.cleaned_data["people"]
            file_actions.set_up(page, form.values, people, actor=request.user, at=clock.now())
            messages.success(request, _("Saved. The report will be sent regularly."))
            return redirect("reports_desk:mailings", page.pk)
        status = 422
    context = {"course": page, "form": form, "mailings": learning.mailings_of(page)}
    return render(request, "reports/desk/mailings.html", context, status=status)


@login_required
@require_POST
def move_mailing(request: HouseRequest, course_id: int, mailing_id: int) -> HttpResponse:
    """Pause, resume or remove (`deed`). Who may: those who see students' progress."""
    page = learning.course_at_desk(request.user, course_id, host=request.provider)
    row = learning.mailing_at_desk(page, mailing_id)
    deed = request.POST.get("deed", "")
    if deed == "pause":
        file_actions.pause(row, actor=request.user, at=clock.now())
        messages.success(request, _("Paused. Nothing is sent until you resume it."))
    elif deed == "resume":
        file_actions.resume(row, actor=request.user, at=clock.now())
        messages.success(request, _("It is sent again from the next time on."))
    elif deed == "remove":
        file_actions.remove(row, actor=request.user)
        messages.success(request, _("It is not sent any more."))
    else:
        raise NotFound
    return redirect("reports_desk:mailings", page.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def stop(request: HouseRequest, key: str) -> HttpResponse:
    """Get a report no more. Who may: whoever holds the link from the message, signed in or not."""
    try:
        provider_id, recipient_id = signing.loads(key, salt=SALT)
    except signing.BadSignature as error:
        raise NotFound from error
    provider = Provider.objects.filter(pk=provider_id).first()
    if provider is None:
        raise NotFound
    with provider_scope(provider):
        rows = Recipient.objects.select_related("mailing__course", "user")
        row = rows.filter(pk=recipient_id).first()
        if row is None:
            raise NotFound
        if request.method == "POST":
            file_actions.stop(row, at=clock.now())
            row.refresh_from_db(fields=["stopped_at"])
        context = {"recipient": row, "course": row.mailing.course}
        return render(request, "reports/desk/stop.html", context)
