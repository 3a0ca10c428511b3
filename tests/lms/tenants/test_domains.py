"""Own domains: claimed by anybody, proven by one, doubted slowly, given up openly."""

import threading

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from wagtail.models import ModelLogEntry, Site

from home.actions import open_provider, set_up_marketplace
from home.schedules import set_up_schedules
from lms.common import clock
from lms.common.errors import Conflict, Forbidden, NotFound, TooManyRequests
from lms.events import SYSTEM
from lms.gateways.resolver import Addresses, NameServerFailed, NameServerTimedOut
from lms.tenants import domains
from lms.tenants.hosts import provider_origin
from lms.tenants.limits import NotInPlan
from lms.tenants.models import Domain, Provider, Role, Tier
from lms.tenants.scope import every_tenant, provider_scope
from lms.tenants.states import DomainState
from lms.tenants.tasks import check_domain, check_due_domains
from tests.cast import member, person
from tests.names import fresh_names

pytestmark = pytest.mark.django_db

HOST = "learn.acme.school"
HERE = {"192.0.2.7"}


@pytest.fixture(autouse=True)
def names(settings):
    settings.FLEDGE_DOMAIN_TARGET = "schools.market.org"
    known = fresh_names()
    known.a["schools.market.org"] = HERE
    return known


def opened(slug, admin):
    set_up_marketplace()
    owner = person(admin)
    return open_provider(name=slug.title(), slug=slug, owner=owner, actor=SYSTEM), owner


@pytest.fixture
def acme():
    return opened("acme", "ada")[0]


@pytest.fixture
def ada(acme):
    return acme.page.owner


@pytest.fixture
def globex():
    return opened("globex", "mallory")[0]


@pytest.fixture
def mallory(globex):
    return globex.page.owner


def claimed(provider, host=HOST):
    return domains.claim(provider=provider, hostname=host, actor=SYSTEM)


def proven(names, provider, host=HOST):
    domain = claimed(provider, host)
    prove(names, domain)
    found = domains.check(domain, actor=SYSTEM)
    assert found.is_working
    return found


def prove(names, *claims):
    """Make the records a claim asks for."""
    host = claims[0].hostname
    names.txt[f"_fledge.{host}"] = ["v=spf1 -all", *(claim.proof for claim in claims)]
    names.a[host] = Addresses("schools.market.org", frozenset(HERE))


def fresh(row):
    with every_tenant("a test looks"):
        return type(row).objects.get(pk=row.pk)


def happened(row):
    return list(
        ModelLogEntry.objects.filter(object_id=str(row.pk), action__startswith="tenants.")
        .order_by("pk")
        .values_list("action", flat=True)
    )


# --- Claiming -------------------------------------------------------------------------------------


def test_a_claim_is_normalised_and_waits(acme, ada):
    domain = domains.claim(provider=acme, hostname="https://Learn.ACME.school:443/", actor=ada)
    assert (domain.hostname, domain.status) == (HOST, DomainState.PENDING)
    assert [(r.kind, r.name, r.values) for r in domains.records_of(domain)] == [
        ("TXT", f"_fledge.{HOST}", (f"fledge-verification={domain.token}",)),
        ("CNAME", HOST, ("schools.market.org",)),
    ]
    assert not Site.objects.filter(hostname=HOST).exists()
    assert happened(domain) == ["tenants.domain_claimed"]


def test_a_bare_domain_is_offered_addresses_where_the_operator_has_some(acme, settings):
    settings.FLEDGE_DOMAIN_ADDRESSES = ["192.0.2.7"]
    assert domains.records_of(claimed(acme))[-1] == domains.Record("A", HOST, ("192.0.2.7",))


