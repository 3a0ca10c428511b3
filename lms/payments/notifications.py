"""Who hears of money, by mail: the buyer at each step, the provider's people of a sale."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from django_q.tasks import async_task

from lms.accounts.models import User
from lms.events import Happened, subscribe
from lms.orders.models import Order
from lms.tenants.letters import write_to
from lms.tenants.models import Membership, Role
from lms.tenants.scope import unfenced

from . import events, selectors
from .models import Payment, Refund


def paid(happened: Happened) -> None:
    _queue("tell_paid", happened)


def undelivered(happened: Happened) -> None:
    _queue("tell_undelivered", happened)


def refunded(happened: Happened) -> None:
    _queue("tell_refunded", happened)


def send_paid(payment: Payment) -> None:
    """A receipt to the buyer, and news of a sale to those who see the provider's money."""
    order = payment.order
    if selectors.bought_by(order) != payment:
        return  # it goes back: another letter says so
    told = {"payment": payment, "lines": list(order.lines.all())}
    _write("receipt", order, order.buyer, url=_url("payments:order", order.pk), **told)
    for person in sellers_of(order):
        url = _url("payments_desk:order", order.provider.slug, order.pk)
        _write("sale", order, person, url=url, **told)


def send_undelivered(order_id: Any) -> None:
    rows = Order.objects.select_related("provider__logo", "buyer")
    order = rows.get(pk=order_id)
    url = _url("payments:order", order.pk)
    _write("undelivered", order, order.buyer, url=url, lines=list(order.lines.all()))


def send_refunded(refund: Refund) -> None:
    order = refund.payment.order
    _write("refunded", order, order.buyer, url=_url("payments:order", order.pk), refund=refund)


def sellers_of(order: Order) -> list[Any]:
    """Who is told of a sale: the provider's admins. Needs the scope."""
    admins = Membership.objects.filter(role=Role.ADMIN).values("user")
    with unfenced("they are told; nothing of them is shown"):
        return list(User.objects.filter(pk__in=admins, is_active=True))


def _queue(task: str, happened: Happened) -> None:
    key = str(happened.row.pk)
    async_task(f"lms.payments.tasks.{task}", str(happened.provider_id), key)


def _write(name: str, order: Order, person: Any, **context: Any) -> None:
    if person is None or not person.is_active:
        return
    told = {"order": order, "provider": order.provider, **context}
    write_to(person, f"payments/emails/{name}.txt", told, provider=order.provider)


def _url(name: str, *args: Any) -> str:
    return settings.FLEDGE_BASE_URL + reverse(name, args=args)


subscribe(events.SUCCEEDED, paid)
subscribe(events.UNDELIVERED, undelivered)
subscribe(events.REFUNDED, refunded)
