"""Two schools on two host names, side by side in one browser: each its own house, and nobody in it
who belongs to the other."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from .conftest import BROWSER, Reader, Site

pytestmark = BROWSER

DEMO_PASSWORD = "fledge-demo"
OWN = "learn.harbour.school"


@dataclass(frozen=True)
class House:
    """What a visitor recognises a school by, and who works there."""

    slug: str
    name: str
    course: str
    admin: str
    colour: str


HARBOUR = House(
    slug="harbour",
    name="Harbour School",
    course="SQL for Curious People",
    admin="mara.lindqvist@example.com",
    colour="#0f3d5e",
)
SAFFRON = House(
    slug="saffron",
    name="Saffron Kitchen",
    course="Bread from Four Ingredients",
    admin="giulia.ferrante@example.com",
    colour="#7a2e0e",
)
BOTH = [(HARBOUR, SAFFRON), (SAFFRON, HARBOUR)]


def origin(site: Site, house: House) -> str:
    return site.url.replace("//", f"//{house.slug}.")


@pytest.fixture
def tabs(site: Site, browser: Browser) -> Iterator[dict[House, Reader]]:
    """Two tabs of one browser, one at each school."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    readers = {house: Reader(site, context) for house in (HARBOUR, SAFFRON)}
    yield readers
    context.close()
    for reader in readers.values():
        assert not reader.problems, reader.problems


def colour(page: Page) -> str:
    """The school's colour, as the page is drawn in it."""
    script = "getComputedStyle(document.documentElement).getPropertyValue('--brand')"
    return page.evaluate(script).strip()


