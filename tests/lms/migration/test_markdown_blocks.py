"""One construct of Markdown at a time, and what stands in the lesson for it."""

import pytest

from tests.lms.migration.folders import SVG, every, kinds, noted, one, png


def value(root, text, files=None):
    """The value of the only block that a text becomes."""
    blocks, _report = one(root, text, files)
    assert len(blocks) == 1, blocks
    return blocks[0]["value"]


# --- Text
def test_paragraphs_and_lists_beside_each_other_are_one_rich_text(tmp_path):
    html = value(tmp_path, "One *two* **three**.\n\n- a\n- b\n\nEnd.\n")
    assert html == ("<p>One <i>two</i> <b>three</b>.</p><ul><li>a</li><li>b</li></ul><p>End.</p>")


def test_lists_inside_lists_stay_nested(tmp_path):
    html = value(tmp_path, "1. a\n   - b\n     1. c\n2. d\n")
    assert html == "<ol><li>a<ul><li>b<ol><li>c</li></ol></li></ul></li><li>d</li></ol>"


def test_several_paragraphs_of_a_list_item_stay_in_it(tmp_path):
    blocks, report = one(tmp_path, "- a\n\n  more\n- b\n")
    assert blocks[0]["value"] == "<ul><li>a<br/><br/>more</li><li>b</li></ul>"
    assert noted(report.approximated, "paragraphs of a list item")


def test_a_numbered_list_around_code_keeps_its_numbers(tmp_path):
    blocks, report = one(tmp_path, "1. First:\n\n   ```bash\n   ls\n   ```\n2. Second\n")
    assert kinds(blocks) == ["rich_text", "code", "rich_text"]
    assert blocks[0]["value"] == "<p>1. First:</p>"
    assert blocks[2]["value"] == "<p>2. Second</p>"
    assert noted(report.approximated, "numbered paragraphs")


def test_a_list_that_begins_at_three_says_three(tmp_path):
    assert "<p>3. c</p><p>4. d</p>" in value(tmp_path, "Text\n\n3. c\n4. d\n")


def test_headings_keep_their_levels(tmp_path):
    blocks, _report = one(tmp_path, "---\ntitle: T\n---\n## Two\n\n### Three\n\n#### Four\n")
    assert [(b["value"]["text"], b["value"]["level"]) for b in blocks] == [
        ("Two", "h2"), ("Three", "h3"), ("Four", "h4"),
    ]  # fmt: skip


def test_headings_too_deep_become_level_four(tmp_path):
    blocks, report = one(tmp_path, "###### Six\n")
    assert blocks[0]["value"]["level"] == "h4"
    assert noted(report.approximated, "heading of level 6")


def test_an_h1_that_is_the_title_is_not_repeated(tmp_path):
    blocks, report = one(tmp_path, "# The title\n\nText\n")
    assert kinds(blocks) == ["rich_text"]
    assert report.title == "The title"
    assert report.carried["titles"] == 1


def test_several_h1_push_the_other_headings_down(tmp_path):
    blocks, _report = one(tmp_path, "---\ntitle: T\n---\n# A\n\n## B\n\n# C\n")
    assert [b["value"]["level"] for b in blocks] == ["h2", "h3", "h2"]


def test_formatting_in_a_heading_is_reported(tmp_path):
    blocks, report = one(tmp_path, "## Use `ls`\n")
    assert blocks[0]["value"]["text"] == "Use ls"
    assert noted(report.approximated, "formatting in a heading")


def test_a_heading_over_255_letters_is_a_bold_paragraph(tmp_path):
    text = "🎓" * 256
    assert value(tmp_path, f"---\ntitle: T\n---\n## {text}\n") == f"<p><b>{text}</b></p>"


def test_struck_out_text_keeps_its_marks(tmp_path):
    blocks, report = one(tmp_path, "~~wrong~~ right\n")
    assert blocks[0]["value"] == "<p>~~wrong~~ right</p>"
    assert noted(report.approximated, "struck-out")


