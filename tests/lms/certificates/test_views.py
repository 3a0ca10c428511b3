from datetime import timedelta
from unittest.mock import patch

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from lms.certificates import actions, views
from lms.certificates.models import Certificate
from lms.common import clock
from lms.tenants.scope import provider_scope
from tests.lms.certificates.making import complete, course, enrol, named, school

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(carol, client):
    client.force_login(carol)
    return client


@pytest.fixture
def revoked(certificate):
    with provider_scope(certificate.provider_id):
        Certificate.objects.update(
            state="revoked", revoked_at=clock.now(), revocation_reason="Issued by mistake."
        )
    return certificate


def pdf_of(certificate) -> str:
    return f"/certificates/{certificate.pk}/pdf/"


def test_a_student_sees_their_certificate(browser, certificate):
    page = browser.get("/certificates/").content.decode()
    assert "Night Sky" in page
    assert certificate.code in page


def test_a_completed_course_leads_to_its_certificate(browser, certificate):
    with provider_scope(certificate.provider_id):
        address = f"/certificates/of/{certificate.enrolment.course_id}/"
    assert browser.get(address).url == f"/certificates/{certificate.pk}/"


def test_whoever_comes_before_the_worker_gets_the_certificate_all_the_same(browser, certificate):
    with provider_scope(certificate.provider_id):
        course_id = certificate.enrolment.course_id
        certificate.delete()
    address = browser.get(f"/certificates/of/{course_id}/").url
    assert "Night Sky" in browser.get(address).content.decode()


def test_a_course_without_a_certificate_of_one_s_own_leads_nowhere(browser, certificate):
    assert browser.get("/certificates/of/999999/").status_code == 404


def test_one_without_certificates_is_told_how_to_earn_one(browser):
    assert "No certificates yet" in browser.get("/certificates/").content.decode()


@pytest.mark.parametrize("path", ["", "pdf/"])
def test_somebody_else_s_certificate_does_not_exist(certificate, path):
    mallory = Client()
    mallory.force_login(named("mallory", "Mallory"))
    assert mallory.get(f"/certificates/{certificate.pk}/{path}").status_code == 404


@pytest.mark.parametrize("path", ["", "pdf/"])
def test_another_provider_s_admin_sees_nothing(certificate, path):
    from lms.tenants.models import Membership

    globex = school("globex")
    with provider_scope(globex):
        admin = Membership.objects.get(role="admin").user
    client = Client()
    client.force_login(admin)
    assert client.get(f"/certificates/{certificate.pk}/{path}").status_code == 404


def test_a_visitor_is_asked_to_sign_in(client, certificate):
    assert "/account/login/" in client.get("/certificates/")["Location"]


def test_a_pdf_in_the_making_is_waited_for(browser, certificate):
    page = browser.get(f"/certificates/{certificate.pk}/").content.decode()
    assert "is being prepared" in page
    assert "hx-get" in page
    assert browser.get(pdf_of(certificate)).status_code == 302


def test_a_pdf_the_worker_never_made_is_made_on_request(browser, night_sky, carol):
    with patch("lms.certificates.actions.make_pdf"):
        complete(enrol(carol, night_sky))
    with provider_scope(night_sky.provider_id):
        certificate = Certificate.objects.get()
    with clock.stopped_at(clock.now() + views.PATIENCE + timedelta(seconds=1)):
        answer = browser.get(pdf_of(certificate))
    assert answer.getvalue().startswith(b"%PDF-")
    assert "certificate-night-sky.pdf" in answer["Content-Disposition"]


def test_a_revoked_certificate_is_not_handed_out(browser, revoked):
    assert browser.get(pdf_of(revoked)).status_code == 410
    page = browser.get(f"/certificates/{revoked.pk}/").content.decode()
    assert "Issued by mistake." in page


def test_sharing_offers_linkedin_what_it_asks_for(browser, certificate):
    page = browser.get(f"/certificates/{certificate.pk}/").content.decode()
    assert "https://www.linkedin.com/profile/add?startTask=CERTIFICATION_NAME" in page
    assert f"certId={certificate.code}" in page


# --- The public check


