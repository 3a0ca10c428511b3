"""Buying a course, as the buyer does it: the pages, the mails, the seat."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import TestCase

from home.erasing import erase
from lms.common import clock
from lms.courses.models import CoursePage
from lms.orders import tasks as order_tasks
from lms.orders.models import Order, OrderLine, Voucher
from lms.payments import embedded, inbox, tasks
from lms.payments.models import LedgerEntry, Notice, Payment
from lms.tenants.limits import LimitReached
from lms.tenants.models import Provider, Role, Tier
from lms.tenants.permissions import forget_roles
from lms.tenants.scope import provider_scope
from tests.cast import member
from tests.lms.admissions.making import letters, limit, seated, somebody, taken
from tests.lms.learning import reader
from tests.lms.payments.making import (
    CONFIRMS,
    DECLINED,
    PAYS,
    begun,
    bought,
    looked,
    ordered,
    port,
    taxed,
)


def placed(client, page, follow=True, **typed):
    """Press the button on the page that says the price."""
    shown = client.get(f"/learn/{page.pk}/buy/")
    agreed = re.search(r'name="agreed" value="(\d+)"', shown.content.decode())[1]
    data = {"country": "DE", "agreed": agreed, **typed}
    with TestCase.captureOnCommitCallbacks(execute=True):
        return client.post(f"/learn/{page.pk}/buy/", data, follow=follow)


def at_the_gateway(client, page, **typed):
    """The address of the gateway's page."""
    pay = placed(client, page, **typed).redirect_chain[-1][0]
    with TestCase.captureOnCommitCallbacks(execute=True):
        return client.post(pay, {"gateway": "embedded"})["Location"].replace(
            "http://testserver", ""
        )


def card(client, address, number, **more):
    with TestCase.captureOnCommitCallbacks(execute=True):
        return client.post(address, {"number": number, **more}, follow=True)


@pytest.fixture(autouse=True)
def no_posting(monkeypatch):
    """The test gateway's notices are delivered by the tests that are about them."""
    monkeypatch.setattr(embedded, "send_notice", lambda ref: False)


def test_who_pays_is_in(page, carol):
    client = reader(carol)
    seen = card(client, at_the_gateway(client, page), PAYS).content.decode()
    assert "Paid" in seen and "Test card •••• 4242" in seen
    assert seated(page) == {"carol"}
    assert client.get(f"/learn/{page.pk}/", follow=True).status_code == 200
    (receipt,) = letters("carol", "receipt")
    assert "€49.99" in receipt.body
    (sale,) = [one for one in mail.outbox if one.to == ["acme-admin@example.org"]]
    assert "Carol" in sale.body


def test_a_decline_says_why_and_another_card_pays(page, carol):
    client = reader(carol)
    address = at_the_gateway(client, page)
    refused = card(client, address, DECLINED)
    assert refused.status_code == 402 and "declined" in refused.content.decode()
    assert seated(page) == set()
    card(client, address, PAYS)
    assert seated(page) == {"carol"}


def test_a_bank_that_asks_is_answered(page, carol):
    client = reader(carol)
    address = at_the_gateway(client, page)
    assert "whether it is you" in card(client, address, CONFIRMS).content.decode()
    assert seated(page) == set()
    card(client, address, CONFIRMS, confirmed="1")
    assert seated(page) == {"carol"}


def test_who_gives_up_keeps_the_order_and_may_try_again(page, carol):
    client = reader(carol)
    address = at_the_gateway(client, page)
    with TestCase.captureOnCommitCallbacks(execute=True):
        back = client.post(address, {"cancel": "1"}, follow=True)
    assert back.status_code == 200 and "Pay €49.99" in back.content.decode()
    with provider_scope(page.provider_id):
        looked(Payment.objects.get())
    pay = back.redirect_chain[-1][0]
    with TestCase.captureOnCommitCallbacks(execute=True):
        again = client.post(pay, {"gateway": "embedded"})["Location"]
    assert again != address
    card(client, again.replace("http://testserver", ""), PAYS)
    assert seated(page) == {"carol"}


def test_a_double_click_makes_one_order_and_one_payment(page, carol):
    client = reader(carol)
    first, second = at_the_gateway(client, page), at_the_gateway(client, page)
    assert first == second
    with provider_scope(page.provider_id):
        assert (Order.objects.count(), Payment.objects.count()) == (1, 1)