def test_only_the_schools_admins_claim_and_act(acme, ada, globex, mallory):
    alice = person("alice")
    member(alice, acme, Role.INSTRUCTOR)
    domain = claimed(acme)
    for stranger in (alice, mallory):
        with pytest.raises(Forbidden):
            domains.claim(provider=acme, hostname="a.acme.school", actor=stranger)
        for deed in (domains.check, domains.check_now, domains.remove):
            with pytest.raises(Forbidden):
                deed(domain, actor=stranger)
        with pytest.raises(Forbidden):
            domains.make_primary(provider=acme, domain=domain, actor=stranger)
    with pytest.raises(NotFound):
        domains.domain_of(provider=globex, domain_id=domain.pk, actor=mallory)
    with pytest.raises(Conflict):
        domains.make_primary(provider=globex, domain=domain, actor=mallory)


@pytest.mark.parametrize(
    "host", ["schools.market.org", "x.schools.market.org", "fledge.school", "www.fledge.school"]
)
def test_the_platforms_own_names_are_refused(acme, settings, host):
    settings.FLEDGE_BASE_URL = "https://fledge.school"
    with pytest.raises(ValidationError, match="platform"):
        claimed(acme, host)


def test_look_alikes_of_the_platform_and_of_a_verified_name_are_refused(
    acme, globex, names, settings
):
    settings.FLEDGE_BASE_URL = "https://coop.school"
    settings.FLEDGE_MARKETPLACE_HOSTS = ["127.0.0.1", "[::1]"]
    for host in ("соор.school", "cöop.school", "a.cóop.school"):
        with pytest.raises(ValidationError, match="looks like"):
            claimed(acme, host)
    claimed(globex, "cafe.org")
    claimed(acme, "café.org")  # nothing is proven yet
    proven(names, globex, "scope.org")
    with pytest.raises(ValidationError, match="looks like"):
        claimed(acme, "ѕсоре.org")
    claimed(globex, "scópe.org")  # its own look-alike is welcome


def test_a_plain_name_is_what_it_seems_whatever_resembles_it(acme, globex, names):
    proven(names, globex, "café.org")
    assert proven(names, acme, "cafe.org").is_working


def test_a_name_is_entered_once_and_there_is_an_end_to_them(acme, monkeypatch):
    claimed(acme)
    with pytest.raises(ValidationError, match="already"):
        claimed(acme, "LEARN.acme.school.")
    monkeypatch.setattr(domains, "NAMES", 1)
    with pytest.raises(Conflict, match="1 names"):
        claimed(acme, "b.acme.school")


def test_a_plan_without_it_refuses_new_names_and_keeps_the_old(acme, names, client):
    proven(names, acme)
    small = Tier.objects.create(code="small", name="Small", position=9)
    Provider.objects.filter(pk=acme.pk).update(tier=small)
    acme.refresh_from_db()
    with pytest.raises(NotInPlan, match="Small"):
        claimed(acme, "b.acme.school")
    assert domains.check(fresh(domain_at(acme)), actor=SYSTEM).is_working
    assert client.get("/", headers={"host": HOST}).status_code == 200


def domain_at(provider, host=HOST):
    with provider_scope(provider):
        return Domain.objects.get(hostname=host)


# --- Proving --------------------------------------------------------------------------------------


def test_a_proven_name_shows_the_school_and_becomes_its_main_address(acme, ada, names, client):
    domain = claimed(acme)
    assert client.get("/", headers={"host": HOST}).status_code == 404
    prove(names, domain)
    found = domains.check(domain, actor=ada)
    assert (found.status, found.problem, found.problem_in_words) == ("verified", "", "")
    answer = client.get("/", headers={"host": HOST})
    assert answer.status_code == 200 and "Acme" in answer.content.decode()
    acme.refresh_from_db()
    assert provider_origin(acme) == f"http://{HOST}:8000"
    assert happened(domain) == ["tenants.domain_claimed", "tenants.domain_verified"]
    assert happened(acme)[-1] == "tenants.main_address_changed"


