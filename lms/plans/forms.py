"""What people type: a plan and its steps, who has it, a copy."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from lms.accounts import time_zones
from lms.common.forms import WallTimeField, moment
from lms.common.wall_time import on_the_wall
from lms.courses.models import CoursePage
from lms.enrolments.selectors import groups_of, students_of

from . import selectors
from .actions import Entry
from .kinds import KINDS
from .models import LONGEST_NOTE, Plan, Step


def read_what(text: str) -> tuple[str, int] | None:
    """ "lesson:4" → ("lesson", 4); None for what is no step."""
    kind, _colon, key = text.partition(":")
    if kind not in KINDS or not (key.isascii() and key.isdigit()) or len(key) > 18:
        return None
    return kind, int(key)


class NewPlanForm(forms.Form):
    title = forms.CharField(label=_("Title"), max_length=200)
    source: Any = forms.ModelChoiceField(
        queryset=None,
        label=_("Start from"),
        required=False,
        empty_label=_("An empty plan"),
    )

    def __init__(self, *args: Any, course: CoursePage, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        source: Any = self.fields["source"]
        source.queryset = selectors.templates_for(course)
        source.label_from_instance = lambda plan: f"{plan.title} ({plan.course.title})"


class PlanForm(forms.Form):
    """A plan's own fields, and the thing to add at its end."""

    title = forms.CharField(label=_("Title"), max_length=200)
    time_zone = forms.ChoiceField(label=_("Time zone"))
    add = forms.MultipleChoiceField(
        label=_("Add steps"), required=False, widget=forms.SelectMultiple(attrs={"size": 8})
    )

    def __init__(self, *args: Any, plan: Plan, steps: Sequence[Step], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.update(title=plan.title, time_zone=plan.time_zone)
        zone: Any = self.fields["time_zone"]
        zone.choices = time_zones.choices(plan.time_zone)
        add: Any = self.fields["add"]
        add.choices = selectors.choices_in(plan.course, [one.what for one in steps])

    def clean_add(self) -> list[tuple[str, int]]:
        found = [read_what(text) for text in self.cleaned_data["add"]]
        return [what for what in found if what is not None]


class StepForm(forms.Form):
    """The dates and the note of a step that is there."""

    opens = WallTimeField(label=_("Opens"), required=False)
    due = WallTimeField(label=_("Due"), required=False)
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=LONGEST_NOTE,
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )

    def __init__(self, posted: Any, *, step: Step, shown_in: str, zone: str) -> None:
        """Times are shown as clocks in `shown_in` do, and meant in `zone`."""
        super().__init__(posted, prefix=f"step-{step.pk}")
        self.step, self.zone = step, zone
        self.initial.update(
            opens=step.opens_at and on_the_wall(step.opens_at, shown_in),
            due=step.due_at and on_the_wall(step.due_at, shown_in),
            note=step.note,
        )

    def clean(self) -> dict[str, Any]:
        opens, due = (moment(self, name, self.zone) for name in ("opens", "due"))
        if opens and due and due < opens:
            self.add_error("due", _("This is before the step opens."))
        return {**self.cleaned_data, "opens_at": opens, "due_at": due}

    @property
    def entry(self) -> Entry:
        """The step as it was typed; as it is where nobody typed."""
        if not self.is_bound:
            step = self.step
            return Entry(step.what, step.opens_at, step.due_at, step.note)
        data = self.cleaned_data
        return Entry(self.step.what, data["opens_at"], data["due_at"], data["note"])


class KeysField(forms.ModelMultipleChoiceField):
    """Rows whose keys are whole numbers; SQLite stumbles over larger ones than a key can be."""

    def clean(self, value: Any) -> Any:
        if any(len(str(one)) > 18 for one in value or ()):
            raise ValidationError(self.error_messages["invalid_list"], code="invalid_list")
        return super().clean(value)


class AssignForm(forms.Form):
    groups: Any = KeysField(
        queryset=None, label=_("Groups"), required=False, widget=forms.CheckboxSelectMultiple
    )
    students: Any = forms.ModelMultipleChoiceField(
        queryset=None, label=_("Students"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, plan: Plan, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups: Any = self.fields["groups"]
        groups.queryset = groups_of(plan.course)
        students: Any = self.fields["students"]
        students.queryset = students_of(plan.course)
        students.label_from_instance = lambda seat: str(seat.student)
        seats, in_groups = selectors.given_to(plan)
        self.initial.update(
            students=[one.pk for one in seats], groups=[one.pk for one in in_groups]
        )
        if not groups.queryset.exists():
            del self.fields["groups"]


class CopyForm(forms.Form):
    course: Any = forms.ModelChoiceField(queryset=None, label=_("Course"), empty_label=None)
    title = forms.CharField(label=_("Title"), max_length=200)
    template = forms.BooleanField(label=_("As a template"), required=False)

    def __init__(self, *args: Any, plan: Plan, user: Any, host: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        course: Any = self.fields["course"]
        course.queryset = selectors.desk_courses(user, host=host).filter(provider=plan.provider_id)
        self.initial.update(course=plan.course_id, title=plan.title)
