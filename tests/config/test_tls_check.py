"""The proxy's question, and who may ask it."""

import pytest
from django.test import Client

from home.actions import open_provider, set_up_marketplace
from lms.events import SYSTEM
from lms.tenants import domains
from lms.tenants.models import Provider
from lms.tenants.states import State
from tests.cast import forget_cached, person
from tests.names import fresh_names

pytestmark = pytest.mark.django_db

HOST = "learn.acme.school"


@pytest.fixture
def acme(settings):
    settings.FLEDGE_BASE_URL = "https://fledge.school"
    set_up_marketplace()
    return open_provider(name="Acme", slug="acme", owner=person("ada"), actor=SYSTEM)


@pytest.fixture
def domain(acme):
    return domains.claim(provider=acme, hostname=HOST, actor=SYSTEM)


def ask(name, host="127.0.0.1", **headers):
    return Client().get("/internal/tls-check", {"domain": name}, headers={"host": host, **headers})


def verified(domain):
    names = fresh_names()
    names.txt[f"_fledge.{HOST}"] = [domain.proof]
    names.a[HOST] = names.a["fledge.school"] = ["192.0.2.7"]
    return domains.check(domain, actor=SYSTEM)


@pytest.mark.parametrize("name", ["fledge.school", "acme.fledge.school", "ACME.fledge.school"])
def test_the_marketplace_and_open_schools_may_have_certificates(acme, name):
    assert ask(name).status_code == 200


@pytest.mark.parametrize(
    "name",
    ["", "x.fledge.school", "evil.org", "127.0.0.1", "localhost", "[::1]", "a" * 3000, "a b.org",
     "acme.fledge.school\x00", "*.fledge.school", "acme.fledge.school/"],
)  # fmt: skip
def test_nobody_else_may(acme, name):
    assert ask(name).status_code == 404


def test_a_name_may_once_it_is_verified_and_not_before(domain):
    assert ask(HOST).status_code == 404
    verified(domain)
    assert ask(HOST).status_code == 200
    domains.remove(domain, actor=SYSTEM)
    assert ask(HOST).status_code == 404


def test_a_school_that_is_not_open_may_not(acme):
    acme.status = State.SUSPENDED
    acme.save()
    assert ask("acme.fledge.school").status_code == 404


def test_only_this_machine_asks_and_not_for_a_visitor(acme):
    def status(**headers):
        return ask("fledge.school", **headers).status_code

    assert status() == 200
    assert status(**{"x-forwarded-for": "198.51.100.1"}) == 404
    assert status(forwarded="for=198.51.100.1") == 404
    remote = Client(REMOTE_ADDR="198.51.100.1")
    answer = remote.get("/internal/tls-check?domain=fledge.school", headers={"host": "127.0.0.1"})
    assert answer.status_code == 404


def test_with_a_token_the_token_decides(acme, settings):
    settings.FLEDGE_TLS_CHECK_TOKEN = "open-sesame"
    remote = Client(REMOTE_ADDR="198.51.100.1", HTTP_HOST="fledge.school")
    path = "/internal/tls-check?domain=fledge.school"
    assert remote.get(path).status_code == 404
    assert remote.get(f"{path}&token=guess").status_code == 404
    assert remote.get(f"{path}&token=open-sesame").status_code == 200


def test_it_is_no_page_of_a_school(acme, domain, settings):
    settings.FLEDGE_TLS_CHECK_TOKEN = "open-sesame"
    verified(domain)
    for host in ("acme.fledge.school", HOST):
        path = "/internal/tls-check?domain=fledge.school&token=open-sesame"
        assert Client(HTTP_HOST=host).get(path).status_code == 404


def test_it_reads_a_few_rows_by_index_and_remembers(domain, django_assert_max_num_queries):
    verified(domain)
    forget_cached()
    Client().get("/healthz", headers={"host": "127.0.0.1"})
    with django_assert_max_num_queries(5):
        ask(HOST)
    with django_assert_max_num_queries(0):
        ask(HOST)
        Provider.objects.none().count()
