"""Fields that several apps need."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from . import wall_time


class WallTimeField(forms.Field):
    """A date and time of day as clocks show it, without a zone: a naive datetime."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values:
            return None
        if isinstance(value, datetime):
            return value
        try:
            return datetime.fromisoformat(str(value)).replace(tzinfo=None, second=0, microsecond=0)
        except ValueError:
            raise ValidationError(_("Enter a date and a time."), code="invalid") from None


def moment(form: forms.BaseForm, name: str, zone: str) -> datetime | None:
    """The moment that a WallTimeField means in `zone`; a time that is skipped there is an error of
    the field."""
    wall = form.cleaned_data.get(name)
    if wall is None:
        return None
    try:
        return wall_time.in_zone(wall, zone)
    except wall_time.SkippedTime:
        form.add_error(
            name,
            _("This time does not exist in %(zone)s: the clocks are put forward over it.")
            % {"zone": zone},
        )
    except OverflowError:
        form.add_error(name, _("Enter a date and a time."))
    return None
