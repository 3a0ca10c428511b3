"""Opening a school, and what operators decide about it."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from lms.courses.models import CoursePage
from lms.tenants.models import Provider, Tier, dns_label
from lms.tenants.states import APPROVE, CLOSE, ERASE, PROVIDER, REOPEN, RESUME, SUSPEND

from .actions import require_free_name
from .selectors import kinds_of_deed, people_in_audit

LONGEST_MENU = 500  # courses; beyond, the search finds them by name

MOVES = {
    APPROVE: _("Let it in"),
    SUSPEND: _("Suspend"),
    RESUME: _("Resume"),
    CLOSE: _("Close"),
    REOPEN: _("Open again"),
}


class SchoolForm(forms.ModelForm):
    """Name and address of a new school. An empty address is made from the name."""

    slug = forms.CharField(
        label=_("Address"),
        required=False,
        max_length=63,
        help_text=_("Lower-case letters, digits and hyphens. Leave it empty to use the name."),
        widget=forms.TextInput(
            attrs={"autocapitalize": "none", "autocorrect": "off", "spellcheck": "false"}
        ),
    )

    class Meta:
        model = Provider
        fields = ("name", "slug")
        labels = {"name": _("Name of your school")}
        help_texts = {"name": _("As students see it on courses and certificates.")}
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "organization"})}

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"].strip().lower()
        if not slug:
            slug = slugify(self.cleaned_data.get("name", ""))[:63].strip("-")
            if not slug:
                raise ValidationError(_("Please choose an address in Latin letters."))
        dns_label(slug)
        try:
            require_free_name(slug)
        except ValidationError as refused:
            raise ValidationError(refused.message_dict["slug"]) from None
        if Provider.objects.filter(slug=slug).exists():
            raise ValidationError(_("This address is taken. Please choose another."), "unique")
        return slug

    def validate_unique(self) -> None:
        """`clean_slug` has said it, in words about addresses."""

    @property
    def address_pattern(self) -> tuple[str, str]:
        """What stands before and after the name in the school's address."""
        scheme, _sep, host = settings.FLEDGE_BASE_URL.partition("://")
        return f"{scheme}://", f".{host}"

    def add_refusals(self, refused: ValidationError) -> None:
        """Show what an action refused beside its field."""
        for name, messages in refused.message_dict.items():
            self.add_error(name if name in self.fields else None, messages)


class DecisionForm(forms.Form):
    """What an operator decides about a school: its plan, and whether it is open."""

    tier = forms.ModelChoiceField(label=_("Plan"), queryset=Tier.objects.all())
    move = forms.ChoiceField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, provider: Provider, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tier"].initial = provider.tier_id
        self.fields["tier"].empty_label = None  # type: ignore[attr-defined]
        self.fields["move"].choices = [  # type: ignore[attr-defined]
            (name, MOVES[name])
            for state, name in PROVIDER.transitions
            if state == provider.status and name != ERASE  # the clock does that
        ]


class AuditFilter(forms.Form):
    """Which deeds of a house to show. Nothing is required; `words` are looked for in names."""

    words = forms.CharField(label=_("Search"), required=False, max_length=100)
    person = forms.ChoiceField(label=_("Who"), required=False)
    event = forms.ChoiceField(label=_("What"), required=False)
    course = forms.ChoiceField(label=_("Course"), required=False)
    since = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, *args: Any, provider: Provider, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        courses = CoursePage.objects.filter(provider=provider).order_by("title")
        everything = [("", _("All"))]
        self._offer("person", [*everything, *people_in_audit(provider)])
        self._offer("event", [*everything, *kinds_of_deed()])
        self._offer("course", [*everything, *courses.values_list("pk", "title")[:LONGEST_MENU]])

    def _offer(self, name: str, choices: list[tuple[Any, Any]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    @property
    def chosen(self) -> dict[str, Any]:
        """What was filled in, without what makes no sense."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}
