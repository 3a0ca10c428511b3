"""What a class's results say about the questions of a test, and about the test.

    analyse(results, choices) -> Analysis

Figures are exact Decimals or, where a root is in them, Decimals to four places; None where a class
is too small for the figure to mean anything. The words for warnings are the screens'.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from enum import StrEnum
from fractions import Fraction

FEWEST = 2  # with one student, nothing differs
FEWEST_FOR_GROUPS = 4  # below, the upper and the lower group would be single students
GROUP = Fraction(27, 100)  # Kelley's share, which tells good from weak students best
EASY, HARD = Fraction(95, 100), Fraction(20, 100)
WEAK = Fraction(10, 100)
PLACES = Decimal("0.0001")


class Caution(StrEnum):
    TOO_EASY = "too_easy"
    TOO_HARD = "too_hard"
    NEGATIVE = "negative_discrimination"  # who is weak gets it right more often
    WEAK = "weak_discrimination"
    IDLE = "idle_distractor"  # a wrong choice that nobody takes
    MISLEADING = "misleading_distractor"  # good students take it more than weak ones


@dataclass(frozen=True, slots=True)
class Result:
    """One student's attempt. `credits` are 0 to 1 for each question that the attempt asked; None
    for one that is not marked yet. `chosen` are the keys of choices taken."""

    total: Decimal
    credits: Mapping[str, Decimal | None]
    chosen: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Taken:
    """How many took a choice, of all and in the upper and lower group."""

    key: str
    right: bool
    all: int
    upper: int
    lower: int
    share: Decimal | None  # of those who were asked


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one question. `facility` is the mean credit, `discrimination` how much more of it the
    upper 27 % earn than the lower 27 %, `correlation` that of its credit with all the other
    questions' (corrected point-biserial), -1 to 1."""

    asked: int
    facility: Decimal | None
    deviation: Decimal | None
    discrimination: Decimal | None
    correlation: Decimal | None
    taken: tuple[Taken, ...] = ()
    warnings: tuple[tuple[Caution, str], ...] = ()  # with the key of the choice, or empty


@dataclass(frozen=True, slots=True)
class Analysis:
    """Of the test. `alpha` is Cronbach's, `error` the standard error of measurement in credits:
    both only where everybody was asked the same questions."""

    questions: Mapping[str, Figures]
    students: int
    mean: Decimal | None
    deviation: Decimal | None
    alpha: Decimal | None
    error: Decimal | None


def analyse(
    results: Sequence[Result], choices: Mapping[str, Mapping[str, bool]] | None = None
) -> Analysis:
    """`choices` has for each question of choices its keys, and whether each is right."""
    names = list(dict.fromkeys(name for result in results for name in result.credits))
    upper, lower = _groups(results)
    figures = {
        name: _figures(name, results, upper, lower, (choices or {}).get(name, {})) for name in names
    }
    totals = [Fraction(result.total) for result in results]
    alpha = _alpha(results, names)
    error = None
    if alpha is not None:
        sums = [sum(_credits(result).values(), Fraction(0)) for result in results]
        error = _root(_variance(sums) * max(Fraction(0), 1 - alpha))
    return Analysis(
        questions=figures,
        students=len(results),
        mean=_decimal(_mean(totals)) if totals else None,
        deviation=_root(_variance(totals)) if len(totals) >= FEWEST else None,
        alpha=None if alpha is None else _decimal(alpha),
        error=error,
    )


def _credits(result: Result) -> dict[str, Fraction]:
    return {name: Fraction(one) for name, one in result.credits.items() if one is not None}


def _groups(results: Sequence[Result]) -> tuple[set[int], set[int]]:
    """Places of the best and of the weakest 27 %, at least one each; empty for a small class.
    Students who share a total at the border are in a group together or not at all, so that the
    order of the list means nothing."""
    if len(results) < FEWEST_FOR_GROUPS:
        return set(), set()
    size = max(1, int(GROUP * len(results) + Fraction(1, 2)))
    totals = sorted(result.total for result in results)
    low, high = totals[size - 1], totals[-size]
    if low >= high:
        return set(), set()
    upper = {place for place, result in enumerate(results) if result.total >= high}
    lower = {place for place, result in enumerate(results) if result.total <= low}
    return upper, lower