def sign_in(page: Page, at: str, email: str) -> None:
    page.goto(f"{at}/account/login/?next=/learn/")
    page.get_by_label("E-mail").first.fill(email)
    page.get_by_label("Password", exact=True).fill(DEMO_PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(lambda url: "/account/login" not in url)


def is_signed_in(page: Page, at: str) -> bool:
    page.goto(f"{at}/learn/")
    return "/account/login" not in page.url


def test_each_school_wears_its_own_brand_and_lists_its_own_courses(
    site: Site, tabs: dict[House, Reader]
) -> None:
    for own, other in BOTH:
        page = tabs[own].open(f"{origin(site, own)}/")
        assert own.name in page.title()
        text = page.content()
        assert other.name not in text and other.colour not in text
        assert colour(page) == own.colour
        page.goto(f"{origin(site, own)}/courses/")
        expect(page.get_by_role("link", name=own.course).first).to_be_visible()
        assert other.course not in page.content()
        page.goto(f"{origin(site, own)}/courses/?q={other.course.split()[0]}")
        assert other.course not in page.content()


def test_students_are_signed_in_at_one_school_and_strangers_at_the_other(
    site: Site, tabs: dict[House, Reader], browser: Browser
) -> None:
    harbour, saffron = origin(site, HARBOUR), origin(site, SAFFRON)
    first, second = tabs[HARBOUR].page, tabs[SAFFRON].page
    sign_in(first, harbour, "amina.yusuf@example.com")
    assert is_signed_in(first, harbour)
    assert not is_signed_in(second, saffron)
    assert not is_signed_in(second, site.url)
    # The same browser, another person next door; neither disturbs the other.
    sign_in(second, saffron, "omar.alkhatib@example.com")
    assert is_signed_in(first, harbour) and is_signed_in(second, saffron)
    first.goto(f"{harbour}/account/profile/")
    assert first.get_by_label("Name").first.input_value() == "Amina Yusuf"
    # A cookie somebody carries next door opens nothing there.
    (cookie,) = (
        one for one in first.context.cookies(harbour) if one["name"].lower().endswith("sessionid")
    )
    thief = browser.new_context()
    thief.add_cookies([{"name": cookie["name"], "value": cookie["value"], "url": saffron}])
    assert not is_signed_in(thief.new_page(), saffron)
    thief.close()
    assert is_signed_in(first, harbour)


@pytest.fixture
def office(site: Site, browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    context.set_default_timeout(60_000)
    yield context
    context.close()


def test_editors_find_their_own_school_in_the_admin_and_nothing_else(
    site: Site, browser: Browser
) -> None:
    for own, other in BOTH:
        office = browser.new_context(locale="en-GB")
        page = office.new_page()
        page.set_default_timeout(60_000)
        sign_in(page, origin(site, own), own.admin)
        for path in ("/cms/", "/cms/pages/", "/cms/domains/", "/cms/plan/"):
            page.goto(f"{origin(site, own)}{path}")
            assert own.name in page.content(), path
            assert other.name not in page.content(), path
        # Next door they are nobody.
        page.goto(f"{origin(site, other)}/cms/")
        assert page.url.startswith(f"{origin(site, other)}/account/login/")
        office.close()


def test_a_school_brings_its_own_domain(site: Site, office: BrowserContext) -> None:
    page = office.new_page()
    sign_in(page, site.url, HARBOUR.admin)
    page.goto(f"{site.url}/cms/domains/")
    page.locator("#id_hostname").fill(f"https://{OWN.upper()}/")
    page.get_by_role("button", name="Enter this name").click()
    card = page.locator("li.domain", has=page.get_by_role("heading", name=OWN))
    expect(card).to_be_visible()
    name, proof, alias, target = (
        box.input_value() for box in card.locator("input.copied__text").all()
    )
    assert not is_found(site)
    site.names.records = {
        name: {"TXT": [f'"{proof}"']},
        alias: {"CNAME": [f"{target}."]},
        target: {"A": ["192.0.2.7"]},
    }
    card.get_by_role("button", name="Check now").click()
    expect(card.get_by_text("Working", exact=True)).to_be_visible()
    expect(card.get_by_text("Main address", exact=True)).to_be_visible()

    visitor = office.new_page()
    visitor.goto(f"{origin(site, HARBOUR)}/courses/?q=sql")
    assert visitor.url == f"http://{OWN}:{site.port}/courses/?q=sql"
    assert HARBOUR.course in visitor.content()
    assert colour(visitor) == HARBOUR.colour
    assert not is_signed_in(visitor, f"http://{OWN}:{site.port}")
    sign_in(visitor, f"http://{OWN}:{site.port}", "amina.yusuf@example.com")
    assert visitor.url.startswith(f"http://{OWN}:{site.port}/learn/")
    visitor.goto(f"{origin(site, SAFFRON)}/")
    assert visitor.url == f"{origin(site, SAFFRON)}/"

    card.get_by_text("Remove…").click()
    card.get_by_role("button", name="Yes, remove it").click()
    expect(page.get_by_text(f"{OWN} is removed.")).to_be_visible()
    assert not is_found(site)
    visitor.goto(f"{origin(site, HARBOUR)}/courses/?again=1")
    assert visitor.url.startswith(origin(site, HARBOUR))


def is_found(site: Site) -> bool:
    return asked(site, f"GET / HTTP/1.1\r\nHost: {OWN}:{site.port}") == 200


def asked(site: Site, head: str) -> int:
    """The status of a request written by hand."""
    with socket.create_connection(("127.0.0.1", site.port), timeout=30) as wire:
        wire.sendall(f"{head}\r\nConnection: close\r\n\r\n".encode())
        return int(wire.recv(64).split()[1])


def test_a_request_that_names_two_hosts_gets_nobodys_page(site: Site) -> None:
    harbour, saffron = (f"{each.slug}.localhost" for each in (HARBOUR, SAFFRON))
    assert asked(site, f"GET / HTTP/1.1\r\nHost: {harbour}") == 200
    for head in (
        f"GET / HTTP/1.1\r\nHost: {harbour}\r\nHost: {saffron}",
        "GET / HTTP/1.1\r\nHost: evil.org",
        f"GET http://{saffron}/ HTTP/1.1\r\nHost: evil.org",
        f"GET / HTTP/1.1\r\nHost: evil.org\r\nX-Forwarded-Host: {harbour}",
    ):
        assert asked(site, head) in (400, 404), head
