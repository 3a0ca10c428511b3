"""Grades against a formula written down naively, and the corners by hand."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.grades import rules
from lms.grades.rules import ALL_POINTS, WEIGHTED, Category, Item, Result

POINTS = st.decimals(0, 200, places=2)
KEYS = ["x", "y", "z"]

categories = st.lists(
    st.builds(
        Category,
        st.sampled_from(KEYS),
        st.decimals(0, 100, places=2),
        st.integers(0, 3),
        st.booleans(),
    ),
    max_size=3,
    unique_by=lambda one: one.key,
)
results = st.builds(Result, st.none() | POINTS, st.booleans())


@st.composite
def books(draw):
    known = draw(categories)
    number = draw(st.integers(0, 7))
    where = st.sampled_from([None, *(one.key for one in known)])
    most = st.decimals(Decimal("0.01"), 100, places=2)
    items = [Item(key, draw(most), draw(where), draw(st.booleans())) for key in range(number)]
    return known, items, {item.key: draw(results) for item in items}


def naive(mode, known, items, had, *, final):
    """The same from scratch: (share, {category: share}, dropped)."""
    points = {}
    for item in items:
        result = had[item.key]
        if result.excused:
            continue
        if result.points is not None:
            points[item.key] = Fraction(result.points)
        elif final:
            points[item.key] = Fraction(0)
    gone = set()
    for category in known:
        able = [
            one for one in items
            if one.category == category.key and not one.extra and one.key in points
        ]  # fmt: skip
        if category.extra:
            continue
        for _time in range(category.drop):
            left = [one for one in able if one.key not in gone]
            if len(left) < 2:
                break
            worst = left[0]
            for one in left[1:]:
                a, b = (
                    points[one.key] * Fraction(worst.most),
                    points[worst.key] * Fraction(one.most),
                )
                if a < b or (a == b and one.most > worst.most):
                    worst = one
            gone.add(worst.key)
    counting = [one for one in items if one.key in points and one.key not in gone]
    shares = {}
    for category in known:
        mine = [one for one in counting if one.category == category.key]
        most = sum(Fraction(one.most) for one in mine if not one.extra)
        shares[category.key] = sum(points[one.key] for one in mine) / most if most else None
    extras = {one.key for one in known if one.extra}
    if mode == ALL_POINTS:
        most = sum(
            Fraction(one.most) for one in counting if not one.extra and one.category not in extras
        )
        share = sum(points[one.key] for one in counting) / most if most else None
    else:
        graded = [
            one for one in known if not one.extra and one.weight and shares[one.key] is not None
        ]
        whole = sum(Fraction(one.weight) for one in graded)
        share = None
        if whole:
            # Weights scaled to 100, as people do it.
            share = (
                sum(Fraction(one.weight) * 100 / whole * shares[one.key] for one in graded) / 100
            )
            share += sum(
                Fraction(one.weight) / 100 * shares[one.key]
                for one in known
                if one.extra and shares[one.key] is not None
            )
    return share, shares, gone


@given(book=books(), mode=st.sampled_from([ALL_POINTS, WEIGHTED]), final=st.booleans())
def test_a_grade_is_what_the_formula_says(book, mode, final):
    known, items, had = book
    grade = rules.grade(mode, known, items, had, final=final)
    share, shares, gone = naive(mode, known, items, had, final=final)
    assert grade.share == share
    assert grade.dropped == gone
    assert grade.categories == {key: rules.percent(one) for key, one in shares.items()}


@given(book=books(), mode=st.sampled_from([ALL_POINTS, WEIGHTED]))
def test_dropping_harms_nobody_where_all_is_worth_the_same(book, mode):
    known, items, had = book
    even = [Item(one.key, Decimal(10), one.category, one.extra) for one in items]
    without = [Category(one.key, one.weight, 0, one.extra) for one in known]
    dropped = rules.grade(mode, known, even, had, final=False).share
    kept = rules.grade(mode, without, even, had, final=False).share
    assert (dropped is None) == (kept is None)
    if dropped is not None and mode == WEIGHTED:
        assert dropped >= kept


@given(book=books(), mode=st.sampled_from([ALL_POINTS, WEIGHTED]), final=st.booleans())
def test_what_is_excused_might_as_well_not_be_there(book, mode, final):
    known, items, had = book
    left = [item for item in items if not had[item.key].excused]
    assert rules.grade(mode, known, items, had, final=final) == rules.grade(
        mode, known, left, had, final=final
    )


@given(share=st.fractions(0, 2))
def test_a_percentage_is_rounded_half_up_and_for_a_minimum_down(share):
    exact = Decimal(share.numerator) * 100 / Decimal(share.denominator)
    shown = rules.percent(share)
    assert abs(shown - exact) <= Decimal("0.005") + Decimal("1e-20")
    grade = rules.Grade(share)
    assert grade.rounded_down <= exact < grade.rounded_down + Decimal("0.01")
    if share.denominator in (1, 2, 4, 5, 8, 10, 20000):
        assert shown == exact.quantize(Decimal("0.01"), ROUND_HALF_UP)


def test_halves_go_up():
    assert rules.percent(Fraction(12345, 100_000)) == Decimal("12.35")
    assert rules.percent(Fraction(12344, 100_000)) == Decimal("12.34")
    assert rules.shown(Decimal("0.005")) == Decimal("0.01")


def test_of_equals_the_one_worth_more_is_dropped_and_never_all():
    known = [Category("x", drop=1)]
    items = [Item("small", Decimal(10), "x"), Item("large", Decimal(20), "x")]
    had = {"small": Result(Decimal(5)), "large": Result(Decimal(10))}
    assert rules.grade(ALL_POINTS, known, items, had, final=False).dropped == {"large"}
    known = [Category("x", drop=5)]
    assert rules.grade(ALL_POINTS, known, items, had, final=False).dropped == {"large"}
    assert rules.grade(ALL_POINTS, known, items[:1], had, final=False).dropped == frozenset()


def test_missing_work_counts_in_the_final_grade_alone():
    items = [Item("a", Decimal(10)), Item("b", Decimal(30))]
    had = {"a": Result(Decimal(10))}
    assert rules.grade(ALL_POINTS, [], items, had, final=False).percent == 100
    assert rules.grade(ALL_POINTS, [], items, had, final=True).percent == 25
    assert rules.grade(ALL_POINTS, [], items, {}, final=False).percent is None


def test_extra_credit_can_lift_a_grade_above_a_hundred():
    items = [Item("a", Decimal(10)), Item("bonus", Decimal(5), extra=True)]
    had = {"a": Result(Decimal(10)), "bonus": Result(Decimal(1))}
    assert rules.grade(ALL_POINTS, [], items, had, final=False).percent == 110
    known = [Category("x", Decimal(60)), Category("e", Decimal(5), extra=True)]
    items = [Item("a", Decimal(10), "x"), Item("b", Decimal(4), "e")]
    had = {"a": Result(Decimal(10)), "b": Result(Decimal(2))}
    assert rules.grade(WEIGHTED, known, items, had, final=False).percent == Decimal("102.5")


def test_a_student_can_fall_short_only_in_what_has_a_weight():
    known = [Category("x", Decimal(60)), Category("o"), Category("e", Decimal(5), extra=True)]
    item = {key: Item(key, Decimal(1), key) for key in ("x", "o", "e", None)}
    weighted = [key for key, one in item.items() if rules.counts(WEIGHTED, known, one)]
    together = [key for key, one in item.items() if rules.counts(ALL_POINTS, known, one)]
    assert (weighted, together) == (["x"], ["x", "o", None])
    assert not rules.counts(ALL_POINTS, known, Item("b", Decimal(1), extra=True))


def test_a_scale_reads_as_it_is_written():
    scale = rules.read_scale("A+  97,5 %\n\nB 80\nNot yet 0")
    assert [one.letter for one in scale] == ["A+", "B", "Not yet"]
    found = [rules.letter(scale, Decimal(of)) for of in ("97.5", "97.49", "80", "79.99", "120")]
    assert found == ["A+", "B", "B", "Not yet", "A+"]
    assert rules.letter(scale, None) == rules.letter((), Decimal(3)) == ""


@pytest.mark.parametrize(
    ("text", "line"),
    [("A", 1), ("90", 1), ("A 90\nB 90", 2), ("A 90\n\nB 91", 3), ("A 90\nA 80", 2), ("A -1", 1),
     ("A 1000", 1), ("A 1.234", 1), ("A ९०", 1), ("A\x00 nine", 1),
     ("\n".join(f"L{n} {99 - n}" for n in range(31)), 31)],
)  # fmt: skip
def test_what_is_no_scale_is_refused_with_its_line(text, line):
    with pytest.raises(rules.ScaleError) as problem:
        rules.read_scale(text)
    assert problem.value.line == line


@pytest.mark.parametrize(
    ("text", "points"),
    [("7", "7"), ("7.5", "7.5"), ("7,25", "7.25"), ("10", "10"), ("0", "0"), ("10.01", None),
     ("-1", None), ("", None), ("1e1", None), ("NaN", None), ("٧", None), ("1.234", None),
     ("1,000.5", None), ("7 ", None), ("9" * 30, None)],
)  # fmt: skip
def test_points_as_people_type_them(text, points):
    assert rules.read_points(text, Decimal(10)) == (None if points is None else Decimal(points))
