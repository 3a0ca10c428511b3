"""Host names as people type them, and as others make them to be mistaken for somebody else's."""

import pytest
from django.core.exceptions import ValidationError

from lms.tenants.hostnames import is_below, normalised, proof_name, shown, skeleton


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        ("learn.acme.school", "learn.acme.school"),
        ("  Learn.ACME.School.  ", "learn.acme.school"),
        ("https://learn.acme.school/courses/?q=1#top", "learn.acme.school"),
        ("learn.acme.school:8443", "learn.acme.school"),
        ("bücher.school", "xn--bcher-kva.school"),
        ("XN--BCHER-KVA.school", "xn--bcher-kva.school"),
        ("школа.рф", "xn--80atdl2c.xn--p1ai"),
        ("学校。中国", "xn--48s290a.xn--fiqs8s"),
        ("مدرسة.شبكة", "xn--ogblgi1g.xn--ngbc5azd"),
    ],
)
def test_a_name_has_one_spelling(typed, host):
    assert normalised(typed) == host
    assert normalised(shown(host)) == host


@pytest.mark.parametrize(
    "typed",
    [
        "", " ", ".", "school", "learn..acme.school", "-learn.acme.school", "learn_1.acme.school",
        "learn acme.school", "me@acme.school", "https://me@acme.school/", "*.acme.school",
        "acme.school\nHost: evil.org", "acme.school\x00.org", "acme。", "xn--zzzzzz99999.school",
        "127.0.0.1", "192.0.2.7:80", "[::1]", "2001:db8::1", "http://[2001:db8::1]:80/", "0x7f.1",
        "2130706433", "acme.123", "localhost", "acme.localhost", "acme.test", "acme.local",
        "acme.internal", "acme.onion", "acme.example", "8.8.8.8.in-addr.arpa",
        f"{'a' * 64}.school", f"{'a.' * 125}school",
    ],
)  # fmt: skip
def test_what_is_no_name_of_the_internet_is_refused(typed):
    with pytest.raises(ValidationError):
        normalised(typed)


@pytest.mark.parametrize("typed", ["аcme.school", "gооgle.org", "αcme.school", "acme.sсhool.org"])
def test_a_part_in_two_alphabets_is_refused(typed):
    with pytest.raises(ValidationError, match="alphabet"):
        normalised(typed)


@pytest.mark.parametrize("typed", ["東京タワー.jp", "abc東京.jp", "학교2.kr", "école.school"])
def test_alphabets_that_are_read_together_are_not(typed):
    assert normalised(typed)


@pytest.mark.parametrize(
    ("other", "seems"),
    [("асе.school", "ace.school"), ("сосо.org", "coco.org"), ("caféé.org", "cafee.org"),
     ("ρορ.org", "pop.org"), ("ıoł.org", "iol.org")],
)  # fmt: skip
def test_names_that_look_alike_have_one_skeleton(other, seems):
    assert skeleton(normalised(other)) == seems == skeleton(seems)


def test_a_name_is_below_itself_and_its_parents_only():
    assert is_below("a.fledge.org", {"fledge.org"}) and is_below("fledge.org", {"fledge.org"})
    assert not is_below("notfledge.org", {"fledge.org"}) and not is_below("org", {"fledge.org"})
    assert len(proof_name("a" * 240)) <= 253
