"""Grades, worked out without a database: what counts, what is dropped, what it comes to.

Everything is exact: sums of points are Decimals (28 digits, far more than they need), shares are
Fractions. Only what is shown is rounded, to the hundredth, halves up.
docs/decisions/0013-grades.md says why it is so.
"""

import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

ALL_POINTS, WEIGHTED = "points", "weighted"

HUNDREDTHS = 100
HALF = Fraction(1, 2)
SCALE_LINE = re.compile(r"(?P<letter>\S.{0,19}?)\s+(?P<least>[0-9]{1,3}(?:[.,][0-9]{1,2})?)\s*%?")
MOST_LETTERS = 30


@dataclass(frozen=True, slots=True)
class Category:
    """Items that belong together. `weight` is in percent; `drop` of the lowest don't count; of
    `extra` credit, nothing is dropped."""

    key: Hashable
    weight: Decimal = Decimal(0)
    drop: int = 0
    extra: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """What there are points for, `most` of them (above 0)."""

    key: Hashable
    most: Decimal
    category: Hashable = None
    extra: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """What one student has in an item: points, or none yet; `excused` counts neither way."""

    points: Decimal | None = None
    excused: bool = False


@dataclass(frozen=True, slots=True)
class Grade:
    """Percentages as they are shown, None where nothing counts yet. `share` is the exact one, of
    1. `dropped` are keys of items, `categories` {key: percent}."""

    share: Fraction | None = None
    categories: Mapping[Hashable, Decimal | None] = field(default_factory=dict)
    dropped: frozenset[Hashable] = frozenset()

    @property
    def percent(self) -> Decimal | None:
        return percent(self.share)

    @property
    def rounded_down(self) -> Decimal | None:
        """For a minimum: nobody is lifted over it."""
        return None if self.share is None else _hundredths(int(self.share * 10_000))


NOTHING = Result()
ZERO = Decimal(0)
Had = tuple[Item, Decimal]


def grade(
    mode: str,
    categories: Sequence[Category],
    items: Sequence[Item],
    results: Mapping[Hashable, Result],
    *,
    final: bool,
) -> Grade:
    """The grade in graded work alone, or (`final`) with nothing for what is not graded.

    By points, all items together: had / there were, extra credit only had. Weighted: the mean of
    the categories with something to count, by their weights; extra-credit categories come on top;
    items in no category don't count.
    """
    known: dict[Hashable, Category] = {one.key: one for one in categories}
    groups: dict[Hashable, list[Had]] = {one.key: [] for one in categories}
    alone: list[Had] = []
    for item in items:
        result = results.get(item.key, NOTHING)
        if result.excused or (result.points is None and not final):
            continue
        group = groups.get(item.category, alone) if item.category is not None else alone
        group.append((item, result.points or ZERO))
    dropped: set[Hashable] = set()
    counting: dict[Hashable, list[Had]] = {}
    for key, group in groups.items():
        gone = _lowest(group, 0 if known[key].extra else known[key].drop)
        dropped |= gone
        counting[key] = [(item, points) for item, points in group if item.key not in gone]
    shares = {key: _share(group) for key, group in counting.items()}
    weighted = mode == WEIGHTED
    share = _weighted(categories, shares) if weighted else _together(known, counting, alone)
    return Grade(share, {key: percent(one) for key, one in shares.items()}, frozenset(dropped))


def counts(mode: str, categories: Sequence[Category], item: Item) -> bool:
    """Whether a student can fall short in the item: it is no extra credit, and has a weight."""
    category = next((one for one in categories if one.key == item.category), None)
    if item.extra or (category is not None and category.extra):
        return False
    return mode != WEIGHTED or (category is not None and category.weight > 0)


def _share(group: Sequence[Had]) -> Fraction | None:
    most = sum((item.most for item, _had in group if not item.extra), ZERO)
    return _of(sum((had for _item, had in group), ZERO), most)


def _together(
    known: Mapping[Hashable, Category],
    counting: Mapping[Hashable, Sequence[Had]],
    alone: Sequence[Had],
) -> Fraction | None:
    had = most = ZERO
    for key, group in [*counting.items(), (None, alone)]:
        extra = key in known and known[key].extra
        for item, points in group:
            had += points
            if not (extra or item.extra):
                most += item.most
    return _of(had, most)


def _of(had: Decimal, most: Decimal) -> Fraction | None:
    return Fraction(had) / Fraction(most) if most else None


def _weighted(
    categories: Sequence[Category], shares: Mapping[Hashable, Fraction | None]
) -> Fraction | None:
    total = weights = on_top = Fraction(0)
    for one in categories:
        share, weight = shares[one.key], Fraction(one.weight)
        if share is None:
            continue
        if one.extra:
            on_top += share * weight / 100
        else:
            total += share * weight
            weights += weight
    return total / weights + on_top if weights else None


def _lowest(group: Sequence[Had], number: int) -> set[Hashable]:
    """The keys of those with the lowest percentage, of equals the one worth more; one is left."""
    if not number:
        return set()
    able = [
        (Fraction(had) / Fraction(item.most), -item.most, place, item.key)
        for place, (item, had) in enumerate(group)
        if not item.extra
    ]
    number = max(0, min(number, len(able) - 1))
    return {key for *_order, key in sorted(able, key=lambda one: one[:3])[:number]}


def percent(share: Fraction | None) -> Decimal | None:
    """A share of 1 in percent, to the hundredth, halves up."""
    return None if share is None else _hundredths(int(share * 10_000 + HALF))


def _hundredths(number: int) -> Decimal:
    return Decimal(number) / HUNDREDTHS


# --- Letters --------------------------------------------------------------------------------------


class ScaleError(ValueError):
    """A line that is no step of a scale; `line` says which, from 1."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line}")
        self.line = line


@dataclass(frozen=True, slots=True)
class Step:
    letter: str
    least: Decimal  # percent


def read_scale(text: str) -> tuple[Step, ...]:
    """A scale from its lines, the best first, each with the least percentage it takes:

        A 90
        B 80

    Raises ScaleError: for a line that reads otherwise, that is not below the one before it, or
    whose letter was there already.
    """
    found: list[Step] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        match = SCALE_LINE.fullmatch(line.strip())
        if match is None or len(found) == MOST_LETTERS:
            raise ScaleError(number)
        step = Step(match["letter"], Decimal(match["least"].replace(",", ".")))
        if found and (
            step.least >= found[-1].least or step.letter in {one.letter for one in found}
        ):
            raise ScaleError(number)
        found.append(step)
    return tuple(found)


def letter(scale: Sequence[Step], of: Decimal | None) -> str:
    """The letter for a percentage as it is shown; "" where there is none."""
    if of is None:
        return ""
    return next((step.letter for step in scale if of >= step.least), "")


# --- What is typed --------------------------------------------------------------------------------

NUMBER = re.compile(r"\d{1,6}(?:[.,]\d{1,2})?", re.ASCII)


def read_points(text: str, most: Decimal) -> Decimal | None:
    """Points as somebody typed them (7, 7.5, 7,50); None where it is no number from 0 to `most`."""
    if not NUMBER.fullmatch(text):
        return None
    points = Decimal(text.replace(",", "."))
    return points if points <= most else None


def shown(points: Any) -> Decimal | None:
    """Points as they are shown, to the hundredth, halves up."""
    return None if points is None else _hundredths(int(Fraction(points) * 100 + HALF))
