"""The main job from end to end: somebody registers, finds a course, learns it, is certified."""

import io
import os
import re
from pathlib import Path

import pytest
from pypdf import PdfReader

from .conftest import BROWSER, PASSWORD, ROOT, Reader

pytestmark = BROWSER

REAL_COURSES = ROOT.parent / "shared" / "courses"


def register(reader: Reader, email: str, name: str) -> None:
    """Make an account and confirm the address with the code that was mailed."""
    reader.open("/account/signup/")
    fill_sign_up(reader, email, name)


def fill_sign_up(reader: Reader, email: str, name: str) -> None:
    """The same from the form on."""
    page = reader.page
    page.get_by_label("Name").fill(name)
    page.get_by_label("E-mail").first.fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("main").get_by_role(
        "button", name=re.compile("register|account", re.I)
    ).click()
    page.wait_for_url(re.compile("confirm|verify"))
    reader.check()
    code = reader.site.wait_for_mail(email, r"\n\s*([A-Z0-9]{3,}-?[A-Z0-9]{3,})\s*\n")[1]
    page.get_by_label(re.compile("code", re.I)).fill(code)
    page.get_by_role("main").get_by_role("button").first.click()
    page.wait_for_url(re.compile("/learn/"))
    reader.check()


def find(reader: Reader, words: str, title: str) -> None:
    """Search the catalogue and open the course's page."""
    page = reader.open("/courses/")
    page.locator("main input[name=q]").fill(words)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"[?&]q="))
    reader.check()
    page.get_by_role("main").get_by_role("link", name=title, exact=True).first.click()
    page.get_by_role("heading", level=1, name=title).wait_for()
    reader.check()


def enrol(reader: Reader) -> None:
    page = reader.page
    page.get_by_role("button", name="Enrol for free").first.click()
    page.wait_for_url(re.compile(r"/learn/\d+/"))
    reader.check()


def turn_single_keys_off_and_on(reader: Reader) -> None:
    """The lesson's keys answer, unless the reader has switched them off."""
    page, first = reader.page, reader.page.url
    switch = page.get_by_label("Single keys do this")
    for wanted in (False, True):
        page.get_by_role("button", name="Keyboard shortcuts").click()
        switch.set_checked(wanted)
        page.get_by_role("button", name="Close").click()
        page.keyboard.press("n")
        if not wanted:
            page.wait_for_timeout(300)
            assert page.url == first
    page.wait_for_url(lambda url: url != first)
    page.keyboard.press("p")
    page.wait_for_url(first)


def complete_every_lesson(reader: Reader, *, checked: int = 3) -> int:
    """Go through the lessons with the page's own buttons; returns how many there were.

    The first `checked` are checked with axe; all of them for errors on the console.
    """
    page, done = reader.page, 0
    while True:
        if done < checked:
            reader.check()
        page.get_by_role("button", name="Mark as done").click()
        page.get_by_role("button", name="Not done after all").wait_for()
        done += 1
        if page.get_by_role("heading", name="You have completed the course!").count():
            return done
        assert done < 200, "the course never ends"
        following = page.locator("main a[rel=next]").first
        address = following.get_attribute("href")
        following.click()
        page.wait_for_url(f"**{address}")


def certificate_of(reader: Reader, name: str, title: str) -> None:
    """From the last lesson to the certificate, its PDF and its verification page."""
    page = reader.page
    page.get_by_role("link", name="Your certificate").click()
    page.get_by_role("main").get_by_text(title).first.wait_for()
    reader.check()
    with page.expect_download(timeout=60_000) as downloading:
        page.get_by_role("link", name=re.compile("download", re.I)).first.click()
    text = (
        PdfReader(io.BytesIO(Path(downloading.value.path()).read_bytes())).pages[0].extract_text()
    )
    words = re.sub(r"\s+", " ", text)
    assert name in words
    assert title in words
    code = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", words)
    assert code, words
    page.goto(f"{reader.site.url}/verify/{code[0]}/")
    page.get_by_role("main").get_by_text(name).first.wait_for()
    reader.check()


def test_somebody_registers_finds_a_course_learns_it_and_earns_a_certificate(
    reader: Reader,
) -> None:
    register(reader, "newcomer@example.com", "Nora Newcomer")
    find(reader, "bread", "Bread from Four Ingredients")
    enrol(reader)
    turn_single_keys_off_and_on(reader)
    assert complete_every_lesson(reader) == 9
    certificate_of(reader, "Nora Newcomer", "Bread from Four Ingredients")
    page = reader.open("/learn/history/")
    assert page.get_by_role("main").get_by_text("Bread from Four Ingredients").count()


def test_an_imported_real_course_can_be_found_learned_and_certified(reader: Reader) -> None:
    source = REAL_COURSES / "git-novice"
    if not source.exists():
        assert not os.environ.get("CI"), "CI needs the real courses in ../shared/courses"
        pytest.skip("the real courses are not beside this checkout")
    reader.site.manage("import_course", str(source), "--provider", "harbour", "--publish")
    register(reader, "gitta@example.com", "Gitta Versioner")
    find(reader, "version control", "Version Control with Git")
    assert reader.page.get_by_text("CC BY 4.0").count() or reader.page.get_by_text("CC-BY").count()
    enrol(reader)
    assert complete_every_lesson(reader) >= 14
    certificate_of(reader, "Gitta Versioner", "Version Control with Git")
