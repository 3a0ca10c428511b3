"""What results say about questions: held against the formulas of textbooks, in floating point."""

import statistics
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.assessments.rules.analysis import Caution, Result, analyse

credits = st.integers(0, 4).map(lambda quarters: Decimal(quarters) / 4)


@st.composite
def classes(draw, least=0, most=12):
    """Everybody is asked the same questions."""
    names = [f"q{number}" for number in range(draw(st.integers(1, 4)))]
    rows = draw(
        st.lists(
            st.lists(credits, min_size=len(names), max_size=len(names)),
            min_size=least,
            max_size=most,
        )
    )
    return [Result(sum(row, Decimal(0)), dict(zip(names, row, strict=True))) for row in rows]


def near(figure, value):
    return float(figure) == pytest.approx(value, abs=0.0002)


@given(classes(least=2))
def test_means_deviations_and_correlations(results):
    analysis = analyse(results)

    totals = [float(result.total) for result in results]
    assert near(analysis.mean, statistics.mean(totals))
    assert near(analysis.deviation, statistics.stdev(totals))
    for name, figures in analysis.questions.items():
        ones = [float(result.credits[name]) for result in results]
        rest = [total - one for total, one in zip(totals, ones, strict=True)]
        assert near(figures.facility, statistics.mean(ones))
        assert near(figures.deviation, statistics.stdev(ones))
        if len(set(ones)) > 1 and len(set(rest)) > 1:
            assert near(figures.correlation, statistics.correlation(ones, rest))
        else:
            assert figures.correlation is None


@given(classes(least=2))
def test_reliability_is_cronbachs(results):
    analysis = analyse(results)

    names = list(results[0].credits)
    totals = [float(result.total) for result in results]
    spread = statistics.variance(totals)
    if len(names) < 2 or len(set(totals)) == 1:
        assert analysis.alpha is None
        assert analysis.error is None
        return
    parts = sum(statistics.variance(float(r.credits[name]) for r in results) for name in names)
    alpha = len(names) / (len(names) - 1) * (1 - parts / spread)
    assert near(analysis.alpha, alpha)
    assert near(analysis.error, (spread * max(0, 1 - alpha)) ** 0.5)


@given(classes(least=4, most=20), st.randoms())
def test_groups_are_the_best_and_the_weakest_whatever_their_order(results, random):
    analysis = analyse(results)

    size = max(1, int(0.27 * len(results) + 0.5))
    totals = sorted(result.total for result in results)
    for name, figures in analysis.questions.items():
        if totals[size - 1] >= totals[-size]:
            assert figures.discrimination is None
            continue
        upper = [float(r.credits[name]) for r in results if r.total >= totals[-size]]
        lower = [float(r.credits[name]) for r in results if r.total <= totals[size - 1]]
        assert near(figures.discrimination, statistics.mean(upper) - statistics.mean(lower))
    shuffled = list(results)
    random.shuffle(shuffled)
    again = analyse(shuffled)
    assert again.questions == analysis.questions
    assert again.alpha == analysis.alpha


@given(classes(most=3))
def test_small_classes_have_no_figures_that_mean_nothing(results):
    analysis = analyse(results)

    assert analysis.students == len(results)
    for figures in analysis.questions.values():
        assert figures.discrimination is None
        assert figures.warnings == ()
    if len(results) < 2:
        assert (analysis.deviation, analysis.alpha, analysis.error) == (None, None, None)


@given(st.lists(st.dictionaries(st.sampled_from("abc"), st.none() | credits), max_size=8))
def test_questions_not_asked_or_not_marked_are_left_aside(rows):
    results = [
        Result(sum((one for one in row.values() if one is not None), Decimal(0)), row)
        for row in rows
    ]
    analysis = analyse(results)

    for name, figures in analysis.questions.items():
        marked = [row[name] for row in rows if row.get(name) is not None]
        assert figures.asked == len(marked)
        assert (figures.facility is None) == (not marked)


def attempt(total, chosen):
    right = Decimal(chosen == "a")
    return Result(Decimal(total), {"q": right}, {"q": [chosen]})


def test_how_often_each_choice_was_taken():
    results = [attempt(10, "a"), attempt(9, "b"), attempt(5, "a"), attempt(1, "c"), attempt(0, "c")]
    figures = analyse(results, {"q": {"a": True, "b": False, "c": False, "d": False}}).questions[
        "q"
    ]

    assert [(one.key, one.all, one.upper, one.lower) for one in figures.taken] == [
        ("a", 2, 1, 0),
        ("b", 1, 0, 0),
        ("c", 2, 0, 1),
        ("d", 0, 0, 0),
    ]
    assert figures.taken[0].share == Decimal("0.4")
    assert figures.warnings == ((Caution.IDLE, "d"),)


@pytest.mark.parametrize(
    ("rows", "warning"),
    [
        ([(4, 1), (3, 1), (2, 1), (1, 1)], Caution.TOO_EASY),
        ([(4, 0), (3, 0), (2, 0), (1, 0)], Caution.TOO_HARD),
        ([(4, 0), (3, 0), (2, 1), (1, 1)], Caution.NEGATIVE),
        ([(4, 1), (3, 0), (2, 0), (1, 1)], Caution.WEAK),
    ],
)
def test_warnings(rows, warning):
    results = [Result(Decimal(total), {"q": Decimal(credit)}) for total, credit in rows]

    assert (warning, "") in analyse(results).questions["q"].warnings


def test_a_choice_that_misleads_the_good_is_told():
    results = [attempt(9, "b"), attempt(8, "a"), attempt(3, "a"), attempt(1, "a")]
    figures = analyse(results, {"q": {"a": True, "b": False}}).questions["q"]

    assert (Caution.MISLEADING, "b") in figures.warnings
