import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse, StreamingHttpResponse
from django.test import AsyncRequestFactory, RequestFactory
from wagtail.models import Page, Site

from lms.tenants import hosts
from lms.tenants.actions import move_provider
from lms.tenants.middleware import TenantMiddleware
from lms.tenants.models import Role
from lms.tenants.scope import NoScope, current, provider_scope
from lms.tenants.states import SUSPEND
from tests.cast import member
from tests.testapp.models import Book


@pytest.fixture(autouse=True)
def no_host_remembered(settings):
    settings.FLEDGE_MARKETPLACE_HOSTS = ["market.example"]
    hosts.forget()
    yield
    hosts.forget()


@pytest.fixture
def sites(acme, globex):
    """The marketplace at fledge.example and a site for each provider."""
    from home.models import MarketplacePage, ProviderPage

    Site.objects.all().delete()
    root = Page.objects.get(depth=1)
    home = root.add_child(instance=MarketplacePage(title="Fledge", slug="fledge-home"))
    Site.objects.create(hostname="fledge.example", root_page=home, is_default_site=True)
    for provider in (acme, globex):
        page = home.add_child(
            instance=ProviderPage(title=provider.name, slug=provider.slug, provider=provider)
        )
        Site.objects.create(hostname=f"{provider.slug}.example", root_page=page)
        with provider_scope(provider):
            Book.objects.create(title=f"{provider.slug}'s")


def answer(host, view=None, user=None, path="/"):
    request = RequestFactory().get(path, headers={"host": host})
    request.user = user or AnonymousUser()
    request.session = {}
    return TenantMiddleware(view or _titles)(request)


def _titles(request):
    return HttpResponse(" ".join(Book.objects.values_list("title", flat=True).order_by("title")))


def _who(request):
    site = Site.find_for_request(request)
    return HttpResponse(f"{request.provider} {site.hostname}")


@pytest.mark.parametrize(
    "host", ["acme.example", "ACME.example", "acme.example.", "acme.example:81"]
)
def test_a_providers_host_shows_its_rows_and_no_others(sites, host):
    assert answer(host).content == b"acme's"


def test_the_host_decides_the_provider_and_the_site(sites):
    assert answer("acme.example", _who).content == b"Acme acme.example"
    assert answer("fledge.example", _who).content == b"None fledge.example"
    assert answer("market.example", _who).content == b"None fledge.example"


@pytest.mark.parametrize(
    "host", ["evil.example", "acme.example.evil.example", "", "127.0.0.1", "[::1]"]
)
def test_an_unknown_host_is_a_plain_404(sites, host):
    response = answer(host)
    assert response.status_code == 404
    assert b"There is no site at this address" in response.content
    assert b"acme" not in response.content.lower()


def test_a_suspended_providers_host_is_gone_at_once(sites, acme, olga):
    assert answer("acme.example").status_code == 200
    move_provider(acme, SUSPEND, actor=olga)
    hosts.forget()
    assert answer("acme.example").status_code == 404


def test_a_changed_site_counts_at_once(sites, acme):
    assert answer("learn.acme.example").status_code == 404
    site = Site.objects.get(hostname="acme.example")
    site.hostname = "learn.acme.example"
    site.save()
    assert answer("learn.acme.example").content == b"acme's"
    assert answer("acme.example").status_code == 404


def test_a_visitor_of_the_marketplace_reads_nothing_private(sites):
    with pytest.raises(NoScope):
        answer("fledge.example")


def test_a_member_reads_rows_of_their_providers_on_the_marketplace(sites, globex, carol):
    assert answer("fledge.example", user=carol).content == b"acme's"
    member(carol, globex, Role.STUDENT)
    again = type(carol).objects.get(pk=carol.pk)
    assert answer("fledge.example", user=again).content == b"acme's globex's"


def test_the_authoring_screens_leave_out_houses_one_only_studies_with(sites, globex, alice):
    member(alice, globex, Role.STUDENT)
    assert answer("fledge.example", user=alice, path="/cms/").content == b"acme's"


def test_an_operator_reaches_every_provider_on_the_marketplace(sites, olga):
    assert answer("fledge.example", user=olga).content == b"acme's globex's"


def test_a_signed_in_stranger_reads_nothing_but_gets_no_error(sites, globex, mallory):
    with provider_scope(globex):
        mallory.memberships.all().delete()
    assert answer("fledge.example", user=mallory).content == b""


def test_the_scope_ends_with_the_request(sites):
    answer("acme.example")
    with pytest.raises(NoScope):
        current()


def test_a_known_host_costs_no_query(sites, django_assert_num_queries):
    answer("acme.example", _who)
    with django_assert_num_queries(0):
        answer("acme.example", _who)


def test_names_of_unknown_hosts_do_not_pile_up(sites, monkeypatch):
    monkeypatch.setattr(hosts, "NAMES_KEPT", 10)
    for number in range(50):
        answer(f"{number}.evil.example")
    assert len(hosts._known) <= 10


def test_a_request_does_not_change_what_the_next_one_gets(sites):
    def vandal(request):
        request.provider.name = "Mine"
        Site.find_for_request(request).hostname = "mine.example"
        return HttpResponse()

    answer("acme.example", vandal)
    assert answer("acme.example", _who).content == b"Acme acme.example"


def test_streamed_chunks_are_computed_in_the_scope(sites):
    def stream(request):
        return StreamingHttpResponse(title for title in _lazily())

    def _lazily():
        yield from Book.objects.values_list("title", flat=True)

    assert b"".join(answer("acme.example", stream).streaming_content) == b"acme's"


def test_async_requests_and_streams_are_scoped_too(sites):
    async def stream(request):
        async def titles():
            async for title in Book.objects.values_list("title", flat=True):
                yield title

        return StreamingHttpResponse(titles())

    async def ask():
        request = AsyncRequestFactory().get("/")
        request.META["HTTP_HOST"] = "acme.example"
        response = await TenantMiddleware(stream)(request)
        return [chunk async for chunk in response.streaming_content]

    assert async_to_sync(ask)() == [b"acme's"]
