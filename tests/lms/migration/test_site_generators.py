"""What site generators add to Markdown: tables of contents, directives, chunks that are run."""

import pytest

from tests.lms.migration.folders import every, kinds, noted, one, png, read
from tests.lms.migration.test_folder_layouts import outline

PAGES = {
    "index.md": "# Whole\n\nAll of it.\n",
    "b/index.md": "# Bees\n\nShort.\n",
    "b/hive.md": "## Hive\n\nHome.\n",
    "a.md": "# Ants\n\nSee [hive](b/hive.md) and ![x](img/x.png).\n",
    "z.md": "# Not listed\n\nx\n",
    "img/x.png": png(),
}


def beneath(top: str) -> dict:
    return {f"{top}/{name}": content for name, content in PAGES.items()}


SITES = {
    "mkdocs": {
        **beneath("docs"),
        "README.md": "# Repository\n\nx\n",
        "mkdocs.yml": (
            "site_name: Insects\nsite_author: Ann\nrepo_url: https://git.example.org/i\n"
            "markdown_extensions:\n- emoji: !!python/name:material.emoji\n"
            "nav:\n- Home: index.md\n- Bees: [b/index.md, The hive: b/hive.md]\n- a.md\n"
        ),
    },
    "jupyter-book": {
        **beneath("book"),
        "book/_config.yml": "title: Insects\nauthor: Ann\n",
        "book/_toc.yml": (
            "format: jb-book\nroot: index\nparts:\n- caption: Bees\n  chapters:\n"
            "  - file: b/index\n    sections:\n    - file: b/hive\n      title: The hive\n"
            "- chapters:\n  - file: a\n"
        ),
    },
    "myst": {
        **PAGES,
        "myst.yml": (
            "project:\n  title: Insects\n  authors: [Ann]\n  toc:\n  - file: index.md\n"
            "  - title: Bees\n    children:\n    - file: b/index.md\n"
            "    - {file: b/hive.md, title: The hive}\n  - file: a.md\n"
        ),
    },
    "quarto": {
        **PAGES,
        "_quarto.yml": (
            "book:\n  title: Insects\n  author: Ann\n  chapters:\n  - index.md\n  - part: Bees\n"
            "    chapters:\n    - b/index.md\n    - {href: b/hive.md, text: The hive}\n  - a.md\n"
        ),
    },
    "mdbook": {
        **beneath("src"),
        "book.toml": '[book]\ntitle = "Insects"\nauthors = ["Ann"]\n',
        "src/SUMMARY.md": (
            "# Summary\n\n[Whole](index.md)\n\n- [Bees](b/index.md)\n"
            "    - [The hive](b/hive.md)\n- [Ants](a.md)\n- [Later]()\n"
        ),
    },
    "sphinx": {
        **PAGES,
        "CITATION.cff": "title: Insects\nauthors:\n- name: Ann\n",
        "index.md": (
            "# Insects\n\nAll of it.\n\n```{toctree}\n:caption: Bees\n\nb/index\n"
            "The hive <b/hive>\n```\n\n```{toctree}\na\nhttps://example.org\n```\n"
        ),
    },
}  # fmt: skip


@pytest.mark.parametrize("site", SITES)
def test_a_site_s_table_of_contents_gives_the_order(tmp_path, site):
    bundle, report = read(tmp_path, SITES[site])
    assert bundle.title == "Insects"
    assert outline(bundle) == [("Bees", ["The hive"]), "Ants"]
    assert bundle.children[0].summary == "Short."
    assert bundle.description == "<p>All of it.</p>"
    assert bundle.source_authors == "Ann"
    assert 'data-lesson="' in str(bundle.lessons[1].body)
    assert "image" in kinds(bundle.lessons[1].body)
    assert not [note for note in report.problems if "licence" not in note.what]
    left_out = {path for path, of in report.files.items() if of.left_out}
    assert any(path.endswith("z.md") for path in left_out)