@pytest.mark.parametrize(
    ("txt", "a", "said"),
    [
        (None, None, "no TXT record at _fledge.learn.acme.school yet"),
        ([], HERE, "no TXT record at _fledge.learn.acme.school yet"),
        (["fledge-verification=0"], HERE, "something else: “fledge-verification=0”"),
        ("right", None, "knows no name learn.acme.school"),
        ("right", [], "leads nowhere"),
        ("right", {"198.51.100.1"}, "another server: 198.51.100.1"),
        ("right", {"198.51.100.1", *HERE}, "another server: 198.51.100.1"),
        (NameServerFailed(), HERE, "answer with an error"),
        (NameServerTimedOut(), HERE, "did not answer in time"),
        ("right", NameServerFailed(), "answer with an error"),
        ("right", NameServerTimedOut(), "did not answer in time"),
        ("right", HERE, ""),
        ("right", Addresses("schools.market.org", frozenset({"203.0.113.9"})), ""),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(acme, names, txt, a, said):
    domain = claimed(acme)
    if txt is not None:
        names.txt[f"_fledge.{HOST}"] = [domain.proof] if txt == "right" else txt
    if a is not None:
        names.a[HOST] = a
    found = domains.check(domain, actor=SYSTEM)
    assert said in found.problem_in_words if said else found.is_working
    assert found.is_working == (not said)
    assert found.checked_at


def test_addresses_the_operator_names_count_as_ours(acme, names, settings):
    settings.FLEDGE_DOMAIN_ADDRESSES = ["203.0.113.9"]
    domain = claimed(acme)
    prove(names, domain)
    names.a[HOST] = {"203.0.113.9"}
    assert domains.check(domain, actor=SYSTEM).is_working


def test_a_claim_blocks_nobody_and_the_second_proof_is_refused(acme, globex, names):
    first, second = claimed(acme), claimed(globex)
    prove(names, first, second)  # both records stand: the squatter's and the owner's
    assert domains.check(second, actor=SYSTEM).is_working
    loser = domains.check(first, actor=SYSTEM)
    assert loser.status == DomainState.PENDING
    assert "Another school" in loser.problem_in_words
    assert Site.objects.get(hostname=HOST).root_page_id == globex.page.pk
    with every_tenant("a test"), pytest.raises(IntegrityError), transaction.atomic():
        Domain.objects.filter(pk=first.pk).update(status=DomainState.VERIFIED)


def test_a_name_that_changed_hands_goes_to_who_proves_it(acme, globex, names):
    old = proven(names, acme)
    new = claimed(globex)
    prove(names, new)
    assert not domains.check(new, actor=SYSTEM).is_working  # for three days the first may come back
    domains.check(old, actor=SYSTEM)
    with clock.later(days=3, minutes=1):
        assert domains.check(old, actor=SYSTEM).status == DomainState.FAILING
        assert domains.check(new, actor=SYSTEM).is_working
    assert fresh(old).status == DomainState.PENDING
    assert happened(old)[-1] == "tenants.domain_lost"
    assert Site.objects.get(hostname=HOST).root_page_id == globex.page.pk
    assert (fresh(acme).hostname, fresh(globex).hostname) == ("", HOST)


# --- Doubting -------------------------------------------------------------------------------------


def test_a_proof_that_is_gone_counts_after_three_days_and_is_mailed_once(
    acme, names, client, django_capture_on_commit_callbacks
):
    domain = proven(names, acme)
    names.txt.clear()
    with django_capture_on_commit_callbacks(execute=True):
        assert domains.check(domain, actor=SYSTEM).status == DomainState.VERIFIED
        with clock.later(days=2, hours=23):
            found = domains.check(domain, actor=SYSTEM)
            assert found.is_working and "no TXT record" in found.problem_in_words
    assert not mail.outbox
    with django_capture_on_commit_callbacks(execute=True), clock.later(days=3, minutes=1):
        assert domains.check(domain, actor=SYSTEM).status == DomainState.FAILING
        assert domains.check(domain, actor=SYSTEM).status == DomainState.FAILING
    (told,) = mail.outbox
    assert (told.to, HOST in told.subject) == (["ada@example.org"], True)
    assert "no TXT record" in told.body and "/cms/domains/" in told.body
    # Its address is the first one again, and the name still answers.
    assert provider_origin(fresh(acme)) == "http://acme.localhost:8000"
    assert client.get("/", headers={"host": HOST}).status_code == 200
    assert client.get("/", headers={"host": "acme.localhost"}).status_code == 200
    prove(names, domain)
    with clock.later(days=4):
        assert domains.check(domain, actor=SYSTEM).is_working
    assert fresh(acme).hostname == HOST


def test_a_proof_that_comes_back_starts_the_three_days_anew(acme, names):
    domain = proven(names, acme)
    records = dict(names.txt)
    names.txt.clear()
    domains.check(domain, actor=SYSTEM)
    names.txt.update(records)
    with clock.later(days=2):
        domains.check(domain, actor=SYSTEM)
    names.txt.clear()
    with clock.later(days=4):
        assert domains.check(domain, actor=SYSTEM).is_working


def test_servers_that_do_not_answer_take_no_name_away(acme, names):
    domain = proven(names, acme)
    names.txt[f"_fledge.{HOST}"] = NameServerTimedOut()
    domains.check(domain, actor=SYSTEM)
    with clock.later(days=30):
        assert domains.check(domain, actor=SYSTEM).is_working


# --- By the clock ---------------------------------------------------------------------------------


def test_the_clock_asks_ever_more_seldom_and_gives_up_with_a_mail(
    acme, names, django_capture_on_commit_callbacks
):
    domain = claimed(acme)
    looks, hours = [], 0
    with django_capture_on_commit_callbacks(execute=True):
        for hours in range(24 * 16):
            before = len(names.asked)
            with clock.later(hours=hours, minutes=5):
                check_due_domains()
            if len(names.asked) > before:
                looks.append(hours)
    assert looks[:3] == [0, 1, 2]
    assert 40 < len(looks) < 80
    assert 14 * 24 <= looks[-1] < 15 * 24
    (told,) = mail.outbox
    assert "not verified" in told.subject and "no TXT record" in told.body
    assert fresh(domain).next_check_at is None
    prove(names, domain)
    assert domains.check(domain, actor=SYSTEM).is_working  # by hand it still may
    assert fresh(domain).next_check_at


def test_the_clock_mails_what_it_found_working(acme, names, django_capture_on_commit_callbacks):
    prove(names, claimed(acme))
    with django_capture_on_commit_callbacks(execute=True):
        check_due_domains()
    (told,) = mail.outbox
    assert told.subject == f"{HOST} works"
    assert domains.due() == []
    with clock.later(days=1, minutes=1):
        assert len(domains.due()) == 1


def test_the_clock_leaves_closed_houses_alone_and_what_is_gone(acme):
    domain = claimed(acme)
    Provider.objects.filter(pk=acme.pk).update(status="suspended")
    assert domains.due() == []
    with provider_scope(acme):
        Domain.objects.filter(pk=domain.pk).delete()
    check_domain(str(acme.pk), str(domain.pk))


def test_the_clock_is_set():
    from django_q.models import Schedule

    set_up_schedules()
    assert Schedule.objects.get(func="lms.tenants.tasks.check_due_domains").schedule_type == "H"


def test_check_now_waits_between_two_looks(acme, ada):
    domain = claimed(acme)
    domains.check_now(domain, actor=ada)
    with pytest.raises(TooManyRequests):
        domains.check_now(domain, actor=ada)
    with clock.later(seconds=31):
        domains.check_now(domain, actor=ada)


# --- Main address, removal ------------------------------------------------------------------------


def test_the_main_address_is_chosen_and_given_back(acme, ada, names):
    proven(names, acme)
    other = proven(names, acme, "acme.school")
    assert fresh(acme).hostname == HOST
    domains.make_primary(provider=acme, domain=other, actor=ada)
    assert fresh(acme).hostname == "acme.school"
    domains.make_primary(provider=acme, domain=None, actor=ada)
    assert fresh(acme).hostname == ""
    with pytest.raises(Conflict):
        domains.make_primary(provider=acme, domain=claimed(acme, "c.acme.school"), actor=ada)


def test_removing_the_main_name_leaves_the_first_address(acme, ada, names, client):
    domain = proven(names, acme)
    domains.remove(domain, actor=ada)
    assert fresh(acme).hostname == ""
    assert not Site.objects.filter(hostname=HOST).exists()
    assert Site.objects.filter(root_page=acme.page).count() == 1
    assert client.get("/", headers={"host": HOST}).status_code == 404
    assert client.get("/", headers={"host": "acme.localhost"}).status_code == 200
    with pytest.raises(NotFound):
        domains.remove(domain, actor=ada)
    with pytest.raises(NotFound):
        domains.check(domain, actor=ada)


def test_removing_a_claim_leaves_the_owners_site_alone(acme, globex, ada, names):
    squatted = claimed(acme)
    proven(names, globex)
    domains.remove(squatted, actor=ada)
    assert Site.objects.get(hostname=HOST).root_page_id == globex.page.pk


# --- Races ----------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_of_two_schools_that_prove_a_name_at_once_one_gets_it(names):
    acme, globex = opened("acme", "ada")[0], opened("globex", "mallory")[0]
    claims = [claimed(acme), claimed(globex)]
    prove(names, *claims)
    start, got = threading.Barrier(2), []

    def run(domain):
        try:
            start.wait(timeout=10)
            got.append(domains.check(domain, actor=SYSTEM).is_working)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(each,)) for each in claims]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(got) == [False, True]
    (winner,) = [each for each in claims if fresh(each).is_working]
    assert Site.objects.get(hostname=HOST).root_page_id == fresh(winner).provider.page.pk


