"""What comes late, twice, at once or after a change: nobody pays for nothing, or gets it free."""

from datetime import timedelta

import pytest
from django.test import TestCase

from lms.admissions.models import WaitlistEntry
from lms.common import clock
from lms.enrolments import actions as seating
from lms.enrolments.errors import SeatExpired
from lms.events import SYSTEM
from lms.orders import actions as orders
from lms.orders import tasks as order_tasks
from lms.orders.errors import AlreadyYours
from lms.orders.models import Order, Voucher
from lms.payments import actions, embedded, tasks
from lms.payments.models import Payment
from lms.tenants.models import Membership, Provider
from lms.tenants.scope import provider_scope
from tests.lms.admissions.making import letters, limit, seated, settled, somebody, taken
from tests.lms.learning import reader
from tests.lms.payments.making import PAYS, begun, bought, looked, ordered, port


@pytest.fixture(autouse=True)
def no_posting(monkeypatch):
    monkeypatch.setattr(embedded, "send_notice", lambda ref: False)


def refunded(payment, minor=None, **told):
    amount = payment.amount if minor is None else type(payment.amount)(minor, payment.currency)
    with TestCase.captureOnCommitCallbacks(execute=True):
        return actions.refund(payment, amount, reason="x", actor=SYSTEM, at=clock.now(), **told)


def another(payment):
    """The same order at another gateway, begun before any of them was paid."""
    with provider_scope(payment.provider_id):
        Payment.objects.filter(pk=payment.pk).update(state="failed")
        order = Order.objects.select_related("provider__tier", "buyer").get(pk=payment.order_id)
        return begun(order)


def kept(payments):
    """What the gateway has of them, with what went back taken off."""
    shown = [port().shown(one.ref) for one in payments]
    return sum(
        one["amount"] - sum(one["refunds"].values())
        for one in shown
        if one["outcome"] == "succeeded"
    )


def state_of(order):
    with provider_scope(order.provider_id):
        return Order.objects.get(pk=order.pk).state


# --- Nothing for nothing --------------------------------------------------------------------------


def test_who_left_and_got_the_money_back_can_t_undo_leaving(page, carol):
    payment = bought(page, carol)
    with settled(page):
        seating.leave(page, carol, actor=carol, at=clock.now())
    refunded(payment)
    with settled(page), pytest.raises(SeatExpired):
        seating.undo_leaving(page, carol, actor=carol, at=clock.now())
    assert seated(page) == set()
    bought(page, carol)
    assert seated(page) == {"carol"}


def test_who_was_removed_from_a_portal_does_not_come_back_by_an_old_payment(page, carol):
    payment = bought(page, carol)
    Provider.objects.filter(pk=page.provider_id).update(is_portal=True)
    with provider_scope(page.provider_id):
        Membership.objects.filter(user=carol).delete()
    with TestCase.captureOnCommitCallbacks(execute=True):
        reader(carol).get(f"/pay/back/{payment.pk}/")
    with provider_scope(page.provider_id):
        assert not Membership.objects.filter(user=carol).exists()


def test_who_was_removed_from_a_portal_gets_the_money_back(page, carol):
    payment = begun(ordered(page, carol))
    Provider.objects.filter(pk=page.provider_id).update(is_portal=True)
    port().pay(payment.ref, PAYS)
    looked(payment)
    assert seated(page) == set() and kept([payment]) == 0


def test_a_payment_after_one_that_went_back_is_no_second_one(page, carol):
    """The first came for a full class and went back; the second buys, and is kept."""
    limit(page, 1)
    first = begun(ordered(page, carol))
    second = another(first)
    late = clock.now() + timedelta(hours=2)
    with clock.stopped_at(late):
        order_tasks.keep_time()
        dan = bought(page, somebody("dan"))
    port().pay(first.ref, PAYS)
    looked(first, at=late)
    assert kept([first]) == 0
    refunded(dan)
    port().pay(second.ref, PAYS)
    looked(second, at=late + timedelta(minutes=1))
    assert seated(page) == {"carol"} and kept([second]) == 4999


def test_a_voucher_that_was_let_go_is_used_again_by_late_money(page, carol):
    with provider_scope(page.provider_id):
        voucher = Voucher.objects.create(code="ONE", percent=50, most=1, created_at=clock.now())
    payment = begun(ordered(page, carol, code="ONE"))
    with settled(page):
        orders.cancel(payment.order, actor=carol, at=clock.now())
    port().pay(payment.ref, PAYS)
    looked(payment)
    with provider_scope(page.provider_id):
        assert Voucher.objects.get(pk=voucher.pk).used == 1


def test_the_test_gateway_s_page_is_open_as_long_as_the_order_by_our_clock(page, carol):
    for years in (-2, 2):
        with clock.stopped_at(clock.now() + timedelta(days=365 * years)):
            payment = begun(ordered(page, somebody(f"dan{years + 2}")))
            assert port().pay(payment.ref, PAYS) == "succeeded"


# --- Nobody pays twice ----------------------------------------------------------------------------