def test_task_lists_show_signs(tmp_path):
    assert value(tmp_path, "- [x] done\n- [ ] open\n") == "<ul><li>☑ done</li><li>☐ open</li></ul>"


def test_footnotes_stand_at_the_end(tmp_path):
    blocks, report = one(tmp_path, "Fact[^1].\n\n[^1]: The source.\n")
    assert blocks[0]["value"] == "<p>Fact<sup>1</sup>.</p>"
    assert kinds(blocks) == ["rich_text", "divider", "rich_text"]
    assert blocks[2]["value"] == "<ol><li>The source.</li></ol>"
    assert noted(report.approximated, "footnote")


def test_definition_lists_become_terms_and_paragraphs(tmp_path):
    blocks, report = one(tmp_path, "Git\n:   A tool.\n")
    assert blocks[0]["value"] == "<p><b>Git</b></p><p>A tool.</p>"
    assert noted(report.approximated, "definition list")


def test_terms_that_are_linked_become_headings(tmp_path):
    blocks, report = one(tmp_path, "See [it](#git).\n\n[Git]{#git}\n:   A tool.\n")
    assert [b["type"] for b in blocks] == ["rich_text", "heading", "rich_text"]
    assert 'data-fragment="Git"' in blocks[0]["value"]
    assert not noted(report.approximated, "no such place")


def test_subscript_superscript_and_keys_from_html(tmp_path):
    assert value(tmp_path, "H<sub>2</sub>O x<sup>2</sup> <kbd>Ctrl</kbd>\n") == (
        "<p>H<sub>2</sub>O x<sup>2</sup> <code>Ctrl</code></p>"
    )


# --- Code
@pytest.mark.parametrize(
    ("info", "language"),
    [
        ("python", "python"), ("py", "python"), ("js-nolint", "javascript"), ("sh", "bash"),
        ("{r plot, echo=TRUE}", "r"), ("{.python .numberLines}", "python"), ("output", "output"),
        ("", "text"), ("klingon", "text"), ("python title=\"a.py\"", "python"),
        ("shell-session", "console"), ("C++", "cpp"), ("yml", "yaml"),
    ],
)  # fmt: skip
def test_code_keeps_its_language(tmp_path, info, language):
    block = value(tmp_path, f"```{info}\nx = 1\n```\n")
    assert (block["language"], block["code"]) == (language, "x = 1")


def test_an_unknown_language_is_reported(tmp_path):
    _blocks, report = one(tmp_path, "```klingon\nqapla\n```\n")
    assert noted(report.approximated, "klingon")


def test_a_file_name_on_a_fence_is_kept(tmp_path):
    assert value(tmp_path, '```python title="app.py"\nx\n```\n')["filename"] == "app.py"


def test_kramdown_names_the_language_below_the_code(tmp_path):
    assert value(tmp_path, "~~~\nls\n~~~\n{: .language-bash}\n")["language"] == "bash"


def test_an_empty_code_block_is_left_out_and_reported(tmp_path):
    blocks, report = one(tmp_path, "A\n\n```\n```\n")
    assert kinds(blocks) == ["rich_text"]
    assert noted(report.left_out, "empty code block")


def test_code_is_kept_letter_for_letter(tmp_path):
    code = "if a < b && c:\n\tprint('<b>\\(x\\)</b>')\n\n\n    # end  "
    assert value(tmp_path, f"```python\n{code}\n```\n")["code"] == code


# --- Mathematics
def test_formulas_in_text_keep_their_latex(tmp_path):
    assert value(tmp_path, "If $a<b$ and \\(c\\) then.\n") == (
        "<p>If \\(a&lt;b\\) and \\(c\\) then.</p>"
    )


def test_prices_are_no_formulas(tmp_path):
    assert value(tmp_path, "It costs $5 or $6 today.\n") == "<p>It costs $5 or $6 today.</p>"


@pytest.mark.parametrize("text", ["$$\nx^2\n$$", "\\[\nx^2\n\\]", "$$x^2$$"])
def test_displayed_formulas_are_blocks(tmp_path, text):
    assert value(tmp_path, f"{text}\n") == {"latex": "x^2", "label": ""}