# --- The screen -----------------------------------------------------------------------------------


@pytest.fixture
def browser(ada):
    client = Client(HTTP_HOST="localhost")
    client.force_login(ada)
    return client


def screen(client):
    return client.get("/cms/domains/").content.decode()


def test_the_screen_explains_itself_and_takes_a_name_to_its_end(browser, acme, names):
    assert "Bring your own name" in screen(browser)
    refused = browser.post("/cms/domains/", {"hostname": "localhost"}).content.decode()
    assert "one part only" in refused
    browser.post("/cms/domains/", {"hostname": HOST})
    domain = domain_at(acme)
    page = screen(browser)
    assert domain.proof in page and f"_fledge.{HOST}" in page and "schools.market.org" in page
    act = {"do": "check", "domain": domain.pk}
    page = browser.post("/cms/domains/", act, follow=True).content.decode()
    assert page.count("There is no TXT record") == 2  # as a message and with the name
    assert "looked just now" in browser.post("/cms/domains/", act, follow=True).content.decode()
    prove(names, domain)
    with clock.later(minutes=1):
        page = browser.post("/cms/domains/", act, follow=True).content.decode()
    assert f"{HOST} works" in page and "Main address" in page
    browser.post("/cms/domains/", {"do": "primary"})
    assert fresh(acme).hostname == ""
    browser.post("/cms/domains/", {"do": "primary", "domain": domain.pk})
    assert fresh(acme).hostname == HOST
    browser.post("/cms/domains/", {"do": "remove", "domain": domain.pk})
    assert "Bring your own name" in screen(browser)


def test_the_screen_knows_no_names_of_others(browser, globex, names):
    theirs = proven(names, globex)
    for deed in ("check", "primary", "remove"):
        page = browser.post("/cms/domains/", {"do": deed, "domain": theirs.pk}, follow=True)
        assert HOST not in page.content.decode()
    assert fresh(theirs).is_working and fresh(globex).hostname == HOST


def test_the_screen_shows_the_way_up(browser, acme):
    small = Tier.objects.create(code="small", name="Small", position=9)
    Provider.objects.filter(pk=acme.pk).update(tier=small)
    page = screen(browser)
    assert "/cms/plan/" in page and "Enter this name" not in page
    assert "does not include" in browser.post("/cms/domains/", {"hostname": HOST}).content.decode()


def test_the_screen_costs_the_same_for_many_names(browser, acme, django_assert_max_num_queries):
    screen(browser)
    with django_assert_max_num_queries(40) as one:
        screen(browser)
    for number in range(9):
        claimed(acme, f"n{number}.acme.school")
    with django_assert_max_num_queries(len(one)):
        screen(browser)