def test_an_amount_changed_in_the_browser_is_not_what_is_paid(page, carol):
    answer = placed(reader(carol), page, agreed="1")
    assert answer.status_code == 409 and "price has changed" in answer.content.decode()
    with provider_scope(page.provider_id):
        assert Order.objects.count() == 0


def test_a_price_changed_meanwhile_is_told_before_paying(page, carol):
    client = reader(carol)
    page.price_minor = 9900
    page.save_revision().publish()
    answer = placed(client, page, agreed="4999")
    assert answer.status_code == 409 and "€99.00" in answer.content.decode()


def test_a_school_without_a_place_left_sells_to_no_newcomer(page, carol):
    Tier.objects.filter(pk=page.provider.tier_id).update(students=0)
    answer = reader(carol).get(f"/learn/{page.pk}/buy/")
    assert answer.status_code == 409 and "places for students" in answer.content.decode()
    with pytest.raises(LimitReached):
        ordered(CoursePage.objects.get(pk=page.pk), carol)
    member(carol, page.provider, Role.STUDENT)  # who has a place already needs none
    forget_roles(carol)
    assert ordered(page, carol).total_minor == 4999


def test_the_price_of_an_order_stays(page, carol):
    order = ordered(page, carol)
    page.price_minor = 9900
    page.save_revision().publish()
    payment = begun(order)
    assert payment.amount_minor == 4999


def test_the_last_seat_is_kept_for_who_orders_it(page, carol):
    limit(page, 1)
    order = ordered(page, carol)
    dan = somebody("dan")
    assert reader(dan).get(f"/learn/{page.pk}/buy/").status_code in (200, 409)
    answer = placed_raw(reader(dan), page)
    assert answer.status_code == 409 and "taken" in answer.content.decode()
    with clock.stopped_at(order.expires_at + timedelta(minutes=1)):
        assert order_tasks.keep_time() == 1
        assert taken(page) == 0
        bought(page, dan)
    assert seated(page) == {"dan"}


def placed_raw(client, page):
    data = {"country": "DE", "agreed": str(page.price_minor)}
    return client.post(f"/learn/{page.pk}/buy/", data)


def test_money_that_lands_too_late_goes_back(page, carol):
    limit(page, 1)
    payment = begun(ordered(page, carol))
    late = clock.now() + timedelta(hours=2)
    with clock.stopped_at(late):
        order_tasks.keep_time()
        bought(page, somebody("dan"))
        state = port().shown(payment.ref)
        assert state["outcome"] == "open"
    port().pay(payment.ref, PAYS)  # the gateway's page was still open
    looked(payment, at=late)
    assert seated(page) == {"dan"}
    assert sum(port().shown(payment.ref)["refunds"].values()) == 4999
    assert letters("carol", "goes back")


def test_money_that_lands_late_buys_the_seat_if_there_is_one(page, carol):
    limit(page, 1)
    payment = begun(ordered(page, carol))
    port().pay(payment.ref, PAYS)
    late = clock.now() + timedelta(hours=2)
    with clock.stopped_at(late):
        order_tasks.keep_time()
        looked(payment, at=late)
    assert seated(page) == {"carol"} and taken(page) == 1


def test_a_signed_notice_enrols_and_repeating_it_changes_nothing(page, carol, client):
    payment = begun(ordered(page, carol))
    port().pay(payment.ref, PAYS)
    headers, body = port().signed_notice(payment.ref)
    for _ in range(3):
        with TestCase.captureOnCommitCallbacks(execute=True):
            answer = client.post(
                "/webhooks/embedded/", body, content_type="application/json", headers=headers
            )
        assert answer.status_code == 200
    assert seated(page) == {"carol"}
    assert Notice.objects.count() == 1 and len(letters("carol", "receipt")) == 1


