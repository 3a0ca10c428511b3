"""The course form of the Wagtail admin. It stands below the models, which name it."""

from decimal import Decimal
from itertools import chain, count

from django import forms
from django.contrib.auth import get_user_model
from django.core.validators import MaxLengthValidator
from django.db.models import Q
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from wagtail.admin.forms.pages import CopyForm

from lms.common.money import Money, MoneyError, currency_choices, exponent
from lms.files.permissions import may_place
from lms.tenants.forms import OwnReferencesForm
from lms.tenants.models import Role

from .attachments import stored_files
from .tree import provider_id_at

TEACHING = [Role.ADMIN, Role.INSTRUCTOR]
TITLE_LENGTH = 255
SLUG_STEM = 240  # of 255: room for a number

DAYS = [
    ("mon", _("Monday")),
    ("tue", _("Tuesday")),
    ("wed", _("Wednesday")),
    ("thu", _("Thursday")),
    ("fri", _("Friday")),
    ("sat", _("Saturday")),
    ("sun", _("Sunday")),
]


class CourseTreeForm(OwnReferencesForm):
    """An address nobody chose is made to fit: from the title, else from the kind of page, with a
    number where another page has it. A second “Introduction” is nothing to complain about. Files
    are those of the author's own school.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = False

    def clean_slug(self):
        slug = self.cleaned_data["slug"]
        proposed = slugify(self.cleaned_data.get("title", ""), allow_unicode=True)
        chosen = slug and (slug != proposed or self.instance.first_published_at)
        if chosen or self.parent_page is None:
            return slug
        others = self.parent_page.get_children().exclude(pk=self.instance.pk)
        return free_slug(slug or proposed or self.instance.fallback_slug, others)

    def clean(self):
        cleaned = super().clean()
        if self.for_user:
            self._refuse_strangers(cleaned)
        return cleaned

    def _refuse_strangers(self, cleaned) -> None:
        """What stood there before may stay."""
        for name, value in list(cleaned.items()):
            known = stored_files(getattr(self.instance, name, None))
            new = [file for file in stored_files(value) if file not in known]
            if not all(may_place(self.for_user, file) for file in new):
                self.add_error(name, _("This file is not your school's. Please choose another."))


class CoursePageForm(CourseTreeForm):
    """Prices in major units, days as checkboxes, and only the provider's own choices."""

    # Text, not a number field: browsers hand over nothing for a number they can't read, and
    # nothing is the price of a free course.
    price = forms.DecimalField(
        label=_("Price"),
        required=False,
        min_value=Decimal(0),
        max_digits=12,
        localize=True,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        help_text=_("Leave empty or 0 for a free course."),
        error_messages={"invalid": _("Write the price as a number, for example 49.50.")},
    )
    currency = forms.ChoiceField(label=_("Currency"), choices=currency_choices, required=False)
    days = forms.MultipleChoiceField(
        label=_("Days"), choices=DAYS, required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args, parent_page=None, **kwargs):
        super().__init__(*args, parent_page=parent_page, **kwargs)
        if self.instance.price_minor:
            self.initial["price"] = self.instance.price.decimal
        provider = self._provider(parent_page)
        if "categories" in self.fields:
            categories = self.fields["categories"]
            categories.queryset = categories.queryset.filter(
                Q(provider=None) | Q(provider=provider)
            )
        if "instructors" in self.fields:
            teaching = Q(memberships__provider=provider, memberships__role__in=TEACHING)
            people = get_user_model().objects.filter(teaching).distinct().order_by("name")
            self.fields["instructors"].queryset = people
        if self.instance.pk is None:
            self._propose(provider)

    def _propose(self, provider) -> None:
        """A new course is the author's own, and like the provider's last one."""
        if self.for_user:
            self.initial["instructors"] = [self.for_user.pk]
        last = type(self.instance)._default_manager.filter(provider=provider).order_by("-pk")
        if previous := last.values("language", "currency").first():
            self.initial.update(previous)

    def _provider(self, parent_page):
        path = self.instance.path or (parent_page.path if parent_page else "")
        return self.instance.provider_at(path) if path else None

    def clean_currency(self):
        return self.cleaned_data["currency"] or self.instance.currency

    def clean(self):
        """A price in its currency's smallest unit; a schedule that says when."""
        cleaned = super().clean()
        price = cleaned.get("price") or Decimal(0)
        if currency := cleaned.get("currency"):
            try:
                self.instance.price_minor = Money.from_decimal(price, currency).amount_minor
            except MoneyError:
                self.add_error("price", _too_fine(currency))
        scheduled = cleaned.get("pacing") == "scheduled" and not self.is_deferred_validation
        if scheduled and not cleaned.get("starts_on"):
            self.add_error("starts_on", _("Say when a scheduled course starts."))
        return cleaned


def _too_fine(currency: str) -> str:
    decimals = exponent(currency)
    if not decimals:
        return _("Prices in %(currency)s have no decimals.") % {"currency": currency}
    return ngettext(
        "Prices in %(currency)s have at most %(number)d decimal.",
        "Prices in %(currency)s have at most %(number)d decimals.",
        decimals,
    ) % {"currency": currency, "number": decimals}


class CourseTreeCopyForm(CopyForm):
    """Copies stay with their provider, whose categories, people and files they use."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # An alias shows another page's content under its own address: a second course of the same
        # lessons, with students of its own.
        self.fields.pop("alias", None)
        title = _("Copy of %(title)s") % {"title": self.page.title}
        self.fields["new_title"].initial = title[:TITLE_LENGTH]
        self.fields["new_title"].max_length = TITLE_LENGTH
        self.fields["new_title"].validators.append(MaxLengthValidator(TITLE_LENGTH))
        self.fields["new_slug"].initial = free_slug(self.page.slug, self.page.get_siblings())

    def clean(self):
        cleaned = super().clean()
        destination = cleaned.get("new_parent_page")
        if destination and provider_id_at(destination) != provider_id_at(self.page):
            self.add_error("new_parent_page", _("A copy has to stay with the same provider."))
        elif destination and not self.page.specific_class.can_exist_under(destination.specific):
            self.add_error("new_parent_page", _("A copy can't stand below a page of this kind."))
        return cleaned


def free_slug(wanted: str, others) -> str:
    """`wanted`, with a number behind it where one of the pages `others` is called so already."""
    taken = set(others.values_list("slug", flat=True))
    numbered = (f"{wanted[:SLUG_STEM]}-{number}" for number in count(2))
    return next(slug for slug in chain([wanted], numbered) if slug not in taken)
