"""Screens for a house's admins: people by list."""

import csv
import io
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView, View
from django.views.generic.edit import FormView
from django_q.tasks import async_task
from wagtail.admin import messages

from lms.common import clock
from lms.common.errors import DomainError
from lms.common.formulas import harmless
from lms.tenants.house import HouseScreen
from lms.tenants.limits import PLACES, reading
from lms.tenants.models import Role
from lms.tenants.permissions import Code
from lms.tenants.scope import provider_scope

from . import people, selectors, wording
from .forms import PeopleForm
from .models import UNDO_WITHIN, Forecast, PeopleImport, Result
from .rules import Unreadable
from .states import State

PER_PAGE = 50
SECONDS_BETWEEN_LOOKS = 3


class PeopleListsView(HouseScreen, FormView):
    """Handing in a list, and the lists so far. Who may see it: those who manage members."""

    code = Code.MANAGE_MEMBERS
    template_name = "migration/admin/people_lists.html"
    page_title = gettext_lazy("People by list")
    header_icon = "group"
    form_class = PeopleForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        with provider_scope(self.provider):
            rows = selectors.lists_of(self.provider, actor=self.request.user)
            page = Paginator(rows, PER_PAGE).get_page(self.request.GET.get("p"))
            return super().get_context_data(page=page, lists=list(page), **kwargs)

    def form_valid(self, form: PeopleForm) -> HttpResponse:
        file = form.cleaned_data["file"]
        try:
            batch = people.hand_in(
                self.provider,
                file.read(),
                file_name=file.name,
                actor=self.request.user,
                at=clock.now(),
            )
        except Unreadable as refused:
            form.refuse(refused)
            return self.form_invalid(form)
        return _go_on(batch)


