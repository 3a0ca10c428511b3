"""What courses are about."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from wagtail.search import index


class Category(index.Indexed, models.Model):
    """A subject. Shared ones (no provider) stand on the marketplace; a provider may add its own,
    which stand on its own site beside the shared ones.
    """

    provider = models.ForeignKey(
        "tenants.Provider",
        verbose_name=_("provider"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="categories",
        help_text=_("Leave empty for a category that every provider may use."),
    )
    name = models.CharField(_("name"), max_length=80)
    slug = models.SlugField(_("address"), max_length=80, allow_unicode=True)
    description = models.CharField(_("description"), max_length=300, blank=True)
    position = models.PositiveIntegerField(_("position"), default=0)

    search_fields = [index.SearchField("name"), index.AutocompleteField("name")]

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["position", "name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "slug"],
                name="courses_category_slug_per_provider",
                violation_error_message=_("There is a category with this address already."),
            ),
            models.UniqueConstraint(
                fields=["slug"],
                condition=Q(provider__isnull=True),
                name="courses_category_shared_slug",
                violation_error_message=_("There is a shared category with this address already."),
            ),
        ]

    def __str__(self) -> str:
        return self.name
