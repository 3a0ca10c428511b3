"""Taking one's data along, and leaving: asked for, packed by the worker, downloaded, taken back."""

import json
import zipfile

from playwright.sync_api import expect

from .conftest import BROWSER, Reader, Site

pytestmark = BROWSER

AMINA = "amina.yusuf@example.com"


def confirm_password(reader: Reader) -> None:
    page = reader.page
    if "reauthenticate" in page.url:
        page.locator("input[name=password]").fill("fledge-demo")
        page.get_by_role("button", name="Continue").click()


def test_somebody_takes_their_data_along_and_thinks_again_about_leaving(
    site: Site, reader: Reader
) -> None:
    page = reader.page
    reader.sign_in(AMINA, "fledge-demo")
    reader.open("/account/data/")
    reader.check()
    page.get_by_role("button", name="Pack my data").click()
    confirm_password(reader)
    download = page.locator("#download").get_by_role("link", name="Download")
    expect(download).to_be_visible(timeout=240_000)  # the page looks by itself
    with page.expect_download() as started:
        download.click()
    with zipfile.ZipFile(started.value.path()) as packed:
        assert json.loads(packed.read("data.json"))["format"] == "fledge-personal-data"

    page.get_by_role("link", name="What would go…").click()
    reader.check()
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Erase my account").click()
    confirm_password(reader)
    expect(page.get_by_text("Your account will be erased on").first).to_be_visible()
    reader.check()
    link = site.wait_for_mail(AMINA, r"/account/data/stay/\S+").group()
    page.goto(site.url + link)
    page.get_by_role("button", name="Take it back: I stay").click()
    expect(page.get_by_role("heading", name="You stay")).to_be_visible()
    reader.open("/account/data/")
    expect(page.get_by_text("Your account will be erased on")).to_have_count(0)
