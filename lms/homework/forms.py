"""What people type: a submission, homework itself, feedback, an extension."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from lms.accounts import time_zones
from lms.common.forms import WallTimeField, moment
from lms.common.wall_time import on_the_wall
from lms.courses.models import LessonPage
from lms.enrolments.models import Enrolment
from lms.enrolments.selectors import groups_of
from lms.enrolments.states import State as Seat
from lms.files.forms import UploadField
from lms.files.models import Upload
from lms.tenants.selectors import instructors_of

from . import rules
from .models import FILES, LONGEST_NOTE, LONGEST_TEXT, MOST_POINTS, Grading, Homework, Kind
from .uploads import MATERIAL, SPOKEN


class TextField(forms.CharField):
    """Long text, kept as it was typed but for line ends; its length is counted in bytes."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strip=False, **kwargs)

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n").replace("\r", "\n")

    def validate(self, value: str) -> None:
        super().validate(value.strip())
        size = len(value.encode())
        if size > LONGEST_TEXT:
            raise ValidationError(
                _("This text is too long (%(size)s); at most %(limit)s are possible."),
                params={"size": filesizeformat(size), "limit": filesizeformat(LONGEST_TEXT)},
                code="too_long",
            )


class SubmissionForm(forms.Form):
    """What `homework.kind` asks for: one field, or none for a checkmark."""

    def __init__(self, *args: Any, homework: Homework, owner: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        purpose = FILES.get(Kind(homework.kind))
        if homework.kind == Kind.TEXT:
            self.fields["text"] = TextField(
                label=_("Your text"), widget=forms.Textarea(attrs={"rows": 14, "dir": "auto"})
            )
        elif homework.kind == Kind.LINK:
            self.fields["link"] = forms.URLField(
                label=_("Link to your work"),
                max_length=1000,
                assume_scheme="https",
                widget=forms.URLInput(attrs={"placeholder": "https://", "dir": "ltr"}),
            )
        elif purpose:
            label = _("Your file") if homework.kind == Kind.FILE else _("Your recording")
            field = self.fields["files"] = UploadField(purpose, label=label)
            field.belongs(owner=owner, provider=homework.provider)


class HomeworkForm(forms.ModelForm):
    """Homework as it is written at the desk. `values` are the fields for the actions."""

    due = WallTimeField(label=_("Due"), required=False)
    hand_out = WallTimeField(
        label=_("Hand out at"),
        required=False,
        help_text=_("Leave empty to hand it out by the button, at once."),
    )
    attachments = UploadField(MATERIAL, most=20, label=_("Add files"), required=False)
    drop = forms.MultipleChoiceField(
        label=_("Remove files"), required=False, widget=forms.CheckboxSelectMultiple
    )
    groups: Any = forms.ModelMultipleChoiceField(
        None,
        label=_("Only for groups"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Who joins the group later gets it too."),
    )
    students: Any = forms.ModelMultipleChoiceField(
        None,
        label=_("Only for"),
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 8}),
        help_text=_("Choose nobody to have it for everybody in the course."),
    )

    class Meta:
        model = Homework
        fields = [
            "title", "instructions", "kind", "lesson", "grading", "points", "rubric", "required",
            "needs_grading", "anonymous", "late_policy", "grace_minutes", "penalty_per_day",
            "resubmission", "time_zone", "second_marker", "tolerance", "open_marking", "decided_by",
        ]  # fmt: skip
        widgets = {
            "instructions": forms.Textarea(attrs={"rows": 8, "dir": "auto"}),
            "rubric": forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
        }
        help_texts = {
            "second_marker": _("Two people mark on their own; students get one final mark."),
            "tolerance": _(
                "Where both are at most so far apart, the final mark is the mean. Where they are "
                "further apart, or one finds it complete and the other does not, somebody decides."
            ),
            "open_marking": _("Otherwise neither sees the other's before both are done."),
            "rubric": _(
                "One criterion a line, with its levels and their points, such as: "
                "Clarity: 0 unclear | 2 clear in places | 4 clear. "
                "The points of the homework are then the sum of the best levels."
            ),
        }

    SECTIONS = (
        (_("The task"), ("title", "instructions", "attachments", "drop", "kind", "lesson")),
        (_("Dates"), ("hand_out", "due", "time_zone", "late_policy", "grace_minutes",
                      "penalty_per_day", "resubmission")),
        (_("Grading"), ("grading", "points", "rubric", "required", "needs_grading", "anonymous")),
        (_("Second marker"), ("second_marker", "tolerance", "open_marking", "decided_by")),
        (_("Students"), ("groups", "students")),
    )  # fmt: skip

    def __init__(self, *args: Any, course: Any, zone: str, owner: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["attachments"].belongs(owner=owner, provider=course.provider)  # type: ignore[attr-defined]
        row = self.instance
        here = row.time_zone if row.pk else zone
        self.fields["time_zone"] = forms.ChoiceField(
            label=_("Time zone"), choices=time_zones.choices(here), initial=here
        )
        self.initial["time_zone"] = here
        self.initial.setdefault("penalty_per_day", "0")
        self.fields["lesson"].queryset = LessonPage.objects.descendant_of(course).order_by("path")  # type: ignore[attr-defined]
        self.fields["lesson"].empty_label = _("To no lesson in particular")  # type: ignore[attr-defined]
        self.fields["points"].widget.attrs.update(min="0.01", max=str(MOST_POINTS), step="any")
        self.fields["tolerance"].widget.attrs.update(min="0", max=str(MOST_POINTS), step="any")
        for name in ("second_marker", "tolerance"):  # what is left out is what it was
            self.fields[name].required = False
        decided_by: Any = self.fields["decided_by"]
        decided_by.queryset = instructors_of(provider=course.provider)
        decided_by.empty_label = _("Whoever may set homework")
        seats = Enrolment.objects.filter(course=course, state=Seat.ACTIVE)
        students: Any = self.fields["students"]
        students.queryset = seats.select_related("student").order_by("student__name", "pk")
        students.label_from_instance = lambda seat: str(seat.student)
        groups: Any = self.fields["groups"]
        groups.queryset = groups_of(course)
        if not groups.queryset:
            del self.fields["groups"]
        files = list(row.attachments.select_related("upload").order_by("pk")) if row.pk else []
        if files:
            self.fields["drop"].choices = [(str(one.pk), one.filename) for one in files]  # type: ignore[attr-defined]
        else:
            del self.fields["drop"]
        if row.pk:
            self.initial["due"] = row.due_at and on_the_wall(row.due_at, here)
            self.initial["hand_out"] = row.release_at and on_the_wall(row.release_at, here)
            if not row.everybody:
                given = list(row.for_groups.values_list("group_id", flat=True))
                apart = row.works.filter(chosen=True).exclude(
                    enrolment__group_memberships__group__in=given
                )
                self.initial["groups"] = given
                self.initial["students"] = list(apart.values_list("enrolment_id", flat=True))

    def sections(self) -> Iterator[tuple[Any, list[forms.BoundField]]]:
        """(heading, fields), as they stand on the page."""
        for heading, names in self.SECTIONS:
            yield heading, [self[name] for name in names if name in self.fields]

    def clean_rubric(self) -> str:
        text = self.cleaned_data["rubric"].replace("\r\n", "\n").strip()
        try:
            criteria = rules.read_rubric(text)
        except rules.RubricError as problem:
            raise ValidationError(
                _("Line %(line)s is no criterion with two or more levels and their points."),
                params={"line": problem.line},
                code="bad_rubric",
            ) from problem
        if sum(one.most for one in criteria) > MOST_POINTS:
            raise ValidationError(_("These are too many points."), code="too_many")
        return text

    def clean(self) -> dict[str, Any]:
        super().clean()
        zone = self.cleaned_data.get("time_zone")
        if zone:
            self.cleaned_data["due_at"] = moment(self, "due", zone)
            self.cleaned_data["release_at"] = moment(self, "hand_out", zone)
        for name in ("second_marker", "tolerance"):
            if self.cleaned_data.get(name) in (None, ""):
                self.cleaned_data[name] = getattr(self.instance, name)
        if self.cleaned_data.get("rubric"):
            self.cleaned_data["grading"] = Grading.POINTS  # the action adds its points up
        elif self.cleaned_data.get("grading") == Grading.POINTS:
            if self.cleaned_data.get("points") is None and "points" not in self.errors:
                self.add_error("points", _("How many points are there to get?"))
        else:
            self.cleaned_data["points"] = None
        return self.cleaned_data

    @property
    def values(self) -> dict[str, Any]:
        names = [*self.Meta.fields, "due_at"]
        return {name: self.cleaned_data[name] for name in names}


class MarkForm(forms.Form):
    """Feedback as it is typed. `version` is the draft's it was begun from; `final`: of the final
    mark of two markers, with a note."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    points = forms.DecimalField(required=False, min_value=0, decimal_places=2, max_digits=6)
    complete = forms.TypedChoiceField(
        required=False,
        choices=[("", _("Nothing yet")), ("yes", _("Complete")), ("no", _("Not complete yet"))],
        coerce=lambda value: value == "yes",
        empty_value=None,
        widget=forms.RadioSelect,
    )
    text = TextField(
        label=_("Feedback"),
        required=False,
        max_length=50_000,
        widget=forms.Textarea(attrs={"rows": 7, "dir": "auto"}),
    )

    note = forms.CharField(
        label=_("Why (for your colleagues; the student does not see it)"),
        required=False,
        max_length=LONGEST_NOTE,
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )

    def __init__(self, *args: Any, homework: Homework, final: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_final = final
        if not final:
            del self.fields["note"]
        self.criteria = homework.criteria
        for number, criterion in enumerate(self.criteria):
            self.fields[f"level_{number}"] = forms.TypedChoiceField(
                label=criterion.title,
                required=False,
                choices=[
                    (str(place), f"{level.title} ({level.points.normalize():f})")
                    for place, level in enumerate(criterion.levels)
                ],
                coerce=int,
                empty_value=None,
                widget=forms.RadioSelect,
            )
        if self.criteria:
            del self.fields["complete"], self.fields["points"]
            self.order_fields(["version", *(f"level_{n}" for n in range(len(self.criteria)))])
        elif homework.points is not None:
            del self.fields["complete"]
            self.fields["points"] = forms.DecimalField(
                label=_("Points (of %(most)s)") % {"most": f"{homework.points.normalize():f}"},
                required=False,
                min_value=0,
                max_value=homework.points,
                decimal_places=2,
                max_digits=6,
                widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "any"}),
            )
            self.order_fields(["version", "points", "text"])
        else:
            del self.fields["points"]
            self.fields["complete"].label = _("Verdict")

    def clean(self) -> dict[str, Any]:
        super().clean()
        names = [f"level_{number}" for number in range(len(self.criteria))]
        levels = [self.cleaned_data.pop(name, None) for name in names]
        self.cleaned_data["levels"] = levels
        return self.cleaned_data


class SpokenForm(forms.Form):
    """What is recorded beside MarkForm, and posted with it."""

    voice = UploadField(SPOKEN, label=_("Or choose a recording"), required=False)

    def __init__(self, *args: Any, owner: Any, provider: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        voice: Any = self.fields["voice"]
        # It stands outside the form's element: a recorder has forms of its own.
        voice.widget.attrs["form"] = "marking"
        voice.belongs(owner=owner, provider=provider)

    def send_no_more(self, upload: Upload) -> None:
        """The form is shown again, and this came with it."""
        self.fields["voice"].widget.there = (upload,)


class RemarkForm(forms.Form):
    second = forms.DecimalField(min_value=0, max_value=999_999, decimal_places=3)
    text = forms.CharField(max_length=2000)


class ExtensionForm(forms.Form):
    """A student's own due date, as clocks in `zone` show it; empty takes it back."""

    until = WallTimeField(label=_("New due date"), required=False)

    def __init__(self, *args: Any, homework: Homework, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.homework = homework
        self.fields["until"].help_text = _("Time zone: %(zone)s") % {"zone": homework.time_zone}

    def clean(self) -> dict[str, Any]:
        super().clean()
        due = self.homework.due_at
        until = moment(self, "until", self.homework.time_zone)
        if until is not None and (due is None or until < due):
            self.add_error("until", _("This is before everybody's due date."))
        return {"until": until}


class OverrideForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=LONGEST_NOTE,
        help_text=_("The student is told."),
    )
