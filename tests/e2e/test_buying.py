"""Buying a course: declined, tried again, paid, enrolled; the school sees the sale and gives the
money back.
"""

import re

from playwright.sync_api import Browser, Page, expect

from .conftest import BROWSER, Reader, Site
from .test_walk import find

pytestmark = BROWSER

BUYER, ADMIN = "amina.yusuf@example.com", "mara.lindqvist@example.com"
TITLE = "Linear Algebra in Pictures"


def press(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("button", name=name, exact=True).click()


def test_somebody_buys_a_course_and_gets_their_money_back(
    site: Site, phone: Reader, browser: Browser
) -> None:
    phone.sign_in(BUYER, "fledge-demo")
    page = phone.page
    find(phone, "linear algebra", TITLE)
    page.get_by_role("main").get_by_role("link", name="Buy", exact=True).first.click()
    page.wait_for_url(re.compile("/buy/"))
    phone.check()
    page.get_by_label("Country").select_option("DE")
    page.get_by_role("button", name=re.compile("^Order and pay")).click()
    page.wait_for_url(re.compile("/pay/"))
    phone.check()
    page.get_by_role("button", name=re.compile("^Pay with")).click()
    page.wait_for_url(re.compile("/pay/test/"))
    phone.check()

    page.get_by_label("Card number").fill("4000 0000 0000 9995")
    page.get_by_role("button", name=re.compile("^Pay ")).click()
    expect(page.get_by_text("not enough money").first).to_be_visible()
    phone.problems = [one for one in phone.problems if "status of 402" not in one]
    phone.check()
    page.get_by_label("Card number").fill("4242 4242 4242 4242")
    page.get_by_role("button", name=re.compile("^Pay ")).click()
    page.wait_for_url(re.compile("/orders/"))
    expect(page.get_by_text("Paid", exact=True).first).to_be_visible()
    phone.check()
    page.get_by_role("link", name="Start learning").click()
    page.wait_for_url(re.compile(r"/learn/\d+/"))
    phone.check()
    site.wait_for_mail(BUYER, "Your receipt")
    site.wait_for_mail(ADMIN, "You have sold a course")
    phone.open("/orders/")

    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    admin = Reader(site, context)
    admin.sign_in(ADMIN, "fledge-demo")
    admin.open("/desk/sales/harbour/")
    desk = admin.page
    desk.get_by_role("rowheader").get_by_role("link").first.click()
    desk.wait_for_url(re.compile(r"/desk/sales/harbour/[0-9a-f-]{36}/"))
    admin.check()
    desk.get_by_role("link", name="Give money back").click()
    desk.get_by_label("Reason").fill("It was not for you.")
    admin.check()
    press(desk, "Give it back")
    expect(desk.get_by_text("Refunded", exact=True).first).to_be_visible()
    admin.check()
    context.close()
    assert not admin.problems, admin.problems

    site.wait_for_mail(BUYER, "It was not for you")
    page.reload()
    expect(page.get_by_text("Refunded", exact=True).first).to_be_visible()
    find(phone, "linear algebra", TITLE)
    expect(
        page.get_by_role("main").get_by_role("link", name="Buy", exact=True).first
    ).to_be_visible()
