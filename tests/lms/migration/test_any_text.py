"""Whatever a file holds, reading ends, the blocks are valid and nothing in them runs."""

import tempfile
from html.parser import HTMLParser
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from lms.courses.blocks import LessonBody
from lms.files.svg import SvgError, sanitised
from lms.migration.reader import read_course
from tests.lms.migration.folders import every, write

ALLOWED = {
    "p": set(), "ul": set(), "ol": set(), "li": set(), "b": set(), "i": set(), "code": set(),
    "sup": set(), "sub": set(), "br": set(), "h3": set(),
    "a": {"href", "data-lesson", "data-fragment", "data-asset"},
}  # fmt: skip
# Pieces that mean something in one dialect or another, and often clash.
PIECES = r"""
# |## |\n\n|\n|- |1. |3. |> |> [!NOTE] |> **Note:** |    |```|```python\n|~~~|::: note\n|:::\n
:::: challenge\n|::::\n|::: question\n\nq\n\n- [x] a\n- [ ] b\n|{: .challenge}\n|{#id .c}
{alt='x'}|[a](b.md)|[a](#b)|![a](b.png)|[^1]|\n[^1]: n\n|[a]: javascript:x\n|[a]|$x$|$$y$$
\\(z\\)|\\[|\\]|**|*|_|~~|`|<script>|</script>|<style>|<!--|-->|<div>|</div>|<b>|</b>|<p>
<img src=x onerror=y>|<a href='javascript:z'>|<a href="data:text/html,x">|</a>|<details>
<summary>s</summary>|</details>|<table><tr><td>|</table>|\n: d\n|<iframe src=https://youtu.be/abcdefghijk>
https://youtu.be/abcdefghijk|&lt;|&#106;|\\|<svg>|<textarea>|<title>|<![CDATA[|<?php
<x-y url=javascript:q>|{{ a }}|{% b %}|---\n|***\n|\t
"""
pieces = st.sampled_from(
    [
        piece.replace(r"\n", "\n").replace(r"\t", "\t").replace(r"\\", "\\")
        for line in PIECES.strip().splitlines()
        for piece in line.split("|")
    ]
    + ["| a | b |\n|---|---|\n| c | d |\n"]
)
texts = st.text(st.characters(exclude_characters="\x00"), max_size=8)
documents = st.lists(st.one_of(pieces, texts), max_size=40).map("".join)


class Scan(HTMLParser):
    """Fails on any tag, attribute or address that rich text must not hold."""

    def handle_starttag(self, tag, attrs):
        assert tag in ALLOWED, tag
        for name, value in attrs:
            assert name in ALLOWED[tag], (tag, name)
            if name == "href":
                assert value.lower().startswith(("https://", "http://", "mailto:", "tel:")), value


def rich_texts(value):
    """All strings of blocks but code and formulas."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key not in ("code", "latex"):
                yield from rich_texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from rich_texts(item)
    elif isinstance(value, str):
        yield value


@given(text=documents)
@example(text="**" * 2000 + "x" + "**" * 2000)
@example(text="<b>" * 2000 + "x")
@example(text="- " * 300 + "x")
@example(text="[" * 3000)
@example(text="::: note\n" * 300 + "x\n" + ":::\n" * 300)
def test_any_markdown_becomes_valid_and_harmless_blocks(text):
    with tempfile.TemporaryDirectory() as place:
        bundle, _report = read_course(
            write(Path(place), {"1-a.md": f"x\n\n{text}".encode(errors="replace")})
        )
    body = next(lesson.body for lesson in bundle.lessons if lesson.path == "1-a.md")
    for block in every(body):
        if block["type"] in ("rich_text", "quotation", "table", "image", "self_check"):
            scan = Scan()
            for string in rich_texts(block["value"]):
                if "<" in string and block["type"] != "table":
                    scan.feed(string)
    stream = LessonBody()
    value = stream.to_python(body)
    assert len(value) == len(body)
    stream.clean(value)


@given(front=st.text(st.characters(exclude_characters="\x00"), max_size=80))
def test_any_front_matter_is_read_or_reported(front):
    with tempfile.TemporaryDirectory() as place:
        text = f"---\n{front}\n---\n# Title\n\nText\n".encode(errors="replace")
        bundle, _report = read_course(write(Path(place), {"1-a.md": text}))
    assert bundle.lessons[0].title


@given(data=st.one_of(st.binary(max_size=200), st.text(max_size=100).map(str.encode)))
def test_any_file_as_a_drawing_is_refused_or_harmless(data):
    for content in (data, b'<svg xmlns="http://www.w3.org/2000/svg">' + data + b"</svg>"):
        try:
            clean, _dropped = sanitised(content)
        except SvgError:
            continue
        assert b"<script" not in clean