class PeopleListView(HouseScreen, TemplateView):
    """One list: its report row by row, and what may be done with it. Who may see it: those who
    manage members."""

    code = Code.MANAGE_MEMBERS
    template_name = "migration/admin/people_list.html"
    header_icon = "group"

    @cached_property
    def batch(self) -> PeopleImport:
        return selectors.list_for(self.provider, self.kwargs["list_id"], actor=self.request.user)

    def get_page_title(self) -> str:
        return self.batch.file_name

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        lists = {"url": reverse("people_lists:index"), "label": _("People by list")}
        return [*self.breadcrumbs_items, lists, {"url": "", "label": self.get_page_title()}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        batch = self.batch
        with provider_scope(self.provider):
            counts = _summary(batch)
            rows = batch.rows.order_by("number")
            shown = self.request.GET.get("show", "")
            if shown not in counts:
                shown = ""
            else:
                rows = rows.filter(Q(forecast=shown) | Q(result=shown))
            page = Paginator(rows, PER_PAGE).get_page(self.request.GET.get("p"))
            labels = {**dict(Result.choices), **dict(Forecast.choices)}
            return super().get_context_data(
                batch=batch,
                notes=wording.of_reading(batch.told),
                progress=self._progress(),
                summary=[(key, labels[key], number) for key, number in counts.items()],
                shown=shown,
                page=page,
                rows=[(row, wording.of_row(row.problems)) for row in page],
                rooms=self._rooms() if batch.state == State.CHECKED else [],
                to_do=counts.get(Forecast.ADD, 0) + counts.get(Forecast.ENROL, 0),
                undo_until=batch.finished_at + UNDO_WITHIN
                if batch.finished_at and batch.can_be_undone(clock.now())
                else None,
                **kwargs,
            )

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        response = super().render_to_response(context, **kwargs)
        if self.batch.is_busy:
            response["Refresh"] = str(SECONDS_BETWEEN_LOOKS)
        return response

    def post(self, request: HttpRequest, list_id: int) -> HttpResponse:
        batch, actor = self.batch, request.user
        deed = request.POST.get("deed", "")
        try:
            if deed == "confirm":
                people.confirm(batch, with_mail="with_mail" in request.POST, actor=actor)
            elif deed == "undo":
                people.undo(batch, actor=actor, at=clock.now())
            elif deed == "resume":
                people.resume(batch, actor=actor)
            elif deed == "discard":
                people.discard(batch, actor=actor)
                messages.success(request, _("The list was thrown away. Nothing was changed."))
                return redirect("people_lists:index")
            else:
                raise Http404
        except DomainError as refused:
            messages.error(request, refused.message)
            return redirect("people_lists:list", batch.pk)
        return _go_on(batch)

    def _progress(self) -> tuple[int, int] | None:
        """(rows done, all of them) of what the worker is at."""
        batch = self.batch
        if not batch.is_busy:
            return None
        if batch.state == State.CHECKING:
            return batch.total - selectors.forecasts(batch).get("", 0), batch.total
        results = selectors.results(batch)
        results.pop("", None)
        if batch.state == State.IMPORTING:
            forecasts = selectors.forecasts(batch)
            total = sum(forecasts.get(key, 0) for key in (Forecast.ADD, Forecast.ENROL))
            return sum(results.values()), total
        done = results.get(Result.UNDONE, 0) + results.get(Result.KEPT, 0)
        return done, done + results.get(Result.ADDED, 0) + results.get(Result.ENROLLED, 0)

    def _rooms(self) -> list[dict[str, Any]]:
        """For each role whose places the plan limits: how many would find none."""
        wanted = selectors.by_role(self.batch, Forecast.ADD)
        found = []
        for role, limit in PLACES.items():
            now = reading(self.provider, limit)
            if now.allowed is None or now.has_room_for(wanted.get(role, 0)):
                continue
            room = max(0, now.allowed - now.used)
            label = Role(role).label
            found.append({"role": label, "wanted": wanted[role], "room": room})
        return found


class PeopleReportView(HouseScreen, View):
    """The report as a file that is safe to open in a spreadsheet. Who may have it: those who manage
    members."""

    code = Code.MANAGE_MEMBERS

    def get(self, request: HttpRequest, list_id: int) -> HttpResponse:
        batch = selectors.list_for(self.provider, list_id, actor=request.user)
        with provider_scope(self.provider):
            rows = [
                [
                    str(row.number),
                    row.email,
                    row.name,
                    row.role,
                    " ".join(row.courses),
                    row.get_result_display() or row.get_forecast_display(),
                    wording.of_row(row.problems),
                ]
                for row in batch.rows.order_by("number").iterator(chunk_size=1000)
            ]
        headings = [_("row"), "email", "name", "role", "courses", _("result"), _("why")]
        return _csv(f"people-{batch.pk}.csv", [headings, *rows])


class PeopleSampleView(HouseScreen, View):
    """A list to fill in. Who may have it: those who manage members."""

    code = Code.MANAGE_MEMBERS

    def get(self, request: HttpRequest) -> HttpResponse:
        rows = [
            ["email", "name", "role", "language", "time zone", "courses"],
            ["amina@example.org", "Amina Yusuf", "student", "so", "Africa/Mogadishu", ""],
            ["omar@example.org", "Omar Haddad", "instructor", "ar", "Asia/Amman", ""],
        ]
        return _csv("people.csv", rows)


def _go_on(batch: PeopleImport) -> HttpResponse:
    async_task("lms.migration.tasks.work_on_list", str(batch.provider_id), batch.pk)
    return redirect("people_lists:list", batch.pk)


def _summary(batch: PeopleImport) -> dict[str, int]:
    """{a Forecast, or where it has come true a Result: number of rows}."""
    forecasts, results = selectors.forecasts(batch), selectors.results(batch)
    if batch.state in (State.CHECKING, State.CHECKED):
        results = {}
    else:
        for key in (Forecast.ADD, Forecast.ENROL):
            forecasts.pop(key, None)
    # Those who became members while the list waited stand with those who were.
    already = results.pop(Result.ALREADY, 0) + forecasts.pop(Forecast.ALREADY, 0)
    found = {**results, str(Forecast.ALREADY): already, **forecasts}
    return {key: number for key, number in found.items() if key and number}


def _csv(name: str, rows: list[list[str]]) -> HttpResponse:
    text = io.StringIO()
    csv.writer(text).writerows([harmless(cell) for cell in row] for row in rows)
    # With a mark at its beginning, or Excel takes it for Windows-1252.
    response = HttpResponse(text.getvalue().encode("utf-8-sig"), content_type="text/csv")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response
