"""The figures page of a house, and its CSV."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponseBase
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView, View

from lms.common import clock
from lms.common.sheets import csv_response
from lms.tenants.house import HouseScreen
from lms.tenants.permissions import Code
from lms.tenants.scope import provider_scope

from .forms import PRESETS, SpanForm
from .models import Period
from .rules import Span, day_of, share
from .selectors import COLUMNS, Figures, by_course, figures

COURSES_SHOWN = 25
LABELS = {
    "enrolments": gettext_lazy("Enrolments"),
    "active": gettext_lazy("Active learners"),
    "lessons": gettext_lazy("Lessons completed"),
    "completions": gettext_lazy("Courses completed"),
    "certificates": gettext_lazy("Certificates"),
    "started": gettext_lazy("Began a lesson"),
    "finished": gettext_lazy("Completed the course"),
    "certified": gettext_lazy("Got the certificate"),
}
TILES = ("enrolments", "active", "lessons", "completions", "certificates")
CHARTS = (("enrolments", "completions"), ("active",), ("lessons",))


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture, and the same as a table. `rows` are (label, numbers)."""

    title: str
    names: list[str]
    svg: SafeString
    rows: list[tuple[str, list[int]]]


class FiguresScreen(HouseScreen):
    """Who may see it: those who may see students' progress at the house."""

    code = Code.VIEW_PROGRESS
    request: HttpRequest

    @cached_property
    def form(self) -> SpanForm:
        return SpanForm(self.request.GET)

    @cached_property
    def chosen(self) -> tuple[Span, str]:
        return self.form.span(self.request.GET.get("days", ""), day_of(clock.now()))

    @property
    def span(self) -> Span:
        return self.chosen[0]

    @property
    def order(self) -> str:
        """By which column courses are sorted, "-" before it for the largest first."""
        asked = self.request.GET.get("sort", "")
        if asked.removeprefix("-") == "title":
            return asked.replace("title", "course__title")
        return asked if asked.removeprefix("-") in COLUMNS else "-enrolments"


class FiguresView(FiguresScreen, TemplateView):
    template_name = "reports/admin/figures.html"
    page_title = gettext_lazy("Figures")
    header_icon = "table"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        with provider_scope(self.provider):
            found = figures(self.span)
            rows = by_course(self.span, order=self.order)
            courses = Paginator(rows, COURSES_SHOWN).get_page(self.request.GET.get("p"))
            list(courses)
        return super().get_context_data(
            form=self.form,
            figures=found,
            days=self.chosen[1],
            presets=PRESETS,
            period=Period(self.span.period).label,
            tiles=[(LABELS[name], found.totals[name]) for name in TILES],
            charts=[_chart(found, names) for names in CHARTS],
            funnel=_funnel(found),
            courses=courses,
            columns=[self._column(name, label) for name, label in self._headings()],
            query=self._query(),
            **kwargs,
        )

    def _headings(self) -> list[tuple[str, Any]]:
        shown = ("enrolments", "started", "finished", "certified", "lessons")
        return [("title", _("Course")), *((name, LABELS[name]) for name in shown)]

    def _column(self, name: str, label: Any) -> dict[str, Any]:
        stored = "course__title" if name == "title" else name
        sorted_by = self.order.removeprefix("-") == stored
        falling = self.order.startswith("-")
        first = name if name == "title" else f"-{name}"  # numbers: the largest first
        other = name if falling else f"-{name}"
        return {
            "name": stored,
            "label": label,
            "url": f"?{self._query(sort=other if sorted_by else first)}",
            "sort": ("descending" if falling else "ascending") if sorted_by else "none",
        }

    def _query(self, **changes: str) -> str:
        query = self.request.GET.copy()
        query.pop("p", None)
        for name, value in changes.items():
            query[name] = value
        return query.urlencode()


def _label(span: Span, start: date) -> str:
    day = max(start, span.first)
    return date_format(day, "YEAR_MONTH_FORMAT" if span.period == Period.MONTH else "j M")


def _chart(found: Figures, names: tuple[str, ...]) -> Chart:
    from .charts import lines  # pygal is heavy

    labels = [_label(found.span, start) for start, _numbers in found.points]
    titles = [str(LABELS[name]) for name in names]
    series = {
        title: [numbers[name] for _start, numbers in found.points]
        for title, name in zip(titles, names, strict=True)
    }
    rows = [
        (date_format(max(start, found.span.first)), [numbers[name] for name in names])
        for start, numbers in found.points
    ]
    return Chart(" · ".join(titles), titles, lines(labels, series), rows)


def _funnel(found: Figures) -> list[tuple[Any, int, int]]:
    """(what, how many, percent of those who enrolled)."""
    whole = found.totals["enrolments"].now
    steps = ("enrolments", "started", "finished", "certified")
    return [(LABELS[name], found.totals[name].now, share(found.totals[name].now, whole))
            for name in steps]  # fmt: skip


class FiguresCSV(FiguresScreen, View):
    """`of=courses`: a row a course; otherwise a row a day."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        kind = "courses" if request.GET.get("of") == "courses" else "days"
        with provider_scope(self.provider):
            rows = list(self._courses() if kind == "courses" else self._days())
        name = f"{self.provider.slug}-{kind}-{self.span.first}-{self.span.last}.csv"
        return csv_response(request, name, rows)

    def _courses(self) -> Iterator[list[Any]]:
        yield ["course_id", "course", *COLUMNS]
        for row in by_course(self.span, order=self.order):
            yield [row["course_id"], row["course__title"], *(row[name] for name in COLUMNS)]

    def _days(self) -> Iterator[list[Any]]:
        names = (*COLUMNS, "active")
        yield ["from", *names]
        for start, numbers in figures(self.span).points:
            yield [start.isoformat(), *(numbers[name] for name in names)]
