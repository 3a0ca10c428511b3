"""What a provider has told us of its own front end."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from lms.tenants.scope import TenantModel


class FrontEnd(TenantModel):
    """Where a provider's own front end shows drafts. One row a provider, when there is one."""

    preview_url = models.URLField(_("preview address"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("front end")
        verbose_name_plural = _("front ends")
        constraints = [models.UniqueConstraint(fields=["provider"], name="front_end_once")]

    def __str__(self) -> str:
        return self.preview_url