@pytest.mark.parametrize("fault", ["signature", "body", "old", "unknown gateway"])
def test_a_notice_that_is_not_the_gateway_s_is_refused(page, carol, client, fault, monkeypatch):
    payment = begun(ordered(page, carol))
    port().pay(payment.ref, PAYS)
    headers, body = port().signed_notice(payment.ref)
    if fault == "signature":
        headers = {name: value[:-1] + "x" for name, value in headers.items()}
    if fault == "body":
        body = body.replace(b"succeeded", b"succeedeD")
    if fault == "old":
        monkeypatch.setattr("lms.gateways.payments.embedded.NOTICE_LIVES", -1)
    where = "nobody" if fault == "unknown gateway" else "embedded"
    answer = client.post(
        f"/webhooks/{where}/", body, content_type="application/json", headers=headers
    )
    assert answer.status_code == (404 if fault == "unknown gateway" else 400)
    assert Notice.objects.count() == 0 and seated(page) == set()


def test_a_notice_whose_work_failed_is_worked_on_again(page, carol, monkeypatch):
    payment = begun(ordered(page, carol))
    port().pay(payment.ref, PAYS)
    broken = monkeypatch.context()
    with broken as patch:
        patch.setattr(type(port()), "find", lambda self, ref: 1 / 0)
        with TestCase.captureOnCommitCallbacks(execute=True):
            inbox.receive("embedded", *port().signed_notice(payment.ref))
    assert seated(page) == set()
    with clock.stopped_at(clock.now() + timedelta(minutes=5)):
        assert tasks.work_on_notices() == 1
    assert seated(page) == {"carol"}


def test_what_nobody_told_us_is_found(page, carol):
    payment = begun(ordered(page, carol))
    port().pay(payment.ref, PAYS)
    with (
        clock.stopped_at(clock.now() + timedelta(minutes=20)),
        TestCase.captureOnCommitCallbacks(execute=True),
    ):
        assert len(tasks.reconcile()) == 1
        assert tasks.reconcile() == []
    assert seated(page) == {"carol"}


def test_tax_is_told_and_kept_with_the_order(page, carol):
    taxed(page, 20)
    shown = reader(carol).get(f"/learn/{page.pk}/buy/").content.decode()
    assert "of which VAT" in shown and "€8.33" in shown
    order = ordered(page, carol, country="DE")
    assert (order.net_minor, order.tax_minor, order.total_minor) == (4166, 833, 4999)


def test_tax_on_top_is_told(page, carol):
    taxed(page, 20, included=False)
    order = ordered(page, carol, country="DE")
    assert (order.net_minor, order.tax_minor, order.total_minor) == (4999, 1000, 5999)


def test_a_voucher_makes_it_cheaper_as_often_as_it_may(page, carol):
    with provider_scope(page.provider_id):
        Voucher.objects.create(code="SPRING", percent=20, most=1, created_at=clock.now())
    client = reader(carol)
    shown = client.get(f"/learn/{page.pk}/buy/?country=DE&code=spring").content.decode()
    assert "€39.99" in shown
    order = ordered(page, carol, code="spring", country="DE")
    assert order.total_minor == 3999
    answer = placed(reader(somebody("dan")), page, code="SPRING")
    assert answer.status_code == 422 and "used as often" in answer.content.decode()


def test_a_voucher_for_everything_needs_no_gateway(page, carol):
    with provider_scope(page.provider_id):
        Voucher.objects.create(code="FREE", percent=100, created_at=clock.now())
    client = reader(carol)
    shown = client.get(f"/learn/{page.pk}/buy/?country=DE&code=FREE").content.decode()
    assert "Order for nothing" in shown
    with TestCase.captureOnCommitCallbacks(execute=True):
        client.post(
            f"/learn/{page.pk}/buy/", {"country": "DE", "code": "FREE", "agreed": "0"}, follow=True
        )
    assert seated(page) == {"carol"}


def test_an_order_is_its_buyer_s_alone(page, carol):
    order = ordered(page, carol)
    dan = reader(somebody("dan"))
    for path in ("", "pay/"):
        assert dan.get(f"/orders/{order.pk}/{path}").status_code == 404
    assert dan.post(f"/orders/{order.pk}/cancel/").status_code == 404
    assert "Night Sky" in reader(carol).get("/orders/").content.decode()
    assert "Night Sky" not in dan.get("/orders/").content.decode()


def test_the_list_of_orders_is_flat(page, carol, django_assert_max_num_queries):
    for _ in range(3):
        order = ordered(page, carol)
        with provider_scope(page.provider_id):
            Order.objects.filter(pk=order.pk).update(state="cancelled")
    client = reader(carol)
    client.get("/orders/")
    with django_assert_max_num_queries(12):
        client.get("/orders/")


