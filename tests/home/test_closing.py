"""Leaving: everything to take along, a grace period, and then only what the law needs is left."""

import hashlib
import json
import zipfile
from pathlib import Path

import pytest
from django.conf import settings
from django.core import mail
from django.db import connection
from django.test import Client, TestCase
from django.urls import reverse

from home import closing, erasing
from home.models import HouseExport
from home.tasks import erase_due
from lms.certificates import selectors as certificates
from lms.certificates.models import Certificate
from lms.common import clock
from lms.common.errors import Forbidden
from lms.common.states import IllegalMove
from lms.events import SYSTEM
from lms.tenants import hosts
from lms.tenants.actions import move_provider
from lms.tenants.models import AuditEntry, Provider
from lms.tenants.scope import every_tenant, provider_scope
from lms.tenants.states import CLOSE, ERASE, REOPEN, SUSPEND, State
from tests.cast import person
from tests.home.fence.houses import everything_of, two_houses

# Where the erased house's name may still be read: what was issued, and whose account stays.
KEPT = {"certificates_certificate", "accounts_user", "account_emailaddress"}
# That it was erased is logged; its number says nothing to anybody.
IDS = {
    "tenants_provider", "tenants_auditentry", "certificates_certificate",
    "wagtailcore_modellogentry",
}  # fmt: skip


@pytest.fixture
def strays():
    """Files of that name which earlier tests left behind."""
    return set(stored("acme"))


@pytest.fixture
def houses(db, strays):
    return two_houses()


@pytest.fixture
def acme(houses):
    return houses[0]


def done(deed, *args, **kwargs):
    with TestCase.captureOnCommitCallbacks(execute=True):
        return deed(*args, **kwargs)


def closed(house):
    done(closing.close, house.provider, actor=house.people["admin"])


def erased(house, seconds=float("inf")):
    """How many tasks it took."""
    closed(house)
    done(move_provider, house.provider, ERASE, actor=SYSTEM)
    tasks = 1
    while not done(erasing.erase, Provider.objects.get(pk=house.provider.pk), seconds=seconds):
        tasks += 1
    return tasks


def tables_with(word):
    found = {}
    with every_tenant("look everywhere"), connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            # The indexes of SQLite's full text have a form of their own.
            if table.startswith("search_text") or "_fts" in table:
                continue
            cursor.execute(f'SELECT * FROM "{table}"')
            if rows := [row for row in cursor.fetchall() if word in str(row).lower()]:
                found[table] = rows
    return found


def assert_only_in(found, tables):
    extra = {table: rows[:3] for table, rows in found.items() if table not in tables}
    assert not extra, str(extra)


def without_acme(found):
    """Sites and redirects of the marketplace hold something of every house."""
    return {
        name: [row for row in rows if "acme" not in str(row).lower()]
        for name, rows in found.items()
    }


def stored(word):
    roots = (Path(settings.MEDIA_ROOT), Path(settings.PRIVATE_MEDIA_ROOT))
    paths = [path for root in roots for path in root.rglob("*") if path.is_file()]
    return [path for path in paths if word in path.name]


def test_the_download_holds_everything_and_says_what_it_holds(acme):
    admin, provider = acme.people["admin"], acme.provider
    export = done(closing.ask_for_export, provider, actor=admin)
    with provider_scope(provider):
        export.refresh_from_db()
        packed = zipfile.ZipFile(export.file.open())
    names = packed.namelist()
    manifest = json.loads(packed.read("manifest.json"))
    assert set(names) == {*manifest, "manifest.json"}
    for name, told in manifest.items():
        assert hashlib.sha256(packed.read(name)).hexdigest() == told["sha256"]
    people = packed.read("people.jsonl").decode()
    assert {json.loads(line)["email"] for line in people.splitlines()} == {
        user.email for user in acme.people.values()
    }
    assert manifest["rows/enrolments.Enrolment.jsonl"]["rows"] == 1
    lesson = next(name for name in names if name.endswith("lesson.html"))
    assert "Acme says" in packed.read(lesson).decode()
    assert {name.split("/")[1] for name in names if name.startswith("files/")} == {
        "images", "documents", "recordings", "uploads",
    }  # fmt: skip
    assert any(name.startswith("certificates/") for name in names)
    everything = b"".join(packed.read(name) for name in names).lower()
    assert b"globex" not in everything


