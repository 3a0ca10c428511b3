"""Real courses come in whole: what stands in the sources is counted against the blocks.

The counting reads the sources with a plain Markdown parser, knowing nothing of the converter.
"""

import re
from collections import Counter

import pytest
from bs4 import BeautifulSoup
from markdown_it import MarkdownIt

from home.actions import open_provider, set_up_marketplace
from lms.courses.models import LessonPage
from lms.events import SYSTEM
from lms.migration.actions import import_course
from lms.migration.callouts import boxes
from lms.migration.reader import read_course
from tests.cast import person
from tests.lms.migration.folders import every
from tests.lms.migration.real_courses import real_course

NAMES = ["git-novice", "mdn-curriculum"]


def counted_in_sources(folder, paths):
    """Constructs in Markdown files; the lines of divisions are blanked, nothing else is touched."""
    parser = MarkdownIt("commonmark", {"linkify": True}).enable(["table", "linkify"])
    parser.linkify.set({"fuzzy_link": False, "fuzzy_email": False})
    found = Counter()
    for path in paths:
        text = (folder / path).read_text("utf-8")
        text = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)
        text = re.sub(r"^:{3,}.*$", "", text, flags=re.MULTILINE)
        for token in parser.parse(text):
            kind = {
                "heading_open": "headings", "fence": "code", "code_block": "code",
                "table_open": "tables",
            }.get(token.type)  # fmt: skip
            found[kind] += 1
            children = list(token.children or [])
            for child in children:
                children += child.children or []
                kind = {"image": "images", "link_open": "links"}.get(child.type)
                found[kind] += 1
    del found[None]
    return found


def counted_in_blocks(bundle, report):
    """The same constructs in the blocks, the course's description and the callouts' titles."""
    found = Counter()
    given = {str(box.title) for box in boxes().values()} | {""}
    texts = [bundle.description]
    for lesson in bundle.lessons:
        for block in every(lesson.body):
            value = block["value"]
            match block["type"]:
                case "heading":
                    found["headings"] += 1
                case "code":
                    found["code"] += 1
                case "image":
                    found["images"] += 1
                    texts.append(value["caption"])
                case "table":
                    found["tables"] += 1
                    rows = value["table"]["rows"]
                    texts += [cell for row in rows for cell in row["values"]]
                case "rich_text":
                    texts.append(value)
                case "quotation":
                    texts.append(value["quote"])
                case "callout":
                    continued = re.search(r" \(\d+\)$", value["title"])
                    found["headings"] += value["title"] not in given and not continued
    soup = BeautifulSoup("".join(texts), "html.parser")
    found["headings"] += len(soup.find_all("h3")) + report.carried["titles"]
    components = sum(note.what.startswith("<scrim") for note in report.approximated)
    found["links"] = len(soup.find_all("a")) - components
    found["links"] += sum(note.what.startswith("link ") for note in report.left_out)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_lost_on_the_way(name):
    folder = real_course(name)
    bundle, report = read_course(folder)
    sources = [path for path, of in report.files.items() if path.endswith(".md") and of.carried]
    wanted = counted_in_sources(folder, sources)
    found = counted_in_blocks(bundle, report)
    # A note's bold label (`> **Note:**`) becomes a title like a heading does.
    label = re.compile(r"^> \*\*[^*\n]+(?::\*\*|\*\*:)", re.MULTILINE)
    labels = sum(len(label.findall((folder / path).read_text("utf-8"))) for path in sources)
    assert {kind: found[kind] for kind in ("code", "images", "tables", "links")} == {
        kind: wanted[kind] for kind in ("code", "images", "tables", "links")
    }
    # Terms of a glossary that are linked become headings too; a requirement's heading goes.
    term = re.compile(r"^\[[^\]\n]+\]\{#", re.MULTILINE)
    terms = sum(len(term.findall((folder / path).read_text("utf-8"))) for path in sources)
    assert wanted["headings"] - 1 <= found["headings"] - terms <= wanted["headings"] + labels


@pytest.mark.parametrize("name", NAMES)
def test_every_word_of_the_lessons_is_there(name):
    folder = real_course(name)
    bundle, _report = read_course(folder)
    for lesson in bundle.lessons:
        shown = BeautifulSoup(" ".join(strings(lesson.body)), "html.parser").get_text(" ")
        shown = words(f"{lesson.title} {shown}")
        missing = words(readable((folder / lesson.path).read_text("utf-8"))) - shown
        assert missing.total() <= 0.01 * shown.total(), (lesson.path, missing)


def words(text):
    """How often each word stands in a text."""
    return Counter(re.findall(r"[^\W\d_]+", text.lower()))


# What nobody reads: front matter, marks, names of divisions, addresses, tags, attribute names.
UNREAD = re.compile(
    r"\A---\n.*?\n---\n|<!--.*?-->|^[ >]*(?:```|~~~|:::)[^\n]*$|^\[[^\]\n]+\]:[^\n]*$"
    r"|\]\([^)\s]*(?:\s[^)]*)?\)|\]\[[^\]]*\]|\{#[^}]*\}|<https?:[^>]*>|</?[\w-]+[^>]*>"
    r"|width=\S+|alt=|&\w+;",
    re.DOTALL | re.MULTILINE,
)


def readable(source):
    """The text of a Markdown source as a reader sees it, roughly."""
    return UNREAD.sub(" ", source)


def strings(value):
    """All text in blocks."""
    if isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, str):
        yield value


def test_the_workbench_lesson_keeps_its_order_times_and_boxes():
    bundle, _report = read_course(real_course("git-novice"))
    assert [lesson.path for lesson in bundle.lessons][:3] == [
        "episodes/01-basics.md", "episodes/02-setup.md", "episodes/03-create.md",
    ]  # fmt: skip
    assert bundle.lessons[3].minutes == 20
    kinds = Counter(
        block["value"]["kind"]
        for lesson in bundle.lessons
        for block in every(lesson.body)
        if block["type"] == "callout"
    )
    assert (kinds["objectives"], kinds["summary"]) == (14, 14)
    assert kinds["exercise"] >= 39
    assert kinds["solution"] >= 26
    assert (bundle.licence_name, bundle.source_url) == (
        "CC BY 4.0", "https://github.com/swcarpentry/git-novice",
    )  # fmt: skip


def test_the_numbered_folders_become_modules():
    bundle, _report = read_course(real_course("mdn-curriculum"))
    assert [child.title for child in bundle.children] == [
        "About Curriculum", "Getting started modules", "Core modules", "Extensions modules",
        "Frequently asked questions", "Resources for Educators",
    ]  # fmt: skip
    assert bundle.licence_name == "CC BY-SA 2.5"


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_every_lesson_can_be_saved_by_its_author(name):
    set_up_marketplace(title="Market")
    provider = open_provider(name="Acme", slug="acme", owner=person("ada"), actor=SYSTEM)
    bundle, report = read_course(real_course(name))
    course = import_course(bundle, report, provider=provider)
    lessons = LessonPage.objects.descendant_of(course)
    assert lessons.count() == len(bundle.lessons)
    for page in lessons:
        page.body.stream_block.clean(page.body)
