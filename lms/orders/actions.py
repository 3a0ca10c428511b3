"""Writes: placing an order, delivering what was paid, letting go of what was not.

Lock order: the courses' Seats rows, then the order, then its voucher.
"""

import secrets
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from lms.admissions import seats
from lms.admissions.selectors import refuse_ended
from lms.common.ids import ALPHABET
from lms.common.money import Money
from lms.common.states import move
from lms.courses.models import CoursePage
from lms.enrolments import doors
from lms.enrolments.access import missing_before
from lms.enrolments.actions import hold_seats
from lms.enrolments.errors import EnrolmentClosed, MembersOnly, PrerequisiteMissing, SeatExpired
from lms.enrolments.models import Enrolment
from lms.enrolments.states import State as Seat
from lms.events import SYSTEM, emit
from lms.tenants.limits import LimitReached, reading
from lms.tenants.models import Limit, Provider
from lms.tenants.permissions import Code, can, may_enter
from lms.tenants.scope import provider_scope

from . import events, selectors
from .errors import AlreadyYours, BadVoucher, NothingToPay, NotPayable, PriceChanged, VoucherUsedUp
from .models import Order, OrderLine, Voucher
from .states import CANCEL, EXPIRE, PAY, REFUND, State

PAYABLE_FOR = timedelta(minutes=60)
SETTLED = (State.PAID, State.REFUNDED)


def require_buyable(course: CoursePage, buyer: Any, *, at: datetime) -> None:
    """Raises EnrolmentClosed, MembersOnly, NothingToPay, AlreadyYours, SeatWithdrawn,
    PrerequisiteMissing, LimitReached, and what the doors say: EntryByRequest, EntryByInvitation.
    One whose time was up may buy again."""
    seats.require_open(course)
    if not may_enter(buyer, course.provider):
        raise MembersOnly
    if course.is_free:
        raise NothingToPay
    with provider_scope(course.provider_id):
        seat = Enrolment.objects.filter(course=course, student=buyer).first()
        if seat is not None and seat.is_active:
            raise AlreadyYours
        with suppress(SeatExpired):  # that is what they pay for
            refuse_ended(course, buyer, at=at)
    if seat is None and (missing := missing_before(course, buyer)):
        raise PrerequisiteMissing(details={"courses": [one.pk for one in missing]})
    doors.check(course, buyer)
    _refuse_without_place(course.provider, buyer)


def _refuse_without_place(provider: Provider, buyer: Any) -> None:
    """Before anything is charged: a newcomer takes one of the places the provider's tier has."""
    if can(buyer, Code.LEARN, provider):
        return
    places = reading(provider, Limit.STUDENTS)
    if not places.has_room_for(1):
        raise LimitReached.of(Limit.STUDENTS, places, provider.tier)