def test_parts_of_the_same_name_stay_apart(tmp_path):
    nav = "nav:\n- More: [a.md, b.md]\n- More: [c.md, d.md]\n"
    pages = {f"docs/{name}.md": f"# {name.upper()}\n\nx\n" for name in "abcd"}
    bundle, _report = read(tmp_path, {"mkdocs.yml": nav, **pages})
    assert outline(bundle) == [("More", ["A", "B"]), ("More", ["C", "D"])]
    assert len({child.path for child in bundle.children}) == 2


def test_front_matter_gives_the_order_and_keeps_drafts_out(tmp_path):
    files = {
        "a.md": "---\ntitle: Third\nsidebar_position: 3\n---\nx\n",
        "b/_index.md": "+++\ntitle = 'Second'\nweight = 2\n+++\nx\n",
        "b/one.md": "+++\ntitle = 'One'\nweight = 10\n+++\nx\n",
        "b/two.md": "+++\ntitle = 'Two'\nweight = 5\n+++\nx\n",
        "c.md": "---\ntitle: First\nnav_order: 1\n---\nx\n",
        "d.md": "---\ntitle: Not yet\ndraft: true\n---\nx\n",
        "e.md": "# Last\n\nx\n",
    }
    bundle, report = read(tmp_path, files)
    assert outline(bundle) == ["First", ("Second", ["Two", "One"]), "Third", "Last"]
    assert noted(report.file("d.md").left_out, "draft")


def test_broken_toml_is_reported_and_the_text_kept(tmp_path):
    bundle, report = read(tmp_path, {"1.md": "+++\ntitle = \n+++\n# Kept\n\nx\n"})
    assert outline(bundle) == ["Kept"]
    assert noted(report.problems, "broken TOML")


# --- Directives
@pytest.mark.parametrize("mark", ["```", "~~~~~~~", ":::"])
def test_a_directive_is_a_box_with_markdown_in_it(tmp_path, mark):
    text = (
        f"{mark}{{exercise}} Count *them*\n:class: wide\n\n- one\n\n~~~~~bash\nls\n~~~~~\n"
        f"{mark}\n\nAfter\n"
    )
    blocks, report = one(tmp_path, text)
    assert kinds(blocks) == ["callout", "rich_text"]
    box = blocks[0]["value"]
    assert (box["kind"], box["title"]) == ("exercise", "Count them")
    assert [each["value"] for each in box["body"]] == [
        "<ul><li>one</li></ul>", {"language": "bash", "filename": "", "code": "ls"},
    ]  # fmt: skip
    assert not report.left_out


def test_a_directive_that_opens_on_demand_is_closed(tmp_path):
    blocks, _report = one(tmp_path, "```{note} More\n---\nclass: dropdown\n---\nText\n```\n")
    assert blocks[0]["value"]["collapsed"]
    assert blocks[0]["value"]["body"][0]["value"] == "<p>Text</p>"


def test_a_figure_directive_keeps_description_and_caption(tmp_path):
    text = ":::{figure} fig/x.png\n:alt: A rope\n:width: 60%\n\nThick **rope**\n:::\n"
    blocks, report = one(tmp_path, text, {"fig/x.png": png()})
    assert kinds(blocks) == ["image"]
    assert blocks[0]["value"]["image"]["alt_text"] == "A rope"
    assert blocks[0]["value"]["caption"] == "Thick <b>rope</b>"
    assert not report.left_out


def test_code_directives_are_code(tmp_path):
    text = (
        "```{code-block} python\n:caption: a.py\n\nx = 1\n\ny = 2\n```\n\n"
        "```{math}\n:label: e\na^2\n```\n\n```{literalinclude} b.py\n```\n"
    )
    blocks, report = one(tmp_path, text, {"b.py": "z = 3\n"})
    assert kinds(blocks)[:2] == ["code", "mathematics"]
    assert blocks[0]["value"]["code"] == "x = 1\n\ny = 2"
    assert (blocks[0]["value"]["language"], blocks[0]["value"]["filename"]) == ("python", "a.py")
    assert blocks[1]["value"]["latex"] == "a^2"
    assert report.carried["links to files"] or report.carried["downloads"]


