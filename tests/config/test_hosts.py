"""One site on many host names: where pages lead, games with Host, whose session it is."""

import asyncio

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings as site_settings
from django.core.asgi import get_asgi_application
from django.test import Client
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Site

from home.actions import open_provider, set_up_marketplace
from lms.events import SYSTEM
from lms.tenants import domains
from lms.tenants.models import Role
from tests.cast import member, person
from tests.names import fresh_names

pytestmark = pytest.mark.django_db

FIRST, MAIN, OTHER = "acme.localhost", "learn.acme.school", "acme.school"


@pytest.fixture
def acme():
    set_up_marketplace()
    acme = open_provider(name="Acme", slug="acme", owner=person("ada"), actor=SYSTEM)
    names = fresh_names()
    names.a["localhost"] = ["192.0.2.7"]
    for host in (MAIN, OTHER):
        domain = domains.claim(provider=acme, hostname=host, actor=SYSTEM)
        names.txt[f"_fledge.{host}"] = [domain.proof]
        names.a[host] = ["192.0.2.7"]
        domains.check(domain, actor=SYSTEM)
    return acme


def get(host, path="/", method="get", **headers):
    return getattr(Client(), method)(path, headers={"host": host, **headers})


# --- The main address -----------------------------------------------------------------------------


@pytest.mark.parametrize("host", [FIRST, OTHER, "ACME.localhost:8000", "acme.school."])
@pytest.mark.parametrize("path", ["/", "/courses/?q=a%20b&category=x", "/no-such-page/", "/learn/"])
@pytest.mark.parametrize("method", ["get", "head"])
def test_pages_at_other_names_lead_to_the_main_one(acme, host, path, method):
    answer = get(host, path, method)
    assert answer.status_code == 301
    assert answer["Location"] == f"http://{MAIN}:8000{path}"
    assert answer["Cache-Control"] == "max-age=3600"


def test_the_main_name_and_the_marketplace_lead_nowhere(acme):
    for host in (MAIN, MAIN.upper(), f"{MAIN}.", f"{MAIN}:8000"):
        assert get(host).status_code == 200
    assert get("localhost").status_code == 200
    assert get("localhost", "/acme/").status_code == 200


def test_forms_programs_and_parts_stay_where_they_are(acme):
    for path in ("/account/login/", "/language/", "/courses/"):
        assert get(FIRST, path, "post").status_code != 301
    for path in ("/healthz", "/brand.css", "/jsi18n/", "/media/none.png", "/api/anything/"):
        assert get(FIRST, path).status_code != 301
    assert get(FIRST, "/courses/", accept="application/json").status_code != 301
    assert get(FIRST, "/courses/", **{"hx-request": "true"}).status_code != 301
    assert get(FIRST, "/cms/").headers.get("Location", "").startswith("/")


def test_a_path_that_looks_like_a_host_stays_a_path(acme):
    answer = get(FIRST, "//evil.org/%2e%2e?next=https://evil.org")
    assert answer["Location"].startswith(f"http://{MAIN}:8000/")


def test_the_main_address_can_be_changed_and_given_up(acme):
    other = next(
        each for each in domains.domains_of(provider=acme, actor=SYSTEM) if each.hostname == OTHER
    )
    domains.make_primary(provider=acme, domain=other, actor=SYSTEM)
    assert get(MAIN, "/a/")["Location"] == f"http://{OTHER}:8000/a/"
    assert get(OTHER).status_code == 200
    domains.remove(other, actor=SYSTEM)
    assert get(FIRST).status_code == 200
    assert get(MAIN).status_code == 200  # a name without a main one beside it shows the school


def test_what_search_engines_read_names_the_main_address(acme):
    page = get(MAIN).content.decode()
    assert f'<link rel="canonical" href="http://{MAIN}:8000/">' in page
    assert FIRST not in page
    assert f"http://{MAIN}/courses/" in get(MAIN, "/sitemap.xml").content.decode()
    assert get(FIRST, "/sitemap.xml").status_code == 301
    assert f"http://{MAIN}:8000/" in get("localhost", "/acme/").content.decode()


def test_a_schools_redirects_hold_at_all_its_names(acme):
    first = Site.objects.get(hostname=FIRST)
    Redirect.objects.create(old_path="/old", site=first, redirect_link="/courses/")
    Redirect.objects.create(old_path="/old", redirect_link="/elsewhere/")
    assert get(MAIN, "/old/")["Location"] == "/courses/"
    assert get("localhost", "/old/")["Location"] == "/elsewhere/"


def test_visitors_kept_pages_follow_the_main_address(acme, settings):
    settings.FLEDGE_PAGE_CACHE_SECONDS = 600
    domains.make_primary(provider=acme, domain=None, actor=SYSTEM)
    visitor = Client(HTTP_HOST=FIRST)
    assert visitor.get("/courses/").status_code == visitor.get("/courses/").status_code == 200
    first = domains.domains_of(provider=acme, actor=SYSTEM)[0]
    domains.make_primary(provider=acme, domain=first, actor=SYSTEM)
    assert visitor.get("/courses/").status_code == 301


