"""Calendars, spans and shares: what figures and reports count by."""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from lms.homework.rules import Terms, is_late

DAY, WEEK, MONTH = "day", "week", "month"
# The longest span, in days, that is drawn day by day, and week by week.
BY_DAY, BY_WEEK = 92, 400


def day_of(moment: datetime) -> date:
    """The UTC day."""
    return moment.astimezone(UTC).date()


def start_of(period: str, day: date) -> date:
    """The first day of the period that `day` is in; weeks begin on Monday."""
    if period == WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if period == MONTH else day


def after(period: str, start: date) -> date:
    """The first day of the next period."""
    if period == MONTH:
        return (start + timedelta(days=31)).replace(day=1)
    return start + timedelta(days=7 if period == WEEK else 1)


def recount_from(today: date) -> date:
    """Where the nightly recount begins: whole weeks that hold the last three days."""
    return start_of(WEEK, today - timedelta(days=3))


@dataclass(frozen=True, slots=True)
class Span:
    """Days from `first` to `last`, both counted."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def before(self) -> "Span":
        """As many days just before."""
        return Span(self.first - timedelta(days=self.days), self.first - timedelta(days=1))

    def pieces(self, today: date) -> list[tuple[str, date, date]]:
        """The fewest days and months it is the sum of, as (period, from, before).

        Nothing happens after `today`, so its month is whole in a span that ends today.
        """
        end = after(DAY, self.last)
        month = after(MONTH, start_of(MONTH, self.first - timedelta(days=1)))
        until = start_of(MONTH, end)
        if self.last >= today:
            until = after(MONTH, start_of(MONTH, self.last))
        if until <= month:
            return [(DAY, self.first, end)]
        return [(DAY, self.first, month), (MONTH, month, until), (DAY, until, end)]

    @property
    def period(self) -> str:
        """What a point of the chart stands for."""
        if self.days <= BY_DAY:
            return DAY
        return WEEK if self.days <= BY_WEEK else MONTH

    @property
    def starts(self) -> Iterator[date]:
        """The starts of its periods."""
        start = start_of(self.period, self.first)
        while start <= self.last:
            yield start
            start = after(self.period, start)


def change(now: int, before: int) -> int | None:
    """By how many percent `now` is more; None where there is nothing to compare with."""
    return round((now - before) * 100 / before) if before else None


def share(part: int, whole: int) -> int:
    """Percent, rounded; 0 of nothing."""
    return round(part * 100 / whole) if whole else 0


# --- Reports of a course --------------------------------------------------------------------------

# How a student stands with a piece of homework at the end of the days a report is about.
SUBMITTED, LATE, PENDING, OVERDUE = STATUSES = ("submitted", "late", "pending", "overdue")

# A file that has not grown for so long was given up by its worker.
GIVEN_UP = timedelta(minutes=15)
# One that went wrong is tried again so much later: the first time, the second.
TRIED_AGAIN = (timedelta(minutes=5), timedelta(minutes=20))

WEEKLY, MONTHLY = "weekly", "monthly"
SENT_AT = time(6)  # in the morning


def midnight(day: date, zone: str) -> datetime:
    """The moment (UTC) a day begins in `zone`. Where clocks skip midnight, it is the change."""
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)


def bounds(span: Span, zone: str) -> tuple[datetime, datetime]:
    """The first moment of the span's days in `zone`, and the first after them."""
    return midnight(span.first, zone), midnight(after(DAY, span.last), zone)


def status_of(
    terms: Terms,
    *,
    inside: datetime | None,
    before: datetime | None,
    done_at: datetime | None,
    joined_at: datetime,
    since: datetime,
    until: datetime,
    now: datetime,
) -> str | None:
    """One of STATUSES, or None for what is settled outside the days from `since` to `until`, and
    for what was due before the student joined and never done.

    `inside` and `before` are when work was handed in during the days and earlier, as far as it was
    not taken back; `done_at` is when it was set as completed without any.
    """
    if inside is not None:
        return LATE if is_late(terms, inside) else SUBMITTED
    if before is not None or (done_at is not None and done_at < until):
        return None
    if terms.deadline is not None and terms.deadline <= joined_at:
        return None
    if terms.deadline is not None and is_late(terms, min(until, now)):
        return OVERDUE if terms.deadline >= since else None
    return PENDING


def is_last(attempts: int) -> bool:
    """Whether a file that was begun so often is not tried again by itself."""
    return attempts > len(TRIED_AGAIN)


def next_try(attempts: int, since: datetime) -> datetime:
    """When one that has waited `since` is made by the clock: later each time it went wrong. Of one
    that was never begun nobody was told."""
    return since + (TRIED_AGAIN[attempts - 1] if attempts else GIVEN_UP)


def mean(numbers: Sequence[float]) -> float | None:
    return sum(numbers) / len(numbers) if numbers else None


def median(numbers: Sequence[float]) -> float | None:
    return statistics.median(numbers) if numbers else None


def span_before(rhythm: str, day: date) -> Span:
    """What a report that is sent on `day` is about: the seven days before, or the month before."""
    if rhythm == WEEKLY:
        return Span(day - timedelta(days=7), day - timedelta(days=1))
    last = start_of(MONTH, day) - timedelta(days=1)
    return Span(start_of(MONTH, last), last)


def next_run(rhythm: str, weekday: int, zone: str, now: datetime) -> datetime:
    """The first six in the morning after `now`, in `zone`, on that weekday (Monday is 0) or on the
    first of a month."""
    day = now.astimezone(ZoneInfo(zone)).date()
    while True:
        moment = datetime.combine(day, SENT_AT, ZoneInfo(zone)).astimezone(UTC)
        right = day.day == 1 if rhythm == MONTHLY else day.weekday() == weekday
        if right and moment > now:
            return moment
        day += timedelta(days=1)