def test_an_ams_environment_is_a_formula(tmp_path):
    latex = value(tmp_path, "\\begin{align}\na &= b\n\\end{align}\n")["latex"]
    assert latex.startswith("\\begin{align}")


# --- Images and files
def test_an_image_carries_its_description_and_caption(tmp_path):
    image = value(tmp_path, '![A cat](fig/cat.png "Tom")\n', {"fig/cat.png": png()})
    assert image == {
        "image": {"image": {"asset": "fig/cat.png"}, "alt_text": "A cat", "decorative": False},
        "caption": "Tom",
    }


def test_the_carpentries_give_the_description_in_braces(tmp_path):
    text = '![By *Ann*, <https://a.org>](cat.svg){alt=\'A "cat" isn\\\'t {here} $x\' width="40%"}\n'
    image = value(tmp_path, text, {"cat.svg": SVG})
    assert image["image"]["alt_text"] == 'A "cat" isn\'t {here} $x'
    assert image["caption"] == 'By <i>Ann</i>, <a href="https://a.org">https://a.org</a>'


def test_an_image_without_description_is_decorative_and_reported(tmp_path):
    blocks, report = one(tmp_path, "![](a.png)\n", {"a.png": png()})
    assert blocks[0]["value"]["image"]["decorative"] is True
    assert noted(report.approximated, "without a description")


def test_an_image_in_a_sentence_stands_between_its_parts(tmp_path):
    blocks, _report = one(tmp_path, "Look ![A](a.png) here\n", {"a.png": png()})
    assert kinds(blocks) == ["rich_text", "image", "rich_text"]


def test_an_image_in_html_is_an_image(tmp_path):
    image = value(tmp_path, '<img src="a.png" alt="A" onerror="x()">\n', {"a.png": png()})
    assert image["image"]["alt_text"] == "A"


def test_a_figure_keeps_its_caption(tmp_path):
    html = '<figure>\n<img src="a.png" alt="A">\n<figcaption>The <b>A</b></figcaption>\n</figure>\n'
    assert value(tmp_path, html, {"a.png": png()})["caption"] == "The <b>A</b>"


def test_a_missing_image_leaves_its_description_and_is_reported(tmp_path):
    blocks, report = one(tmp_path, "![A cat](no.png)\n")
    assert blocks[0]["value"] == "<p>A cat</p>"
    assert report.left_out[0].line == 1


def test_a_picture_of_another_site_is_a_link(tmp_path):
    blocks, report = one(tmp_path, "![Logo](https://example.org/logo.png)\n")
    assert blocks[0]["value"] == '<p><a href="https://example.org/logo.png">Logo</a></p>'
    assert noted(report.approximated, "picture on another site")


def test_a_recording_in_image_syntax_is_a_recording(tmp_path):
    files = {"a.mp3": 4 * (b"\xff\xfb\x90\x64" + bytes(413))}  # frames of silence
    assert value(tmp_path, "![Listen](a.mp3)\n", files) == {
        "media": {"asset": "a.mp3"}, "title": "Listen", "transcript": "",
    }  # fmt: skip


def test_a_link_to_a_file_alone_is_a_download(tmp_path):
    download = value(tmp_path, "[The data](data/x.csv)\n", {"data/x.csv": "a,b\n"})
    assert download == {
        "document": {"asset": "data/x.csv"}, "title": "The data", "description": "",
    }  # fmt: skip


def test_a_link_to_a_file_in_text_stays_in_the_text(tmp_path):
    html = value(tmp_path, "Get [the data](x.csv) now\n", {"x.csv": "a,b\n"})
    assert html == '<p>Get <a data-asset="x.csv">the data</a> now</p>'


# --- Links
def test_a_link_to_a_lesson_names_the_lesson_and_the_heading(tmp_path):
    html = value(
        tmp_path, "See [it](02-next.md#the-part).\n", {"02-next.md": "# N\n\n## The part\n\nx\n"}
    )
    assert html == ('<p>See <a data-fragment="The part" data-lesson="02-next.md">it</a>.</p>')