@transaction.atomic
def place(
    course: CoursePage,
    buyer: Any,
    *,
    at: datetime,
    country: str = "",
    code: str = "",
    company: str = "",
    address: str = "",
    agreed: Money | None = None,
) -> Order:
    """An order of `course`, to be paid within an hour, for which a seat is held. Asking again for
    the same gives the same order; for another price or voucher, a new one in its place. Where
    nothing is left to pay it is paid at once.

    `agreed` is the total the buyer was shown: raises PriceChanged where it is another by now.
    Raises what `require_buyable` raises, BadVoucher, VoucherUsedUp, ClassFull.
    """
    require_buyable(course, buyer, at=at)
    with provider_scope(course.provider_id):
        if _costs_nothing(course, country, code, at):
            seats.enter(course, buyer, at=at)  # it is delivered at once: the provider is held first
        else:
            hold_seats(course)
        before = selectors.pending_order(course, buyer, at=at)
        if before is not None and before.voucher_code == selectors.normalised(code):
            now = selectors.quote_with(course, country=country, voucher=before.voucher)
            if now.total == before.total and before.country == country:
                Order.objects.filter(pk=before.pk).update(company=company, address=address)
                return _agreed(before, agreed)
        if before is not None:  # its seat is the new one's, and not for who waits
            _let_go(before, CANCEL, at=at, offers=False)
        quote = selectors.quote(course, country=country, code=code, buyer=buyer, at=at)
        if agreed is not None and agreed != quote.total:
            raise PriceChanged(details={"price": str(quote.total)})
        if quote.voucher is not None:
            _use(quote.voucher, buyer)
        if course.enrolment_limit is not None:
            seats.hold(course)
        line = quote.line
        order = Order.objects.create(
            reference=_reference(),
            buyer=buyer,
            buyer_name=buyer.name,
            buyer_email=buyer.email,
            company=company,
            address=address,
            country=country,
            language=buyer.language,
            currency=course.currency,
            discount_minor=line.discount.amount_minor,
            net_minor=line.net.amount_minor,
            tax_minor=line.tax.amount_minor,
            total_minor=line.total.amount_minor,
            tax_name=quote.tax_name,
            tax_percent=quote.tax.percent,
            voucher=quote.voucher,
            voucher_code=quote.voucher.code if quote.voucher else "",
            placed_at=at,
            expires_at=at + PAYABLE_FOR,
        )
        OrderLine.objects.create(
            order=order,
            position=1,
            course=course,
            title=course.title,
            list_minor=line.list.amount_minor,
            discount_minor=line.discount.amount_minor,
            net_minor=line.net.amount_minor,
            tax_minor=line.tax.amount_minor,
            total_minor=line.total.amount_minor,
            holds_seat=course.enrolment_limit is not None,
        )
        emit(events.PLACED, order, actor=buyer, course=course.pk)
        if not line.total:
            mark_paid(order, at=at)
    return order


@transaction.atomic
def mark_paid(order: Order, *, at: datetime) -> bool:
    """The money is here: give the buyer what was bought; whether it was news. Needs the scope.

    Raises ClassFull, SeatWithdrawn, EnrolmentClosed, MembersOnly, LimitReached where it can't be
    given any more, and AlreadyYours where they have it by another way: the caller sees to the
    money.
    """
    # Looked at before anybody enters: who was paid for once, and went, is not let in again.
    if Order.objects.filter(pk=order.pk, state__in=SETTLED).exists():
        return False
    _enter(order, at)
    row = _held(order)
    if row.state in SETTLED:
        return False
    lines = row.lines.values("course")
    if Enrolment.objects.filter(course__in=lines, student=row.buyer, state=Seat.ACTIVE).exists():
        raise AlreadyYours
    _use_late(row)
    move(row, PAY, paid_at=at, ended_at=None)
    _admit(row, at)
    courses = row.lines.values_list("course", flat=True)
    emit(events.PAID, row, actor=row.buyer or SYSTEM, course=courses.first())
    order.refresh_from_db()
    return True


@transaction.atomic
def deliver(order: Order, *, at: datetime) -> None:
    """Give the buyer of a paid order what they should have had. Needs the scope. Raises what
    `mark_paid` raises."""
    _enter(order, at)
    row = _held(order)
    if row.state == State.PAID:
        _admit(row, at)


def _enter(order: Order, at: datetime) -> None:
    """What every way in does first, before the order is held."""
    for course in _courses(order):
        if order.buyer is not None:
            if not may_enter(order.buyer, course.provider):
                raise MembersOnly  # was one when they ordered
            seats.enter(course, order.buyer, at=at)


def _admit(order: Order, at: datetime) -> None:
    for line in order.lines.select_related("course__provider").order_by("course_id"):
        if line.course is None or order.buyer is None:  # erased meanwhile
            raise EnrolmentClosed
        if line.holds_seat:  # the row of seats is held: nobody comes in between
            seats.release(line.course)
        seats.admit(line.course, order.buyer, actor=SYSTEM, at=at, renews=True)
    order.lines.filter(holds_seat=True).update(holds_seat=False)


