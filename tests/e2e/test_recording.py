"""A student records homework in the browser, and loses the connection and the page on the way; the
instructor hears it and answers.
"""

import io
import re
import wave
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

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


def lecture(seconds: int) -> dict[str, object]:
    """A sound file, for a file field."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 2, 48_000, 0, "NONE", ""))
        sound.writeframes(bytes(range(256)) * (seconds * 375))
    return {"name": "lecture.wav", "mimeType": "audio/wav", "buffer": file.getvalue()}


def to_homework(student: Reader) -> Page:
    """Open once, done or not."""
    page = student.open("/learn/")
    found = page.locator("a[href^='/learn/']").evaluate_all("links => links.map((a) => a.pathname)")
    for course in dict.fromkeys(re.findall(r"/learn/\d+/", " ".join(found))):
        page.goto(f"{student.site.url}{course}homework/")
        link = page.get_by_role("link", name=re.compile(HOMEWORK))
        if link.count():
            link.first.click()
            page.get_by_role("heading", level=1, name=HOMEWORK).wait_for()
            return page
    raise AssertionError(found)


def to_review(student: Reader, instructor: Reader) -> Page:
    at = re.sub(r"/learn/(\d+)/homework/(\d+)/.*", r"/desk/\1/homework/\2/", student.page.url)
    desk = instructor.open(at)
    desk.get_by_role("link", name="Samuel Mensah").first.click()
    return desk


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


def test_a_file_goes_on_from_the_piece_that_was_lost(people: tuple[Reader, Reader]) -> None:
    student, _instructor = people
    page = to_homework(student)
    sent: list[int] = []

    def piece(route: Route) -> None:
        if route.request.method == "PATCH":
            sent.append(int(route.request.headers["upload-offset"]))
            if len(sent) == 2:
                route.abort()
                return
        route.continue_()

    page.route(UPLOADS, piece)
    page.locator("#id_files").set_input_files([lecture(40)])
    hand_in(page)
    # The second piece comes again from where the first one ended, and no piece comes twice.
    assert sent[0] == 0 < sent[1] == sent[2]
    assert len(set(sent)) == len(sent) - 1
    plays(page, ".submission audio", at=30)


def test_a_file_chosen_before_the_script_is_there_is_sent(people: tuple[Reader, Reader]) -> None:
    """On a slow line the page can be used before its script has come. (Before the test of feedback:
    what is graded takes no more files.)"""
    student, _instructor = people
    page = to_homework(student)
    held: list[Route] = []
    page.route(re.compile(r"/js/uploads[^/]*\.js"), lambda route: held.append(route))
    page.goto(page.url, wait_until="commit")
    page.locator("#id_files").set_input_files([lecture(1)])
    while not held:
        page.wait_for_timeout(50)
    for route in held:
        route.continue_()
    hand_in(page)


def test_feedback_is_spoken_and_heard(people: tuple[Reader, Reader]) -> None:
    student, instructor = people
    page = to_homework(student)
    page.locator("#id_files").set_input_files([lecture(1)])
    hand_in(page)

    desk = to_review(student, instructor)
    desk.locator(".spoken summary").click()
    begin(instructor, "Record sound")
    # On to the next student: not while it records.
    desk.keyboard.press("j")
    expect(desk.locator(".recorder [role=alert]")).to_contain_text("You are still recording")
    expect(desk.get_by_role("heading", level=1, name="Samuel Mensah")).to_be_visible()
    press(desk, "Stop")
    plays(desk, "[data-recorder] audio", at=0.5)
    press(desk, "Use this recording")
    # It is the draft's once it is sent; nobody pressed a button.
    expect(desk.locator("#spoken .voice audio")).to_be_visible()
    expect(desk.locator(".uploads__row")).to_have_count(0)
    plays(desk, "#spoken audio", at=0.5)
    instructor.check()
    desk.get_by_label("Not complete yet", exact=True).check()
    desk.get_by_role("textbox", name="Feedback").fill("And in words.")
    expect(desk.locator("[data-status]")).to_have_text("Draft saved")

    # To another student and back, whose recorder works too: the page was not loaded anew.
    desk.keyboard.press("Tab")
    desk.locator("[data-step=next]").click()
    expect(desk.get_by_role("heading", level=1, name="Samuel Mensah")).to_be_hidden()
    desk.locator("[data-step=previous]").click()
    expect(desk.get_by_role("heading", level=1, name="Samuel Mensah")).to_be_visible()
    begin(instructor, "Record sound")
    press(desk, "Stop")
    press(desk, "Use this recording")
    expect(desk.locator(".uploads__row")).to_have_count(0)
    press(desk, "Release")
    expect(desk.get_by_text("And in words.").last).to_be_visible()
    plays(desk, ".feedback .voice audio", at=0.5)
    instructor.check()

    student.open(page.url)
    plays(page, ".feedback .voice audio", at=0.5)
    page.locator(".feedback .speeds").get_by_text("1.5×").click()
    assert page.locator(".feedback .voice audio").evaluate("media => media.playbackRate") == 1.5
    assert not student.problems and not instructor.problems


def test_homework_is_recorded_sent_over_a_lost_connection_and_answered(
    people: tuple[Reader, Reader],
) -> None:
    student, instructor = people
    page = to_homework(student)
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
    desk = to_review(student, instructor)
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
