"""Fields of questions as they are typed."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from ..rules.questions import LONGEST_PART


class Prose(forms.CharField):
    """Markdown, kept as it was typed but for the ends of lines."""

    def __init__(self, *, rows: int = 1, longest: int = LONGEST_PART, **kwargs: Any) -> None:
        widget = forms.Textarea(attrs={"rows": rows, "cols": None, "dir": "auto"})
        super().__init__(strip=False, max_length=longest, widget=widget, **kwargs)

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n").replace("\r", "\n")

    def validate(self, value: str) -> None:
        super().validate(value if value.strip() else "")


class Exact(forms.DecimalField):
    """A number as people write it, with a comma or a point."""

    widget = forms.TextInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.widget.attrs.update(inputmode="decimal", dir="ltr", autocomplete="off")

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = value.strip().replace(",", ".").replace("−", "-")
            if len(value) > 60:
                raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


class Percent(forms.IntegerField):
    """A share of the points."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "numeric", "size": 4, "autocomplete": "off"})
        limits = {"min_value": 0, "max_value": 100, **kwargs}
        super().__init__(required=False, widget=widget, **limits)


class TagsField(forms.CharField):
    """Tags with commas between them: a list of names."""

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        names = [" ".join(one.split()) for one in (super().to_python(value) or "").split(",")]
        return [name for name in dict.fromkeys(names) if name]

    def validate(self, value: Any) -> None:
        super().validate(value)
        if len(value) > 20:
            raise ValidationError(_("At most 20 tags."), code="too_many")
        if any(len(name) > 60 for name in value):
            raise ValidationError(_("A tag has at most 60 characters."), code="too_long")

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list | tuple) else value

    def run_validators(self, value: Any) -> None:
        super().run_validators(", ".join(value))