@transaction.atomic
def cancel(order: Order, *, actor: Any, at: datetime) -> None:
    """The buyer gives it up. Repeating it changes nothing. Raises NotPayable for a paid one."""
    with provider_scope(order.provider_id):
        hold_courses(order)
        row = _held(order)
        if row.state in SETTLED:
            raise NotPayable
        if row.state == State.PENDING:
            _let_go(row, CANCEL, at=at)
            emit(events.CANCELLED, row, actor=actor)


@transaction.atomic
def expire(order: Order, *, at: datetime) -> bool:
    """Free what an order held that was not paid in time; whether it was so. Needs the scope."""
    hold_courses(order)
    row = _held(order)
    if row.state != State.PENDING or row.expires_at > at:
        return False
    _let_go(row, EXPIRE, at=at)
    emit(events.EXPIRED, row, actor=SYSTEM)
    return True


@transaction.atomic
def put_off(order: Order, *, until: datetime) -> None:
    """Hold what was ordered for longer: money is on its way. Needs the scope."""
    Order.objects.filter(pk=order.pk, state=State.PENDING, expires_at__lt=until).update(
        expires_at=until
    )


@transaction.atomic
def mark_refunded(order: Order, *, at: datetime, actor: Any) -> None:
    """All of the money went back. Needs the scope."""
    row = _held(order)
    if row.state == State.PAID:
        move(row, REFUND, ended_at=at)
        emit(events.REFUNDED, row, actor=actor)


def _let_go(order: Order, how: str, *, at: datetime, offers: bool = True) -> None:
    move(order, how, ended_at=at)
    for line in order.lines.filter(holds_seat=True).select_related("course"):
        if line.course is not None:
            seats.release(line.course)
            if offers:
                seats.offer_seats(line.course, at=at)
    order.lines.filter(holds_seat=True).update(holds_seat=False)
    if order.voucher_id:
        Voucher.objects.filter(pk=order.voucher_id, used__gt=0).update(used=F("used") - 1)


def _costs_nothing(course: CoursePage, country: str, code: str, at: datetime) -> bool:
    with suppress(BadVoucher):
        return not selectors.quote(course, country=country, code=code, at=at).total
    return False


def _use(voucher: Voucher, buyer: Any) -> None:
    """One conditional UPDATE decides a race for the last use; holding the row, the buyer's own uses
    are counted once more."""
    rows = Voucher.objects.filter(pk=voucher.pk)
    if voucher.most is not None:
        rows = rows.filter(used__lt=voucher.most)
    if rows.update(used=F("used") + 1) != 1:
        raise VoucherUsedUp
    if selectors.used_by(voucher, buyer) >= voucher.most_a_person:
        raise VoucherUsedUp


def _use_late(order: Order) -> None:
    """Money that lands for an order that had been let go uses its voucher again, as far as there
    are uses left; the price that was agreed stays."""
    if order.state != State.PENDING and order.voucher_id:
        rows = Voucher.objects.filter(pk=order.voucher_id)
        left = rows.filter(Q(most=None) | Q(used__lt=F("most")))
        left.update(used=F("used") + 1)


def _agreed(order: Order, agreed: Money | None) -> Order:
    if agreed is not None and agreed != order.total:
        raise PriceChanged(details={"price": str(order.total)})
    return order


def _held(order: Order) -> Order:
    return Order.objects.select_for_update(no_key=True).get(pk=order.pk)


def hold_courses(order: Order) -> list[CoursePage]:
    """Hold the seats of what was ordered until the transaction ends: first of all that is locked.
    Needs the scope."""
    courses = _courses(order)
    for course in courses:
        hold_seats(course)
    return courses


def _courses(order: Order) -> list[CoursePage]:
    lines = order.lines.select_related("course__provider").order_by("course_id")
    return [line.course for line in lines if line.course is not None]


def _reference() -> str:
    """Eight letters and digits nobody mixes up: 8 × 10^11 of them, unique a provider."""
    return "".join(secrets.choice(ALPHABET) for _ in range(8))
