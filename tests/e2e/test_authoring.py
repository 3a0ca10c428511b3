"""An instructor makes a course in the Wagtail admin, as they would; a visitor finds it."""

import os
import re
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect

from .conftest import BROWSER, Reader

pytestmark = BROWSER

INSTRUCTOR = "yusuf.okafor@example.com"
TITLE = "Knots that hold"
SUMMARY = "Tie five knots that hold a boat, and know when to use which."


def press(page: Page, action: str) -> None:
    """An action of the menu at the foot of the form."""
    page.locator("footer [data-w-dropdown-target=toggle]").click()
    page.get_by_role("button", name=action, exact=True).click()
    expect(page.locator(".messages")).to_contain_text("published")


def block(page: Page, kind: str) -> None:
    """Put a block at the end of the lesson."""
    page.get_by_role("button", name="Insert a block").last.click()
    page.get_by_role("option", name=kind, exact=True).click()
    expect(page.locator(".w-combobox__option")).to_have_count(0)


def save(page: Page) -> None:
    """Save by hand. The editor saves by itself half a second after the last change, if at all;
    both at once is what no hand can do.
    """
    page.wait_for_timeout(2000)
    page.get_by_role("button", name="Save draft").click()
    expect(page.locator(".messages")).to_contain_text(re.compile("updated|created"))


def describe_course(page: Page, picture: Path) -> None:
    page.get_by_role("link", name="New course").click()
    page.get_by_placeholder("Course title*").fill(TITLE)
    page.get_by_role("textbox", name="Summary").fill(SUMMARY)
    expect(page.locator(".counted").first).to_have_text(f"{len(SUMMARY)} / 300")
    page.get_by_role("button", name="Choose an image").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("tab", name="Upload").click()
    dialog.get_by_label("File").set_input_files(picture)
    expect(dialog.get_by_label("Title")).to_have_value(picture.stem)
    dialog.get_by_role("button", name="Upload").click()
    expect(dialog).to_be_hidden()
    page.get_by_role("tab", name="Catalogue").click()
    page.get_by_label("Data & statistics").or_(page.locator("#id_categories_0")).first.check()
    expect(page.get_by_role("checkbox", name="Yusuf Okafor")).to_be_checked()
    page.get_by_role("textbox", name="Price").fill("0")
    save(page)


def add_module(page: Page, title: str) -> None:
    page.get_by_role("tab", name="Lessons").click()
    page.get_by_role("link", name="Add module").click()
    page.get_by_placeholder("Module title*").fill(title)
    save(page)


def write_lesson(page: Page) -> None:
    page.get_by_role("link", name="Add lesson").first.click()
    page.get_by_placeholder("Lesson title*").fill("The bowline")
    block(page, "Heading")
    page.get_by_role("textbox", name="Heading*").fill("A loop that never slips")
    block(page, "Text")
    page.keyboard.type("The rabbit comes out of its hole.")
    block(page, "Code")
    page.get_by_role("textbox", name="Code*").fill("loop -> hole -> tree -> hole")
    block(page, "Mathematics")
    page.get_by_role("textbox", name=re.compile("Formula")).fill(r"\frac{2}{3}")
    block(page, "Self-check question")
    # The rich text first: its editor hands the text over a moment after the last key.
    page.locator("[data-contentpath=question] [role=textbox]").last.click()
    page.keyboard.type("Which one holds?")
    answers = page.get_by_role("textbox", name="Answer*")
    answers.nth(0).fill("A bowline")
    answers.nth(1).fill("A granny knot")
    page.get_by_role("checkbox", name="This is right").first.check()
    page.get_by_role("tab", name="Settings").click()
    page.get_by_role("checkbox", name="Free preview").check()
    save(page)


def test_an_instructor_publishes_a_first_course(reader: Reader, tmp_path: Path) -> None:
    """Sign in, describe, write, preview, publish with all lessons; then a visitor reads."""
    page = reader.page
    picture = tmp_path / "harbour.png"
    draw(picture)
    reader.sign_in(INSTRUCTOR, "fledge-demo")
    page.goto(f"{reader.site.url}/cms/")
    describe_course(page, picture)
    course = page.url.split("?")[0].split("#")[0]
    add_module(page, "Loops")
    write_lesson(page)

    page.get_by_role("button", name="Toggle preview").click()
    frame = page.frame_locator("iframe[title='Preview']").last
    expect(frame.get_by_role("heading", name="A loop that never slips")).to_be_visible()

    page.goto(f"{course}#tab-lessons")
    outline = page.locator(".outline")
    expect(outline).to_contain_text("Loops")
    expect(outline).to_contain_text("Free preview")
    press(page, "Publish course with all its lessons")
    expect(page.locator(".messages")).to_contain_text("2 pages below it were published")
    assert not reader.problems, reader.problems

    reader.context.clear_cookies()
    reader.open("/courses/?q=knots+hold")
    page.get_by_role("main").get_by_role("link", name=TITLE, exact=True).first.click()
    expect(page.get_by_role("heading", level=1, name=TITLE)).to_be_visible()
    reader.check()
    page.get_by_role("link", name=re.compile("The bowline")).first.click()
    expect(page.get_by_text("The rabbit comes out of its hole.")).to_be_visible()
    expect(page.get_by_text("Which one holds?")).to_be_visible()
    reader.check()


def draw(path: Path) -> None:
    """A cover; no two are alike, since the chooser asks back about duplicates."""
    Image.new("RGB", (1600, 900), tuple(os.urandom(3))).save(path)
