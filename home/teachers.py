"""The operators' screen of teachers who wait for the public marketplace."""

from collections import defaultdict
from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import ListView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from lms.common import clock
from lms.courses.actions import refresh_listings
from lms.courses.models import TeacherApproval
from lms.courses.states import APPROVE, REFUSE, Teacher
from lms.courses.teachers import courses_of, decide, teachers_of

from .admin_views import OperatorsOnly

PER_PAGE = 50


class DecisionForm(forms.Form):
    """Which teachers, and what of them."""

    teacher = forms.ModelMultipleChoiceField(
        queryset=TeacherApproval.objects.all(),
        error_messages={"required": gettext_lazy("Choose at least one teacher.")},
    )
    move = forms.ChoiceField(choices=[(APPROVE, APPROVE), (REFUSE, REFUSE)])
    reason = forms.CharField(max_length=500, required=False)

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("move") == REFUSE and not data.get("reason", "").strip():
            self.add_error("reason", _("Say why: the teachers are told."))
        return data


class TeachersView(OperatorsOnly, WagtailAdminTemplateMixin, ListView):
    """Those who wait first, the longest wait on top; approves and refuses several at once."""

    template_name = "home/admin/teachers.html"
    page_title = gettext_lazy("Teachers")
    header_icon = "user"
    paginate_by = PER_PAGE
    page_kwarg = "p"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, {"url": "", "label": self.get_page_title()}]

    @property
    def state(self) -> str:
        asked = self.request.GET.get("state", "")
        return asked if asked in Teacher.values else Teacher.PENDING

    def get_queryset(self) -> Any:
        rows = TeacherApproval.objects.filter(state=self.state)
        return rows.select_related("user", "decided_by").order_by("asked_at", "pk")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        page = context["page_obj"]
        rows = list(page.object_list)
        taught: dict[Any, list[Any]] = defaultdict(list)
        courses = courses_of([row.user for row in rows]).prefetch_related("instructors")
        for course in courses.order_by("title"):
            for teacher in teachers_of(course):
                taught[teacher.pk].append(course)
        return {
            **context,
            "rows": [(row, taught[row.pk][:5], len(taught[row.pk])) for row in rows],
            "state": self.state,
            "states": Teacher.choices,
            "elided_page_range": page.paginator.get_elided_page_range(page.number),
        }

    @transaction.atomic
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = DecisionForm(request.POST)
        if not form.is_valid():
            for error in form.errors.values():
                messages.error(request, " ".join(map(str, error)))
            return redirect(request.get_full_path())
        move = form.cleaned_data["move"]
        wanted = Teacher.APPROVED if move == APPROVE else Teacher.REFUSED
        rows = [
            row
            for row in form.cleaned_data["teacher"].select_related("user")
            if row.state != wanted  # two operators at once
        ]
        reason = form.cleaned_data["reason"].strip()
        decide(rows, move, reason=reason, actor=request.user, at=clock.now())
        refresh_listings(courses_of([row.user for row in rows]))
        text = ngettext("%(number)s teacher is told.", "%(number)s teachers are told.", len(rows))
        messages.success(request, text % {"number": len(rows)})
        return redirect(request.get_full_path())
