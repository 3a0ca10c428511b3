"""What a provider may use, as data."""

from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _


class Limit(models.TextChoices):
    """What a tier limits. Storage is in bytes, AI requests are per calendar month (UTC)."""

    INSTRUCTORS = "instructors", _("Instructors")
    STUDENTS = "students", _("Students")
    COURSES = "courses", _("Published courses")
    STORAGE = "storage", _("Storage")
    LIVE_PARTICIPANTS = "live_participants", _("Participants in a live class")
    AI_REQUESTS = "ai_requests", _("AI requests a month")


class Feature(models.TextChoices):
    """What a tier opens or keeps closed."""

    OWN_DOMAIN = "own_domain", _("Own domain")
    PORTAL = "portal", _("Private portal for members only")
    HEADLESS = "headless", _("Content API for own front ends")


class Tier(models.Model):
    """What a provider may use, as data: operators change it without a release.

    A limit that is empty is none. `position` orders the tiers: the next one up offers more.
    """

    code = models.SlugField(_("code"), primary_key=True, max_length=32)
    name = models.CharField(_("name"), max_length=60)
    position = models.PositiveSmallIntegerField(_("position"), unique=True)
    instructors = models.PositiveIntegerField(Limit.INSTRUCTORS.label, null=True, blank=True)
    students = models.PositiveIntegerField(Limit.STUDENTS.label, null=True, blank=True)
    courses = models.PositiveIntegerField(Limit.COURSES.label, null=True, blank=True)
    storage = models.PositiveBigIntegerField(Limit.STORAGE.label, null=True, blank=True)
    live_participants = models.PositiveIntegerField(
        Limit.LIVE_PARTICIPANTS.label, null=True, blank=True
    )
    ai_requests = models.PositiveIntegerField(Limit.AI_REQUESTS.label, null=True, blank=True)
    # What the platform keeps of a sale, of the price without tax.
    fee_percent = models.DecimalField(
        _("platform fee (per cent)"), max_digits=5, decimal_places=2, default=Decimal(10)
    )
    features = models.JSONField(_("features"), default=list, blank=True)  # values of Feature

    class Meta:
        verbose_name = _("tier")
        verbose_name_plural = _("tiers")
        ordering = ("position",)

    def __str__(self) -> str:
        return self.name

    def allowance(self, limit: Limit) -> int | None:
        """How much of `limit` there is; None without end."""
        return getattr(self, limit.value)
