"""Calendars, spans and shares: what the figures page counts by."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

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