def test_an_order_paid_twice_stays_paid_once(page, carol):
    first = begun(ordered(page, carol))
    second = another(first)
    for payment in (first, second):
        port().pay(payment.ref, PAYS)
        looked(payment)
    assert kept([first, second]) == 4999
    assert state_of(first.order) == "paid" and seated(page) == {"carol"}
    assert len(letters("carol", "receipt")) == 1


def test_two_workers_with_clocks_a_moment_apart_keep_one_payment(page, carol):
    first = begun(ordered(page, carol))
    second = another(first)
    now = clock.now()
    for payment, at in ((second, now + timedelta(seconds=1)), (first, now)):
        port().pay(payment.ref, PAYS)
        looked(payment, at=at)
    assert kept([first, second]) == 4999 and seated(page) == {"carol"}


def test_two_orders_of_one_course_are_not_both_paid(page, carol):
    """The first one's page was still open at the gateway."""
    first = begun(ordered(page, carol))
    with settled(page):
        orders.cancel(first.order, actor=carol, at=clock.now())
    second = begun(ordered(page, carol))
    for payment in (second, first):
        port().pay(payment.ref, PAYS)
        looked(payment)
    assert kept([first, second]) == 4999 and seated(page) == {"carol"}
    assert (state_of(first.order), state_of(second.order)) == ("cancelled", "paid")
    shown = reader(carol).get(f"/orders/{first.order_id}/").content.decode()
    assert "Nothing was charged" not in shown and "goes back" in shown


def test_a_free_order_from_another_tab_is_refused(page, carol):
    with provider_scope(page.provider_id):
        Voucher.objects.create(code="F", percent=100, most_a_person=2, created_at=clock.now())
    order = ordered(page, carol, code="F")
    with provider_scope(page.provider_id):
        Order.objects.filter(pk=order.pk).update(state="pending", paid_at=None)
        with pytest.raises(AlreadyYours):
            orders.mark_paid(order, at=clock.now())


def test_a_refund_of_an_old_order_leaves_what_was_bought_since(page, carol):
    first = bought(page, carol)
    with settled(page):
        seating.leave(page, carol, actor=carol, at=clock.now())
    bought(page, carol)
    refunded(first)
    assert seated(page) == {"carol"}


def test_money_that_nobody_can_use_goes_back(page, carol):
    """The course was deleted meanwhile."""
    payment = begun(ordered(page, carol))
    with provider_scope(page.provider_id):
        payment.order.lines.update(course=None)
    port().pay(payment.ref, PAYS)
    looked(payment)
    assert kept([payment]) == 0 and state_of(payment.order) == "cancelled"


def test_money_nobody_gets_goes_back_though_the_worker_was_killed(page, carol, monkeypatch):
    first = begun(ordered(page, carol))
    second = another(first)
    port().pay(first.ref, PAYS)
    looked(first)
    port().pay(second.ref, PAYS)
    with monkeypatch.context() as patch:
        patch.setattr(actions, "give_back_what_nobody_gets", lambda payment, *, at: None)
        looked(second)
    assert kept([first, second]) == 2 * 4999
    with (
        clock.stopped_at(clock.now() + timedelta(minutes=20)),
        TestCase.captureOnCommitCallbacks(execute=True),
    ):
        tasks.reconcile()
    assert kept([first, second]) == 4999 and seated(page) == {"carol"}


def test_a_gateway_that_is_gone_keeps_no_other_payment_waiting(page, carol):
    old, new = begun(ordered(page, carol)), begun(ordered(page, somebody("dan")))
    with provider_scope(page.provider_id):
        Payment.objects.filter(pk=old.pk).update(gateway="gone")
    port().pay(new.ref, PAYS)
    with (
        clock.stopped_at(clock.now() + timedelta(minutes=20)),
        TestCase.captureOnCommitCallbacks(execute=True),
    ):
        tasks.reconcile()
    assert seated(page) == {"dan"}


# --- Seats ----------------------------------------------------------------------------------------


def test_the_seat_of_a_refund_is_offered_to_who_waits(page, carol):
    limit(page, 1)
    payment = bought(page, carol)
    with settled(page):
        entry = WaitlistEntry.objects.create(
            course=page, student=somebody("dan"), joined_at=clock.now()
        )
    refunded(payment)
    with provider_scope(page.provider_id):
        entry.refresh_from_db()
    assert entry.state == "offered" and taken(page) == 1


def test_another_country_keeps_the_seat_though_others_wait(page, carol, monkeypatch):
    limit(page, 1)
    ordered(page, carol, country="DE")
    with settled(page):
        entry = WaitlistEntry.objects.create(
            course=page, student=somebody("dan"), joined_at=clock.now()
        )
    # Whoever reached the form before dan stood in the line.
    monkeypatch.setattr("lms.enrolments.doors._guards", [])
    with provider_scope(page.provider_id):
        again = orders.place(page, carol, at=clock.now(), country="FR")
        entry.refresh_from_db()
    assert again.country == "FR" and entry.state == "waiting" and taken(page) == 1
