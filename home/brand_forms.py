"""The form of a school's brand, in tabs, and what it says about colours."""

import re
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, HelpPanel, ObjectList, TabbedInterface

from lms.files.models import Image
from lms.tenants.models import Font, Provider, hex_colour
from lms.tenants.rules import (
    Trouble,
    suggested_accent,
    suggested_primary,
    trouble_of_accent,
    trouble_of_primary,
)
from lms.tenants.scope import fenced
from lms.tenants.scope.fence import in_force

LINKS = 8  # that fit in a footer
TROUBLE: dict[Trouble, str | Promise] = {
    Trouble.TEXT: gettext_lazy("The words on a button are hard to read on this colour."),
    Trouble.PALE: gettext_lazy("This colour can hardly be seen on a light page."),
    Trouble.DIM: gettext_lazy("This colour can hardly be seen on a dark page."),
}
CHECKS = {
    "primary_colour": (trouble_of_primary, suggested_primary),
    "accent_colour": (trouble_of_accent, suggested_accent),
}


@dataclass(frozen=True, slots=True)
class Advice:
    """What is wrong with a colour, and the nearest one that is right."""

    field: str
    text: str
    suggestion: str


def advice_on(name: str, colour: str) -> Advice | None:
    """What to say about the colour of a field; None for one that can be used, and for none."""
    trouble_of, suggested = CHECKS[name]
    trouble = trouble_of(colour) if colour else None
    return Advice(name, str(TROUBLE[trouble]), suggested(colour)) if trouble else None


class ColourField(forms.CharField):
    """#1a2b3c, also as people write it: without #, in capitals, in three digits."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(
            attrs={"data-colour": "", "autocomplete": "off", "spellcheck": "false", "dir": "ltr"}
        )
        kwargs = {"required": False, "max_length": 7, "widget": widget, **kwargs}
        super().__init__(validators=[hex_colour], **kwargs)

    def to_python(self, value: Any) -> str:
        text = (super().to_python(value) or "").lower()
        digits = text.removeprefix("#")
        if re.fullmatch("[0-9a-f]{3}", digits):
            digits = "".join(digit * 2 for digit in digits)
        return f"#{digits}" if re.fullmatch("[0-9a-f]{6}", digits) else text


class BrandForm(WagtailAdminModelForm):
    """All that a school's admins change about how it looks; nothing else of the Provider is here.

    A colour that reads badly is refused with a better one; one that was there before is not in the
    way of saving something else.
    """

    primary_colour = ColourField(
        label=gettext_lazy("Main colour"),
        help_text=gettext_lazy("Buttons, links and headings. Leave it empty for the platform's."),
    )
    accent_colour = ColourField(
        label=gettext_lazy("Second colour"), help_text=gettext_lazy("Fine lines and marks.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("heading_font", "body_font"):
            self.fields[name].choices = [("", _("The platform's")), *Font.choices]

    def clean_name(self) -> str:
        return _one_line(self.cleaned_data["name"])

    def clean_mail_sender(self) -> str:
        return _one_line(self.cleaned_data["mail_sender"])

    def clean_primary_colour(self) -> str:
        return self._readable("primary_colour")

    def clean_accent_colour(self) -> str:
        return self._readable("accent_colour")

    def clean_links(self) -> str:
        lines = self.cleaned_data["links"].split()
        if len(lines) > LINKS:
            raise ValidationError(_("At most %(count)d addresses."), params={"count": LINKS})
        for line in lines:
            try:
                URLValidator(schemes=["https"])(line)
            except ValidationError as bad:
                text = _("“%(line)s” is no address that begins with https://.")
                raise ValidationError(text, params={"line": line}) from bad
        return "\n".join(lines)

    def clean_logo(self) -> Image | None:
        return self._own("logo")

    def clean_favicon(self) -> Image | None:
        return self._own("favicon")

    def clean_signature(self) -> Image | None:
        return self._own("signature")

    def changes(self) -> dict[str, Any]:
        """{field: new value} of what was changed."""
        values = {name: self.cleaned_data[name] for name in self.changed_data}
        if "accent_colour" in values:
            values["secondary_colour"] = ""  # which stood in for it
        return values

    def draft(self) -> Provider:
        """The school with what can be used of the form; also colours that read badly, to be seen.

        Call it after `is_valid`.
        """
        draft: Provider = self.instance
        for name in CHECKS:
            if colour := self._colour(name):
                setattr(draft, name, colour)
        if "accent_colour" in self.changed_data:
            draft.secondary_colour = ""
        return draft

    def advice(self) -> list[Advice]:
        """On the colours as they stand in the form, saved or not."""
        found = [advice_on(name, self._colour(name)) for name in CHECKS]
        return [advice for advice in found if advice]

    def _colour(self, name: str) -> str:
        """As it stands in the form; "" for what is none."""
        try:
            return self.fields[name].clean(self[name].value() or "")
        except ValidationError:
            return ""

    def _readable(self, name: str) -> str:
        colour: str = self.cleaned_data[name]
        advice = advice_on(name, colour) if name in self.changed_data else None
        if advice:
            text = _("%(problem)s %(colour)s would do.")
            raise ValidationError(
                text, params={"problem": advice.text, "colour": advice.suggestion}, code="contrast"
            )
        return colour

    def _own(self, name: str) -> Image | None:
        """The chosen picture. Who works for two schools still keeps their things apart."""
        picture: Image | None = self.cleaned_data[name]
        fence = in_force()
        if picture is None or fence is None or name not in self.changed_data:
            return picture
        with fenced(fence.provider_ids & {self.instance.pk}, fence.user_id):
            if not Image.objects.filter(pk=picture.pk).exists():
                raise ValidationError(_("This picture is not there. Please choose another."))
        return picture


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _tab(heading: str | Promise, *names: str, help_text: str | Promise = "") -> ObjectList:
    panels: list[Any] = [HelpPanel(content=help_text)] if help_text else []
    return ObjectList([*panels, *map(FieldPanel, names)], heading=heading)


brand_panels = TabbedInterface(
    [
        _tab(
            gettext_lazy("Look"),
            "logo",
            "favicon",
            "primary_colour",
            "accent_colour",
            "heading_font",
            "body_font",
        ),
        _tab(gettext_lazy("Words"), "name", "tagline", "footer_text", "contact_email", "links"),
        _tab(gettext_lazy("Mail"), "mail_sender", "reply_to", "mail_footer"),
        _tab(
            gettext_lazy("Certificates"),
            "certificate_design",
            "signatory",
            "signatory_title",
            "signature",
            help_text=gettext_lazy("For new certificates. Those issued stay as they are."),
        ),
        _tab(
            gettext_lazy("Legal"),
            "terms",
            "privacy",
            help_text=gettext_lazy(
                "Linked below each page of your site. A line that begins with # is a heading, with "
                "- an item of a list; **two stars** make bold, [words](https://…) a link."
            ),
        ),
    ],
    base_form_class=BrandForm,
).bind_to_model(Provider)
