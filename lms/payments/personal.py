"""What is held about a person whose money came or went back: by their orders."""

from django.utils.translation import gettext_lazy as _

from lms.accounts.holdings import acted

acted(
    "payments.Refund", "asked_by", ("amount_minor", "currency", "asked_at"),
    label=_("refunds you gave"),
)  # fmt: skip
