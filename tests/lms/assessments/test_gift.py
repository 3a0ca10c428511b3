"""GIFT: what teachers write as plain text, and what is written for them."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.assessments.formats.gift import read_gift
from lms.assessments.formats.gift_writer import carries, write_gift
from lms.assessments.formats.package import FormatError, Imported, Outcome
from lms.assessments.rules.questions import Essay, Kind, Match, Pair

from .drawing import imported

CARRIED = [kind for kind in Kind if carries(kind)]


def as_carried(one: Imported) -> Imported:
    """An arrow on a left side is written the way Markdown escapes it."""
    question = one.question
    if one.kind == Kind.MATCHING:
        pairs = tuple(
            Pair(pair.key, pair.left.replace("->", r"-\>"), pair.right) for pair in question.pairs
        )
        return replace(one, question=replace(question, pairs=pairs))
    if one.kind == Kind.ORDERING:
        items = tuple(
            replace(item, text=rf"\{item.text}" if item.text.startswith("//") else item.text)
            for item in question.items
        )
        return replace(one, question=replace(question, items=items))
    return one


@pytest.mark.parametrize("kind", CARRIED)
@given(data=st.data())
def test_what_was_written_is_read(kind, data):
    written = data.draw(st.lists(imported(kind), min_size=1, max_size=2))

    package = read_gift(write_gift(written))

    assert package.questions == tuple(map(as_carried, written))
    assert package.report.count(Outcome.WHOLE) == len(written), package.report


@given(st.text(max_size=200) | st.text("::{}=~#->%$/\\[]>Ta1.\n ", max_size=60))
def test_any_text_is_read_or_reported(text):
    read_gift(text.encode("utf-8", "replace"))


@given(st.binary(max_size=100))
def test_any_bytes_are_read_or_refused(data):
    try:
        read_gift(data)
    except FormatError as refusal:
        assert str(refusal)


def one(text: str) -> Imported:
    package = read_gift(text.encode())
    assert len(package.questions) == 1, package.report
    return package.questions[0]


def test_choices_with_credits_and_feedback():
    read = one(
        "::Jesus' hometown::Jesus Christ was from {\n"
        "    ~Jerusalem#This was an important city, but the wrong answer.\n"
        "    ~%25%Bethlehem#He was born here, but not raised here.\n"
        "    =Nazareth#Yes! That's right!\n"
        "####Look at a map.}."
    )

    assert read.kind == Kind.SINGLE
    assert read.title == "Jesus' hometown"
    assert read.question.prompt == "Jesus Christ was from _____."
    assert [choice.text for choice in read.question.choices] == [
        "Jerusalem",
        "Bethlehem",
        "Nazareth",
    ]
    assert [choice.credit for choice in read.question.choices] == [0, 25, 100]
    assert read.question.choices[1].feedback == "He was born here, but not raised here."
    assert read.question.explanation == "Look at a map."


def test_several_right_choices():
    read = one("Who is in it? {~%-50%No one ~%50%Grant ~%50%Grant's wife ~%-20%His father }")

    assert read.kind == Kind.MULTIPLE
    assert [choice.credit for choice in read.question.choices] == [0, 100, 100, -20]


def test_true_and_false_with_feedback_for_wrong_then_right():
    read = one("The sun rises in the east.{T#No, look!#Yes.####Always.}")

    assert read.kind == Kind.TRUE_FALSE
    assert read.question.answer is True
    assert (read.question.if_wrong, read.question.if_right) == ("No, look!", "Yes.")
    assert read.question.explanation == "Always."


def test_short_answers_with_wildcards():
    read = one("Two plus two equals {=four =%50%f*r =4\\\\*}")

    assert read.kind == Kind.SHORT
    assert [(a.text, a.match, a.credit) for a in read.question.accepted] == [
        ("four", Match.EXACT, 100),
        ("f*r", Match.PATTERN, 50),
        ("4*", Match.EXACT, 100),
    ]


@pytest.mark.parametrize(
    ("inside", "numbers"),
    [
        ("#1822", [("1822", "0", 100)]),
        ("#3.1415:0.0005", [("3.1415", "0.0005", 100)]),
        ("#3.141..3.142", [("3.1415", "0.0005", 100)]),
        ("#\n=1822:0 #Right.\n=%50%1822:2 #Near.\n", [("1822", "0", 100), ("1822", "2", 50)]),
        ("#-1.5e3", [("-1500", "0", 100)]),
    ],
)
def test_numbers_with_tolerances_and_ranges(inside, numbers):
    read = one(f"How much? {{{inside}}}")

    assert read.kind == Kind.NUMERIC
    assert [(a.value, a.tolerance, a.credit) for a in read.question.accepted] == [
        (Decimal(value), Decimal(tolerance), credit) for value, tolerance, credit in numbers
    ]


def test_units_are_named_in_a_comment():
    read = one("// [unit:m] [unit:cm 0.01] [unit required:yes] [without unit:50]\nHow far? {#2}")

    assert [(unit.name, unit.factor) for unit in read.question.units] == [
        ("m", 1),
        ("cm", Decimal("0.01")),
    ]
    assert read.question.unit_required
    assert read.question.without_unit == 50


def test_pairs_and_a_side_that_belongs_to_none():
    read = one("Match the\ncapitals.{=Canada->Ottawa =Italy -> Rome = -> Oslo}")

    assert read.kind == Kind.MATCHING
    assert read.question.prompt == "Match the capitals."
    assert [(pair.left, pair.right) for pair in read.question.pairs] == [
        ("Canada", "Ottawa"),
        ("Italy", "Rome"),
    ]
    assert read.question.distractors == ("Oslo",)


def test_ordering_as_moodle_writes_it():
    read = one("Sort. {>3 ALL VERTICAL ALL_OR_NOTHING SHOW none\none\ntwo\nthree\n}")

    assert read.kind == Kind.ORDERING
    assert [item.text for item in read.question.items] == ["one", "two", "three"]
    assert not read.question.partial


def test_several_gaps_are_one_question():
    read = one("// [prompt:Fill in.]\n{=Rome =Roma} is in {=Italy ~Spain}, [[not]] *here*.")

    assert read.kind == Kind.BLANKS
    assert read.question.prompt == "Fill in."
    assert read.question.text == r"[[k1]] is in [[k2]], [ [not\]\] \*here\*."
    assert read.question.blanks[0].choices == ()
    assert read.question.blanks[1].choices == ("Italy", "Spain")


def test_essay_and_file():
    assert one("Write about rain. {}").question == Essay(prompt="Write about rain.")
    assert one("// [kind:file]\nHand in a drawing. {}").kind == Kind.FILE
    assert one("// [words:100-200]\nWrite. {####It rains.}").question.most_words == 200


def test_categories_tags_and_identifiers():
    package = read_gift(
        b"$CATEGORY: $course$/top/Plants/Leaves\n\n"
        b"// [id:q-1] [tag:green] [tags:a, b]\nIs it green? {T}\n\n"
        b"$CATEGORY: Animals\n\nDo they move? {T}\n"
    )

    first, second = package.questions
    assert first.identifier == "q-1"
    assert first.tags == ("Plants", "Leaves", "green", "a", "b")
    assert second.tags == ("Animals",)


def test_formats_of_texts():
    assert one("[html]<p>Is <b>H<sub>2</sub>O</b> wet?</p>{T}").question.prompt == "Is **H₂O** wet?"
    assert one("[markdown]Is *this* so?{T}").question.prompt == "Is *this* so?"
    assert one("[plain]Is *this* so?{T}").question.prompt == r"Is \*this\* so?"
    assert one("Is <i>this</i> so?\\nTell.{T}").question.prompt == "Is *this* so?\nTell."
    assert (
        one(r"Is \(x^\{2\}\) = 4?{T}".replace("=", r"\=")).question.prompt == r"Is \(x^{2}\) = 4?"
    )


def test_what_is_wrong_is_told_with_its_line_and_the_rest_is_read():
    package = read_gift(
        b"Good one? {T}\n"
        b"\n"
        b"// A comment\n"
        b"Not closed {=a\n"
        b"\n"
        b"Nothing is right {~a ~b}\n"
        b"\n"
        b"Just a text.\n"
        b"\n"
        b"How much? {#\n"
        b"=1\n"
        b"=much\n"
        b"}\n"
        b"\n"
        b"Pairs {=a -> b\n"
        b"=c}\n"
        b"\n"
        b"Another good one? {F}\n"
    )

    assert [read.question.prompt for read in package.questions] == [
        "Good one?",
        "Another good one?",
    ]
    left_out = [
        (entry.line, entry.notes[0])
        for entry in package.report.entries
        if entry.outcome == Outcome.LEFT_OUT
    ]
    assert [line for line, _note in left_out] == [4, 6, 8, 12, 16]
    assert "not closed" in left_out[0][1]
    assert "No choice is right" in left_out[1][1]
    assert "no question" in left_out[2][1]
    assert "“much” is no number" in left_out[3][1]
    assert "->" in left_out[4][1]


def test_what_changed_is_reported():
    package = read_gift(b"How much? {#5~#Too bad.}\n\nWhich? {~%60%a ~%40%b ~c}\n")

    assert [entry.outcome for entry in package.report.entries] == [Outcome.CHANGED] * 2
    assert package.questions[0].question.explanation == "Too bad."


def test_a_picture_question_is_named_as_left_out(picture_question):
    text = write_gift([picture_question]).decode()

    assert read_gift(text.encode()).questions == ()
    assert text == "// Left out, for GIFT has no pictures: Where is Rome?\n"


@pytest.fixture
def picture_question():
    from lms.assessments.rules.questions import Area, Hotspot, Shape

    question = Hotspot(
        prompt="Where?",
        picture="map",
        alt="A map",
        width=10,
        height=10,
        areas=(Area("k1", Shape.CIRCLE, (1, 1, 1)),),
    )
    return Imported("", "Where is Rome?", (), Kind.HOTSPOT, question)


def test_what_is_no_text_is_refused():
    with pytest.raises(FormatError, match="UTF-8"):
        read_gift(b"caf\xe9 {T}")
    assert read_gift("Ob das geht? {T}".encode("utf-16")).questions
    assert read_gift(b"a\0b {T}").report.count(Outcome.LEFT_OUT) == 1
