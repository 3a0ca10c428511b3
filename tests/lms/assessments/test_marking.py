"""What answers are worth: numbers as people write them, patterns, shares, places in pictures."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.assessments.rules import answers, marking, papers, sitting
from lms.assessments.rules.marking import mark
from lms.assessments.rules.questions import Kind, QuestionError, read, write
from tests.lms.assessments.making import ASKED

kinds = st.sampled_from(list(ASKED))


def worth(kind, data, answer):
    question = read(kind, data)
    return mark(kind, question, answers.clean(kind, question, answer)).credit


def number(value, text, **more):
    accepted = [{"value": value, **more.pop("accepted", {})}]
    return worth("numeric", {"prompt": "?", "accepted": accepted, **more}, {"text": text})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1234.5", "1,234.5"),
        ("1234.5", "1.234,5"),
        ("1234.5", "1 234,5"),
        ("1234.5", "1'234.5"),
        ("1234", "1,234"),
        ("1.234", "1,234"),
        ("-3", "−3"),
        ("-3", " - 3 "),
        ("0.5", "0,5"),
        ("602", "6.02e2"),
        ("602", "6,02 × 10^2"),
        ("0.06", "6·10^-2"),
        ("12", "١٢"),
        ("1.5", "١٫٥"),
    ],
)
def test_numbers_are_read_as_people_write_them(value, text):
    assert number(value, text) == 1


@pytest.mark.parametrize("text", ["", "abc", "1.2.3,4,5", "e5", "--1", "½", "1/2", "9" * 300])
def test_what_is_no_number_is_wrong(text):
    assert number("1", text) == 0


def test_tolerances_and_units():
    units = [{"name": "m"}, {"name": "cm", "factor": "0.01"}]
    near = {"tolerance": "0.1"}
    assert number("2", "2.1", accepted=near) == 1
    assert number("2", "2.11", accepted=near) == 0
    assert number("200", "210", accepted={"tolerance": "5", "relative": True}) == 1
    assert number("2", "200 cm", units=units) == 1
    assert number("2", "2", units=units) == 1
    assert number("2", "2", units=units, unit_required=True, without_unit=50) == Decimal("0.5")
    assert number("2", "2 km", units=units) == 0


@given(value=st.decimals(-(10**6), 10**6, places=3), slack=st.decimals(0, 10, places=3))
def test_a_number_within_its_tolerance_is_right_and_one_outside_is_not(value, slack):
    accepted = {"tolerance": str(slack)}
    for off, right in ((slack, 1), (-slack, 1), (slack + Decimal("0.001"), 0)):
        assert number(str(value), f"{value + off:f}", accepted=accepted) == right


def test_short_answers_by_pattern_and_for_part_of_the_credit():
    accepted = [
        {"text": "*gasoline*", "match": "pattern"},
        {"text": "petr?l", "match": "pattern", "credit": 50},
    ]
    data = {"prompt": "?", "accepted": accepted}
    assert worth("short", data, {"text": "I think Gasoline"}) == 1
    assert worth("short", data, {"text": "petrol"}) == Decimal("0.5")
    assert worth("short", data, {"text": "diesel"}) == 0
    exact = {"prompt": "?", "accepted": [{"text": "Don’t"}], "case_sensitive": True}
    assert worth("short", exact, {"text": "Don't"}) == 1
    assert worth("short", exact, {"text": "don't"}) == 0


def test_a_pattern_of_stars_takes_no_time():
    data = {"prompt": "?", "accepted": [{"text": "*a" * 200, "match": "pattern"}]}
    assert worth("short", data, {"text": "b" * 9_000}) == 0


def test_of_several_choices_wrong_ones_cost_what_right_ones_earn():
    data = {
        "prompt": "?",
        "choices": [
            {"key": "a", "text": "A", "credit": 100},
            {"key": "b", "text": "B", "credit": 100},
            {"key": "c", "text": "C"},
            {"key": "d", "text": "D", "credit": -25},
        ],
    }
    half = Decimal("0.5")
    for chosen, share in ((["a"], half), (["a", "b"], 1), (["a", "c"], 0), (["a", "d"], half / 2)):
        assert worth("multiple", data, {"choices": chosen}) == share
    strict = {**data, "partial": False}
    assert worth("multiple", strict, {"choices": ["a"]}) == 0
    assert worth("multiple", data, {"choices": ["a", "b", "c", "d"]}) < 1


def test_one_item_out_of_place_does_not_make_all_wrong():
    items = [{"key": key, "text": key} for key in "abcde"]
    data = {"prompt": "?", "items": items}
    assert worth("ordering", data, {"order": list("bcdea")}) == Decimal("0.75")
    assert worth("ordering", data, {"order": list("edcba")}) == 0
    assert worth("ordering", {**data, "partial": False}, {"order": list("bcdea")}) == 0


@pytest.mark.parametrize(
    ("area", "inside", "outside"),
    [
        ({"shape": "circle", "points": [50, 50, 10]}, (57, 57), (58, 58)),
        ({"shape": "rectangle", "points": [60, 40, 20, 10]}, (20, 40), (19, 40)),
        ({"shape": "polygon", "points": [10, 10, 90, 10, 50, 90]}, (50, 60), (20, 60)),
    ],
)
def test_a_point_is_in_an_area_or_not(area, inside, outside):
    data = {
        "prompt": "?", "picture": "a", "alt": "A map", "width": 100, "height": 100,
        "areas": [{"key": "a", **area}],
    }  # fmt: skip
    for (x, y), share in ((inside, 1), (outside, 0)):
        assert worth("hotspot", data, {"x": x, "y": y}) == share
    question = read("hotspot", data)
    assert mark("hotspot", question, marking.solution("hotspot", question)).credit == 1


@given(kind=kinds)
def test_a_solution_is_worth_everything(kind):
    question = read(kind, ASKED[kind][0])
    assert mark(kind, question, marking.solution(kind, question)).credit == 1
    assert read(kind, write(question)) == question


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
names = st.sampled_from(["choice", "choices", "value", "text", "pairs", "order", "blanks", "x"])


@given(kind=st.sampled_from(list(Kind)), sent=st.dictionaries(names, junk) | junk)
def test_an_answer_is_clean_or_refused_and_never_worth_more_than_all(kind, sent):
    data = ASKED[kind][0] if kind in ASKED else {"prompt": "?"}
    if kind == Kind.HOTSPOT:
        data = {"prompt": "?", "picture": "a", "alt": "a", "width": 9, "height": 9,
                "areas": [{"key": "a", "shape": "circle", "points": [1, 1, 1]}]}  # fmt: skip
    question = read(kind, data)
    try:
        answer = answers.clean(kind, question, sent)
    except answers.AnswerError:
        return
    credit = mark(kind, question, answer).credit
    assert credit is None or 0 <= credit <= 1


@given(kind=st.sampled_from([*Kind, "other"]), data=junk | st.dictionaries(names, junk))
def test_what_is_no_question_is_refused(kind, data):
    with pytest.raises(QuestionError):
        read(kind, data)


@given(
    fixed=st.integers(0, 3), pools=st.lists(st.integers(1, 3), max_size=3), seed=st.text(max_size=8)
)
def test_a_paper_has_every_fixed_question_once_and_its_seed_gives_it_again(fixed, pools, seed):
    bank = tuple(range(12))
    places = [papers.Place((number,), Decimal(1)) for number in range(fixed)]
    places += [papers.Place(bank, Decimal(2), size) for size in pools]
    drawn = papers.draw(places, seed, shuffle=True)
    asked = [entry.question for entry in drawn]
    assert len(asked) == len(set(asked)) == fixed + sum(pools)
    assert set(range(fixed)) <= set(asked)
    assert papers.draw(places, seed, shuffle=True) == drawn


def test_a_pool_of_one_does_not_give_what_stands_in_the_paper_anyhow():
    places = [papers.Place((1,), Decimal(1)), papers.Place((1,), Decimal(1), 1)]
    with pytest.raises(papers.PoolTooSmall):
        papers.draw(places, "seed", shuffle=False)


@given(scores=st.lists(st.decimals(0, 100, places=2), min_size=1, max_size=5))
def test_what_counts_lies_between_the_attempts(scores):
    for method in sitting.Method:
        assert min(scores) <= sitting.counted(method, scores) <= max(scores)
    assert sitting.counted("latest", scores) == scores[-1]
