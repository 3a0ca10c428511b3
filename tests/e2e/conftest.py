"""A real site for a real browser: own data, web server and worker, as `make run` starts them.

Nothing here touches the database from the test's own process: what a test needs it does through
pages, or with a management command.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.dns_server import DnsServer

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A microphone that beeps and a camera with a test picture; the browser asks nobody.
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    # Names of this country are schools' own domains; they lead to the site, as the DNS would say.
    "--host-resolver-rules=MAP *.school 127.0.0.1",
]
SERIOUS = {"serious", "critical"}
PASSWORD = "a-long-enough-password"
EMBEDDED = "config.settings.embedded"
SEEDING = {False: ["manage.py", "seed_demo"], True: ["-m", "tests.e2e.small.seeding"]}


# One browser and one server: every module here runs on the same worker.
BROWSER = [pytest.mark.e2e, pytest.mark.xdist_group("browser")]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@dataclass
class Site:
    """The running site."""

    url: str
    port: int
    data: Path
    environment: dict[str, str]
    names: DnsServer  # what the site hears from the DNS
    processes: list[subprocess.Popen] = field(default_factory=list)

    def manage(self, *arguments: str) -> str:
        """Run a management command; its output."""
        return self.run("manage.py", *arguments)

    def run(self, *arguments: str) -> str:
        return _run(self.environment, *arguments)

    def move_clock(self, **delta: float) -> None:
        """It is so much later from now on, on a small site."""
        file = self.data / "clock"
        moved = int(file.read_text()) if file.exists() else 0
        file.write_text(str(moved + int(timedelta(**delta).total_seconds())))

    def start(self, *command: str) -> subprocess.Popen:
        log = (self.data / "server.log").open("ab")
        process = subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stdout=log, stderr=subprocess.STDOUT
        )
        self.processes.append(process)
        return process

    def start_web(self) -> None:
        self.start(
            sys.executable, "-m", "daphne", "--bind", "127.0.0.1", "--port", str(self.port),
            "--verbosity", "0", "config.asgi:application",
        )  # fmt: skip
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=2):
                    return
            except OSError:
                time.sleep(0.2)
        raise AssertionError((self.data / "server.log").read_text())

    def stop(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
        self.processes.clear()

    def mails_to(self, address: str) -> list[str]:
        """What was mailed to `address`, oldest first, as text."""
        import email
        import email.policy

        found = []
        for file in sorted((self.data / "mail").glob("*.log"), key=lambda f: f.stat().st_mtime):
            for part in file.read_bytes().split(b"-" * 79 + b"\n"):
                message = email.message_from_bytes(part, policy=email.policy.default)
                if address in str(message["To"] or ""):
                    body = message.get_body(("plain",))
                    found.append(f"{message['Subject']}\n{body.get_content()}")
        return found

    def wait_for_mail(self, address: str, pattern: str) -> re.Match[str]:
        """The first match of `pattern` in mail to `address`, once it has been sent: the worker has
        all that seeding left it to do first."""
        deadline = time.monotonic() + 240
        while time.monotonic() < deadline:
            for text in reversed(self.mails_to(address)):
                if match := re.search(pattern, text):
                    return match
            time.sleep(0.3)
        raise AssertionError(f"no mail to {address} matches {pattern}: {self.mails_to(address)}")


@dataclass(frozen=True)
class Blank:
    """An installation with nothing in it. Sites begin as copies: migrating and collecting static
    files takes longer than most of what is done with them."""

    data: Path
    database: str = ""


@pytest.fixture(scope="package")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Blank]:
    data = tmp_path_factory.mktemp("blank")
    own_database = f"fledge_e2e_{os.getpid()}" if os.environ.get("DATABASE_URL") else ""
    if own_database:
        _create_database(own_database)
    environment = _environment(data, own_database)
    _run(environment, "manage.py", "migrate", "--verbosity", "0")
    _run(environment, "manage.py", "collectstatic", "--noinput", "--verbosity", "0")
    yield Blank(data, own_database)
    if own_database:
        _drop_database(own_database)


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory, blank: Blank) -> Iterator[Site]:
    """The demo site, served."""
    with served(tmp_path_factory.mktemp("site"), blank) as running:
        yield running


@pytest.fixture(scope="package")
def small_site(tmp_path_factory: pytest.TempPathFactory, blank: Blank) -> Iterator[Site]:
    """A school with one course (tests/e2e/small), served."""
    with served(tmp_path_factory.mktemp("small-site"), blank, small=True) as running:
        yield running


@contextmanager
def served(data: Path, blank: Blank, *, small: bool = False, **more: str) -> Iterator[Site]:
    """The demo site, or a `small` one, in the folder `data`, with `more` in its environment.
    FLEDGE_E2E_DATA names a seeded data folder to start the demo from instead of seeding, which
    saves minutes while writing tests (SQLite only).
    """
    seeded = None if small else os.environ.get("FLEDGE_E2E_DATA")
    port = free_port()
    url = f"http://localhost:{port}"
    own_database = f"{blank.database}_{port}" if blank.database else ""
    names = DnsServer()
    environment = {
        **_environment(data, own_database),
        "DJANGO_SETTINGS_MODULE": "tests.e2e.small.settings" if small else EMBEDDED,
        "FLEDGE_BASE_URL": url,
        "FLEDGE_DOMAIN_TARGET": "schools.market.org",
        "FLEDGE_DNS_SERVERS": names.address,
        "ALLOWED_HOSTS": "*",
        # A name no earlier run had: Redis outlives a run, and its pictures' addresses with it.
        "FLEDGE_INSTANCE": f"e2e-{uuid.uuid4().hex}",
        **more,
    }
    running = Site(url, port, data, environment, names)
    try:
        names.start()
        (data / "static").symlink_to(blank.data / "static")
        if own_database:
            _create_database(own_database, template=blank.database)
        elif seeded:
            ignored = shutil.ignore_patterns("static")
            shutil.copytree(seeded, data, dirs_exist_ok=True, ignore=ignored)
            running.manage("migrate", "--verbosity", "0")
        else:
            shutil.copy(blank.data / "db.sqlite3", data)
        running.manage("set_up")
        if not seeded:
            running.run(*SEEDING[small])
        running.start_web()
        running.start(sys.executable, "manage.py", "qcluster")
        yield running
    finally:
        running.stop()
        names.stop()
        if own_database:
            _drop_database(own_database)


def _environment(data: Path, database: str) -> dict[str, str]:
    found = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": EMBEDDED,
        "PYTHONPATH": f"{ROOT / 'site'}:{ROOT}",
        "FLEDGE_DATA": str(data),
        "FLEDGE_MEDIA": str(data / "media"),
    }
    if database:
        # As the application's role: the superuser who makes databases passes every policy.
        found["DATABASE_URL"] = f"{_server()}/{database}?assume_role=fledge_app"
    return found


def _run(environment: dict[str, str], *arguments: str) -> str:
    """Run Python with these arguments; what it prints."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{arguments}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def _server() -> str:
    return os.environ["DATABASE_URL"].rpartition("/")[0]


