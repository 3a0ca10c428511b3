"""A course provider: a tenant."""

import re
import uuid
from typing import ClassVar

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from lms.common import clock
from lms.common.states import Machine
from lms.tenants.states import PROVIDER, State

from .tiers import Tier

# RFC 1035, section 2.3.1 and RFC 1123, section 2.1; in lower case, as host names are compared.
# Hyphens in third and fourth place mean something else (RFC 5891, section 4.2.3.1): "xn--" is how
# look-alikes in other scripts are written.
dns_label = RegexValidator(
    re.compile(r"\A(?!..--)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z"),
    _("Use lower-case letters, digits and hyphens, neither first nor last; at most 63."),
)
LONGEST_LEGAL = 100_000  # characters
hex_colour = RegexValidator(re.compile(r"\A#[0-9a-fA-F]{6}\Z"), _("Use the form #1a2b3c."))


class Font(models.TextChoices):
    """Type that every device has: nothing is loaded, from us or from anybody else."""

    CLEAN = "clean", _("Clean")
    HUMANIST = "humanist", _("Friendly")
    ROUNDED = "rounded", _("Rounded")
    BOOK = "book", _("Book")
    CLASSIC = "classic", _("Classic")
    SLAB = "slab", _("Strong")


class CertificateDesign(models.TextChoices):
    """How a certificate looks on paper."""

    ENGRAVED = "engraved", _("Engraved: fine lines and a seal")
    CLASSIC = "classic", _("Classic: a double frame in book type")
    MODERN = "modern", _("Modern: a band of colour, no frame")


def first_tier() -> str:
    """The tier a new provider begins with."""
    return settings.FLEDGE_FIRST_TIER


class Provider(models.Model):
    """A course provider: a tenant. Its own page, site and rows hang on this.

    Colours and fonts are empty where the provider keeps the platform's. What makes up its brand is
    in BRAND; `brand_before` holds those as they were before the last change.
    """

    machine: ClassVar[Machine] = PROVIDER

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.CharField(_("address"), max_length=63, unique=True, validators=[dns_label])
    name = models.CharField(_("name"), max_length=120)
    tagline = models.CharField(_("tagline"), max_length=200, blank=True)
    status = models.CharField(
        _("status"),
        max_length=16,
        choices=State.choices,
        default=State.PENDING,
        editable=False,
    )
    logo = models.ForeignKey(
        "files.Image",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("logo"),
    )
    primary_colour = models.CharField(
        _("primary colour"), max_length=7, blank=True, validators=[hex_colour]
    )
    secondary_colour = models.CharField(
        _("secondary colour"), max_length=7, blank=True, validators=[hex_colour]
    )
    accent_colour = models.CharField(
        _("accent colour"), max_length=7, blank=True, validators=[hex_colour]
    )
    favicon = models.ForeignKey(
        "files.Image",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("icon"),
        help_text=_("A square picture for browser tabs and home screens, 512 pixels or an SVG."),
    )
    heading_font = models.CharField(
        _("font of headings"), max_length=16, blank=True, choices=Font.choices
    )
    body_font = models.CharField(_("font of text"), max_length=16, blank=True, choices=Font.choices)
    footer_text = models.TextField(_("footer text"), max_length=1000, blank=True)
    links = models.TextField(
        _("elsewhere"),
        max_length=1000,
        blank=True,
        help_text=_("Addresses of your pages elsewhere, one a line: https://…"),
    )
    mail_sender = models.CharField(
        _("name of the sender"),
        max_length=80,
        blank=True,
        help_text=_("Leave empty for the school's name."),
    )
    reply_to = models.EmailField(
        _("answers go to"), blank=True, help_text=_("Leave empty for the contact e-mail.")
    )
    mail_footer = models.TextField(
        _("below each e-mail"),
        max_length=500,
        blank=True,
        help_text=_("Your postal address, say."),
    )
    certificate_design = models.CharField(
        _("design"),
        max_length=16,
        choices=CertificateDesign.choices,
        default=CertificateDesign.ENGRAVED,
    )
    signatory = models.CharField(
        _("who signs"),
        max_length=120,
        blank=True,
        help_text=_("Where a course names nobody. Leave empty for the course's instructor."),
    )
    signatory_title = models.CharField(
        _("as what"), max_length=120, blank=True, help_text=_("Head of school, for example.")
    )
    signature = models.ForeignKey(
        "files.Image",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("signature"),
        help_text=_("Dark ink on white or on nothing."),
    )
    brand_before = models.JSONField(null=True, editable=False)
    contact_email = models.EmailField(_("contact e-mail"), blank=True)
    terms = models.TextField(_("terms"), max_length=LONGEST_LEGAL, blank=True)
    privacy = models.TextField(_("privacy notice"), max_length=LONGEST_LEGAL, blank=True)
    tier = models.ForeignKey(
        Tier,
        on_delete=models.PROTECT,
        default=first_tier,
        related_name="providers",
        editable=False,
        verbose_name=_("tier"),
    )
    # The domain its addresses are written with; kept by `lms.tenants.domains`.
    hostname = models.CharField(_("own domain"), max_length=253, blank=True, editable=False)
    # Everything of the house is for its members alone: see lms.tenants.portal.
    is_portal = models.BooleanField(_("private portal"), default=False, editable=False)
    # Whether what students write of courses is looked at before others see it.
    reviews_wait = models.BooleanField(
        _("reviews wait for approval"), default=False, editable=False
    )
    collection = models.OneToOneField(
        "wagtailcore.Collection",
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("files"),
    )
    closed_at = models.DateTimeField(_("closed at"), null=True, editable=False)
    # By its own admins, who may take it back; what operators close, operators open.
    closed_by_itself = models.BooleanField(default=False, editable=False)
    erased_at = models.DateTimeField(_("erased at"), null=True, editable=False)
    created_at = models.DateTimeField(_("created at"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("provider")
        verbose_name_plural = _("providers")
        ordering = ("name",)
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=State.values),
                name="provider_status_known",
            ),
            models.UniqueConstraint(
                fields=["hostname"],
                condition=~models.Q(hostname=""),
                name="provider_hostname_once",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def provider_id(self) -> uuid.UUID:
        """Its own id: `can(user, code, provider)` asks a row for its provider."""
        return self.pk

    @property
    def is_open(self) -> bool:
        return self.status == State.OPEN


# The fields that make up a provider's brand: all that its admins change about how it looks.
BRAND = (
    "logo",
    "favicon",
    "primary_colour",
    "secondary_colour",
    "accent_colour",
    "heading_font",
    "body_font",
    "name",
    "tagline",
    "footer_text",
    "links",
    "contact_email",
    "mail_sender",
    "reply_to",
    "mail_footer",
    "certificate_design",
    "signatory",
    "signatory_title",
    "signature",
    "terms",
    "privacy",
)
# What a provider goes back to when it wants the platform's look again; its words stay.
LOOK = (
    "logo",
    "favicon",
    "primary_colour",
    "secondary_colour",
    "accent_colour",
    "heading_font",
    "body_font",
    "certificate_design",
)