def test_reference_links_work(tmp_path):
    assert value(tmp_path, "[a][b]\n\n[b]: https://example.org\n") == (
        '<p><a href="https://example.org">a</a></p>'
    )


def test_a_link_to_nowhere_keeps_its_text_and_is_reported(tmp_path):
    blocks, report = one(tmp_path, "\n\n[a](no.md)\n")
    assert blocks[0]["value"] == "<p>a</p>"
    assert (report.left_out[0].line, report.left_out[0].what) == (3, "link to no.md")


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:x", "data:text/html,x", "file:///etc"],
)  # fmt: skip
def test_addresses_that_run_are_refused(tmp_path, address):
    blocks, report = one(tmp_path, f'<a href="{address}">a</a> b\n')
    assert blocks[0]["value"] == "<p>a b</p>"
    assert noted(report.left_out, "not followed")


@pytest.mark.parametrize("path", ["../../etc/passwd", "..%2f..%2fetc/passwd"])
def test_links_out_of_the_folder_are_refused(tmp_path, path):
    blocks, report = one(tmp_path, f"[a]({path}) ![b]({path})\n")
    assert "data-asset" not in str(blocks)
    assert len(report.left_out) == 2


def test_a_film_alone_in_a_paragraph_is_embedded(tmp_path):
    assert value(tmp_path, "https://youtu.be/dQw4w9WgXcQ\n") == {
        "url": "https://youtu.be/dQw4w9WgXcQ", "title": "", "caption": "",
    }  # fmt: skip


def test_a_frame_of_a_film_is_embedded(tmp_path):
    html = '<iframe src="https://player.vimeo.com/video/123456" title="Talk"></iframe>\n'
    assert value(tmp_path, html)["url"] == "https://vimeo.com/123456"


def test_a_frame_of_anything_else_is_a_link(tmp_path):
    blocks, report = one(tmp_path, '<iframe src="https://example.org/x"></iframe>\n')
    assert 'href="https://example.org/x"' in blocks[0]["value"]
    assert noted(report.approximated, "<iframe>")


def test_a_component_of_another_site_is_a_link_to_what_it_shows(tmp_path):
    html = '<my-player url="https://example.org/x" playertitle="Arrays"></my-player>\n'
    assert value(tmp_path, html) == '<p><a href="https://example.org/x">Arrays</a></p>'


# --- Tables
def test_a_table_keeps_headings_cells_and_formatting(tmp_path):
    table = value(tmp_path, "| A | B |\n|---|:-:|\n| `x` | [y](https://y.org) |\n| 1 |\n")["table"]
    assert table == {
        "columns": [{"type": "text", "heading": "A"}, {"type": "text", "heading": "B"}],
        "rows": [
            {"values": ["<code>x</code>", '<a href="https://y.org">y</a>']},
            {"values": ["1", ""]},
        ],
        "caption": "",
    }


def test_an_html_table_with_joined_cells_keeps_its_columns(tmp_path):
    html = (
        "<table><caption>C</caption><tr><th>A</th><th>B</th></tr>"
        '<tr><td rowspan="2">1</td><td>2</td></tr><tr><td>3</td></tr></table>\n'
    )
    block = value(tmp_path, html)
    assert block["caption"] == "C"
    assert [row["values"] for row in block["table"]["rows"]] == [["1", "2"], ["", "3"]]


def test_an_image_in_a_table_stands_after_it(tmp_path):
    blocks, report = one(tmp_path, "| A |\n|---|\n| ![x](a.png) |\n", {"a.png": png()})
    assert kinds(blocks) == ["table", "image"]
    assert noted(report.approximated, "in a table cell")


