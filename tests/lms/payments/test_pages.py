"""The pages of buying, for those who come back, correct themselves, or mean no good."""

import time

import pytest
from django.core import mail
from django.test import TestCase

from lms.common import clock
from lms.orders.models import Order, Voucher
from lms.payments import embedded, tasks
from lms.payments.models import Payment
from lms.tenants.models import Role
from lms.tenants.scope import provider_scope
from tests.cast import member
from tests.lms.admissions.making import letters, seated, somebody
from tests.lms.learning import reader
from tests.lms.payments.making import DECLINED, PAYS, begun, bought, ordered, port


@pytest.fixture(autouse=True)
def no_posting(monkeypatch):
    monkeypatch.setattr(embedded, "send_notice", lambda ref: False)


def test_who_comes_back_with_their_voucher_sees_the_same_price(page, carol):
    with provider_scope(page.provider_id):
        Voucher.objects.create(code="ONE", percent=50, most=1, created_at=clock.now())
    order = ordered(page, carol, code="ONE", country="DE")
    client = reader(carol)
    shown = client.get(f"/learn/{page.pk}/buy/?country=DE&code=ONE").content.decode()
    assert f'name="agreed" value="{order.total_minor}"' in shown
    assert "used as often" not in shown


def pressed(client, order):
    with TestCase.captureOnCommitCallbacks(execute=True):
        answer = client.post(f"/orders/{order.pk}/pay/", {"gateway": "embedded"})
    return answer["Location"].replace("http://testserver", "")


def test_who_gives_up_at_the_gateway_gets_another_page_at_once(page, carol):
    client, order = reader(carol), ordered(page, carol)
    first = pressed(client, order)
    client.post(first, {"cancel": "1"})
    assert pressed(client, order) != first


def test_who_has_paid_in_another_tab_is_told(page, carol):
    client, order = reader(carol), ordered(page, carol)
    port().pay(pressed(client, order).split("/")[-2], PAYS)
    assert pressed(client, order) == f"/orders/{order.pk}/"
    assert seated(page) == {"carol"}


def test_what_was_wrong_with_a_card_is_tied_to_its_field(page, carol):
    client, order = reader(carol), ordered(page, carol)
    shown = client.post(pressed(client, order), {"number": DECLINED}).content.decode()
    assert 'aria-invalid="true" aria-describedby="refusal numbers"' in shown
    assert '<div id="refusal">' in shown


def test_a_receipt_names_no_card_that_nobody_told_us(page, carol):
    payment = bought(page, carol)
    with provider_scope(page.provider_id):
        Payment.objects.filter(pk=payment.pk).update(paid_with="")
    mail.outbox.clear()
    tasks.tell_paid(str(page.provider_id), str(payment.pk))
    (receipt,) = letters("carol", "receipt")
    assert "paid with" not in receipt.body and "€49.99" in receipt.body


def test_an_address_put_right_is_the_order_s(page, carol):
    order = ordered(page, carol, country="DE", address="Wrong Street 1")
    assert ordered(page, carol, country="DE", address="Right Street 2").pk == order.pk
    with provider_scope(page.provider_id):
        assert Order.objects.get(pk=order.pk).address == "Right Street 2"


@pytest.mark.parametrize("agreed", ["²", "9" * 5000, "-1", "x"])
def test_junk_for_the_price_is_no_fault_of_ours(page, carol, agreed):
    typed = {"country": "DE", "agreed": agreed}
    assert reader(carol).post(f"/learn/{page.pk}/buy/", typed).status_code in (302, 409)


def test_looking_at_the_price_orders_nothing_and_says_nothing_in_the_address(page, carol):
    client = reader(carol)
    assert 'formmethod="get"' not in client.get(f"/learn/{page.pk}/buy/").content.decode()
    typed = {"country": "DE", "agreed": "4999", "look": "1", "address": "My Street"}
    answer = client.post(f"/learn/{page.pk}/buy/", typed)
    assert answer.status_code == 200 and "My Street" in answer.content.decode()
    with provider_scope(page.provider_id):
        assert not Order.objects.exists()


def test_who_waits_for_their_bank_is_not_asked_to_pay_again(page, carol):
    payment = begun(ordered(page, carol))
    with provider_scope(page.provider_id):
        Payment.objects.filter(pk=payment.pk).update(state="processing")
    client = reader(carol)
    back = client.get(f"/pay/back/{payment.pk}/", follow=True)
    shown = back.content.decode()
    assert "on its way" in shown and f"/orders/{payment.order_id}/pay/" not in shown


def test_a_notice_too_large_is_not_read(client, db):
    answer = client.post(
        "/webhooks/embedded/", b"x" * (1024 * 1024 + 1), content_type="application/json"
    )
    assert answer.status_code == 413


@pytest.mark.parametrize("signature", ["²:x", "{now}:é"])
def test_a_signature_of_strange_letters_is_refused(client, db, signature):
    headers = {"Fledge-Signature": signature.format(now=int(time.time()))}
    answer = client.post(
        "/webhooks/embedded/", b"{}", content_type="application/json", headers=headers
    )
    assert answer.status_code == 400


def test_a_refund_pressed_twice_goes_back_once(page, carol):
    payment = bought(page, carol)
    ada = somebody("ada")
    member(ada, page.provider, Role.ADMIN)
    client = reader(ada)
    at = f"/desk/sales/acme/{payment.order_id}/refund/{payment.pk}/"
    assert 'name="left" value="4999"' in client.get(at).content.decode()
    typed = {"amount": "20.00", "reason": "Half", "left": "4999"}
    answers = []
    for _ in range(2):
        with TestCase.captureOnCommitCallbacks(execute=True):
            answers.append(client.post(at, typed).status_code)
    assert answers == [302, 409]
    assert sum(port().shown(payment.ref)["refunds"].values()) == 2000
