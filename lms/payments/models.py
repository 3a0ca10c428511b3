"""Money that came and went: payments, refunds, what gateways told, and the ledger."""

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lms.common import clock
from lms.common.money import Money
from lms.common.states import Machine
from lms.gateways.payments import Reason
from lms.tenants.scope import TenantModel, guard

from .states import PAYMENT, REFUND, Paying, Refunding

REASONS = [(one.value, one.value) for one in Reason]


class Account(models.TextChoices):
    """The ledger's accounts, of each provider and currency. Debits are positive, credits negative:
    what the platform has or spends stands above zero, what it owes or earns below."""

    RECEIVABLE = "receivable", _("Buyers owe")
    GATEWAY = "gateway", _("At the gateway")
    EARNINGS = "earnings", _("Provider's earnings")
    TAX = "tax", _("Tax collected")
    FEE = "fee", _("Platform fee")
    GATEWAY_FEE = "gateway_fee", _("Gateway's fees")
    REFUND = "refund", _("Refunds on their way")
    DISPUTE = "dispute", _("Held by disputes")
    PAYOUT = "payout", _("Payouts on their way")


class Kind(models.TextChoices):
    """Why money moved."""

    SALE = "sale", _("Sale")
    PAYMENT = "payment", _("Payment")
    GATEWAY_FEE = "gateway_fee", _("Gateway's fee")
    REFUND = "refund", _("Refund")
    REFUND_PAID = "refund_paid", _("Refund paid")
    REFUND_FAILED = "refund_failed", _("Refund taken back")


class LedgerSeal(TenantModel):
    """Closes a transaction of the ledger. The database lets it in only where the entries balance in
    each currency, and no entry after it (`lms.payments.ledger`)."""

    outlives_house = True

    id = models.UUIDField(primary_key=True, editable=False)

    def __str__(self) -> str:
        return str(self.id)


class LedgerTransaction(TenantModel):
    """Entries that belong together. It can't be committed without its seal, which bears its id.

    `key` names the deed: booked again, it is there already.
    """

    outlives_house = True

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    seal = models.OneToOneField(LedgerSeal, on_delete=models.PROTECT, related_name="sealed")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    key = models.CharField(max_length=100)
    at = models.DateTimeField()
    order = models.ForeignKey("orders.Order", on_delete=models.PROTECT, related_name="bookings")

    class Meta:
        verbose_name = _("ledger transaction")
        verbose_name_plural = _("ledger transactions")
        constraints = [
            models.UniqueConstraint(fields=["provider", "key"], name="ledger_booked_once"),
            models.CheckConstraint(condition=Q(seal=F("id")), name="ledger_bears_its_own_seal"),
        ]
        indexes = [
            models.Index(fields=["provider", "-at", "id"], name="ledger_newest"),
            models.Index(fields=["provider", "order"], name="ledger_of_order"),
        ]

    def __str__(self) -> str:
        return self.key

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Its seal has its id and comes after its entries: the one reference to a row that is not
        there yet, which the guard of references can't look up."""
        guard.check_rows([self], ["provider", "order"], using=kwargs.get("using"))
        models.Model.save(self, *args, **kwargs)
        self._state.provider_id = self.provider_id  # type: ignore[attr-defined]


class LedgerEntry(TenantModel):
    """An amount on an account: a debit above zero, a credit below. Never changed, never deleted."""

    outlives_house = True

    transaction = models.ForeignKey(
        LedgerTransaction, on_delete=models.PROTECT, related_name="entries"
    )
    account = models.CharField(max_length=20, choices=Account.choices)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        constraints = [
            models.CheckConstraint(condition=~Q(amount_minor=0), name="ledger_entry_not_nothing"),
        ]
        indexes = [models.Index(fields=["provider", "transaction"], name="ledger_entry_of")]

    def __str__(self) -> str:
        return f"{self.account} {self.amount_minor} {self.currency}"