def _create_database(name: str, template: str = "template1") -> None:
    import psycopg

    with psycopg.connect(f"{_server()}/postgres", autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')


def _drop_database(name: str) -> None:
    import psycopg

    with psycopg.connect(f"{_server()}/postgres", autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. In CI a missing browser is a failure."""
    if not Path(CHROMIUM).exists():
        if os.environ.get("CI"):
            pytest.fail("Chromium is missing: apt-get install chromium")
        pytest.skip("Chromium is missing: apt-get install chromium")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield launched
        launched.close()


class Reader:
    """Somebody at a browser. Every page they open is checked with axe and for console errors."""

    def __init__(self, site: Site, context: BrowserContext) -> None:
        self.site = site
        self.context = context
        self.page: Page = context.new_page()
        self.page.set_default_timeout(60_000)
        self.problems: list[str] = []
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.problems.append(f"script: {error}"))

    def _console(self, message) -> None:
        if message.type == "error":
            self.problems.append(
                f"console: {message.text} ({message.location['url']} on {self.page.url})"
            )

    def open(self, path: str) -> Page:
        """Go to a path of the marketplace (or a whole address) and check the page."""
        address = path if path.startswith("http") else f"{self.site.url}{path}"
        self.page.goto(address)
        self.check()
        return self.page

    def check(self) -> None:
        """No serious finding of axe and no error on the console."""
        results = Axe().run(self.page).response
        serious = [
            f"{found['id']}: {found['help']} — {found['nodes'][0]['html'][:200]}"
            for found in results["violations"]
            if found["impact"] in SERIOUS
        ]
        assert not serious, f"{self.page.url}: {serious}"
        assert not self.problems, self.problems

    def sign_in(self, email: str, password: str = PASSWORD, host: str = "") -> None:
        """Through the sign-in page."""
        self.open(f"{host}/account/login/")
        self.page.get_by_label("E-mail").first.fill(email)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
        self.page.wait_for_url(lambda url: "/account/login" not in url)


@pytest.fixture
def reader(site: Site, browser: Browser) -> Iterator[Reader]:
    """A visitor at a desktop screen."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    visitor = Reader(site, context)
    yield visitor
    context.close()
    assert not visitor.problems, visitor.problems


@pytest.fixture
def phone(site: Site, browser: Browser) -> Iterator[Reader]:
    """A visitor at a phone in the dark."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, locale="en-GB", color_scheme="dark", has_touch=True
    )
    visitor = Reader(site, context)
    yield visitor
    context.close()
    assert not visitor.problems, visitor.problems
