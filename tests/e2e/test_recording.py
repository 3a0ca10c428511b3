"""A student records homework in the browser, and loses the connection and the page on the way; the
instructor hears it and answers.
"""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from .conftest import BROWSER, Reader, Site

pytestmark = BROWSER

HOMEWORK = "Show your script at work"
UPLOADS = "**/files/uploads/**"

# The fake microphone beeps once a second.
HEARD = """async (meter) => {
    while (meter.value < 0.2) await new Promise((go) => setTimeout(go, 20));
}"""
# Plays on from there.
PLAYED = """async (media, at) => {
    const heard = (what) => new Promise((go, fail) => {
        media.addEventListener(what, go, { once: true });
        setTimeout(() => fail(new Error(`no ${what} at ${media.currentTime}`)), 20_000);
    });
    media.muted = true;
    if (media.readyState < 1) await heard("loadedmetadata");
    media.currentTime = at;
    await media.play();
    while (media.currentTime <= at) await heard("timeupdate");
    media.pause();
    return media.readyState;
}"""


@pytest.fixture
def people(site: Site, browser: Browser) -> Iterator[tuple[Reader, Reader]]:
    """A student at a phone and their instructor at a desk, signed in."""
    phone = {"width": 390, "height": 844}
    contexts = [browser.new_context(locale="en-GB", viewport=phone, has_touch=True)]
    contexts.append(browser.new_context(locale="en-GB", viewport={"width": 1440, "height": 900}))
    student, instructor = (Reader(site, context) for context in contexts)
    student.sign_in("samuel.mensah@example.com", "fledge-demo")
    instructor.sign_in("mara.lindqvist@example.com", "fledge-demo")
    student.page.on("dialog", lambda dialog: dialog.accept())  # leaving while it records
    yield student, instructor
    for context in contexts:
        context.close()


def press(page: Page | Locator, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def begin(reader: Reader, how: str) -> None:
    """Through the check to a recording that runs."""
    page = reader.page
    press(page, how)
    start = page.get_by_role("button", name="Start recording")
    expect(start).to_be_focused()
    page.locator("[data-recorder] meter").evaluate(HEARD)
    reader.check()
    start.click()
    expect(page.get_by_role("timer")).to_have_text(re.compile("0:0[1-9]"))
    reader.check()


def lose_pieces(page: Page) -> None:
    """No piece of a file arrives, until `page.unroute(UPLOADS)`."""
    page.route(
        UPLOADS,
        lambda route: route.abort() if route.request.method == "PATCH" else route.continue_(),
    )


def plays(page: Page, media: str, *, at: float) -> None:
    """It is loaded, and plays from second `at`."""
    assert page.locator(media).first.evaluate(PLAYED, at) >= 2


def hand_in(page: Page) -> None:
    expect(page.locator(".uploads__status")).to_have_text("Sent")
    press(page, "Hand in")
    expect(page.get_by_text("You have handed it in.")).to_be_visible()


def test_homework_is_recorded_sent_over_a_lost_connection_and_answered(
    people: tuple[Reader, Reader],
) -> None:
    student, instructor = people
    page = student.page
    student.open("/learn/")
    page.get_by_role("link", name=re.compile(HOMEWORK)).first.click()
    page.get_by_role("heading", level=1, name=HOMEWORK).wait_for()
    student.check()

    # Sound, with a pause.
    begin(student, "Record sound only")
    press(page, "Pause")
    student.check()
    press(page, "Go on")
    press(page, "Stop")
    expect(page.get_by_role("button", name="Use this recording")).to_be_focused()
    student.check()
    plays(page, "[data-recorder] audio", at=0.5)

    # The connection goes in the middle, and comes back.
    lose_pieces(page)
    press(page, "Use this recording")
    expect(page.locator(".uploads__status")).to_contain_text("The connection is lost")
    page.context.set_offline(True)
    page.unroute(UPLOADS)
    page.context.set_offline(False)
    hand_in(page)
    student.problems = [one for one in student.problems if "net::ERR_" not in one]
    student.check()
    plays(page, ".submission audio", at=0.5)

    # A film; the page goes while it is made, and offers what there was.
    begin(student, "Record with the camera")
    page.wait_for_timeout(2500)  # longer than a slice
    page.reload()
    expect(page.get_by_text("You have a recording that was not sent.")).to_be_visible()
    student.check()
    plays(page, ".recorder__picture", at=0.5)
    # Another one in its place.
    press(page, "Record again")
    press(page.locator("#confirm-dialog"), "Throw away")
    page.get_by_role("button", name="Start recording").click()
    expect(page.get_by_role("timer")).to_have_text(re.compile("0:0[2-9]"))
    page.keyboard.press("Escape")
    expect(page.locator("[data-part=status]")).to_have_text("Paused")
    press(page, "Stop")
    press(page, "Hand in")  # too early
    expect(page.get_by_role("alert")).to_contain_text("Use your recording or throw it away")
    press(page, "Use this recording")
    hand_in(page)
    plays(page, ".submission video", at=0.5)
    page.reload()
    expect(page.get_by_role("button", name="Record sound only")).to_be_visible()
    expect(page.get_by_role("button", name="Use this recording")).to_be_hidden()

    # The instructor sees it, hears the earlier one, and answers.
    at = re.sub(r"/learn/(\d+)/homework/(\d+)/.*", r"/desk/\1/homework/\2/", page.url)
    desk = instructor.open(at)
    desk.get_by_role("link", name="Samuel Mensah").first.click()
    plays(desk, ".submission video", at=0.5)
    desk.locator("details.earlier summary").first.click()
    plays(desk, ".earlier .submission audio", at=0.5)
    desk.get_by_label("Complete", exact=True).check()
    desk.get_by_role("textbox", name="Feedback").fill("Now I know what it does.")
    press(desk, "Release")
    expect(desk.get_by_text("Now I know what it does.").last).to_be_visible()
    instructor.check()

    student.open(page.url)
    expect(page.get_by_text("Now I know what it does.")).to_be_visible()
    plays(page, ".submission video", at=0.5)
    assert not student.problems and not instructor.problems
