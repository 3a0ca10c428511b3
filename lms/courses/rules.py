"""What ratings come to and when lessons open, decided without a database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

STARS = (1, 2, 3, 4, 5)
HUNDREDTH = Decimal("0.01")

# What a course is taken to have before anybody rated it, and how many ratings that weighs: a single
# five stars does not stand above fifty ratings of 4.8.
ASSUMED, WEIGHT = Decimal("3.5"), 10


@dataclass(frozen=True, slots=True)
class Ratings:
    """How many ratings there are with one star, two, … five."""

    stars: Sequence[int] = (0, 0, 0, 0, 0)

    @property
    def count(self) -> int:
        return sum(self.stars)

    @property
    def total(self) -> int:
        """All their stars together."""
        return sum(star * number for star, number in zip(STARS, self.stars, strict=True))

    @property
    def average(self) -> Decimal | None:
        """To the hundredth, halves up; None without ratings."""
        if not self.count:
            return None
        return (Decimal(self.total) / self.count).quantize(HUNDREDTH, ROUND_HALF_UP)

    @property
    def rank(self) -> int:
        """What "best rated" sorts by, in millionths of a star: the average, drawn towards ASSUMED
        the fewer ratings there are (a Bayesian average). 0 without ratings.
        """
        if not self.count:
            return 0
        return int((ASSUMED * WEIGHT + self.total) * 1_000_000 / (WEIGHT + self.count))

    @property
    def shares(self) -> list[tuple[int, int, int]]:
        """(stars, ratings with so many, their share in whole percent), the best first."""
        return [
            (star, number, round(100 * number / self.count) if self.count else 0)
            for star, number in reversed(list(zip(STARS, self.stars, strict=True)))
        ]


@dataclass(frozen=True, slots=True)
class Release:
    """When a module or lesson opens: at a moment, or so many days after each student began."""

    at: datetime | None = None
    after_days: int | None = None
