"""The course form of the Wagtail admin. It stands below the models, which name it."""

from decimal import Decimal
from itertools import chain, count

from django import forms
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.validators import MaxLengthValidator
from django.db.models import Q
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from wagtail.admin.forms.pages import CopyForm

from lms.accounts import time_zones
from lms.common.forms import WallTimeField, moment
from lms.common.money import Money, MoneyError, currency_choices, exponent
from lms.common.wall_time import on_the_wall
from lms.files.permissions import may_place
from lms.tenants.forms import OwnReferencesForm
from lms.tenants.models import Role

from .attachments import stored_files
from .tree import ancestor_paths, provider_id_at

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


class ReleasedForm(CourseTreeForm):
    """When a module or lesson opens: a date as clocks show it in the course's zone, or a number of
    days, not both."""

    release_at = WallTimeField(label=_("Opens on"), required=False)

    def __init__(self, *args, parent_page=None, **kwargs):
        super().__init__(*args, parent_page=parent_page, **kwargs)
        path = self.instance.path or (parent_page.path if parent_page else "")
        courses = apps.get_model("courses", "CoursePage")._default_manager
        zones = courses.filter(path__in=ancestor_paths(path)).values_list("time_zone", flat=True)
        self.zone = zones.first() or "UTC"
        stored = self.instance.release_at
        self.initial["release_at"] = on_the_wall(stored, self.zone) if stored else None
        if "release_at" in self.fields:
            self.fields["release_at"].help_text = _(
                "Time zone of the course: %(zone)s. Leave empty to have it open at once. Free "
                "previews are open to all."
            ) % {"zone": self.zone}

    def clean(self):
        cleaned = super().clean()
        both = cleaned.get("release_at") and cleaned.get("release_after_days")
        if both and not self.is_deferred_validation:
            self.add_error("release_after_days", _("Choose a date or a number of days, not both."))
        if "release_at" in cleaned:
            cleaned["release_at"] = moment(self, "release_at", self.zone)
        return cleaned


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
        if "time_zone" in self.fields:
            zone = self.fields["time_zone"]
            self.fields["time_zone"] = forms.ChoiceField(
                label=zone.label,
                help_text=zone.help_text,
                choices=time_zones.choices(self.instance.time_zone),
                required=False,
            )
        if "prerequisites" in self.fields:
            courses = self.fields["prerequisites"]
            courses.queryset = (
                type(self.instance)
                ._default_manager.filter(provider=provider)
                .exclude(pk=self.instance.pk)
                .order_by("title", "pk")
            )
        if self.instance.pk is None:
            self._propose(provider)

    def _propose(self, provider) -> None:
        """A new course is the author's own, and like the provider's last one."""
        if self.for_user:
            self.initial["instructors"] = [self.for_user.pk]
            self.initial["time_zone"] = self.for_user.time_zone
        last = type(self.instance)._default_manager.filter(provider=provider).order_by("-pk")
        if previous := last.values("language", "currency", "time_zone").first():
            self.initial.update(previous)

    def _provider(self, parent_page):
        path = self.instance.path or (parent_page.path if parent_page else "")
        return self.instance.provider_at(path) if path else None

    def clean_currency(self):
        return self.cleaned_data["currency"] or self.instance.currency

    def clean_time_zone(self):
        return self.cleaned_data["time_zone"] or self.instance.time_zone

    def clean_prerequisites(self):
        """No course waits for itself by way of others."""
        chosen = self.cleaned_data["prerequisites"]
        seen, ahead = set(), {course.pk for course in chosen}
        courses = type(self.instance)._default_manager
        while ahead:
            seen |= ahead
            found = courses.filter(leads_to__in=ahead).values_list("pk", flat=True)
            ahead = set(found) - seen
        if self.instance.pk in seen:
            raise forms.ValidationError(
                _("One of these courses can only be taken after this one. Nobody could start.")
            )
        return chosen

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