def test_anybody_may_check_a_code(client, certificate):
    page = client.get(f"/verify/{certificate.code}/")
    assert page.status_code == 200
    for fact in ["This certificate is valid", "Carol Wanjiru", "Night Sky", "Acme Academy"]:
        assert fact in page.content.decode()


def test_any_host_answers(client, certificate):
    school("globex")
    for host in ["localhost", "acme.localhost", "globex.localhost"]:
        answer = client.get(f"/verify/{certificate.code}/", headers={"host": host})
        assert "Carol Wanjiru" in answer.content.decode()


def test_a_code_typed_carelessly_is_understood(client, certificate):
    typed = certificate.code.lower().replace("-", " ")
    answer = client.get("/verify/", {"code": typed}, follow=True)
    assert answer.redirect_chain[-1][0] == f"/verify/{certificate.code}/"


def test_a_tampered_code_is_not_valid(client, certificate):
    last = "2" if certificate.code[-1] != "2" else "3"
    answer = client.get(f"/verify/{certificate.code[:-1]}{last}/")
    assert answer.status_code == 404
    assert "Not a valid certificate" in answer.content.decode()


@pytest.mark.parametrize("typed", ["", " ", "AAAA", "<script>", "É" * 64, "x" * 65, "\x00"])
def test_nonsense_gets_the_form_again(client, typed):
    answer = client.get("/verify/", {"code": typed})
    assert answer.status_code == 404
    assert "<form" in answer.content.decode()
    assert "<script>" not in answer.content.decode().split("<main")[1]


def test_a_revoked_certificate_says_so_with_its_reason(client, revoked):
    page = client.get(f"/verify/{revoked.code}/")
    assert page.status_code == 200
    assert "This certificate was revoked" in page.content.decode()
    assert "Issued by mistake." in page.content.decode()


def test_search_engines_are_kept_out(client, certificate):
    for path in ["/verify/", f"/verify/{certificate.code}/"]:
        assert client.get(path)["X-Robots-Tag"] == "noindex"


def test_an_address_printed_by_the_legacy_system_leads_to_the_form(client):
    answer = client.get("/verify-certificate/CERT-2024-AB12CD34/", follow=True)
    assert answer.redirect_chain[0][0] == "/verify/?code=CERT-2024-AB12CD34"
    assert answer.status_code == 404


def test_an_imported_legacy_number_verifies(client, acme, carol, no_drawing):
    enrolment = complete(enrol(carol, course(acme, certificate_enabled=False)))
    with (
        provider_scope(acme),
        patch("lms.certificates.actions.verification_code", return_value="CERT-2024-AB12CD34"),
    ):
        enrolment.course.certificate_enabled = True
        actions.issue(enrolment, at=clock.now())
    answer = client.get("/verify-certificate/CERT-2024-AB12CD34/", follow=True)
    assert "Carol Wanjiru" in answer.content.decode()


def test_checks_are_limited(client, db):
    for _number in range(views.CHECKS_A_MINUTE):
        client.get("/verify/", {"code": "AAAA-AAAA-AAAA-AAAA"})
    answer = client.get("/verify/", {"code": "AAAA-AAAA-AAAA-AAAA"})
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) <= 60


# --- Costs


def test_the_list_takes_the_same_queries_for_one_and_many(browser, carol, acme, no_drawing):
    def queries() -> int:
        browser.get("/certificates/")  # looks up sites, brands and sessions anew
        with CaptureQueriesContext(connection) as taken:
            browser.get("/certificates/")
        return len(taken)

    complete(enrol(carol, course(acme)))
    one = queries()
    for number in range(5):
        complete(enrol(carol, course(acme, title=f"Course {number}")))
    assert queries() == one <= 15


def test_a_check_takes_few_queries(client, certificate, django_assert_max_num_queries):
    client.get(f"/verify/{certificate.code}/")
    with django_assert_max_num_queries(4):
        client.get(f"/verify/{certificate.code}/")


def test_the_dashboard_s_tag_shows_the_newest(certificate):
    from django.template import Context, Template

    template = Template("{% load certificates %}{% certificates_of person %}")
    with provider_scope(certificate.provider_id):
        shown = template.render(Context({"person": certificate.student}))
    assert certificate.code in shown
