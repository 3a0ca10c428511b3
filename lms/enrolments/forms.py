"""What people type: a group of students, why a seat ends, and until when one lasts."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lms.common.forms import WallTimeField, moment
from lms.common.wall_time import on_the_wall
from lms.courses.models import CoursePage

from . import selectors
from .actions import REASON_LENGTH
from .models import Enrolment, Group


class GroupForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120)
    starts = WallTimeField(label=_("Starts"), required=False)
    ends = WallTimeField(label=_("Ends"), required=False)
    members: Any = forms.ModelMultipleChoiceField(
        queryset=None,
        label=_("Students"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(
        self, *args: Any, course: CoursePage, group: Group | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.zone = course.time_zone
        self.fields["starts"].help_text = _(
            "Before it, only free previews are open to these students. Leave empty for no dates of "
            "their own."
        )
        self.fields["ends"].help_text = _(
            "After it, the lessons are open to those of them who completed the course. Time zone "
            "of the course: %(zone)s."
        ) % {"zone": self.zone}
        members: Any = self.fields["members"]
        members.queryset = selectors.students_of(course)
        members.label_from_instance = lambda seat: str(seat.student)
        if group is not None:
            self.initial["name"] = group.name
            for name, stored in (("starts", group.starts_at), ("ends", group.ends_at)):
                self.initial[name] = on_the_wall(stored, self.zone) if stored else None
            self.initial["members"] = list(group.members.values_list("enrolment_id", flat=True))

    def clean(self) -> dict[str, Any]:
        super().clean()
        starts, ends = moment(self, "starts", self.zone), moment(self, "ends", self.zone)
        if starts and ends and ends <= starts:
            self.add_error("ends", _("The end has to be after the start."))
        self.cleaned_data["dates"] = (starts, ends)
        return self.cleaned_data

    def values(self) -> dict[str, Any]:
        """What `actions.save_group` takes."""
        return {name: self.cleaned_data[name] for name in ("name", "members", "dates")}


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Why? (optional)"),
        max_length=REASON_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class RemovalForm(ReasonForm):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=REASON_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("The student reads it in the e-mail that tells them."),
    )


class ExtensionForm(forms.Form):
    """Until when a student is let in, as clocks in the course's zone show it; empty for ever."""

    until = WallTimeField(label=_("Access until"), required=False)

    def __init__(self, *args: Any, course: CoursePage, seat: Enrolment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = course.time_zone
        self.fields["until"].help_text = _(
            "Leave empty for ever. Time zone of the course: %(zone)s."
        ) % {"zone": self.zone}
        if seat.expires_at:
            self.initial["until"] = on_the_wall(seat.expires_at, self.zone)

    def clean(self) -> dict[str, Any]:
        super().clean()
        self.cleaned_data["moment"] = moment(self, "until", self.zone)
        return self.cleaned_data
