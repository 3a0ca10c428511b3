"""A timed quiz: the browser crashes in the middle, the connection goes, and nothing is lost."""

import os
import re
import signal

from playwright.sync_api import Browser, Page, expect

from .conftest import BROWSER, Reader, Site

pytestmark = BROWSER

QUIZ = "Check what you know"
ANSWERS = "**/answers/**"
SAMUEL = "samuel.mensah@example.com"


def begin(page: Page) -> None:
    page.get_by_role("link", name=QUIZ).first.click()
    page.get_by_role("button", name=re.compile("Begin|Try again")).click()
    page.locator("#confirm-dialog").get_by_role("button", name="Begin").click()
    expect(page.get_by_text(re.compile(r"^Left: (20:00|19:\d\d)$"))).to_be_visible()


def asked(page: Page, prompt: str):
    return page.locator("fieldset.question", has_text=prompt)


def test_a_timed_quiz_goes_on_after_a_crash(site: Site, browser: Browser) -> None:
    context = browser.new_context(locale="en-GB", viewport={"width": 390, "height": 844})
    student = Reader(site, context)
    student.sign_in(SAMUEL, "fledge-demo")
    page = student.page
    student.open("/learn/")
    page.get_by_role("link", name="First Steps in Python").first.click()
    page.goto(re.sub(r"(/learn/\d+/).*", r"\1assessments/", page.url))
    student.check()
    begin(page)
    student.check()

    # Kept at the school as it is given.
    asked(page, "is a name").or_(asked(page, "what is price")).first.get_by_label(
        "A name for the value 12"
    ).check()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    # The next answer gets no further than this browser; then the page crashes.
    page.route(ANSWERS, lambda route: route.abort())
    asked(page, "What does this print?").get_by_label("Your answer").fill("7")
    expect(page.get_by_text("Kept in this browser")).to_be_visible()
    address, clock_before = page.url, left(page)
    crash(page)

    page = student.page = context.new_page()
    page.goto(address)
    expect(asked(page, "What does this print?").get_by_label("Your answer")).to_have_value("7")
    expect(page.get_by_label("A name for the value 12")).to_be_checked()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    assert 0 < left(page) <= clock_before

    # Another window answers the same question first.
    other = context.new_page()
    other.goto(address)
    asked(other, "What does this print?").get_by_label("Your answer").fill("14")
    expect(other.get_by_text("Saved", exact=True)).to_be_visible()
    asked(page, "What does this print?").get_by_label("Your answer").fill("7.0")
    conflict = asked(page, "What does this print?").locator("[data-conflict]")
    expect(conflict).to_contain_text("in another window in the meantime")
    conflict.get_by_role("button", name="Keep what stands here").click()
    expect(conflict).to_be_hidden()
    other.close()

    # By keyboard: an item up, then handing in.
    asked(page, "Put the lines in order").get_by_role("button", name="Up").last.press("Enter")
    page.get_by_role("button", name="Hand in", exact=True).first.click()
    dialog = page.get_by_role("dialog", name="Hand in?")
    expect(dialog).to_contain_text("Not answered yet:")
    dialog.get_by_role("button", name="Hand in").click()
    expect(page.get_by_text("of 12 points")).to_be_visible()
    assert asked(page, "What does this print?").get_by_text("1 of 1 points").is_visible()
    student.problems = [one for one in student.problems if "net::ERR_" not in one]
    student.check()
    context.close()


def left(page: Page) -> int:
    """Seconds on the clock."""
    shown = page.locator("[data-clock]").text_content() or ""
    minutes, seconds = re.findall(r"\d+", shown)
    return int(minutes) * 60 + int(seconds)


def crash(page: Page) -> None:
    """The processes of all pages are killed: no handler of the page runs."""
    browser = page.context.browser
    assert browser is not None
    with page.expect_event("crash"):
        session = browser.new_browser_cdp_session()
        for process in session.send("SystemInfo.getProcessInfo")["processInfo"]:
            if process["type"] == "renderer":
                os.kill(process["id"], signal.SIGKILL)
        session.detach()
