"""What people type: a group of students."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lms.courses.models import CoursePage

from . import selectors
from .models import Group


class GroupForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120)
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
        members: Any = self.fields["members"]
        members.queryset = selectors.students_of(course)
        members.label_from_instance = lambda seat: str(seat.student)
        if group is not None:
            self.initial["name"] = group.name
            self.initial["members"] = list(group.members.values_list("enrolment_id", flat=True))
