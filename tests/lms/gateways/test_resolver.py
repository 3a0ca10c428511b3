"""The port to the DNS: every adapter tells the same things apart (tests/dns_server.py answers)."""

import pytest

from lms.gateways import gateway
from lms.gateways.resolver import Addresses, NameServerFailed, NameServerTimedOut, NoSuchName
from lms.gateways.resolver.dnspython import DnsResolver
from tests.dns_server import DnsServer


@pytest.fixture(scope="module")
def server():
    with DnsServer() as running:
        running.records = {
            "_fledge.learn.acme.school": {"TXT": ['"fledge-verification=1" "23"', '"spf"']},
            "learn.acme.school": {"CNAME": ["Fledge.Market.org."]},
            "fledge.market.org": {"A": ["192.0.2.7"], "AAAA": ["2001:db8::7"]},
            "bare.school": {"A": ["192.0.2.7", "192.0.2.8"]},
            "broken.school": {"SERVFAIL": []},
            "slow.school": {"SILENCE": []},
        }
        yield running


@pytest.fixture
def resolver(server):
    return DnsResolver(servers=[server.address], timeout=0.6)


def test_texts_are_put_together_and_all_told(resolver):
    found = resolver.texts("_fledge.learn.acme.school")
    assert sorted(found) == ["fledge-verification=123", "spf"]


def test_a_name_without_such_a_record_has_none(resolver):
    assert resolver.texts("bare.school") == []
    assert resolver.addresses("_fledge.learn.acme.school").found == frozenset()


def test_aliases_are_followed_to_the_last_name(resolver):
    here = frozenset({"192.0.2.7", "2001:db8::7"})
    assert resolver.addresses("learn.acme.school") == Addresses("fledge.market.org", here)
    assert resolver.addresses("bare.school").found == {"192.0.2.7", "192.0.2.8"}


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("nowhere.school", NoSuchName),
        ("broken.school", NameServerFailed),
        ("slow.school", NameServerTimedOut),
    ],
)
def test_what_went_wrong_is_told_apart(resolver, name, error):
    with pytest.raises(error):
        resolver.texts(name)
    with pytest.raises(error):
        resolver.addresses(name)


def test_name_servers_are_given_as_addresses():
    given = ["192.0.2.1", "192.0.2.1:5353", "2001:db8::1", "[2001:db8::1]:5353"]
    servers = DnsResolver(servers=given).servers
    assert [server.port for server in servers] == [53, 5353, 53, 5353]
    with pytest.raises(ValueError):
        DnsResolver(servers=["dns.example"])


def test_the_adapter_is_the_one_the_settings_name(settings):
    settings.GATEWAYS = {"resolver": {"BACKEND": f"{DnsResolver.__module__}.DnsResolver"}}
    assert isinstance(gateway("resolver"), DnsResolver)
