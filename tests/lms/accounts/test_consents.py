"""Versions of legal documents: who agreed to what, when and how."""

import pytest
from django.test import TestCase
from django.urls import reverse

from home.actions import set_up_marketplace
from home.models import InformationPage, MarketplacePage
from lms.accounts import consents
from lms.accounts.models import Consent, DocumentVersion, How, LegalDocument, User
from lms.common import clock
from lms.common.errors import Conflict, Forbidden
from lms.planner.models import Note
from tests.lms.accounts.steps import register

HTML = {"accept": "text/html,application/xhtml+xml"}
ASKED = reverse("accounts:documents_asked")
TODO = "/learn/todo/"


def published(olga, document=LegalDocument.TERMS, text="Be kind.", **more):
    values = {"title": LegalDocument(document).label, "changes": "", "at": clock.now(), **more}
    with TestCase.captureOnCommitCallbacks(execute=True):
        return consents.publish(document, text=text, actor=olga, **values)


def said(user):
    rows = Consent.objects.filter(person=user).order_by("pk")
    return list(rows.values_list("version__document", "version__number", "how"))


def test_registering_keeps_the_versions_that_were_shown(client, olga):
    terms = published(olga)
    privacy = published(olga, LegalDocument.PRIVACY)
    published(olga, LegalDocument.NEWS)
    page = client.get("/account/signup/").content.decode()
    assert reverse("accounts:document", args=["terms"]) in page
    refused = register(client, email="no@example.org")
    assert refused.status_code == 200
    assert not User.objects.filter(email="no@example.org").exists()
    shown = ",".join(str(one.pk) for one in consents.current_versions())
    register(client, versions=shown, agree="on")
    amina = User.objects.get(email="amina@example.org")
    assert said(amina) == [
        ("terms", terms.number, "signed_up"), ("privacy", privacy.number, "signed_up"),
    ]  # fmt: skip


def test_nobody_agrees_to_a_version_they_were_not_shown(client, olga):
    shown = str(published(olga).pk)
    newer = published(olga, text="Be very kind.")
    page = register(client, versions=shown, agree="on")
    assert "There is a new version" in page.content.decode()
    assert f'value="{newer.pk}"' in page.content.decode()
    assert not User.objects.filter(email="amina@example.org").exists()


def test_who_wants_news_says_so_and_takes_it_back(client, olga):
    published(olga)
    published(olga, LegalDocument.NEWS)
    shown = ",".join(str(one.pk) for one in consents.current_versions())
    register(client, versions=shown, agree="on", news="on")
    amina = User.objects.get(email="amina@example.org")
    assert consents.has_agreed(amina, LegalDocument.NEWS)
    client.force_login(amina)
    url = reverse("accounts:consents")
    assert "You agreed to version 1" in client.get(url).content.decode()
    client.post(url, {"do": "withdraw"})
    assert not consents.has_agreed(amina, LegalDocument.NEWS)
    assert said(amina)[-1] == ("news", 1, "withdrawn")
    client.post(url, {"do": "withdraw"})
    assert len(said(amina)) == 3  # there was nothing to take back
    version = consents.version_of("news")
    client.post(url, {"do": "give", "version": version.pk})
    assert said(amina)[-1] == ("news", 1, "chosen")
    with pytest.raises(Conflict):
        consents.withdraw(amina, LegalDocument.TERMS, at=clock.now())


def test_a_new_version_is_asked_for_on_the_next_page_and_once(as_carol, carol, olga):
    version = published(olga, changes="Kinder than before.")
    answer = as_carol.get(f"{TODO}?kind=x", headers=HTML)
    assert answer["Location"].startswith(ASKED)
    page = as_carol.get(answer["Location"], headers=HTML).content.decode()
    assert "Kinder than before." in page
    agreed = as_carol.post(answer["Location"], {"version": version.pk})
    assert agreed["Location"] == f"{TODO}?kind=x"
    assert said(carol) == [("terms", 1, "prompted")]
    assert as_carol.get(TODO, headers=HTML).status_code == 200
    published(olga, text="Kinder still.")
    assert as_carol.get(TODO, headers=HTML)["Location"].startswith(ASKED)


def test_what_is_sent_goes_through_and_so_does_what_scripts_ask_for(as_carol, carol, olga):
    published(olga)
    as_carol.post(reverse("planner:add"), {"text": "Read the terms"}, headers=HTML)
    assert Note.objects.get(person=carol).text == "Read the terms"
    for headers in (
        {**HTML, "hx-request": "true"},
        {**HTML, "sec-fetch-dest": "iframe"},
        {"accept": "application/json"},
    ):
        assert as_carol.get(TODO, headers=headers).status_code == 200


@pytest.mark.parametrize("path", ["/account/data/", "/account/data/erase/", "/account/logout/"])
def test_who_declines_may_sign_out_take_along_and_leave(as_carol, olga, path):
    published(olga)
    assert as_carol.get(path, headers=HTML).status_code == 200
    page = as_carol.get(f"{ASKED}?next=https://evil.example/").content.decode()
    assert path in page
    version = consents.version_of("terms")
    answer = as_carol.post(f"{ASKED}?next=https://evil.example/", {"version": version.pk})
    assert answer["Location"] == "/"


def test_what_was_published_meanwhile_is_asked_for_again(as_carol, carol, olga):
    shown = published(olga)
    published(olga, text="Kinder.")
    answer = as_carol.post(f"{ASKED}?next={TODO}", {"version": shown.pk})
    assert answer["Location"].startswith(ASKED)
    assert said(carol) == []


def test_asking_costs_no_query_once_it_is_known(as_carol, olga, carol, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    as_carol.get("/account/profile/")
    as_carol.get(TODO, headers=HTML)
    with CaptureQueriesContext(connection) as without:
        as_carol.get(TODO, headers=HTML)
    known = len(without)  # the log is emptied by the next request
    version = published(olga)
    consents.agree(carol, [version], how=How.PROMPTED, at=clock.now())
    as_carol.get(TODO, headers=HTML)
    with django_assert_num_queries(known):
        as_carol.get(TODO, headers=HTML)


def test_a_version_stays_as_it_was_published_and_is_read_by_anybody(client, olga):
    published(olga, text="<p>Be kind.</p>")
    published(olga, text="<p>Be kinder.</p>")
    first = client.get(reverse("accounts:document_version", args=["terms", 1])).content.decode()
    assert "Be kind." in first
    assert "There is a newer one." in first
    assert "Be kinder." in client.get(reverse("accounts:document", args=["terms"])).content.decode()
    assert client.get(reverse("accounts:document_version", args=["terms", 3])).status_code == 404


def test_operators_publish_the_page_as_it_is(as_olga, carol, olga):
    set_up_marketplace()
    screen = reverse("documents_admin")
    assert "There is no page yet" in as_olga.get(screen).content.decode()
    page = InformationPage(title="Our terms", slug="terms", body="<p>Be kind.</p>")
    MarketplacePage.objects.get().add_child(instance=page)
    as_olga.post(screen, {"document": "terms", "changes": ""})
    as_olga.post(screen, {"document": "terms", "changes": "Nothing"})  # it says the same
    version = DocumentVersion.objects.get()
    assert (version.number, version.title, version.text) == (1, "Our terms", "<p>Be kind.</p>")
    with pytest.raises(Forbidden):
        published(carol)
    as_olga.force_login(carol)
    assert as_olga.get(screen).status_code in (302, 403, 404)
