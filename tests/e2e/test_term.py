"""A term at one course: how people come in, who gets the last seat, what opens when, who falls
behind, and what the report says of it.
"""

import csv
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from .conftest import BROWSER, Reader, Site
from .small.seeding import COURSE, SAMUEL, SCHOOL, STUDENTS, TEACHER
from .test_walk import fill_sign_up

pytestmark = BROWSER

NORA, BO, CEM, DINA, EVA, FARID = (
    f"{name}@example.com"
    for name in ("nora.lund", "bo.larsen", "cem.demir", "dina.rossi", "eva.novak", "farid.aziz")
)
CLASS = f"""Name;E-mail
Nora Lund;{NORA}
Bo Larsen;{BO}
Cem Demir;{CEM}
Dina Rossi;{DINA}
Nora again;{NORA.upper()}
Ghost;ghost(at)example.com
"""
ACCEPT = "Accept and enrol"
Enter = Callable[[str], Reader]


@pytest.fixture
def enter(small_site: Site, browser: Browser) -> Iterator[Enter]:
    """Somebody comes to a browser of their own, signed in if they have an account."""
    readers: list[Reader] = []

    def somebody(email: str) -> Reader:
        screen = (
            {"width": 1280, "height": 900} if email == TEACHER else {"width": 390, "height": 844}
        )
        reader = Reader(small_site, browser.new_context(locale="en-GB", viewport=screen))
        readers.append(reader)
        if email == TEACHER or email in STUDENTS:
            reader.sign_in(email)
        return reader

    yield somebody
    for reader in readers:
        reader.context.close()
        assert not reader.problems, reader.problems


def mailed(site: Site, email: str, words: str) -> str:
    """The address in the mail to `email` that says `words`."""
    site.wait_for_mail(email, re.escape(words))
    (text,) = [one for one in site.mails_to(email) if words in one]
    found = re.search(rf"{re.escape(site.url)}/\S+", text)
    assert found, text
    return found[0]


def press(page: Page, name: str, whom: str = "") -> None:
    """A button of the page; where there is one for each person, that of `whom`."""
    said = re.compile(rf"^{re.escape(name)}\s*: {whom}$" if whom else f"^{re.escape(name)}$")
    page.get_by_role("main").get_by_role("button", name=said).click()


def told(page: Page, words: str) -> None:
    expect(page.get_by_role("main").get_by_text(words).first).to_be_visible()


def refused(reader: Reader, words: str) -> None:
    """They are told so, on a page with nothing wrong but its status."""
    told(reader.page, words)
    reader.problems = [one for one in reader.problems if "status of 409" not in one]
    reader.check()


def at_once(*wanted: tuple[Page, str]) -> None:
    """Buttons on several pages, pressed before any of them has an answer."""
    for page, name in wanted:
        page.get_by_role("button", name=name).evaluate(
            "button => { document.body.dataset.waits = true; button.click() }"
        )
    for page, _name in wanted:
        expect(page.locator("body:not([data-waits])")).to_be_visible()


def invite(teacher: Reader) -> str:
    """The class, from a file that is looked through first; returns the course's address at the
    desk."""
    desk = teacher.open("/desk/")
    desk.get_by_role("main").get_by_role("link", name=COURSE, exact=True).first.click()
    here = re.sub(r"^\w+://[^/]+", "", desk.url)
    teacher.check()
    teacher.open(f"{here}people/invitations/")
    file = {"name": "class.csv", "mimeType": "text/csv", "buffer": CLASS.encode()}
    desk.get_by_label("Or a CSV file").set_input_files([file])
    desk.get_by_label("Message").fill("We begin on Monday.")
    press(desk, "Go on")
    told(desk, "Ghost")
    teacher.check()
    expect(desk.get_by_role("row", name=re.compile("Ghost"))).to_contain_text("Can’t be invited")
    assert not teacher.site.mails_to(NORA), "looking through a list writes to nobody"
    press(desk, "Invite 4 people")
    results = desk.get_by_role("main").get_by_role("listitem")
    expect(results.filter(has_text="Invited: 4")).to_be_visible(timeout=30_000)  # the worker's turn
    teacher.check()
    for email in (NORA, BO, CEM, DINA):
        teacher.site.wait_for_mail(email, "We begin on Monday.")
    return here


def accept_as_newcomer(nora: Reader) -> None:
    page = nora.open(mailed(nora.site, NORA, "invites you to"))
    told(page, SCHOOL)
    page.get_by_role("main").get_by_role("link", name="Register").click()
    fill_sign_up(nora, NORA, "Nora Lund")
    press(page, "Accept and enrol")
    page.wait_for_url(re.compile(r"/learn/\d+/"))
    told(page, "You are enrolled.")
    nora.check()
    nora.site.wait_for_mail(TEACHER, "Nora Lund is now enrolled")


def ask_and_decide(teacher: Reader, enter: Enter, here: str, course: str) -> Reader:
    """Two ask. One is let in, the other is not, and reads why; returns the first."""
    site, desk = teacher.site, teacher.page
    asking = {email: enter(email) for email in (EVA, FARID)}
    for reader in asking.values():
        page = reader.open("/quay/reading-the-tide/")
        page.get_by_role("main").get_by_role("link", name="Ask to join").first.click()
        page.get_by_label("Note to the teacher").fill("I have a small boat.")
        reader.check()
        press(page, "Ask to join")
        told(page, "Your request is with the teacher")
        reader.check()
    teacher.open(mailed(site, TEACHER, f"{STUDENTS[EVA]} asks to join"))
    told(desk, "I have a small boat.")
    press(desk, "Approve", whom=STUDENTS[EVA])
    told(desk, "1 student is enrolled.")
    desk.get_by_label("Reply").fill("Next term, gladly.")
    press(desk, "Decline", whom=STUDENTS[FARID])
    told(desk, "1 request is declined.")
    teacher.check()
    eva, farid = asking[EVA], asking[FARID]
    eva.open(mailed(site, EVA, "Your request was approved"))
    assert eva.page.url.startswith(f"{site.url}{course}")
    site.wait_for_mail(FARID, "Next term, gladly.")
    farid.open(f"{course}ask/")
    told(farid.page, "Your last request was declined")
    told(farid.page, "Next term, gladly.")
    return eva


def finish_lesson(page: Page) -> None:
    press(page, "Mark as done")
    expect(page.get_by_role("button", name="Not done after all")).to_be_visible()


def leave(reader: Reader) -> None:
    page = reader.open("/quay/reading-the-tide/")
    page.get_by_role("button", name="Leave the course").first.click()
    page.locator("#confirm-dialog").get_by_role("button", name="Leave").click()
    told(page, "You left")
    reader.check()


def report(teacher: Reader, here: str, folder: Path) -> None:
    """The file has the figures of the page, and they are those of what was done."""
    desk = teacher.open(f"{here}reports/")
    shown = {
        row.locator("th").inner_text(): [
            row.locator(f"[data-cell={cell}]").inner_text()
            for cell in ("lessons", "minutes", "submitted", "late", "pending", "overdue")
        ]
        for row in desk.locator("tr[data-student]").all()
    }
    assert {name: figures[0] for name, figures in shown.items() if figures[0] != "0"} == {
        "Nora Lund": "2"
    }
    students = desk.locator(".stat", has_text="Students").first.locator("dd")
    expect(students).to_have_text(str(len(shown)))
    desk.get_by_text("Export", exact=True).click()
    desk.get_by_role("button", name="CSV").click()
    with desk.expect_download() as downloading:
        desk.get_by_role("link", name="Download the report").click()
    teacher.check()
    file = folder / "report.csv"
    downloading.value.save_as(file)
    with file.open(encoding="utf-8-sig", newline="") as rows:
        lines = list(csv.DictReader(rows))
    columns = ("Lessons completed", "Minutes", "Submitted", "Submitted late", "Pending", "Overdue")
    assert {one["Student"]: [one[name] for name in columns] for one in lines} == shown
    assert {one["E-mail"] for one in lines} >= {NORA, SAMUEL}


def test_a_term_at_one_course(small_site: Site, enter: Enter, tmp_path: Path) -> None:
    site, teacher = small_site, enter(TEACHER)
    desk = teacher.page
    here = invite(teacher)

    # One of the class has no account: from the mail through registering back to the invitation.
    nora = enter(NORA)
    accept_as_newcomer(nora)
    number = re.search(r"/learn/(\d+)/", nora.page.url)
    assert number
    course = f"/learn/{number[1]}/"

    eva = ask_and_decide(teacher, enter, here, course)

    # Three have the page of their invitation open when there is one seat; two try to get it.
    readers = {email: enter(email) for email in (BO, CEM, DINA)}
    for email, reader in readers.items():
        reader.open(mailed(site, email, "invites you to"))
    at_once(*((readers[email].page, ACCEPT) for email in (BO, CEM)))
    won = [email for email in (BO, CEM) if readers[email].page.url.startswith(site.url + course)]
    (lost,) = {BO, CEM} - set(won)
    first, dina = readers[lost], readers[DINA]
    refused(first, "All seats are taken")
    press(first.page, "Join the waitlist")
    told(first.page, "You are number 1 in line.")
    first.check()
    line = enter(DINA)
    line.open(f"{course}waitlist/")
    press(line.page, "Join the waitlist")
    told(line.page, "You are number 2 in line.")
    teacher.open(f"{here}people/waitlist/")
    names = desk.get_by_role("main").locator("tbody th").all_inner_texts()
    assert names == [STUDENTS[lost], STUDENTS[DINA]]

    # A seat becomes free and is held for the first; the next tries to be quicker.
    leave(eva)
    first.open(mailed(site, lost, "Take the seat before"))
    at_once((dina.page, ACCEPT), (first.page, "Take the seat"))
    assert first.page.url.startswith(site.url + course)
    refused(dina, "All seats are taken")
    line.open(f"{course}waitlist/")
    told(line.page, "You are number 1 in line.")

    # What opens a week on is closed and says until when; then it is open.
    reading = nora.open(course)
    finish_lesson(reading)
    reading.get_by_text("Lessons of this course").click()
    waits = reading.locator(".lesson--locked", has_text="Springs and neaps")
    expect(waits).to_contain_text(re.compile("opens", re.I))
    nora.check()
    site.move_clock(days=12)
    nora.open(course)
    told(reading, "Full and new moon.")
    finish_lesson(reading)
    nora.check()

    # Samuel was enrolled three days before everybody, and nobody has seen him for a fortnight.
    teacher.open("/desk/")
    risk = desk.get_by_role("region", name="Students at risk")
    expect(risk.get_by_role("listitem")).to_have_count(1)
    expect(risk).to_contain_text("Samuel Mensah")
    expect(risk).to_contain_text("Has not begun in 15 days.")
    risk.get_by_role("link").first.click()
    told(desk, "Has not begun in 15 days.")
    teacher.check()

    report(teacher, here, tmp_path)
