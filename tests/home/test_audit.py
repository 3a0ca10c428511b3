"""Who did what at a house: written with the deed, never changed, seen by its admins alone."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from home.actions import open_provider, set_up_marketplace
from home.tasks import forget_audit
from lms.accounts.models import User
from lms.common import clock
from lms.common.sheets import csv_lines
from lms.events import SYSTEM
from lms.tenants.actions import add_member
from lms.tenants.audit import agent_in_words
from lms.tenants.models import AuditEntry, Role
from lms.tenants.scope import provider_scope
from tests.cast import person

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0"


def account(name, password):
    user = User.objects.create_user(f"{name}@example.org", password, name=name.title())
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    return user


@pytest.fixture
def ada(db):
    return account("ada", "of-ada-5521")


@pytest.fixture
def acme(ada, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        set_up_marketplace(title="Fledge")
        return open_provider(name="Acme", slug="acme", owner=ada, actor=SYSTEM)


@pytest.fixture
def globex(acme, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        return open_provider(name="Globex", slug="globex", owner=person("mallory"), actor=SYSTEM)


def entries(provider, **which):
    with provider_scope(provider):
        return list(AuditEntry.objects.filter(**which).order_by("pk"))


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def shown(client, **query):
    page = client.get(reverse("audit"), query).content.decode()
    return page[page.find("<tbody") : page.find("</tbody")] + page[page.find("</tbody") :]


def sign_in(password, email="ada@example.org", **headers):
    client = Client(REMOTE_ADDR="203.0.113.9", headers={"user-agent": FIREFOX, **headers})
    client.post("/account/login/", {"login": email, "password": password})


def test_a_deed_is_written_down_with_who_what_and_about_whom(acme, ada):
    add_member(provider=acme, user=person("carol"), role=Role.ASSISTANT, actor=ada)
    entry = entries(acme)[-1]
    assert (entry.event, entry.person_id) == ("tenants.member_added", ada.pk)
    assert (entry.person_name, entry.about) == ("Ada", "Carol")
    assert entry.data["role"] == "assistant"


def test_a_deed_undone_is_not_written_down(acme, ada):
    before = len(entries(acme))
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        add_member(provider=acme, user=person("carol"), role=Role.ASSISTANT, actor=ada)
        1 / 0  # noqa: B018
    assert len(entries(acme)) == before


def test_sign_ins_of_staff_are_there_with_address_and_device(acme, ada):
    sign_in("wrong")
    sign_in("of-ada-5521")
    failed, done = entries(acme, event__startswith="tenants.staff_sign")
    assert failed.event == "tenants.staff_sign_in_failed"
    assert (failed.person_id, failed.about) == (None, "Ada")
    assert (done.event, done.person_id) == ("tenants.staff_signed_in", ada.pk)
    for entry in (failed, done):
        assert (entry.address, entry.agent) == ("203.0.113.9", "Firefox, Linux")
        assert len(entry.request_id) == 32


def test_a_sign_in_at_one_house_is_no_business_of_another(acme, globex, ada):
    add_member(provider=globex, user=ada, role=Role.INSTRUCTOR, actor=SYSTEM)
    sign_in("of-ada-5521", host="globex.localhost")
    assert not entries(acme, event="tenants.staff_signed_in")
    assert entries(globex, event="tenants.staff_signed_in")


def test_students_sign_in_unwatched(acme):
    carol = account("carol", "of-carol-5521")
    add_member(provider=acme, user=carol, role=Role.STUDENT, actor=carol)
    sign_in("of-carol-5521", carol.email)
    assert not entries(acme, event="tenants.staff_signed_in")


def test_a_changed_password_is_told_without_the_password(acme, ada):
    new = "new-of-ada-77"
    typed = {"oldpassword": "of-ada-5521", "password1": new, "password2": new}
    signed_in(ada).post("/account/password/change/", typed)
    (entry,) = entries(acme, event="tenants.staff_account_changed")
    assert entry.data == {"what": "password"}


def test_what_is_done_to_pages_is_there(acme, ada):
    acme.page.unpublish(user=ada)
    (entry,) = entries(acme, event="wagtail.unpublish")
    assert (entry.person_name, entry.about) == ("Ada", "Acme")


@pytest.mark.parametrize(
    "write",
    [
        lambda rows: rows.update(person_name="Somebody else"),
        lambda rows: rows.delete(),
        lambda rows: rows.first().delete(),
    ],
)
def test_the_database_refuses_to_change_or_delete(acme, write):
    with provider_scope(acme):
        with pytest.raises(IntegrityError, match="only grow"), transaction.atomic():
            write(AuditEntry.objects.all())
        assert AuditEntry.objects.exists()


@pytest.mark.parametrize(
    "sql", ["UPDATE tenants_auditentry SET about = ''", "DELETE FROM tenants_auditentry"]
)
def test_raw_sql_is_refused_as_well(acme, sql):
    with provider_scope(acme), pytest.raises(IntegrityError), transaction.atomic():
        connection.cursor().execute(sql)


def test_an_entry_goes_after_its_year_and_not_a_day_before(acme, ada, settings):
    settings.FLEDGE_AUDIT_DAYS = -1  # as of an entry from long ago
    add_member(provider=acme, user=person("carol"), role=Role.ASSISTANT, actor=ada)
    kept = len(entries(acme)) - 1
    assert forget_audit() == 1
    assert len(entries(acme)) == kept


def test_only_admins_of_the_house_and_operators_see_it(acme, globex, ada):
    add_member(provider=acme, user=(alice := person("alice")), role=Role.INSTRUCTOR, actor=ada)
    assert "Alice" in shown(signed_in(ada))
    assert signed_in(alice).get(reverse("audit")).status_code in (302, 403)
    mallory = User.objects.get(email="mallory@example.org")
    assert "Alice" not in shown(signed_in(mallory))
    theirs = reverse("schools_admin:audit", args=[acme.pk])
    assert signed_in(mallory).get(theirs).status_code == 404
    olga = person("olga", is_superuser=True, is_staff=True)
    assert "Alice" in signed_in(olga).get(theirs).content.decode()


def test_filters_and_search_narrow_it(acme, ada):
    for name in ("alice", "bob"):
        add_member(provider=acme, user=person(name), role=Role.ASSISTANT, actor=ada)
    client = signed_in(ada)

    def rows(**query):
        return shown(client, **query).count("<time ")

    everything, today = rows(), clock.now().date().isoformat()
    assert rows(words="bob") == 1
    assert rows(event="tenants.provider_opened") == 1
    assert rows(person=ada.pk) == 2
    assert rows(course="7") == everything  # no course of theirs: no filter
    assert rows(since=today, until=today) == everything
    assert rows(until="2001-01-01") == 0


def test_pages_follow_each_other_and_cost_the_same(acme, ada, django_assert_max_num_queries):
    with provider_scope(acme):
        AuditEntry.objects.bulk_create(
            AuditEntry(provider=acme, event="tenants.provider_moved", about=f"entry {number}.")
            for number in range(120)
        )
    client, seen, query = signed_in(ada), [], {}
    client.get(reverse("audit"))
    while True:
        with django_assert_max_num_queries(30):
            page = shown(client, **query)
        seen += re.findall(r"entry \d+\.", page)
        if not (found := re.search(r"behind=(\d+)", page)):
            break
        query = {"behind": found[1]}
    assert seen == [f"entry {number}." for number in reversed(range(120))]


def test_the_download_runs_nothing_and_is_itself_written_down(acme, ada):
    eve = account("eve", None)
    eve.name = "=HYPERLINK(1)"
    eve.save()
    add_member(provider=acme, user=eve, role=Role.ASSISTANT, actor=ada)
    answer = signed_in(ada).get(reverse("audit"), {"export": "csv"})
    assert ",'=HYPERLINK(1)," in b"".join(answer.streaming_content).decode()
    assert entries(acme, event="tenants.audit_exported")[0].person_name == "Ada"


def test_cells_that_a_spreadsheet_would_run_are_text():
    cells = ["=1", "+1", "-1", "@a", "\tb", 5, "fine"]
    assert list(csv_lines([cells])) == ["'=1,'+1,'-1,'@a,'\tb,5,fine\r\n"]


IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1"


@pytest.mark.parametrize(
    ("header", "words"),
    [(FIREFOX, "Firefox, Linux"), (IPHONE, "Safari, iPhone"), ("curl/8.5.0", ""), ("", "")],
)
def test_a_device_is_named_as_people_call_it(header, words):
    assert agent_in_words(header) == words
