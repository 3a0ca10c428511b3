"""Packages of QTI as this platform writes them: sound, and read back as they were."""

import io
import re
from dataclasses import fields, is_dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lms.assessments.formats.package import Imported, Outcome
from lms.assessments.formats.qti import read_qti
from lms.assessments.formats.qti_writer import Version, write_qti
from lms.assessments.formats.texts import normal
from lms.assessments.rules.questions import (
    Accepted,
    AcceptedNumber,
    Area,
    Blank,
    Kind,
    Matching,
    Unit,
)

from .drawing import anything, imported, lines
from .qti_rules import problems
from .test_texts import sentences

markdown = (anything | sentences).map(normal).filter(bool)
words = st.sampled_from(["one", "two words", "*", "a*b", r"\*", "100 %", "x-y", "T", "[a]"]) | lines
names = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True).map(lambda name: f"item-{name}")


def png() -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (40, 30)).save(held, "PNG")
    return held.getvalue()


PICTURES = {"map": ("map.png", png())}


def settled(value):
    """As a package can say it: texts as XHTML shows them, and the best answers first."""
    if isinstance(value, str):
        return re.sub(r"\[\[(k\d+)\\\]\\\]", r"[[\1]]", normal(value))
    if isinstance(value, tuple):
        parts = tuple(map(settled, value))
        if parts and isinstance(parts[0], Accepted | AcceptedNumber | Area):
            parts = tuple(sorted(parts, key=lambda one: -one.credit))
        if parts and isinstance(parts[0], Area):
            parts = tuple(replace(one, key=f"k{n}") for n, one in enumerate(parts, 1))
        return parts
    if isinstance(value, Accepted | AcceptedNumber | Area):
        return replace(value, feedback=settled(value.feedback))
    if isinstance(value, Unit) or not is_dataclass(value):
        return value
    kept = ("key", "alt", "picture", "starter", "choices" if isinstance(value, Blank) else "")
    made = replace(
        value,
        **{
            field.name: settled(getattr(value, field.name))
            for field in fields(value)
            if field.name not in kept
        },
    )
    if isinstance(made, Blank) and made.choices:  # those that are chosen from stand in the list
        order = {choice: place for place, choice in enumerate(made.choices)}
        fits = sorted(made.accepted, key=lambda one: order[one.text])
        return replace(made, accepted=tuple(fits))
    if isinstance(made, Matching):  # a right side is on the list already
        rights = {pair.right for pair in made.pairs}
        others = dict.fromkeys(one for one in made.distractors if one not in rights)
        return replace(made, distractors=tuple(others))
    return made


def read_back(written: list[Imported], version: Version) -> tuple[Imported, ...]:
    package = read_qti(write_qti(written, version))
    assert package.report.count(Outcome.WHOLE) == len(written), package.report
    return package.questions


@pytest.mark.parametrize("version", Version)
@pytest.mark.parametrize("kind", Kind)
@given(data=st.data())
def test_what_was_written_is_read(kind, version, data):
    pictures = st.just(PICTURES)
    one = data.draw(imported(kind, markdown, words, pictures, names))

    (read,) = read_back([one], version)

    assert read == replace(one, question=settled(one.question), pictures=read.pictures)
    assert read.pictures in ({}, PICTURES)


@pytest.mark.parametrize("version", Version)
@given(data=st.data())
def test_a_written_package_is_sound(version, data):
    pictures = st.just(PICTURES)
    drawn = st.sampled_from(Kind).flatmap(
        lambda kind: imported(kind, markdown, words, pictures, lines)
    )
    written = data.draw(st.lists(drawn, max_size=3))

    assert problems(write_qti(written, version), version) == []


@given(st.text(max_size=60))
def test_any_text_goes_into_a_package(text):
    from lms.assessments.rules.questions import Essay

    one = Imported(text, text, (text,), Kind.ESSAY, Essay(prompt=f"x{text}", notes=text))

    for version in Version:
        assert read_qti(write_qti([one], version)).report.count(Outcome.WHOLE) == 1


def test_pictures_go_with_their_questions():
    from lms.assessments.rules.questions import Choice, Choices

    question = Choices(
        prompt="What is this?\n\n![A map](picture:map)",
        choices=(Choice("k1", "![It](picture:map)", 100), Choice("k2", "That")),
    )
    one = Imported("q", "Q", (), Kind.SINGLE, question, pictures=PICTURES)

    assert read_back([one], Version.V3_0) == (one,)
