"""What is typed at the desk."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lms.common.forms import WallTimeField, moment
from lms.common.wall_time import on_the_wall
from lms.courses.models import CoursePage
from lms.enrolments.models import Group

from .models import LONGEST_NOTE, LONGEST_TEXT, Announcement, Watch
from .rules import Reason
from .selectors import ANY_RISK, SORTS, STATES, Choice
from .states import State

STATE_NAMES = {
    "active": _("Enrolled"),
    "ended": _("Left or removed"),
    "all": _("Everybody"),
}
RISK_NAMES = {
    "": _("All"),
    ANY_RISK: _("At risk"),
    Reason.IDLE: _("No activity"),
    Reason.OVERDUE: _("Overdue"),
    Reason.BEHIND: _("Behind"),
    Reason.FAILING: _("Failing"),
}


class ChoiceForm(forms.Form):
    """What of the roster is looked at. What makes no sense is left out."""

    q = forms.CharField(label=_("Find students"), required=False, max_length=100)
    state = forms.ChoiceField(
        label=_("Status"),
        required=False,
        choices=[(name, STATE_NAMES[name]) for name in STATES],
    )
    group = forms.TypedChoiceField(label=_("Group"), required=False, coerce=int, empty_value=None)
    risk = forms.ChoiceField(
        label=_("At risk"),
        required=False,
        choices=[(str(key), text) for key, text in RISK_NAMES.items()],
    )
    sort = forms.ChoiceField(required=False, choices=[(name, name) for name in SORTS])

    def __init__(self, data: Any, *, groups: list[tuple[int, str]]) -> None:
        super().__init__(data)
        field: Any = self.fields["group"]
        field.choices = [("", _("All")), *groups]

    def choice(self) -> Choice:
        self.is_valid()
        typed = self.cleaned_data
        return Choice(
            words=typed.get("q") or "",
            state=typed.get("state") or "active",
            group=typed.get("group"),
            risk=typed.get("risk") or "",
            sort=typed.get("sort") or "enrolled",
        )


class WatchForm(forms.ModelForm):
    class Meta:
        model = Watch
        fields = ["idle_days", "overdue_days", "behind_points", "pass_percent"]
        help_texts = {
            "idle_days": _("Who did nothing for so many days is at risk. Empty: not watched."),
            "overdue_days": _("Who missed a date so many days ago and did not catch up."),
            "behind_points": _("Who is so far below what half of the class has done."),
            "pass_percent": _("Whose grade so far is below this."),
        }


class PlainText(forms.CharField):
    """Words of several lines, with one kind of line end, so that their length is what is stored."""

    def __init__(self, *, rows: int = 6, **kwargs: Any) -> None:
        widget = forms.Textarea(attrs={"rows": rows, "dir": "auto"})
        super().__init__(widget=widget, **kwargs)

    def to_python(self, value: Any) -> str:
        text = str(value or "").replace("\r\n", "\n").replace("\r", "\n")
        return super().to_python(text) or ""


class AnnouncementForm(forms.Form):
    """Moments are typed and shown in the reader's zone."""

    title = forms.CharField(label=_("Title"), max_length=200)
    text = PlainText(label=_("Text"), max_length=LONGEST_TEXT, rows=8)
    group = forms.TypedChoiceField(label=_("For"), required=False, coerce=int, empty_value=None)
    publish_at = WallTimeField(
        label=_("Publish at"), required=False, help_text=_("Empty: at once.")
    )
    expires_at = WallTimeField(
        label=_("Show until"),
        required=False,
        help_text=_("Empty: until each student puts it away."),
    )

    def __init__(
        self,
        data: Any,
        *,
        course: CoursePage,
        row: Announcement | None,
        groups: list[tuple[int, str]],
        zone: str,
    ) -> None:
        initial: dict[str, Any] = {}
        if row is not None:
            initial = {"title": row.title, "text": row.text, "group": row.group_id}
            for name in ("publish_at", "expires_at"):
                if (at := getattr(row, name)) is not None:
                    initial[name] = on_the_wall(at, zone)
        super().__init__(data, initial=initial)
        self.course, self.zone = course, zone
        field: Any = self.fields["group"]
        field.choices = [("", _("Everybody in the course")), *groups]
        if not groups:
            del self.fields["group"]
        if row is not None and row.state != State.SCHEDULED:
            for name in ("group", "publish_at"):
                self.fields.pop(name, None)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in ("publish_at", "expires_at"):
            if name in self.fields:
                cleaned[name] = moment(self, name, self.zone)
        if key := cleaned.get("group"):
            cleaned["group"] = Group.objects.filter(course=self.course, pk=key).first()
        return cleaned

    def refuse(self, details: dict[str, list[str]]) -> None:
        """Say what an action found wrong."""
        for name, texts in details.items():
            for text in texts:
                self.add_error(name if name in self.fields else None, text)


class SnoozeForm(forms.Form):
    days = forms.TypedChoiceField(
        label=_("For"),
        coerce=int,
        choices=[(7, _("a week")), (30, _("a month")), (0, _("for good"))],
    )
    note = forms.CharField(label=_("Note"), required=False, max_length=500)


class NoteForm(forms.Form):
    text = PlainText(label=_("New note"), max_length=LONGEST_NOTE, rows=3)


class SupportForm(forms.Form):
    needs = PlainText(
        label=_("What helps you to learn?"),
        max_length=LONGEST_NOTE,
        help_text=_("For example: more time, large print, captions, breaks, a quiet room."),
    )
    consents = forms.BooleanField(
        label=_("The instructors of the courses I am enrolled in may read this."),
        error_messages={"required": _("Without this nobody may read it, so it is not kept.")},
    )