class LedgerDay(TenantModel):
    """The sums of a day (UTC), kept as entries are written: what reports read."""

    outlives_house = True

    day = models.DateField()
    kind = models.CharField(max_length=20, choices=Kind.choices)
    account = models.CharField(max_length=20, choices=Account.choices)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("ledger day")
        verbose_name_plural = _("ledger days")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "day", "kind", "account", "currency"], name="ledger_day_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.account}"


class Payment(TenantModel):
    """One attempt to pay an order by one gateway. `id` is what the gateway knows as our reference,
    and the key of its calls."""

    outlives_house = True

    machine: ClassVar[Machine] = PAYMENT

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    order = models.ForeignKey("orders.Order", on_delete=models.PROTECT, related_name="payments")
    state = models.CharField(max_length=12, choices=Paying.choices, default=Paying.OPEN)
    gateway = models.CharField(_("gateway"), max_length=20)
    ref = models.CharField(max_length=255, blank=True)
    url = models.URLField(max_length=2000, blank=True)
    amount_minor = models.PositiveBigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    fee_minor = models.PositiveBigIntegerField(_("gateway's fee"), null=True)
    platform_fee_minor = models.PositiveBigIntegerField(_("platform fee"), default=0)
    paid_with = models.CharField(_("paid with"), max_length=80, blank=True)
    reason = models.CharField(max_length=30, blank=True, choices=REASONS)
    detail = models.CharField(max_length=300, blank=True)
    begun_at = models.DateTimeField(default=clock.now)
    succeeded_at = models.DateTimeField(null=True)
    booking = models.ForeignKey(
        LedgerTransaction, on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        constraints = [
            # Gateways know payments, not providers.
            models.UniqueConstraint(
                fields=["gateway", "ref"], condition=~Q(ref=""), name="payment_ref_once"
            ),
            # Money that came stands in the ledger, or did not come.
            models.CheckConstraint(
                condition=Q(state=Paying.SUCCEEDED, booking__isnull=False)
                | (~Q(state=Paying.SUCCEEDED) & Q(booking=None)),
                name="payment_is_booked",
            ),
        ]
        indexes = [
            models.Index(fields=["provider", "order", "-begun_at"], name="payment_of_order"),
            models.Index(
                fields=["provider", "begun_at"],
                name="payment_unsettled",
                condition=Q(state__in=[Paying.OPEN, Paying.PROCESSING]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gateway} {self.pk}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


class Refund(TenantModel):
    """Money that goes back, all or a part of a payment. `id` is the gateway's key of it."""

    outlives_house = True

    machine: ClassVar[Machine] = REFUND

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    state = models.CharField(max_length=12, choices=Refunding.choices, default=Refunding.PENDING)
    ref = models.CharField(max_length=255, blank=True)
    amount_minor = models.PositiveBigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    keeps_access = models.BooleanField(_("keeps the course"), default=False)
    detail = models.CharField(max_length=300, blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    asked_at = models.DateTimeField(default=clock.now)
    done_at = models.DateTimeField(null=True)
    booking = models.ForeignKey(LedgerTransaction, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="refund_of_something"),
        ]
        indexes = [
            models.Index(fields=["provider", "payment"], name="refund_of_payment"),
            models.Index(
                fields=["provider", "asked_at"],
                name="refund_unsettled",
                condition=Q(state=Refunding.PENDING),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount_minor} {self.currency}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


class Notice(models.Model):
    """What a gateway told us, as it came, once for each event. No provider's row: whose it is turns
    out when it is worked on. Kept for some months, to be played again."""

    gateway = models.CharField(max_length=20)
    event_id = models.CharField(max_length=255)
    kind = models.CharField(max_length=80)
    payment_ref = models.CharField(max_length=255, blank=True)
    reference = models.CharField(max_length=64, blank=True)
    payload = models.JSONField(default=dict)
    happened_at = models.DateTimeField()
    received_at = models.DateTimeField(default=clock.now)
    done_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("notice of a gateway")
        verbose_name_plural = _("notices of gateways")
        constraints = [
            models.UniqueConstraint(fields=["gateway", "event_id"], name="notice_once"),
        ]
        indexes = [
            models.Index(fields=["received_at"], name="notice_waits", condition=Q(done_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.gateway} {self.event_id}"
