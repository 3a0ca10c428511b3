"""What people buy, at which prices, and what makes it cheaper."""

import uuid
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lms.common.money import Money
from lms.common.states import Machine
from lms.tenants.scope import TenantModel

from .states import ORDER, State

PERCENT = [MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))]


class TaxSettings(TenantModel):
    """How a provider is taxed. One row a provider; without one it charges no tax.

    `prices_include_tax` says how the prices on its pages are meant.
    """

    legal_name = models.CharField(_("legal name"), max_length=200, blank=True)
    address = models.TextField(_("postal address"), max_length=500, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    vat_id = models.CharField(_("tax number"), max_length=30, blank=True)
    prices_include_tax = models.BooleanField(_("prices include tax"), default=True)

    class Meta:
        verbose_name = _("tax settings")
        verbose_name_plural = _("tax settings")
        constraints = [
            models.UniqueConstraint(fields=["provider"], name="tax_settings_once_a_provider")
        ]

    def __str__(self) -> str:
        return self.legal_name or str(self.provider_id)


class TaxRate(TenantModel):
    """What buyers of a country pay. The row without a country is for all others."""

    country = models.CharField(_("country"), max_length=2, blank=True)
    name = models.CharField(_("name"), max_length=40)
    percent = models.DecimalField(_("per cent"), max_digits=6, decimal_places=3, validators=PERCENT)

    class Meta:
        verbose_name = _("tax rate")
        verbose_name_plural = _("tax rates")
        constraints = [
            models.UniqueConstraint(fields=["provider", "country"], name="tax_rate_once_a_country"),
            models.CheckConstraint(
                condition=Q(percent__gte=0, percent__lte=100), name="tax_rate_percent"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.percent}"


class Voucher(TenantModel):
    """A code that makes courses cheaper, by per cent or by an amount. `used` counts orders that
    wait or are paid; its conditional update is what buyers race for.

    Good for all courses of the provider, or for those in `courses`.
    """

    code = models.CharField(_("code"), max_length=32)
    percent = models.DecimalField(
        _("per cent"), max_digits=5, decimal_places=2, null=True, blank=True, validators=PERCENT
    )
    amount_minor = models.PositiveBigIntegerField(_("amount"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    starts_at = models.DateTimeField(_("from"), null=True, blank=True)
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)
    most = models.PositiveIntegerField(_("how often in all"), null=True, blank=True)
    most_a_person = models.PositiveIntegerField(_("how often a person"), default=1)
    used = models.PositiveIntegerField(default=0, editable=False)
    active = models.BooleanField(_("can be used"), default=True)
    created_at = models.DateTimeField(_("made"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        verbose_name = _("voucher")
        verbose_name_plural = _("vouchers")
        constraints = [
            models.UniqueConstraint(fields=["provider", "code"], name="voucher_code_once"),
            models.CheckConstraint(
                condition=Q(percent__isnull=False, amount_minor=None)
                | Q(percent=None, amount_minor__isnull=False),
                name="voucher_per_cent_or_amount",
            ),
            models.CheckConstraint(
                condition=Q(most=None) | Q(used__lte=F("most")), name="voucher_not_overused"
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def is_open(self, at: datetime) -> bool:
        """Whether its time is now and nobody has switched it off."""
        begun = self.starts_at is None or self.starts_at <= at
        return self.active and begun and (self.ends_at is None or at < self.ends_at)


class VoucherCourse(TenantModel):
    """A course a voucher is good for."""

    voucher = models.ForeignKey(Voucher, on_delete=models.CASCADE, related_name="courses")
    course = models.ForeignKey("courses.CoursePage", on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "voucher", "course"], name="voucher_course_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.voucher_id} for {self.course_id}"


class Order(TenantModel):
    """What somebody buys of one provider, at prices that are fixed. Names and addresses are as
    they were: the order outlives the account."""

    outlives_house = True

    machine: ClassVar[Machine] = ORDER

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # What a bank transfer names; people read it aloud and type it.
    reference = models.CharField(_("reference"), max_length=20)
    state = models.CharField(
        _("state"), max_length=12, choices=State.choices, default=State.PENDING
    )
    buyer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("buyer"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="orders",
    )
    buyer_name = models.CharField(_("name"), max_length=255)
    buyer_email = models.EmailField(_("e-mail"))
    company = models.CharField(_("company"), max_length=200, blank=True)
    address = models.TextField(_("postal address"), max_length=500, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    language = models.CharField(max_length=10)
    currency = models.CharField(_("currency"), max_length=3)
    discount_minor = models.PositiveBigIntegerField(_("discount"))
    net_minor = models.PositiveBigIntegerField(_("net"))
    tax_minor = models.PositiveBigIntegerField(_("tax"))
    total_minor = models.PositiveBigIntegerField(_("total"))
    tax_name = models.CharField(_("name of the tax"), max_length=40, blank=True)
    tax_percent = models.DecimalField(_("tax per cent"), max_digits=6, decimal_places=3, default=0)
    voucher = models.ForeignKey(
        Voucher, on_delete=models.SET_NULL, null=True, blank=True, related_name="orders"
    )
    voucher_code = models.CharField(_("voucher"), max_length=32, blank=True)
    placed_at = models.DateTimeField(_("placed"))
    expires_at = models.DateTimeField(_("to be paid until"))
    paid_at = models.DateTimeField(_("paid"), null=True, blank=True)
    ended_at = models.DateTimeField(_("expired, cancelled or refunded"), null=True, blank=True)

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        constraints = [
            models.UniqueConstraint(fields=["provider", "reference"], name="order_reference_once"),
            models.CheckConstraint(
                condition=Q(total_minor=F("net_minor") + F("tax_minor")), name="order_adds_up"
            ),
        ]
        indexes = [
            models.Index(fields=["provider", "buyer", "-placed_at"], name="order_of_buyer"),
            models.Index(fields=["provider", "state", "-placed_at"], name="order_newest"),
            # What the clock asks of every provider at once.
            models.Index(
                fields=["provider", "expires_at"],
                name="order_expiry",
                condition=Q(state=State.PENDING),
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def total(self) -> Money:
        return Money(self.total_minor, self.currency)

    @property
    def tax(self) -> Money:
        return Money(self.tax_minor, self.currency)

    @property
    def net(self) -> Money:
        return Money(self.net_minor, self.currency)

    @property
    def discount(self) -> Money:
        return Money(self.discount_minor, self.currency)

    def is_payable(self, at: datetime) -> bool:
        return self.state == State.PENDING and at < self.expires_at


class OrderLine(TenantModel):
    """One course of an order. `holds_seat` while a seat of the course is kept for it."""

    outlives_house = True

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField(_("position"))
    course = models.ForeignKey(
        "courses.CoursePage",
        verbose_name=_("course"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="order_lines",
    )
    title = models.CharField(_("title"), max_length=255)
    quantity = models.PositiveIntegerField(_("quantity"), default=1)
    list_minor = models.PositiveBigIntegerField(_("list price"))
    discount_minor = models.PositiveBigIntegerField(_("discount"))
    net_minor = models.PositiveBigIntegerField(_("net"))
    tax_minor = models.PositiveBigIntegerField(_("tax"))
    total_minor = models.PositiveBigIntegerField(_("total"))
    holds_seat = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name = _("line of an order")
        verbose_name_plural = _("lines of orders")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "order", "position"], name="order_line_position"
            ),
            models.CheckConstraint(
                condition=Q(total_minor=F("net_minor") + F("tax_minor")), name="order_line_adds_up"
            ),
        ]
        indexes = [models.Index(fields=["provider", "course"], name="order_line_course")]

    def __str__(self) -> str:
        return f"{self.title} × {self.quantity}"

    @property
    def total(self) -> Money:
        return Money(self.total_minor, self.order.currency)