def test_a_fence_in_a_list_ends_with_its_item(tmp_path):
    blocks, _report = one(tmp_path, "- a\n\n  ```{note}\n  In the box\n\nOutside\n")
    assert blocks[-1]["value"].endswith("<p>Outside</p>")


def test_roles_keep_their_text_and_their_links(tmp_path):
    text = (
        "(here)=\n## A part\n\n{term}`fork` {kbd}`Ctrl` {math}`x^2` {ref}`that part <here>` "
        "{doc}`Two <02-two>` `{not}` {plain}\n"
    )
    blocks, report = one(tmp_path, text, {"02-two.md": "# Two\n\nx\n"})
    html = blocks[1]["value"]
    assert "fork <code>Ctrl</code> \\(x^2\\)" in html
    assert 'data-fragment="A part" data-lesson="01-lesson.md">that part</a>' in html
    assert 'data-lesson="02-two.md">Two</a> <code>{not}</code> {plain}' in html
    assert not report.left_out


def test_indented_admonitions_and_tabs_are_read(tmp_path):
    text = (
        '!!! warning "Hot *pan*"\n\n    Take care.\n\n    ```bash\n    ls\n    ```\n\n'
        "??? tip\n    Closed.\n\n"
        '=== "Linux"\n\n    apt\n\n=== "Mac"\n\n    brew\n\nAfter !!! this\n'
    )
    blocks, _report = one(tmp_path, text)
    boxes = [each["value"] for each in blocks if each["type"] == "callout"]
    assert [(box["kind"], box["title"], box["collapsed"]) for box in boxes] == [
        ("warning", "Hot pan", False), ("tip", "", True),
    ]  # fmt: skip
    assert boxes[0]["body"][1]["value"]["code"] == "ls"
    titles = [each["value"]["text"] for each in blocks if each["type"] == "heading"]
    assert titles == ["Linux", "Mac"]
    assert blocks[-1]["value"] == "<p>brew</p><p>After !!! this</p>"


def test_exclamation_marks_alone_are_text(tmp_path):
    blocks, _report = one(tmp_path, "!!! Wow, that is\n\n??? what\n\n=== x\n")
    assert "!!! Wow, that is" in blocks[0]["value"]


# --- R Markdown
def test_chunks_come_as_their_code_and_hidden_ones_do_not(tmp_path):
    text = (
        "```{r setup, include=FALSE}\nlibrary(x)\n```\n\n```{r, echo = F}\nplot(y)\n```\n\n"
        "```{r,eval=FALSE}\n#| label: no\nz <- 1\n```\n\n```{r engine='bash'}\nls\n```\n\n"
        '```{r, echo=FALSE, fig.cap="A rope"}\nknitr::include_graphics("fig/x.png")\n```\n'
    )
    bundle, report = read(tmp_path, {"01-lesson.Rmd": text, "fig/x.png": png()})
    blocks = bundle.lessons[0].body
    code = [each["value"] for each in blocks if each["type"] == "code"]
    assert [(each["language"], each["code"]) for each in code] == [("r", "z <- 1"), ("bash", "ls")]
    images = [each["value"]["image"] for each in every(blocks) if each["type"] == "image"]
    assert [image["alt_text"] for image in images] == ["A rope"]
    file = report.file("01-lesson.Rmd")
    assert [note.line for note in file.left_out] == [1, 5]
    assert [note.line for note in file.approximated] == [14]


def test_a_caption_in_paragraphs_is_kept(tmp_path):
    caption = "<figcaption>\n\nOne **two**\n\n</figcaption>"
    text = f'<figure>\n<img src="x.png" alt="X">\n{caption}\n</figure>\n'
    blocks, _report = one(tmp_path, text, {"x.png": png()})
    assert blocks[0]["value"]["caption"] == "One <b>two</b>"
