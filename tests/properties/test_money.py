"""P10, P61 to P63 and M10: money, the courses it buys, and the ledger that explains it.

The gateway is the embedded one: another company with a file of its own, which tells us things late,
twice, in any order, or never.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum
from django.test import TestCase
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from lms.common import clock
from lms.common.money import CURRENCIES, Money
from lms.courses.models import CoursePage
from lms.orders import actions as orders
from lms.orders import tasks as order_tasks
from lms.orders.models import Order
from lms.orders.rules import Reduction, Tax, Wish, price, total
from lms.payments import actions, inbox, ledger, selectors, tasks
from lms.payments.errors import OverRefund
from lms.payments.models import Account, LedgerEntry, Payment
from lms.payments.rules import platform_fee, split_refund
from lms.tenants.models import Tier
from lms.tenants.scope import provider_scope
from tests.cast import forget_cached, fresh_rows
from tests.lms.admissions.making import limit, seated, somebody, taken
from tests.lms.learning import reader
from tests.lms.payments.making import (
    CONFIRMS,
    DECLINED,
    NO_MONEY,
    PAYS,
    begun,
    bought,
    forget_everything,
    looked,
    ordered,
    port,
    selling,
    taxed,
)

pytestmark = pytest.mark.django_db

PEOPLE = ("carol", "dan", "erin")
START = datetime(2026, 3, 1, tzinfo=UTC)
amounts = st.integers(1, 10**9)
percents = st.decimals(0, 100, places=2)


@pytest.fixture
def people():
    return {key: somebody(key) for key in PEOPLE}


@pytest.fixture
def page():
    return selling()


@pytest.fixture(autouse=True)
def no_posting(monkeypatch):
    monkeypatch.setattr("lms.payments.embedded.send_notice", lambda ref: False)


def sell(page, price_minor, currency, fee):
    """As if the course had been published with this price, by a provider with this fee."""
    CoursePage.objects.filter(pk=page.pk).update(price_minor=price_minor, currency=currency)
    Tier.objects.filter(pk=page.provider.tier_id).update(fee_percent=fee)
    return CoursePage.objects.select_related("provider__tier").get(pk=page.pk)


# --- The arithmetic -------------------------------------------------------------------------------


@given(
    units=st.lists(st.tuples(amounts, st.integers(1, 20), st.booleans()), min_size=1, max_size=6),
    reduction=st.one_of(
        st.none(),
        percents.map(lambda percent: Reduction(percent=percent)),
        amounts.map(lambda minor: Reduction(amount=Money(minor, "EUR"))),
    ),
    tax=st.builds(Tax, percents, st.booleans()),
)
def test_m11_lines_add_up_to_the_minor_unit(units, reduction, tax):
    """Lines, discounts, tax and total add up; what rounding moves is within a unit a line."""
    wishes = [Wish(Money(unit, "EUR"), quantity, good) for unit, quantity, good in units]
    lines = price(wishes, reduction, tax)
    sums = total(lines, "EUR")
    for wish, line in zip(wishes, lines, strict=True):
        assert line.list == wish.unit * wish.quantity
        assert Money.zero("EUR") <= line.discount <= line.list
        assert line.net + line.tax == line.total
        after = line.list - line.discount
        assert after == (line.total if tax.included else line.net)
        exact = Decimal(line.net.amount_minor) * tax.percent / 100
        assert abs(exact - line.tax.amount_minor) <= 1
        if not wish.reduced:
            assert not line.discount
    assert sums.list - sums.discount == (sums.total if tax.included else sums.net)
    assert sums.net + sums.tax == sums.total
    if reduction and reduction.amount and any(wish.reduced for wish in wishes):
        good = sum(w.unit.amount_minor * w.quantity for w in wishes if w.reduced)
        assert sums.discount.amount_minor == min(reduction.amount.amount_minor, good)


@given(
    whole=st.integers(1, 10**7),
    tax=percents,
    fee=percents,
    cuts=st.lists(st.integers(1, 10**7), max_size=6),
)
def test_m11_refunds_in_pieces_return_exactly_what_was_taken(whole, tax, fee, cuts):
    total_ = Money(whole, "EUR")
    tax_part = total_.share(tax / (100 + tax))
    fee_part = platform_fee(total_ - tax_part, fee)
    ends = [*sorted(cut for cut in cuts if cut < whole), whole]
    gone, tax_gone, fee_gone, own_gone = (Money.zero("EUR") for _ in range(4))
    for end in ends:
        amount = Money(end, "EUR") - gone
        if not amount:
            continue
        own, tax_back, fee_back = split_refund(
            amount=amount, after=gone + amount, total=total_,
            tax=tax_part, tax_before=tax_gone, fee=fee_part, fee_before=fee_gone,
        )  # fmt: skip
        assert own + tax_back + fee_back == amount
        assert min(own, tax_back, fee_back) >= Money(-1, "EUR")
        gone, tax_gone, fee_gone, own_gone = (
            gone + amount, tax_gone + tax_back, fee_gone + fee_back, own_gone + own,
        )  # fmt: skip
    assert (tax_gone, fee_gone) == (tax_part, fee_part)
    assert own_gone == total_ - tax_part - fee_part


# --- Paying ---------------------------------------------------------------------------------------


@given(price_minor=amounts, currency=st.sampled_from(sorted(CURRENCIES)), how=st.integers(0, 3))
def test_p010_a_successful_payment_leaves_the_student_enrolled(
    page, people, price_minor, currency, how
):
    """However we hear of it: by the buyer coming back, by a notice, by both, or by looking."""
    with fresh_rows():
        forget_cached()
        mine = sell(page, price_minor, currency, 10)
        payment = begun(ordered(mine, people["carol"]))
        assert seated(mine) == set()
        port().pay(payment.ref, PAYS)
        with TestCase.captureOnCommitCallbacks(execute=True):
            if how in (0, 2):
                actions.look(payment, at=clock.now())
            if how in (1, 2):
                inbox.receive("embedded", *port().signed_notice(payment.ref))
            if how == 3:
                with clock.stopped_at(clock.now() + timedelta(minutes=20)):
                    tasks.reconcile()
        assert seated(mine) == {"carol"}
        assert reader(people["carol"]).get(f"/learn/{mine.pk}/", follow=True).status_code == 200


@given(
    price_minor=amounts,
    currency=st.sampled_from(["EUR", "JPY", "KWD"]),
    fee=percents,
    tax=percents,
    included=st.booleans(),
)
def test_p061_what_the_provider_gets_is_the_payment_minus_the_fee(
    page, people, price_minor, currency, fee, tax, included
):
    with fresh_rows():
        forget_cached()
        mine = sell(page, price_minor, currency, fee)
        taxed(mine, tax, included=included)
        payment = bought(mine, people["carol"])
        with provider_scope(mine.provider_id):
            accounts = ledger.of_order(payment.order)
            order = payment.order
        zero = Money.zero(currency)
        kept = -accounts.get(Account.FEE, zero)
        assert kept == platform_fee(order.net, fee)
        owed = -accounts.get(Account.EARNINGS, zero) - accounts.get(Account.TAX, zero)
        assert owed == payment.amount - kept


@given(number=st.sampled_from([DECLINED, NO_MONEY, "4000 0000 0000 0069", "1234"]))
def test_p062_a_failed_payment_says_why_and_can_be_tried_again(page, people, number):
    with fresh_rows():
        forget_cached()
        client = reader(people["carol"])
        order = ordered(page, people["carol"])
        payment = begun(order)
        said = client.post(f"/pay/test/{payment.ref}/", {"number": number}).content.decode()
        assert "Nothing was charged" in said
        with provider_scope(page.provider_id):
            assert looked(payment).reason
        back = client.get(f"/orders/{order.pk}/pay/").content.decode()
        assert "Not paid yet" in back and 'name="gateway" value="embedded"' in back
        assert seated(page) == set()
        again = begun(order)
        port().pay(again.ref, PAYS)
        looked(again)
        assert seated(page) == {"carol"}


@given(
    sales=st.lists(
        st.tuples(st.sampled_from(PEOPLE), amounts),
        min_size=1,
        max_size=3,
        unique_by=lambda s: s[0],
    ),
    fee=percents,
)
def test_p063_earnings_are_payments_minus_fees(page, people, sales, fee):
    """As the desk says them, over all sales."""
    with fresh_rows():
        forget_cached()
        payments = [bought(sell(page, minor, "EUR", fee), people[key]) for key, minor in sales]
        with provider_scope(page.provider_id):
            (told,) = ledger.totals()
        paid = sum(payment.amount_minor for payment in payments)
        fees = sum(platform_fee(payment.amount, fee).amount_minor for payment in payments)
        assert told["sold"].amount_minor == paid
        assert told["earned"].amount_minor == paid - fees


@given(st.data())
def test_m10_notices_in_any_order_and_number_leave_the_same(page, people, data):
    with fresh_rows():
        forget_cached()
        payments = [begun(ordered(page, people[key])) for key in ("carol", "dan")]
        told = []
        for payment in payments:
            for number in data.draw(
                st.lists(st.sampled_from([DECLINED, CONFIRMS, PAYS]), max_size=3)
            ):
                port().pay(payment.ref, number)
                told.append(port().signed_notice(payment.ref))
        paid = {
            key
            for key, payment in zip(("carol", "dan"), payments, strict=True)
            if port().shown(payment.ref)["outcome"] == "succeeded"
        }
        for headers, body in data.draw(st.permutations(told * 2)):
            with TestCase.captureOnCommitCallbacks(execute=True):
                inbox.receive("embedded", headers, body)
        assert seated(page) == paid
        with provider_scope(page.provider_id):
            assert {
                one.order.buyer.email.split("@")[0]
                for one in Payment.objects.filter(state="succeeded")
            } == paid
            assert LedgerEntry.objects.filter(account=Account.EARNINGS).count() == len(paid)


# --- Any sequence of deeds ------------------------------------------------------------------------

who = st.sampled_from(PEOPLE)


class Shop(RuleBasedStateMachine):
    """`page` and `people` are set by the test: they are laid out once for all runs."""

    page: CoursePage
    people: dict

    def __init__(self):
        super().__init__()
        forget_everything()
        self.rows = fresh_rows()
        self.rows.__enter__()
        self.scope = provider_scope(self.page.provider_id)
        self.scope.__enter__()
        self.at = START
        self.payments = {}  # {id: who pays it}
        self.told = []
        limit(self.page, 2)

    def teardown(self):
        try:
            self.healed()
        finally:
            self.scope.__exit__(None, None, None)
            self.rows.__exit__(None, None, None)

    def do(self, deed):
        self.at += timedelta(seconds=1)  # no two things happen at once: runs can be repeated
        with clock.stopped_at(self.at), TestCase.captureOnCommitCallbacks(execute=True):
            return deed()

    @rule(key=who)
    def order_and_begin(self, key):
        def deed():
            try:
                order = orders.place(self.page, self.people[key], at=self.at)
                payment = begun(order, at=self.at)
            except Exception as refused:
                assert getattr(refused, "status", 500) == 409, refused
                return
            self.payments[payment.pk] = key

        self.do(deed)

    @rule(key=who, other=who)
    def pay_late(self, key, other):
        """One orders and dawdles; meanwhile others may buy."""
        self.order_and_begin(key)
        mine = [pk for pk, whose in self.payments.items() if whose == key]
        self.wait(61)
        self.buy(other, True)
        if mine:
            payment = Payment.objects.get(pk=mine[-1])
            with clock.stopped_at(START):
                port().pay(payment.ref, PAYS)

    @rule(data=st.data(), number=st.sampled_from([PAYS, PAYS, DECLINED]))
    def card(self, data, number):
        """At the gateway, whose page stays open too long; we hear nothing yet."""
        if self.payments:
            payment = self.drawn(data)
            with clock.stopped_at(START):
                port().pay(payment.ref, number)
            self.told.append(port().signed_notice(payment.ref))

    @rule(key=who, hears=st.booleans())
    def buy(self, key, hears):
        """All at once, as most do; whether we hear of it or not."""
        self.order_and_begin(key)
        mine = [pk for pk, whose in self.payments.items() if whose == key]
        if mine:
            payment = Payment.objects.get(pk=mine[-1])
            with clock.stopped_at(START):
                port().pay(payment.ref, PAYS)
            if hears:
                self.do(lambda: actions.look(payment, at=self.at))

    @rule(data=st.data())
    def hear(self, data):
        """Of any event so far, once more."""
        if self.told:
            headers, body = data.draw(st.sampled_from(self.told))
            self.do(lambda: inbox.receive("embedded", headers, body))

    @rule(data=st.data())
    def come_back(self, data):
        if self.payments:
            payment = self.drawn(data)
            self.do(lambda: actions.look(payment, at=self.at))

    @rule(minutes=st.sampled_from([10, 61]))
    def wait(self, minutes):
        self.at += timedelta(minutes=minutes)
        self.do(order_tasks.keep_time)

    @rule(data=st.data())
    def cancel(self, data):
        waiting = list(Order.objects.filter(state="pending").order_by("placed_at"))
        if waiting:
            order = data.draw(st.sampled_from(waiting))
            self.do(lambda: orders.cancel(order, actor=order.buyer, at=self.at))

    @rule(data=st.data(), part=st.just(0) | st.integers(1, 6000), keeps=st.booleans())
    def refund(self, data, part, keeps):
        paid = list(Payment.objects.filter(state="succeeded").order_by("begun_at"))
        if not paid:
            return
        payment = data.draw(st.sampled_from(paid))
        left = selectors.refundable(payment)
        part = part or left.amount_minor or 1  # often all of it

        def deed():
            try:
                actions.refund(
                    payment, Money(part, "EUR"), reason="x", keeps_access=keeps,
                    actor=actions.SYSTEM, at=self.at,
                )  # fmt: skip
            except OverRefund:
                assert part > left.amount_minor
            else:
                assert part <= left.amount_minor

        self.do(deed)

    @rule()
    def reconcile(self):
        self.at += timedelta(minutes=5)
        self.do(tasks.reconcile)

    def drawn(self, data):
        key = data.draw(st.sampled_from(list(self.payments)))  # the oldest first, whatever its id
        return Payment.objects.select_related("order__provider__tier", "order__buyer").get(pk=key)

    @invariant()
    def the_ledger_balances(self):
        rows = LedgerEntry.objects.values("transaction").annotate(sum=Sum("amount_minor"))
        assert not [row for row in rows if row["sum"]]

    @invariant()
    def the_ledger_knows_what_we_know(self):
        paid = Payment.objects.filter(state="succeeded")
        held = 0
        for payment in paid:
            back = sum(r.amount_minor for r in payment.refunds.filter(state="succeeded"))
            held += payment.amount_minor - (payment.fee_minor or 0) - back
        assert ledger.balance(Account.GATEWAY, "EUR").amount_minor == held
        assert not ledger.balance(Account.RECEIVABLE, "EUR")

    @invariant()
    def no_more_seats_than_there_are(self):
        assert len(seated(self.page)) <= taken(self.page) <= 2

    def healed(self):
        """Whatever was lost: once we have looked, paid means enrolled, and no money is astray."""
        self.at += timedelta(hours=2)
        self.do(order_tasks.keep_time)
        for _ in range(2):
            self.at += timedelta(minutes=10)
            self.do(tasks.reconcile)
        self.the_ledger_balances()
        self.the_ledger_knows_what_we_know()
        entitled, given, paid = set(), {}, []
        for payment in Payment.objects.exclude(ref=""):
            state = port().shown(payment.ref)
            took = state["amount"] if state["outcome"] == "succeeded" else 0
            back = sum(state["refunds"].values())
            assert (payment.state == "succeeded") == bool(took)
            done = payment.refunds.filter(state="succeeded")
            assert back == sum(refund.amount_minor for refund in done)
            assert not payment.refunds.filter(state="pending"), "asked for, and never sent"
            if selectors.bought_by(payment.order) == payment:
                assert (payment.order.state == "refunded") == (took == back)
            given[payment.pk] = took - back
            if took > back and payment.order.state == "paid":
                entitled.add(self.payments[payment.pk])
                paid.append(self.payments[payment.pk])
            if payment.order.state not in ("paid", "refunded"):
                assert took == back, "money for nothing"
        assert entitled <= seated(self.page)
        assert len(paid) == len(entitled), "the same course paid twice"
        assert taken(self.page) == len(seated(self.page))


def test_money_and_courses_under_any_sequence_of_deeds(page, people):
    Shop.page, Shop.people = sell(page, 4999, "EUR", 10), people
    taxed(page, Decimal("19"))
    run_state_machine_as_test(
        Shop,
        settings=settings(
            stateful_step_count=14, suppress_health_check=settings().suppress_health_check
        ),
    )
