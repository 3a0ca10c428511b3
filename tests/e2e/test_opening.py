"""Somebody opens a school and has a course on the marketplace, without anybody's help."""

import re

from playwright.sync_api import expect

from .conftest import BROWSER, Reader
from .test_authoring import press, save
from .test_walk import register

pytestmark = BROWSER

SCHOOL = "Tidewater Sailing"
COURSE = "Reading the tide"


def test_a_new_school_goes_from_sign_up_to_a_published_course(reader: Reader) -> None:
    page = reader.page
    register(reader, "wanjiru.kamau@example.com", "Wanjiru Kamau")
    reader.open("/teach/")
    page.get_by_role("main").get_by_role(
        "link", name=re.compile("Open (a|your) school")
    ).first.click()
    page.get_by_label("Name").fill(SCHOOL)
    page.get_by_label("Address").fill("tidewater")
    reader.check()
    page.get_by_role("main").get_by_role("button", name="Open my school").click()
    page.wait_for_url(re.compile("/cms/"))

    # The desk has their school and nobody else's, and a sample course to begin with.
    desk = page.get_by_role("main")
    expect(desk).to_contain_text(SCHOOL)
    expect(desk).not_to_contain_text("Harbour")
    desk.get_by_role("link", name="A sample course to make your own").first.click()
    page.get_by_placeholder("Course title*").fill(COURSE)
    save(page)
    page.goto(page.url)
    press(page, "Publish course with all its lessons")
    assert not reader.problems, reader.problems

    reader.context.clear_cookies()
    school = reader.site.url.replace("//", "//tidewater.")
    reader.open(f"{school}/")
    expect(page.get_by_role("main")).to_contain_text(COURSE)
    reader.open("/courses/?q=reading+tide")
    page.get_by_role("main").get_by_role("link", name=COURSE, exact=True).first.click()
    expect(page.get_by_role("heading", level=1, name=COURSE)).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text(SCHOOL)
    reader.check()
