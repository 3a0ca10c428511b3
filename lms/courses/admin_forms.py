"""Forms of the Wagtail admin that are not page forms."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm

from lms.tenants.permissions import Code, can, is_operator
from lms.tenants.selectors import providers_of

from .models import Category


class CategoryForm(WagtailAdminModelForm):
    """A category of a provider the editor manages; only operators may share one with all."""

    class Meta:
        model = Category
        fields = ["name", "slug", "description", "position", "provider"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.for_user is None or is_operator(self.for_user):
            return
        own = [
            provider
            for provider in providers_of(user=self.for_user, staff=True)
            if can(self.for_user, Code.MANAGE_CATEGORIES, provider)
        ]
        field = self.fields["provider"]
        field.queryset = field.queryset.filter(pk__in=[provider.pk for provider in own])
        field.required = True
        field.empty_label = None if len(own) == 1 else _("Choose…")
        field.help_text = ""
        if own:
            field.initial = own[0].pk