# --- Boxes
@pytest.mark.parametrize(
    ("name", "kind", "collapsed"),
    [
        ("objectives", "objectives", False), ("keypoints", "summary", False),
        ("challenge", "exercise", False), ("solution", "solution", True),
        ("callout", "note", False), ("prereq", "prerequisite", False),
        ("spoiler", "note", True), ("hint", "tip", True), ("warning", "warning", False),
        ("{.callout-important}", "important", False), ("caution", "warning", False),
    ],
)  # fmt: skip
def test_divisions_become_callouts(tmp_path, name, kind, collapsed):
    callout = value(tmp_path, f"::::: {name}\n\nText\n\n:::::::::\n")
    assert (callout["kind"], callout["collapsed"]) == (kind, collapsed)
    assert callout["body"] == [{"type": "rich_text", "value": "<p>Text</p>"}]


def test_a_division_takes_its_first_heading_as_title(tmp_path):
    callout = value(tmp_path, "::: challenge\n\n## Try it\n\nText\n\n:::\n")
    assert (callout["title"], kinds(callout["body"])) == ("Try it", ["rich_text"])


def test_a_solution_follows_its_exercise_and_order_stays(tmp_path):
    text = "::::: challenge\n## Q\nOne\n::: solution\nA\n:::\nTwo\n::: solution\nB\n:::\n:::::\n"
    blocks, report = one(tmp_path, text)
    assert [(b["value"]["kind"], b["value"]["title"]) for b in blocks] == [
        ("exercise", "Q"), ("solution", ""), ("exercise", "Q (2)"), ("solution", ""),
    ]  # fmt: skip
    assert noted(report.approximated, "box inside a box")


def test_colons_inside_code_close_nothing(tmp_path):
    callout = value(tmp_path, "::: note\n\n```text\n:::\n```\n\nEnd\n\n:::\n")
    assert callout["body"][0]["value"]["code"] == ":::"


def test_instructor_notes_are_left_out(tmp_path):
    blocks, report = one(tmp_path, "A\n\n::: instructor\n\nSecret words\n\n:::\n\nB\n")
    assert "Secret" not in str(blocks)
    assert noted(report.left_out, "instructor note of 2 words")


def test_tabs_stand_one_after_another(tmp_path):
    blocks, report = one(tmp_path, "::: group-tab\n\n### Mac\n\na\n\n### Linux\n\nb\n\n:::\n")
    assert kinds(blocks) == ["heading", "rich_text", "heading", "rich_text"]
    assert noted(report.approximated, "tabs")


def test_a_division_never_closed_is_reported_with_its_line(tmp_path):
    blocks, report = one(tmp_path, "A\n\n::: note\n\nB\n")
    assert kinds(blocks) == ["rich_text", "callout"]
    assert [note.line for note in report.approximated] == [3]


def test_an_unknown_division_keeps_its_content(tmp_path):
    blocks, report = one(tmp_path, "::: zigzag\n\nText\n\n:::\n")
    assert blocks[0]["value"] == "<p>Text</p>"
    assert noted(report.approximated, "zigzag")


def test_kramdown_boxes_of_older_lessons_become_callouts(tmp_path):
    text = (
        "> ## Try\n>\n> Do it\n>\n> > ## Solution\n> >\n> > ~~~\n> > ls\n> > ~~~\n"
        "> > {: .language-bash}\n> {: .solution}\n{: .challenge}\n"
    )
    blocks, _report = one(tmp_path, text)
    assert [(b["value"]["kind"], b["value"]["title"]) for b in blocks] == [
        ("exercise", "Try"), ("solution", "Solution"),
    ]  # fmt: skip
    assert blocks[1]["value"]["body"][0]["value"]["language"] == "bash"


@pytest.mark.parametrize(
    ("text", "kind", "title"),
    [
        ("> [!WARNING]\n> Hot", "warning", ""), ("> [!TIP] Try\n> Hot", "tip", "Try"),
        ("> **Note:** Hot", "note", ""), ("> **Warning**: Hot", "warning", ""),
        ("> **Further reading**: Hot", "note", "Further reading"),
    ],
)  # fmt: skip
def test_alerts_and_labelled_quotations_become_callouts(tmp_path, text, kind, title):
    callout = value(tmp_path, f"{text}\n")
    assert (callout["kind"], callout["title"]) == (kind, title)
    assert callout["body"][0]["value"] == "<p>Hot</p>"