def _figures(
    name: str,
    results: Sequence[Result],
    upper: set[int],
    lower: set[int],
    choices: Mapping[str, bool],
) -> Figures:
    marked = {
        place: _credits(result)[name]
        for place, result in enumerate(results)
        if result.credits.get(name) is not None
    }
    credits = list(marked.values())
    facility = _mean(credits) if credits else None
    high = [credit for place, credit in marked.items() if place in upper]
    low = [credit for place, credit in marked.items() if place in lower]
    discrimination = _mean(high) - _mean(low) if high and low else None
    rests = [
        sum(_credits(results[place]).values(), Fraction(0)) - credit
        for place, credit in marked.items()
    ]
    correlation = _correlation(credits, rests)
    taken = _taken(name, results, upper, lower, choices)
    return Figures(
        asked=len(credits),
        facility=None if facility is None else _decimal(facility),
        deviation=_root(_variance(credits)) if len(credits) >= FEWEST else None,
        discrimination=None if discrimination is None else _decimal(discrimination),
        correlation=correlation,
        taken=taken,
        warnings=_warnings(len(credits), facility, discrimination, taken, bool(upper)),
    )


def _taken(
    name: str,
    results: Sequence[Result],
    upper: set[int],
    lower: set[int],
    choices: Mapping[str, bool],
) -> tuple[Taken, ...]:
    asked = {place for place, result in enumerate(results) if name in result.credits}
    found = []
    for key, right in choices.items():
        who = {place for place in asked if key in results[place].chosen.get(name, ())}
        share = _decimal(Fraction(len(who), len(asked))) if asked else None
        found.append(Taken(key, right, len(who), len(who & upper), len(who & lower), share))
    return tuple(found)


def _warnings(
    asked: int,
    facility: Fraction | None,
    discrimination: Fraction | None,
    taken: Sequence[Taken],
    grouped: bool,
) -> tuple[tuple[Caution, str], ...]:
    found: list[tuple[Caution, str]] = []
    if facility is not None and asked >= FEWEST_FOR_GROUPS:
        if facility > EASY:
            found.append((Caution.TOO_EASY, ""))
        elif facility < HARD:
            found.append((Caution.TOO_HARD, ""))
    if discrimination is not None:
        if discrimination < 0:
            found.append((Caution.NEGATIVE, ""))
        elif facility is not None and HARD <= facility <= EASY and discrimination < WEAK:
            found.append((Caution.WEAK, ""))
    for one in taken:
        if one.right or asked < FEWEST_FOR_GROUPS:
            continue
        if not one.all:
            found.append((Caution.IDLE, one.key))
        elif grouped and one.upper > one.lower:
            found.append((Caution.MISLEADING, one.key))
    return tuple(found)


def _alpha(results: Sequence[Result], names: Sequence[str]) -> Fraction | None:
    """Cronbach's alpha; None unless everybody has a mark for each of two or more questions."""
    table = [_credits(result) for result in results]
    if len(table) < FEWEST or len(names) < 2 or any(len(row) < len(names) for row in table):
        return None
    whole = _variance([sum(row.values(), Fraction(0)) for row in table])
    if not whole:
        return None
    parts = sum((_variance([row[name] for row in table]) for name in names), Fraction(0))
    number = len(names)
    return Fraction(number, number - 1) * (1 - parts / whole)


def _mean(values: Sequence[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / len(values)


def _variance(values: Sequence[Fraction]) -> Fraction:
    """Of a sample (divided by one less than their number)."""
    mean = _mean(values)
    squares = sum(((value - mean) ** 2 for value in values), Fraction(0))
    return squares / (len(values) - 1)


def _correlation(ones: Sequence[Fraction], others: Sequence[Fraction]) -> Decimal | None:
    """Pearson's; None where one of the two does not differ."""
    if len(ones) < FEWEST:
        return None
    spread = _variance(ones) * _variance(others)
    if not spread:
        return None
    one, other = _mean(ones), _mean(others)
    products = sum(
        ((a - one) * (b - other) for a, b in zip(ones, others, strict=True)), Fraction(0)
    )
    together = products / (len(ones) - 1)
    size = _root(together**2 / spread)
    return -size if together < 0 else size


def _decimal(value: Fraction) -> Decimal:
    """To four places, half away from nought."""
    with localcontext(Context(prec=60)):
        exact = Decimal(value.numerator) / Decimal(value.denominator)
        return exact.quantize(PLACES, ROUND_HALF_UP)


def _root(value: Fraction) -> Decimal:
    with localcontext(Context(prec=60)):
        root = (Decimal(value.numerator) / Decimal(value.denominator)).sqrt()
        return root.quantize(PLACES, ROUND_HALF_UP)
