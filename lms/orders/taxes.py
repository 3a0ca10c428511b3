"""Writes: how a provider is taxed, and what buyers of a country pay."""

from decimal import Decimal
from typing import Any

from django.db import transaction

from lms.events import emit
from lms.tenants.models import Provider
from lms.tenants.permissions import Code, require
from lms.tenants.scope import provider_scope

from . import events
from .models import TaxRate, TaxSettings

FIELDS = ("legal_name", "address", "country", "vat_id", "prices_include_tax")


@transaction.atomic
def change_settings(provider: Provider, values: dict[str, Any], *, actor: Any) -> TaxSettings:
    """`values` of FIELDS. Orders that are placed keep theirs. Raises Forbidden."""
    require(actor, Code.SELL, provider)
    with provider_scope(provider):
        chosen = {name: values[name] for name in FIELDS}
        row, _made = TaxSettings.objects.update_or_create(provider=provider, defaults=chosen)
        emit(events.TAX_CHANGED, row, actor=actor)
    return row


@transaction.atomic
def set_rate(
    provider: Provider, *, country: str, name: str, percent: Decimal, actor: Any
) -> TaxRate:
    """What buyers of `country` pay from now on; "" is for all others. Raises Forbidden."""
    require(actor, Code.SELL, provider)
    with provider_scope(provider):
        row, _made = TaxRate.objects.update_or_create(
            provider=provider, country=country, defaults={"name": name, "percent": percent}
        )
        emit(events.TAX_CHANGED, row, actor=actor, country=country, percent=str(percent))
    return row


@transaction.atomic
def remove_rate(provider: Provider, rate_id: int, *, actor: Any) -> None:
    """Repeating it changes nothing. Raises Forbidden."""
    require(actor, Code.SELL, provider)
    with provider_scope(provider):
        row = TaxRate.objects.filter(pk=rate_id).first()
        if row is not None:
            emit(events.TAX_CHANGED, row, actor=actor, country=row.country, percent=None)
            row.delete()