def test_a_quotation_keeps_who_said_it(tmp_path):
    assert value(tmp_path, "> To be.\n>\n> — Hamlet\n") == {
        "quote": "<p>To be.</p>", "attribution": "Hamlet", "source_url": "",
    }  # fmt: skip


def test_details_are_closed_callouts(tmp_path):
    text = "<details>\n<summary>Answer</summary>\n\nIt is **4**.\n\n</details>\n\nAfter\n"
    blocks, _report = one(tmp_path, text)
    assert kinds(blocks) == ["callout", "rich_text"]
    assert blocks[0]["value"]["collapsed"] is True
    assert (blocks[0]["value"]["kind"], blocks[0]["value"]["title"]) == ("solution", "Answer")


def test_a_question_with_answers_is_a_self_check(tmp_path):
    text = (
        "::: question\n\nWhat is 2 + 2?\n\n- [x] 4\n  Right!\n- [ ] 5\n\n  Too many.\n\n"
        "Count on your fingers.\n\n:::\n"
    )
    assert value(tmp_path, text) == {
        "question": "<p>What is 2 + 2?</p>",
        "options": [
            {"text": "4", "correct": True, "feedback": "Right!"},
            {"text": "5", "correct": False, "feedback": "Too many."},
        ],
        "explanation": "<p>Count on your fingers.</p>",
    }


def test_a_question_without_a_right_answer_is_an_exercise(tmp_path):
    blocks, report = one(tmp_path, "::: question\n\nWhich?\n\n- [ ] a\n- [ ] b\n\n:::\n")
    assert blocks[0]["value"]["kind"] == "exercise"
    assert noted(report.approximated, "no self-check")


# --- HTML
def test_scripts_and_handlers_are_dropped_and_reported(tmp_path):
    text = (
        'A <script>alert(1)</script> B\n\n<script>\nalert(2)\n</script>\n\n<p onclick="x()">C</p>\n'
    )
    blocks, report = one(tmp_path, text)
    assert "alert" not in str(blocks)
    assert "onclick" not in str(blocks)
    assert [(n.what, n.line) for n in report.left_out] == [
        ("<script>", 1), ("<script>", 3), ("onclick=…", 7),
    ]  # fmt: skip


def test_an_unclosed_script_or_comment_swallows_nothing(tmp_path):
    blocks, _report = one(tmp_path, "A <script> B\n\n> <!-- C\n\nEnd\n")
    assert "<p>End</p>" in blocks[-1]["value"]


def test_a_placeholder_in_angle_brackets_stays_readable(tmp_path):
    blocks, report = one(tmp_path, "Type git add <file> now\n")
    assert blocks[0]["value"] == "<p>Type git add &lt;file&gt; now</p>"
    assert noted(report.approximated, "HTML has no such element")


def test_comments_are_reported(tmp_path):
    _blocks, report = one(tmp_path, "A\n\n<!-- to do -->\n")
    assert (report.left_out[0].what, report.left_out[0].line) == ("HTML comment", 3)


def test_html_lists_and_headings_are_converted(tmp_path):
    blocks, _report = one(tmp_path, "<h2>Title</h2>\n<ul><li>a</li><li>b</li></ul>\n")
    assert kinds(blocks) == ["heading", "rich_text"]
    assert blocks[1]["value"] == "<ul><li>a</li><li>b</li></ul>"


def test_nesting_without_end_is_flattened_not_lost(tmp_path):
    blocks, _report = one(tmp_path, "<div>" * 3000 + "deep" + "</div>" * 3000 + "\n\nEnd\n")
    assert "deep" in str(blocks)
    assert "End" in str(list(every(blocks)))


def test_pictures_are_told_by_their_name(tmp_path):
    assert value(tmp_path, "![A](a.PNG)\n", {"a.PNG": png()})["image"]["image"] == {
        "asset": "a.PNG"
    }