def test_the_checkout_is_within_fifteen_queries(page, carol, django_assert_max_num_queries):
    client = reader(carol)
    order = ordered(page, carol)
    for address in (f"/orders/{order.pk}/pay/", f"/learn/{page.pk}/buy/"):
        client.get(address)
        with django_assert_max_num_queries(15):
            client.get(address)


# --- At the desk ----------------------------------------------------------------------------------


@pytest.fixture
def ada(page):
    ada = somebody("ada")
    member(ada, page.provider, Role.ADMIN)
    return reader(ada)


def test_a_refund_walks_back_through_everything(page, carol, ada):
    taxed(page, 20)
    payment = bought(page, carol, country="DE")
    at = f"/desk/sales/acme/{payment.order_id}/"
    assert "Give money back" in ada.get(at).content.decode()
    with TestCase.captureOnCommitCallbacks(execute=True):
        ada.post(f"{at}refund/{payment.pk}/", {"amount": "20.00", "reason": "Half of it"})
    assert seated(page) == {"carol"}
    with TestCase.captureOnCommitCallbacks(execute=True):
        ada.post(f"{at}refund/{payment.pk}/", {"amount": "29.99", "reason": "All of it"})
    assert seated(page) == set()
    assert sum(port().shown(payment.ref)["refunds"].values()) == 4999
    assert len(letters("carol", "on its way")) == 2
    shown = ada.get("/desk/sales/acme/").content.decode()
    assert "Refunded" in shown
    stats = re.findall(r'stat__value">(.*?)<', shown)
    assert stats == ["€49.99", "€49.99", "€0.00", "€0.00", "€0.00"]
    # Who wants it again may buy it again.
    assert f"/learn/{page.pk}/buy/" in reader(carol).get("/acme/night-sky/").content.decode()
    bought(page, carol, country="DE")
    assert seated(page) == {"carol"}


@pytest.mark.parametrize("amount", ["50.00", "0", "-1", "a lot", "1.999"])
def test_more_than_there_is_does_not_go_back(page, carol, ada, amount):
    payment = bought(page, carol)
    at = f"/desk/sales/acme/{payment.order_id}/refund/{payment.pk}/"
    assert ada.post(at, {"amount": amount, "reason": "x"}).status_code == 422
    assert port().shown(payment.ref)["refunds"] == {}


def test_a_school_s_money_is_for_its_admins(page, carol):
    payment = bought(page, carol)
    mallory = somebody("mallory")
    for person in (carol, page.alice, mallory):
        client = reader(person)
        assert client.get("/desk/sales/acme/").status_code == 404
        assert client.get(f"/desk/sales/acme/{payment.order_id}/").status_code == 404
        path = f"/desk/sales/acme/{payment.order_id}/refund/{payment.pk}/"
        assert client.post(path, {"amount": "1", "reason": "x"}).status_code == 404


def test_a_voucher_is_made_and_switched_off(page, ada, carol):
    typed = {"code": "Spring25", "percent": "25"}
    assert ada.post("/desk/sales/acme/vouchers/", typed, follow=True).status_code == 200
    assert ada.post("/desk/sales/acme/vouchers/", typed).status_code == 422
    with provider_scope(page.provider_id):
        voucher = Voucher.objects.get(code="SPRING25")
    ada.post(f"/desk/sales/acme/vouchers/{voucher.pk}/")
    answer = placed(reader(carol), page, code="spring25")
    assert answer.status_code == 422 and "not good" in answer.content.decode()


def test_the_list_of_sales_is_flat(page, ada, django_assert_max_num_queries):
    for key in ("carol", "dan", "erin"):
        ordered(page, somebody(key))
    ada.get("/desk/sales/acme/")
    with django_assert_max_num_queries(14):
        ada.get("/desk/sales/acme/")


def test_the_books_outlive_the_school(page, carol):
    bought(page, carol)
    Provider.objects.filter(pk=page.provider_id).update(status="erased")
    assert erase(Provider.objects.get(pk=page.provider_id))
    with provider_scope(page.provider_id):
        (line,) = OrderLine.objects.all()
        assert (line.title, line.course) == ("Night Sky", None)
        assert LedgerEntry.objects.exists() and Payment.objects.get().state == "succeeded"
