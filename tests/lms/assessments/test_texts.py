"""Markdown and XHTML: what one says, the other shows."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.assessments.formats.package import FormatError, Notes
from lms.assessments.formats.texts import (
    elements_of,
    from_html,
    from_plain,
    normal,
    parse_xml,
    to_xhtml,
)

from .drawing import anything

inline = st.sampled_from(
    ["word", "a_b", "5 * 3", "**bold**", "*thin*", "`code`", r"\(x^2\)", "[site](https://x.org/a)",
     "[1]", "a\nb", r"\*no\*", "![a map](picture:map)", "<b>", "&amp;", "H₂O", "1.", "# x"]
)  # fmt: skip
sentences = st.lists(inline, min_size=1, max_size=4).map(" ".join)
blocks = st.one_of(
    sentences,
    sentences.map(lambda text: f"## {text}"),
    st.lists(sentences, min_size=1, max_size=3).map(lambda rows: "\n".join(f"- {r}" for r in rows)),
    st.lists(sentences, min_size=1, max_size=3).map(
        lambda rows: "\n".join(f"{n}. {row}" for n, row in enumerate(rows, 3))
    ),
    st.tuples(sentences, sentences).map(lambda two: f"- {two[0]}\n\n  {two[1]}\n\n- x"),
    st.tuples(sentences, sentences).map(lambda two: f"1. {two[0]}\n   - {two[1]}\n2. x"),
    st.tuples(sentences, sentences).map(
        lambda two: f"| {two[0]} | b |\n| --- | --- |\n| {two[1]} | d |"
    ),
    sentences.map(lambda text: f"> {text}"),
    anything.map(lambda text: f"~~~~\n{text.replace('~', '')}\n~~~~"),
    st.just("***"),
    st.just(r"\[x=1\]"),
)
texts = st.lists(blocks, min_size=1, max_size=4).map("\n\n".join)


def shown(text: str) -> str:
    return " ".join(to_xhtml(text).split())


@given(texts)
def test_a_text_shows_the_same_after_both_ways(text):
    assert shown(normal(text)) == shown(text)
    assert normal(normal(text)) == normal(text)


@given(st.text(max_size=80) | anything)
def test_any_text_is_well_formed_xhtml_and_settles(text):
    elements_of(text)
    settled = normal(normal(text))
    assert normal(settled) == settled


@given(st.text(max_size=80) | anything)
def test_plain_text_shows_as_it_is(text):
    markdown = from_plain(text)
    if "\\(" not in text:
        read = "".join(elements_of(markdown).itertext())
        assert (
            read.split()
            == re.sub("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text).split()
        )


@given(st.text("<>/abpdivult =\"'&;!-[]\n", max_size=80))
def test_any_html_is_read(html):
    from_html(html)


def test_html_of_other_programs():
    notes = Notes()
    html = (
        "<h2>Wet</h2><div>A <strong>drop </strong>of H<sub>2</sub>O<br>at 10<sup>-3</sup> °C</div>"
        "<ul><li>one<ul><li>deep</li></ul></li><li>two</li></ul><ul><li>another list</li></ul>"
        "<table><tr><td>a|b</td><td>c</td></tr></table>"
        "<script>alert(1)</script><a href='javascript:x'>click</a> <video src='x'>no</video>"
    )
    assert from_html(html, notes) == (
        "## Wet\n\n"
        "A **drop** of H₂O\nat 10⁻³ °C\n\n"
        "- one\n  - deep\n- two\n\n"
        "* another list\n\n"
        "| a\\|b | c |\n| --- | --- |\n\n"
        "click"
    )
    assert len(notes.sentences) == 1


def test_formulas_of_other_programs():
    mathml = (
        "<math><mrow><mi>x</mi><mo>=</mo><mfrac><mrow><mo>−</mo><mi>b</mi><mo>±</mo>"
        "<msqrt><msup><mi>b</mi><mn>2</mn></msup></msqrt></mrow><mn>2</mn></mfrac></mrow></math>"
    )
    assert from_html(f"<p>So {mathml}.</p>") == r"So \(x=\frac{-b\pm \sqrt{b^{2}}}{2}\)."
    assert from_html("<math alttext='pi'><mglyph/></math>") == "pi"


@pytest.mark.parametrize(
    "data",
    [
        b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
        b"<!DOCTYPE a [<!ENTITY b 'bbbb'><!ENTITY c '&b;&b;'>]><a>&c;</a>",
        b"<a>" * 70 + b"</a>" * 70,
        b"<a><b></a>",
        b"\xff\xfe\x00",
        b"<?xml version='1.0' encoding='klingon'?><a/>",
        b"<a>\0</a>",
        b"",
    ],
)
def test_harmful_xml_is_refused(data):
    with pytest.raises(FormatError):
        parse_xml(data)


@pytest.mark.parametrize("piece", ["<a ", "<!--", "<b>", "&#x", "\\(", "[", "*", "`"])
def test_texts_that_only_take_time_don_t(piece):
    text = piece * (20_000 // len(piece))
    begun = time.monotonic()

    from_html(text)
    from_plain(text)

    assert time.monotonic() - begun < 5
