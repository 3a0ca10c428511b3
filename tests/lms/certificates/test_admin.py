"""The Wagtail screens of those who manage certificates."""

import pytest
from django.core import mail
from django.db import connection
from django.test import Client, TestCase
from django.test.utils import CaptureQueriesContext

from lms.certificates.models import Certificate
from lms.tenants.models import Membership
from lms.tenants.scope import provider_scope
from tests.lms.certificates.making import complete, course, enrol, named, school

pytestmark = pytest.mark.django_db


def admin_of(provider) -> Client:
    with provider_scope(provider):
        user = Membership.objects.get(role="admin").user
    client = Client()
    client.force_login(user)
    return client


def address(certificate) -> str:
    return f"/cms/certificates/{certificate.pk}/"


@pytest.fixture
def manager(acme):
    return admin_of(acme)


def test_the_list_shows_the_provider_s_certificates(manager, certificate):
    page = manager.get("/cms/certificates/").content.decode()
    assert "Carol Wanjiru" in page
    assert certificate.code in page


@pytest.mark.parametrize(
    ("words", "found"), [("carol sky", 1), ("carol@", 1), ("nobody", 0), ("", 1)]
)
def test_it_can_be_searched(manager, certificate, words, found):
    page = manager.get("/cms/certificates/", {"q": words})
    assert len(page.context["object_list"]) == found


def test_it_can_be_searched_by_code(manager, certificate):
    page = manager.get("/cms/certificates/results/", {"q": certificate.code})
    assert certificate.code in page.content.decode()


def test_another_provider_s_admin_sees_none_of_them(certificate):
    stranger = admin_of(school("globex"))
    assert certificate.code not in stranger.get("/cms/certificates/").content.decode()
    assert stranger.get(address(certificate)).status_code == 404
    assert stranger.post(address(certificate), {"reason": "Mine now."}).status_code == 404


def test_an_instructor_has_no_such_screen(acme, alice, certificate):
    from home.actions import sync_groups
    from lms.events import SYSTEM
    from lms.tenants.actions import add_member

    add_member(provider=acme, user=alice, role="instructor", actor=SYSTEM, approved=True)
    sync_groups(alice, acme)
    client = Client()
    client.force_login(alice)
    for path in ["/cms/certificates/", address(certificate)]:
        assert client.get(path).status_code == 302  # back to the admin's front page
    assert client.post(address(certificate), {"reason": "No."}).status_code == 302


def test_revoking_takes_a_reason(manager, certificate):
    answer = manager.post(address(certificate), {"reason": ""})
    assert answer.status_code == 200
    assert answer.context["form"].errors


def test_revoking_shows_on_the_verification_page_and_tells_the_student(manager, certificate):
    with TestCase.captureOnCommitCallbacks(execute=True):
        answer = manager.post(address(certificate), {"reason": "Issued by mistake."})
    assert answer.status_code == 302
    assert "Issued by mistake." in manager.get(address(certificate)).content.decode()
    assert "Issued by mistake." in Client().get(f"/verify/{certificate.code}/").content.decode()
    assert mail.outbox[-1].to == ["carol@example.org"]


def test_revoking_again_is_refused(manager, certificate):
    manager.post(address(certificate), {"reason": "First."})
    assert manager.post(address(certificate), {"reason": "Second."}).status_code == 409
    with provider_scope(certificate.provider_id):
        assert Certificate.objects.get().revocation_reason == "First."


def test_the_list_takes_the_same_queries_for_one_and_many(manager, acme, certificate, no_drawing):
    def queries() -> int:
        manager.get("/cms/certificates/")  # looks up sites, brands and sessions anew
        with CaptureQueriesContext(connection) as taken:
            manager.get("/cms/certificates/")
        return len(taken)

    one = queries()
    page = course(acme)
    for number in range(5):
        complete(enrol(named(f"student{number}", f"Student {number}"), page))
    assert queries() == one
