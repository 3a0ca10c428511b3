"""Forms of the Wagtail admin."""

from collections import defaultdict
from typing import Any

from django import forms
from django.contrib.contenttypes.models import ContentType
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.forms import WagtailAdminPageForm
from wagtail.models import Page, ReferenceIndex

from lms.tenants.models import Provider
from lms.tenants.scope import fenced
from lms.tenants.scope.fence import Fence, in_force, rule_owner

# {(content type, key): field it stands in}
References = dict[tuple[int, str], str]


class OwnReferencesForm(WagtailAdminPageForm):
    """Refuses what the fence hides in what its author has just put on the page.

    Choosers and blocks look for what they were given, and find nothing of another house; text is
    taken as it comes, and the id of a file in it would let students download that file. What is
    hidden and what was deleted get one answer: which of the two it is, is not the author's to know.
    """

    def _post_clean(self) -> None:
        super()._post_clean()
        fence = in_force()
        if fence is None or self.errors:
            return
        saved = _saved_references(self.instance)
        added = {key: name for key, name in _references(self.instance).items() if key not in saved}
        house = _house_of(self.instance, self.parent_page)
        if strays := _not_found(set(added), fence, house):
            names = sorted({_label(self.instance, added[key]) for key in strays})
            self.add_error(
                None,
                _(
                    "%(fields)s: a page, picture or file used here is not there. It may have been "
                    "deleted, or copied from another school. Please remove it or choose another."
                )
                % {"fields": ", ".join(names)},
            )


def _references(page: Page) -> References:
    # The one place that knows every way a page can point at something.
    found = ReferenceIndex._extract_references_from_object(page)
    return {(kind, key): path.split(".")[0] for kind, key, path, _place in found}


def _saved_references(page: Page) -> References:
    """What an older version holds is not this author's doing, and no reason to keep them out."""
    return _references(page.get_latest_revision_as_object()) if page.pk else {}


def _not_found(
    references: set[tuple[int, str]], fence: Fence, house: Provider | None
) -> set[tuple[int, str]]:
    by_type: dict[int, set[str]] = defaultdict(set)
    for kind, key in references:
        by_type[kind].add(key)
    strays = set()
    # Who works for two houses still keeps their things apart.
    with fenced(fence.provider_ids & {house.pk} if house else fence.provider_ids, fence.user_id):
        for kind, keys in by_type.items():
            model = ContentType.objects.get_for_id(kind).model_class()
            if model is not None and rule_owner(model) is not None:
                found = model._default_manager.filter(pk__in=keys).values_list("pk", flat=True)
                strays |= {(kind, key) for key in keys - {str(pk) for pk in found}}
    return strays


def _house_of(page: Page, parent: Page | None) -> Provider | None:
    path = page.path or (parent.path if parent else "")
    above = [path[:end] for end in range(Page.steplen, len(path) + 1, Page.steplen)]
    return Provider.objects.filter(page__path__in=above).first()


def _label(page: Any, name: str) -> str:
    return str(capfirst(getattr(page._meta.get_field(name), "verbose_name", name)))


class DomainForm(forms.Form):
    """A host name of the school's own; what it may be is the action's to say."""

    hostname = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=300,
        widget=forms.TextInput(
            attrs={
                "dir": "ltr",
                "placeholder": "learn.your-school.org",
                "autocapitalize": "none",
                "autocomplete": "off",
                "spellcheck": "false",
            }
        ),
    )
