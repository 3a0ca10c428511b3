from hypothesis import given
from hypothesis import strategies as st

from lms.certificates import rules
from lms.certificates.rules import Grading, Requirement
from lms.common.colours import contrast

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
colours = st.integers(0, 0xFFFFFF).map(lambda value: f"#{value:06x}")


def test_nothing_required_earns_nothing():
    assert not rules.is_due([], Grading(), None)


def test_one_unmet_requirement_is_one_too_many():
    requirements = [Requirement("lessons", met=True), Requirement("homework", met=False)]
    assert not rules.is_due(requirements, Grading(), None)


def test_an_unknown_grade_waits_where_a_minimum_is_set():
    requirements = [Requirement("lessons", met=True)]
    assert not rules.is_due(requirements, Grading(graded=True, grade=None), 50)


@given(colours)
def test_any_brand_colour_becomes_readable_on_paper(colour):
    assert contrast(rules.readable_on_white(colour), "#ffffff") >= 4.5


def test_a_readable_colour_stays_as_it_is():
    assert rules.readable_on_white("#0b5d66") == "#0b5d66"


@given(text)
def test_printable_text_has_no_controls_and_no_direction_tricks(value):
    shown = rules.printable(value)
    assert shown == rules.printable(shown)
    assert not set(shown) & {"\n", "\x00", "\u202e", "\u2066", "\ufffe"}


@given(text)
def test_longer_text_is_never_set_larger(value):
    box = {"width": 200, "height": 20, "largest": 40, "smallest": 6}
    assert rules.fit(value + "w", **box)[0] <= rules.fit(value, **box)[0]


def test_the_first_letter_decides_which_way_text_runs():
    assert rules.reads_right_to_left("(2026) محمد Ali")
    assert not rules.reads_right_to_left("Ali محمد")