# --- Games with the Host header -------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    ["", "evil.org", "evil.org:80", "acme.localhost.evil.org", "acme.localhost@evil.org",
     "evil.org/acme.localhost", "acme.localhost,evil.org", "acme.localhost evil.org",
     "acme.localhost:80:80", "acme.localhost:x", "..acme.localhost", "[acme.localhost]",
     "xn--cme-7cd.localhost"],
)  # fmt: skip
def test_a_host_that_is_nobodys_shows_nobodys_page(acme, host):
    answer = get(host)
    assert answer.status_code in (400, 404)
    assert "Acme" not in answer.content.decode()


def test_other_headers_name_no_host(acme):
    for name in ("x-forwarded-host", "x-host", "forwarded", "x-original-host"):
        page = get("localhost", **{name: MAIN})
        assert page.status_code == 200 and page.wsgi_request.provider is None
        page = get(MAIN, **{name: "evil.org"})
        assert page.wsgi_request.provider == acme and "evil.org" not in page.content.decode()
        assert "evil.org" not in get(FIRST, **{name: "evil.org"})["Location"]


def test_two_host_headers_are_refused(acme):
    hosts = [(b"host", MAIN.encode()), (b"host", b"evil.org")]
    scope = {
        "type": "http", "http_version": "1.1", "method": "GET", "path": "/",
        "query_string": b"", "headers": hosts,
    }  # fmt: skip

    async def ask():
        sent = []
        asked = [{"type": "http.request", "body": b""}]

        async def receive():
            return asked.pop() if asked else await asyncio.Event().wait()

        async def send(message):
            sent.append(message)

        await get_asgi_application()(scope, receive, send)
        return sent[0]["status"]

    assert async_to_sync(ask)() in (400, 404)


# --- Sessions -------------------------------------------------------------------------------------

PASSWORD = "a-long-enough-password"


@pytest.fixture
def carol(acme):
    carol = person("carol", language="en")
    carol.set_password(PASSWORD)
    carol.save()
    carol.emailaddress_set.create(email=carol.email, verified=True, primary=True)
    member(carol, acme, Role.STUDENT)
    return carol


def signed_in(host, user):
    client = Client(HTTP_HOST=host)
    client.post("/account/login/", {"login": user.email, "password": PASSWORD})
    assert client.get("/account/profile/").status_code == 200
    return client


def carried(client, host):
    """Another browser at `host`, given the first one's session cookie."""
    other = Client(HTTP_HOST=host)
    name = site_settings.SESSION_COOKIE_NAME
    other.cookies[name] = client.cookies[name].value
    return other


@pytest.mark.parametrize(
    ("made_at", "carried_to"),
    [(MAIN, "localhost"), ("localhost", MAIN), ("localhost", "127.0.0.1"), (MAIN, OTHER)],
)
def test_a_session_cookie_carried_to_another_host_signs_nobody_in(carol, made_at, carried_to):
    client = signed_in(made_at, carol)
    thief = carried(client, carried_to)
    path = "/account/profile/"
    answer = thief.get(path, follow=carried_to == OTHER)
    if carried_to == OTHER:  # led to the main address, where the cookie counts
        answer = thief.post(path, {"name": "Mallory"})
    assert answer.status_code == 302 and "/account/login/" in answer["Location"]
    assert client.get(path).status_code == 200  # and where it was made it still counts
    carol.refresh_from_db()
    assert carol.name == "Carol"


def test_a_session_counts_however_its_own_host_is_written(carol):
    client = signed_in(MAIN, carol)
    for host in (MAIN.upper(), f"{MAIN}.", f"{MAIN}:8000"):
        assert carried(client, host).get("/account/profile/").status_code == 200


def test_cookies_are_the_hosts_own(carol):
    client = Client(HTTP_HOST=MAIN)
    client.post("/account/login/", {"login": carol.email, "password": PASSWORD})
    for cookie in client.cookies.values():
        assert cookie["domain"] == ""


@pytest.mark.parametrize("host", [MAIN, "localhost"])
def test_forms_are_taken_from_the_same_host_only(carol, host):
    client = Client(HTTP_HOST=host, enforce_csrf_checks=True)
    page = client.get("/account/login/")
    sent = {
        "login": carol.email,
        "password": PASSWORD,
        "csrfmiddlewaretoken": client.cookies[site_settings.CSRF_COOKIE_NAME].value,
    }
    assert page.status_code == 200
    evil = client.post("/account/login/", sent, headers={"origin": f"http://{OTHER}"})
    assert evil.status_code == 403
    own = client.post("/account/login/", sent, headers={"origin": f"http://{host}"})
    assert own.status_code == 302