def test_only_those_who_may_close_get_the_download(acme, houses):
    export = done(closing.ask_for_export, acme.provider, actor=acme.people["admin"])
    address = reverse("closing_export", args=[export.pk])
    for user in (acme.people["instructor"], houses[1].people["admin"]):
        client = Client()
        client.force_login(user)
        assert client.get(address).status_code in (302, 403, 404)
        with pytest.raises(Forbidden):
            closing.ask_for_export(acme.provider, actor=user)


def test_a_closed_house_says_so_and_everybody_is_told(acme):
    mail.outbox.clear()
    closed(acme)
    hosts.forget()
    answer = Client(headers={"host": "acme.localhost"}).get("/")
    assert answer.status_code == 410
    assert "Acme" in answer.content.decode()
    told = {message.to[0] for message in mail.outbox if "closed" in message.subject}
    assert told == {user.email for user in acme.people.values()}


def test_its_admins_may_take_it_back_and_nobody_gets_round_an_operator(acme, houses):
    admin, provider = acme.people["admin"], acme.provider
    for stranger in (acme.people["instructor"], houses[1].people["admin"]):
        with pytest.raises(Forbidden):
            closing.close(provider, actor=stranger)
    closed(acme)
    done(closing.take_back, provider, actor=admin)
    assert provider.is_open
    olga = person("olga", is_superuser=True)
    move_provider(provider, CLOSE, actor=olga)
    with pytest.raises(Forbidden):
        closing.take_back(provider, actor=admin)
    move_provider(provider, REOPEN, actor=olga)
    move_provider(provider, SUSPEND, actor=olga)
    with pytest.raises(Forbidden):
        closing.close(provider, actor=admin)


def test_it_is_erased_after_the_grace_period_and_not_before(acme):
    closed(acme)
    with clock.later(days=29):
        done(erase_due)
        acme.provider.refresh_from_db()
        assert acme.provider.status == State.CLOSED
    with clock.later(days=31):
        done(erase_due)
    acme.provider.refresh_from_db()
    assert acme.provider.erased_at
    with pytest.raises(IllegalMove):
        move_provider(acme.provider, REOPEN, actor=SYSTEM)


@pytest.mark.parametrize("seconds", [float("inf"), 0])
def test_nothing_is_left_and_nobody_else_loses_a_row(houses, strays, seconds):
    acme, globex = houses
    before, files = everything_of(globex), stored("globex")
    with provider_scope(acme.provider):
        code = Certificate.objects.get().code
    assert (erased(acme, seconds) > 1) is (seconds == 0)
    assert_only_in(tables_with("acme"), KEPT)
    assert_only_in(tables_with(str(acme.provider.pk)) | tables_with(acme.provider.pk.hex), IDS)
    assert not set(stored("acme")) - strays
    assert without_acme(everything_of(globex)) == without_acme(before)
    assert stored("globex") == files
    assert certificates.verify(code).content.provider == "Acme"
    with provider_scope(acme.provider):
        (entry,) = AuditEntry.objects.all()
    assert (entry.event, entry.person_name, entry.data) == ("home.school_erased", "", {})


def test_an_account_that_was_used_stays(acme):
    teacher = acme.people["instructor"]
    type(teacher).objects.filter(pk=teacher.pk).update(last_login=clock.now())
    erased(acme)
    assert type(teacher).objects.filter(pk=teacher.pk).exists()
    assert not type(teacher).objects.filter(pk=acme.people["beginner"].pk).exists()


def test_a_house_that_is_open_is_never_erased(acme):
    with pytest.raises(ValueError, match="not to be erased"):
        erasing.erase(acme.provider)


def test_the_screen_packs_closes_and_opens_again(acme):
    acme.people["admin"].set_password("a-long-enough-password")
    acme.people["admin"].save()
    client = Client()
    client.force_login(acme.people["admin"])
    url = reverse("closing")
    assert client.get(url).status_code == 200
    with provider_scope(acme.provider):
        HouseExport.objects.all().delete()
    asked = client.post(url, {"do": "export"})
    assert "reauthenticate" in asked["Location"]  # the password again, and on it goes
    done(client.post, asked["Location"], {"password": "a-long-enough-password"}, follow=True)
    with provider_scope(acme.provider):
        export = HouseExport.objects.get()
    assert client.get(reverse("closing_export", args=[export.pk])).status_code == 200
    assert client.post(url, {"do": "close", "address": "globex"}).status_code == 400
    done(client.post, url, {"do": "close", "address": "acme"})
    assert Provider.objects.get(pk=acme.provider.pk).status == State.CLOSED
    page = client.get(url).content.decode()
    assert "Take it back" in page
    done(client.post, url, {"do": "reopen"})
    assert Provider.objects.get(pk=acme.provider.pk).is_open
