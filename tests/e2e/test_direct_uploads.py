"""A large file goes from the browser straight to the bucket, over a lost part and a reload."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect

from .conftest import BROWSER, ROOT, Blank, Reader, Site, free_port, served
from .small.seeding import SAMUEL
from .test_recording import hand_in, lecture, plays, to_homework

pytestmark = BROWSER
BUCKET = "fledge-private"
PARTS = re.compile(r"partNumber=")
# What docs/operators/production.md tells operators to set.
DOCUMENTED = re.search(
    r"```json\s+(\{\"CORSRules.*?)\s+```", (ROOT / "docs/operators/production.md").read_text(), re.S
)


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A bucket in moto, which lets pages of elsewhere do what the bucket's own rules say."""
    port = free_port()
    log = (tmp_path_factory.mktemp("moto") / "log").open("wb")
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    environment = {**os.environ, "MOTO_DISABLE_GLOBAL_CORS": "true"}
    moto = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        for _attempt in range(300):
            with socket.socket() as found:
                if not found.connect_ex(("127.0.0.1", port)):
                    break
            time.sleep(0.1)
        resource = boto3.resource(
            "s3",
            endpoint_url=f"http://127.0.0.1:{port}",
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        made = resource.create_bucket(Bucket=BUCKET)
        assert DOCUMENTED
        made.Cors().put(CORSConfiguration=json.loads(DOCUMENTED[1]))
        yield made
    finally:
        moto.terminate()
        moto.wait(timeout=15)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, bucket: Any, blank: Blank) -> Iterator[Site]:
    data: Path = tmp_path_factory.mktemp("bucket-site")
    told = {
        "S3_PRIVATE_BUCKET": BUCKET,
        "S3_ENDPOINT": bucket.meta.client.meta.endpoint_url,
        "S3_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    with served(data, blank, small=True, **told) as running:
        yield running


@pytest.fixture
def student(site: Site, browser: Browser) -> Iterator[Reader]:
    context = browser.new_context(locale="en-GB", viewport={"width": 390, "height": 844})
    reader = Reader(site, context)
    reader.sign_in(SAMUEL)
    yield reader
    context.close()


def number_of(request: Request | Route) -> int:
    asked = request.request if isinstance(request, Route) else request
    found = re.search(r"partNumber=(\d+)", asked.url)
    assert found
    return int(found[1])


def is_sent(page: Page) -> None:
    """Parts take their time, and so does the worker."""
    expect(page.locator(".uploads__status")).to_have_text("Sent", timeout=240_000)


def test_a_large_file_goes_to_the_bucket_over_a_lost_part_and_a_reload(
    student: Reader, bucket: Any
) -> None:
    page = to_homework(student)
    arrived: list[int] = []
    pieces: list[str] = []
    lost: list[int] = []
    held: list[Route] = []

    def part(route: Route) -> None:
        number = number_of(route)
        if number == 2 and not lost:
            lost.append(number)
            route.abort("connectionreset")
        elif number == 3 and not held:
            held.append(route)  # the page goes before it has arrived
        else:
            route.continue_()

    page.on(
        "requestfinished",
        lambda request: (
            arrived.append(number_of(request))
            if request.method == "PUT" and PARTS.search(request.url)
            else pieces.append(request.url)
            if request.method == "PATCH"
            else None
        ),
    )
    page.route(PARTS, part)
    page.locator("#id_files").set_input_files([lecture(180)])  # 17 MB: four parts
    expect(page.locator(".uploads__status")).to_contain_text("The connection is lost")
    while not held:
        page.wait_for_timeout(50)
    assert arrived == [1, 2] and lost == [2]
    page.reload()
    is_sent(page)
    hand_in(page)
    assert arrived == [1, 2, 3, 4] and not pieces
    student.problems = [one for one in student.problems if "net::ERR_" not in one]
    student.check()
    plays(page, ".submission audio", at=100)
    keys = [each.key for each in bucket.objects.all()]
    assert any(key.startswith("uploads/") for key in keys)
    assert not any(key.startswith("incoming/") for key in keys)


def test_a_bucket_the_browser_does_not_get_to_costs_no_file(student: Reader) -> None:
    page = to_homework(student)
    page.route(PARTS, lambda route: route.abort())
    pieces: list[str] = []
    page.on(
        "requestfinished",
        lambda request: pieces.append(request.url) if request.method == "PATCH" else None,
    )
    page.locator("#id_files").set_input_files([lecture(60)])
    is_sent(page)
    hand_in(page)
    assert pieces
    student.problems = [one for one in student.problems if "net::ERR_" not in one]
    student.check()
