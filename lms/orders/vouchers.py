"""Writes: making vouchers, switching them off and on."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from lms.common.errors import Conflict, NotFound
from lms.events import emit
from lms.tenants.models import Provider
from lms.tenants.permissions import Code, require
from lms.tenants.scope import provider_scope

from . import events, selectors
from .models import Voucher


class CodeTaken(Conflict):
    code = "VOUCHER_EXISTS"
    message = _("There is a voucher with this code already.")


@transaction.atomic
def make(
    provider: Provider,
    *,
    code: str,
    percent: Decimal,
    most: int | None,
    ends_at: datetime | None,
    actor: Any,
    at: datetime,
) -> Voucher:
    """A voucher of so many per cent for all courses of the provider. Raises Forbidden,
    CodeTaken."""
    require(actor, Code.SELL, provider)
    with provider_scope(provider):
        voucher = Voucher(
            code=selectors.normalised(code),
            percent=percent,
            most=most,
            ends_at=ends_at,
            created_at=at,
            created_by=actor,
        )
        try:
            with transaction.atomic():
                voucher.save()
        except IntegrityError as taken:
            raise CodeTaken from taken
        emit(events.VOUCHER_MADE, voucher, actor=actor, code=voucher.code)
    return voucher


@transaction.atomic
def switch(provider: Provider, voucher_id: int, *, on: bool, actor: Any) -> None:
    """Switch a voucher on or off. Raises Forbidden, NotFound."""
    require(actor, Code.SELL, provider)
    with provider_scope(provider):
        voucher = Voucher.objects.select_for_update(no_key=True).filter(pk=voucher_id).first()
        if voucher is None:
            raise NotFound
        voucher.active = on
        voucher.save(update_fields=["active"])
        emit(events.VOUCHER_MADE, voucher, actor=actor, code=voucher.code, active=on)
