"""What is typed at the desk: an assessment, other terms for a student, marks."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lms.accounts import time_zones
from lms.common.forms import WallTimeField, moment
from lms.common.wall_time import on_the_wall
from lms.courses.models import LessonPage

from .bank_forms import Exact
from .models import Assessment, Response


class AssessmentForm(forms.ModelForm):
    """An assessment as it is written at the desk. `values` are the fields for the actions."""

    opens = WallTimeField(
        label=_("Opens"), required=False, help_text=_("Empty: as soon as it is published.")
    )
    closes = WallTimeField(
        label=_("Closes"),
        required=False,
        help_text=_("Attempts that are running then are handed in as they are."),
    )

    class Meta:
        model = Assessment
        fields = [
            "title", "instructions", "lesson", "required", "time_zone", "minutes", "attempts",
            "method", "pass_percent", "shuffle", "feedback", "show_right",
        ]  # fmt: skip
        widgets = {"instructions": forms.Textarea(attrs={"rows": 4, "dir": "auto"})}
        help_texts = {
            "instructions": _("Read before they begin. Markdown is possible."),
            "minutes": _("Empty: as long as it is open."),
            "pass_percent": _("Empty: it is done once it was handed in."),
        }

    SECTIONS = (
        (_("What it is"), ("title", "instructions", "lesson", "required")),
        (_("When and how long"), ("opens", "closes", "time_zone", "minutes")),
        (_("Attempts and grade"), ("attempts", "method", "pass_percent")),
        (_("Questions and answers"), ("shuffle", "feedback", "show_right")),
    )

    def __init__(self, *args: Any, course: Any, zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        row = self.instance
        here = row.time_zone if row.pk else zone
        self.fields["time_zone"] = forms.ChoiceField(
            label=_("Time zone"), choices=time_zones.choices(here), initial=here
        )
        self.initial["time_zone"] = here
        lesson: Any = self.fields["lesson"]
        lesson.queryset = LessonPage.objects.descendant_of(course).order_by("path")
        lesson.empty_label = _("To no lesson in particular")
        if row.pk:
            self.initial["opens"] = row.opens_at and on_the_wall(row.opens_at, here)
            self.initial["closes"] = row.closes_at and on_the_wall(row.closes_at, here)

    def sections(self) -> Iterator[tuple[Any, list[forms.BoundField]]]:
        """(heading, fields), as they stand on the page."""
        for heading, names in self.SECTIONS:
            yield heading, [self[name] for name in names]

    def clean(self) -> dict[str, Any]:
        super().clean()
        if zone := self.cleaned_data.get("time_zone"):
            self.cleaned_data["opens_at"] = moment(self, "opens", zone)
            self.cleaned_data["closes_at"] = moment(self, "closes", zone)
        opens, closes = self.cleaned_data.get("opens_at"), self.cleaned_data.get("closes_at")
        if opens and closes and opens >= closes:
            self.add_error("closes", _("It has to close after it opens."))
        if self.cleaned_data.get("feedback") == "closed" and not self.data.get("closes"):
            self.add_error("feedback", _("Without a closing time they would never be shown."))
        return self.cleaned_data

    @property
    def values(self) -> dict[str, Any]:
        return {
            name: self.cleaned_data[name] for name in (*self.Meta.fields, "opens_at", "closes_at")
        }


class TermsForm(forms.Form):
    """Other terms for one student, or for several: then what is left empty stays as it is."""

    extra_time = forms.IntegerField(
        label=_("Extra time in percent"),
        required=False,
        min_value=0,
        max_value=400,
        help_text=_("25 makes 75 minutes of 60."),
    )
    extra_attempts = forms.IntegerField(
        label=_("More attempts"), required=False, min_value=0, max_value=100
    )
    opens = WallTimeField(label=_("Opens for them"), required=False)
    closes = WallTimeField(label=_("Closes for them"), required=False)

    def __init__(self, *args: Any, assessment: Assessment, several: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.assessment, self.several = assessment, several
        zone = _("Time zone: %(zone)s") % {"zone": assessment.time_zone}
        self.fields["opens"].help_text = self.fields["closes"].help_text = zone

    def clean(self) -> dict[str, Any]:
        super().clean()
        zone = self.assessment.time_zone
        values: dict[str, Any] = {
            "extra_time": self.cleaned_data.get("extra_time"),
            "extra_attempts": self.cleaned_data.get("extra_attempts"),
            "opens_at": moment(self, "opens", zone),
            "closes_at": moment(self, "closes", zone),
        }
        if self.several:
            given = {name: value for name, value in values.items() if value is not None}
            if not given and not self.errors:
                self.add_error(None, _("Say what is to be different."))
            return given
        return values | {name: values[name] or 0 for name in ("extra_time", "extra_attempts")}


class AnswerForm(forms.Form):
    """Points and words for one answer."""

    points = Exact(required=False, min_value=Decimal(0), decimal_places=2)
    comment = forms.CharField(required=False, max_length=50_000, strip=False)

    def __init__(self, *args: Any, response: Response, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        most = response.most
        self.fields["points"] = Exact(
            label=_("Points (of %(most)s)") % {"most": f"{most.normalize():f}"},
            required=False,
            min_value=Decimal(0),
            max_value=most,
            decimal_places=2,
        )

    def clean_comment(self) -> str:
        return str(self.cleaned_data["comment"]).replace("\r\n", "\n")


class GradeForm(forms.Form):
    """What is said about all of an attempt."""

    comment = forms.CharField(
        label=_("About all of it"),
        required=False,
        max_length=50_000,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )
