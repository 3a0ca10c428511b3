"""Every main page of the demo, wide and narrow, light and dark, is accessible and fits."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from .conftest import BROWSER, SERIOUS, Reader

pytestmark = BROWSER

DEMO_PASSWORD = "fledge-demo"
SIZES = {"wide": {"width": 1440, "height": 900}, "narrow": {"width": 390, "height": 844}}
# Each size and each theme is looked at whole once, and in the two remaining pairs for contrast
# alone: that is what can still differ, in a third of the time.
LOOKS = [
    ("wide", "light", {}),
    ("wide", "dark", {"runOnly": ["color-contrast"]}),
    ("narrow", "dark", {}),
    ("narrow", "light", {"runOnly": ["color-contrast"]}),
]
# A transition inherited by a child starts when its parent's ends, so look until none is left.
# Those bound to scrolling have no end.
SETTLED = """async () => {
    const frame = () => new Promise(requestAnimationFrame)
    const moving = () => document.getAnimations().filter(one =>
        one.timeline === document.timeline && one.playState === "running")
    do {
        await Promise.allSettled(moving().map(one => one.finished))
        await frame(); await frame()
    } while (moving().length)
}"""
VISITOR = [
    "/",
    "/courses/",
    "/courses/?q=bread",
    "/courses/?q=nothing-is-called-this",
    "/courses/?category=data-statistics&level=beginner&sort=newest",
    "/harbour/",
    "/harbour/python-first-steps/",
    "/harbour/algorithms-you-can-draw/",
    "/harbour/qiraat-al-bayanat/",
    "/verify/",
    "/teach/",
    "/account/login/",
    "/account/signup/",
    "/account/password/reset/",
]
STUDENT = [
    "/learn/",
    "/learn/?show=completed",
    "/learn/history/",
    "/learn/todo/",
    "/learn/calendar/",
    "/learn/calendar/?view=week",
    "/learn/wishlist/",
    "/certificates/",
    "/teach/new/",
    "/teach/schools/",
    "/account/profile/",
    "/account/security/",
    "/account/email/",
    "/account/password/change/",
    "/account/sessions/",
    "/account/2fa/webauthn/",
    "/harbour/sql-for-curious-people/",
]
NOT_FOUND = [
    "/there/is/nothing/",
    "/saffron/food-safety-for-our-team/",
    "/verify/AAAA-BBBB-CCCC-DDDD/",
]


def flaws(page: Page) -> Iterator[str]:
    """What is wrong with the open page, in all its looks."""
    for size, theme, options in LOOKS:
        page.set_viewport_size(SIZES[size])  # type: ignore[arg-type]
        # A colour half-way from one theme to the other is nobody's.
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
        page.evaluate(SETTLED)
        where = f"{page.url} ({size}, {theme})"
        for found in Axe().run(page, options=options).response["violations"]:
            if found["impact"] in SERIOUS:
                yield f"{where}: {found['id']}: {found['nodes'][0]['html'][:200]}"
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            yield f"{where}: the page is wider than its window"


def walk(reader: Reader, paths: list[str], status: int = 200) -> list[str]:
    found = []
    for path in paths:
        answer = reader.page.goto(path if path.startswith("http") else f"{reader.site.url}{path}")
        if answer.status != status:
            found.append(f"{path}: {answer.status}, not {status}")
        found += flaws(reader.page)
    return found


@pytest.fixture
def student(reader: Reader) -> Reader:
    """Amina, who is in the middle of courses and has a certificate."""
    reader.sign_in("amina.yusuf@example.com", DEMO_PASSWORD)
    return reader


def test_the_pages_of_visitors_are_accessible_and_keep_to_their_width(reader: Reader) -> None:
    schools = [reader.site.url.replace("//", f"//{slug}.") for slug in ("harbour", "saffron")]
    assert not walk(reader, VISITOR + [f"{school}/" for school in schools])


def test_the_pages_of_students_are_accessible_and_keep_to_their_width(student: Reader) -> None:
    page = student.page
    page.goto(f"{student.site.url}/certificates/")
    certificate = page.get_by_role("link", name=re.compile("^View")).first.get_attribute("href")
    verification = page.get_by_role("link", name=re.compile("^Verify")).first.get_attribute("href")
    page.goto(f"{student.site.url}/learn/")
    lessons = []
    for course in ["SQL for Curious People", "Algorithms You Can Draw"]:
        page.goto(f"{student.site.url}/learn/")
        page.get_by_role("link", name=course).first.click()
        page.wait_for_url(re.compile(r"/learn/\d+/\d+/"))
        lessons.append(page.url)
    assert not walk(student, [*STUDENT, certificate, verification, *lessons])


LONG = (
    "Donaudampfschifffahrtsgesellschaftskapitänsmützenverordnung, and what every newcomer to the "
    "school should know about it before the first day"
)


def test_the_desks_are_accessible_and_keep_to_their_width(reader: Reader) -> None:
    """Full, empty, and with a name that fits nowhere."""
    reader.sign_in("mara.lindqvist@example.com", DEMO_PASSWORD)
    page = reader.page
    page.goto(f"{reader.site.url}/desk/homework/")
    page.get_by_role("link", name="First Steps in Python").first.click()
    course = re.sub(r"homework/$", "", page.url)
    page.goto(f"{course}assessments/new/")
    page.get_by_label("Title").fill(LONG)
    page.get_by_role("main").get_by_role("button", name=re.compile("Save|Create")).first.click()
    page.wait_for_url("**/questions/")
    empty = re.sub(r"questions/$", "", page.url)
    page.goto(f"{course}assessments/")
    page.get_by_role("link", name="Check what you know").click()
    full = page.url
    page.goto(f"{reader.site.url}/desk/questions/")
    bank = page.url
    assessments = [
        f"{one}{part}" for one in (full, empty) for part in ("", "questions/", "preview/")
    ]
    course_pages = ["assessments/", "grades/", "grades/setup/", "plans/", "groups/"]
    assert not walk(
        reader,
        [
            *assessments,
            f"{full}analysis/",
            *(f"{course}{part}" for part in course_pages),
            bank,
            *(f"{bank}new/{kind}/" for kind in ("single", "numeric", "hotspot")),
            "/desk/reviews/",
        ],
    )


def test_pages_that_are_not_there_are_accessible_too(reader: Reader) -> None:
    found = walk(reader, NOT_FOUND, status=404)
    # A browser calls the status of the page itself an error.
    reader.problems[:] = [one for one in reader.problems if "404" not in one]
    assert not found


def test_the_site_reads_from_right_to_left_in_arabic(phone: Reader) -> None:
    phone.context.add_cookies([{"name": "django_language", "value": "ar", "url": phone.site.url}])
    for path in ["/", "/courses/", "/harbour/python-first-steps/", "/account/signup/"]:
        page = phone.open(path)
        assert page.locator("html").get_attribute("dir") == "rtl"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
