"""The shop window's pages: the marketplace's front page and each provider's own. And the downloads
of everything a provider has."""

import uuid
from datetime import timedelta

from django.db import models
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, HelpPanel, MultiFieldPanel
from wagtail.fields import RichTextField
from wagtail.models import Page

from lms.common import clock
from lms.files.models import private_storage
from lms.tenants.forms import OwnReferencesForm
from lms.tenants.scope import TenantModel


class MarketplacePage(Page):
    """The front page of the whole installation: search, categories, featured courses."""

    headline = models.CharField(_("headline"), max_length=120, blank=True)
    introduction = models.CharField(_("introduction"), max_length=300, blank=True)

    content_panels = [*Page.content_panels, FieldPanel("headline"), FieldPanel("introduction")]
    parent_page_types = ["wagtailcore.Page"]
    subpage_types = ["home.ProviderPage", "home.InformationPage"]
    template = "home/marketplace.html"
    max_count = 1

    class Meta:
        verbose_name = _("marketplace")


class ProviderPage(Page):
    """A provider's front page; its courses stand below it in the page tree."""

    provider = models.OneToOneField(
        "tenants.Provider", on_delete=models.PROTECT, related_name="page", editable=False
    )
    headline = models.CharField(
        _("headline"), max_length=120, blank=True, help_text=_("Leave empty for the tagline.")
    )
    introduction = RichTextField(
        _("introduction"), blank=True, features=["bold", "italic", "link", "ol", "ul", "h3"]
    )
    banner = models.ForeignKey(
        "files.Image",
        verbose_name=_("banner"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    content_panels = [
        HelpPanel(template="home/admin/provider_help.html", heading=_("Your school")),
        *Page.content_panels,
        MultiFieldPanel(
            [FieldPanel("headline"), FieldPanel("introduction"), FieldPanel("banner")],
            heading=_("Front page"),
        ),
    ]
    private_page_options: list[str] = []  # it would close the courses below
    parent_page_types = ["home.MarketplacePage"]
    subpage_types = ["courses.CoursePage", "home.InformationPage"]
    template = "home/provider.html"
    base_form_class = OwnReferencesForm

    def get_translation(self, locale):
        """Itself: a school has one page, below which its courses stand in every language."""
        return self

    def serve(self, request, *args, **kwargs):
        """A school that is not open has no page."""
        if not self.provider.is_open:
            raise Http404
        return super().serve(request, *args, **kwargs)

    class Meta:
        verbose_name = _("provider page")
        verbose_name_plural = _("provider pages")


class InformationPage(Page):
    """A page of plain text: about us, terms, privacy, help."""

    body = RichTextField(_("text"), blank=True)

    content_panels = [*Page.content_panels, FieldPanel("body")]
    private_page_options: list[str] = []
    parent_page_types = ["home.MarketplacePage", "home.ProviderPage"]
    subpage_types: list[str] = []
    template = "home/information.html"
    base_form_class = OwnReferencesForm

    class Meta:
        verbose_name = _("information page")
        verbose_name_plural = _("information pages")


# The queue tries a task that was killed five times, six minutes apart.
QUEUE_TRIES_FOR = timedelta(minutes=30)


class HouseExport(TenantModel):
    """A download of everything a house has: made by a task, kept for FLEDGE_EXPORT_DAYS."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    asked_at = models.DateTimeField(_("asked for"), default=clock.now)
    finished_at = models.DateTimeField(_("finished"), null=True)
    failed = models.BooleanField(_("failed"), default=False)
    done = models.PositiveIntegerField(_("parts done"), default=0)
    total = models.PositiveIntegerField(_("parts"), default=0)
    file = models.FileField(upload_to="exports", storage=private_storage, max_length=255)
    size = models.PositiveBigIntegerField(_("size in bytes"), default=0)

    class Meta:
        verbose_name = _("download of everything")
        verbose_name_plural = _("downloads of everything")
        indexes = [models.Index(fields=["provider", "-asked_at"], name="export_newest")]

    def __str__(self) -> str:
        return f"{self.asked_at:%Y-%m-%d %H:%M}"

    @property
    def is_running(self) -> bool:
        return not self.finished_at and not self.has_failed

    @property
    def has_failed(self) -> bool:
        """Failed, or stopped so often that the queue has given it up."""
        given_up = self.asked_at < clock.now() - QUEUE_TRIES_FOR
        return self.failed or (not self.finished_at and given_up)

    @property
    def percent(self) -> int:
        return self.done * 100 // self.total if self.total else 0
