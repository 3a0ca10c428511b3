"""A download of one's data: all of it, nobody else's, for its person alone."""

import hashlib
import json
import tracemalloc
import zipfile
from datetime import timedelta

import pytest
from django.core import mail
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.test import Client, TestCase
from django.urls import reverse

from lms.accounts.holdings import holdings
from lms.common import clock
from lms.planner.models import Note
from lms.privacy import actions, tasks, writing
from lms.privacy.errors import AskedOften
from lms.privacy.models import FOLDER, DataExport
from lms.privacy.states import Packed
from lms.tenants.scope import every_tenant
from tests.lms.privacy.making import EMAIL, NAME, PASSWORD, TEACHERS

DATA = reverse("privacy:data")


def asked(user):
    with TestCase.captureOnCommitCallbacks(execute=True):
        export = actions.ask_for_export(user, at=clock.now())
    return DataExport.objects.get(pk=export.pk)


def opened(export):
    return zipfile.ZipFile(export.file.open())


def test_it_holds_all_that_is_held_in_both_shapes_and_the_files(zebulon):
    mail.outbox.clear()
    packed = opened(asked(zebulon))
    data = json.loads(packed.read("data.json"))
    assert (data["format"], data["version"], data["person"]) == (
        "fledge-personal-data", 1, str(zebulon.pk),
    )  # fmt: skip
    rows = {one["key"]: one["rows"] for one in data["holdings"]}
    assert set(rows) == {one.key for one in holdings()}
    page = packed.read("index.html").decode()
    for said in (
        "must read", "reads slowly", "counted 7", "Well done", "liked it", "I am Zebulon",
        "was ill", "thinks", EMAIL, "begins",
    ):  # fmt: skip
        assert said in packed.read("data.json").decode(), said
        assert said in page, said
    (consent,) = rows["accounts.consent.person"]
    assert (consent["version__document"], consent["version__number"]) == ("terms", 1)
    (support,) = rows["teaching.supportprofile.student"]
    assert support["consent"] == 1
    names = [name for name in packed.namelist() if name.startswith("files/")]
    assert {name.partition("/")[2].split("/")[0].split(".")[0] for name in names} == {
        "picture", "uploads", "certificates",
    }  # fmt: skip
    sent = next(name for name in names if "uploads" in name)
    assert packed.read(sent) == f"{NAME} wrote.".encode()
    for name, told in json.loads(packed.read("manifest.json")).items():
        assert hashlib.sha256(packed.read(name)).hexdigest() == told["sha256"]
    (message,) = mail.outbox
    assert message.to == [EMAIL]
    assert DATA in message.body


def test_nothing_of_others_is_in_it(zebulon):
    """Neither names of who teaches or learns beside them, nor what teachers note for each other."""
    packed = opened(asked(zebulon))
    everything = b"".join(packed.read(name) for name in packed.namelist()).decode(errors="ignore")
    for others in (TEACHERS, "Alice", "alice@", "Bob", "bob@", "Dave", "dave@"):
        assert others not in everything, others
    notes = json.loads(packed.read("data.json"))["holdings"]
    (note,) = next(one["rows"] for one in notes if one["key"] == "teaching.note.enrolment.student")
    assert set(note) == {"enrolment__course__title", "written_at"}


def test_what_a_teacher_did_is_told_without_the_students(zebulon, school):
    everything = opened(asked(school.alice)).read("data.json").decode()
    assert NAME not in everything
    assert EMAIL not in everything
    rows = {one["key"]: one["rows"] for one in json.loads(everything)["holdings"]}
    assert len(rows["teaching.note.author"]) == len(rows["grades.entry.set_by"]) == 1


def test_headings_are_in_the_persons_language_and_direction(zebulon):
    zebulon.language = "ar"
    zebulon.save()
    page = opened(asked(zebulon)).read("index.html").decode()
    assert '<html lang="ar" dir="rtl">' in page
    assert "<script" not in page
    assert "://" not in page.replace(EMAIL, "")  # it asks nobody for anything


def test_one_at_a_time_and_three_a_day(zebulon):
    first = actions.ask_for_export(zebulon, at=clock.now())
    assert actions.ask_for_export(zebulon, at=clock.now()) == first
    tasks.make_export(str(first.pk))
    for _more in range(2):
        asked(zebulon)
    with pytest.raises(AskedOften):
        asked(zebulon)
    with clock.later(days=2):
        assert asked(zebulon).state == Packed.READY


def test_the_screen_asks_shows_and_sends_to_its_person_alone(as_zebulon, school):
    page = as_zebulon.get(DATA).content.decode()
    assert "Pack my data" in page
    asking = as_zebulon.post(DATA)
    assert "reauthenticate" in asking["Location"]  # the password again, and on it goes
    with TestCase.captureOnCommitCallbacks(execute=True):
        as_zebulon.post(asking["Location"], {"password": PASSWORD}, follow=True)
    export = DataExport.objects.get()
    address = reverse("privacy:download", args=[export.pk])
    assert address in as_zebulon.get(DATA).content.decode()
    answer = as_zebulon.get(address)
    assert b"".join(answer.streaming_content)[:2] == b"PK"
    assert "no-store" in answer["Cache-Control"] or "private" in answer["Cache-Control"]
    other = Client()
    assert other.get(address).status_code == 302
    school.alice.set_password(PASSWORD)
    school.alice.save()
    other.force_login(school.alice)
    other.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert other.get(address).status_code in (302, 404)
    with clock.later(days=8):
        assert as_zebulon.get(address).status_code in (302, 404)
        assert address not in as_zebulon.get(DATA).content.decode()


def test_the_address_alone_asks_for_the_password(as_zebulon, zebulon):
    export = asked(zebulon)
    answer = as_zebulon.get(reverse("privacy:download", args=[export.pk]))
    assert "reauthenticate" in answer["Location"]


def test_a_failure_is_told_and_it_may_be_asked_for_again(as_zebulon, zebulon, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(writing, "write", lambda *told, **more: 1 / 0)
        assert asked(zebulon).state == Packed.FAILED
    page = as_zebulon.get(DATA).content.decode()
    assert "Something went wrong on our side" in page
    assert "Pack my data" in page
    assert asked(zebulon).state == Packed.READY


def test_what_a_worker_left_is_taken_up_and_given_up_in_the_end(zebulon):
    export = actions.ask_for_export(zebulon, at=clock.now())
    DataExport.objects.filter(pk=export.pk).update(state=Packed.MAKING)
    with (
        clock.later(minutes=16),
        TestCase.captureOnCommitCallbacks(execute=True),
    ):
        tasks.look()
    export.refresh_from_db()
    assert export.state == Packed.READY
    DataExport.objects.filter(pk=export.pk).update(state=Packed.MAKING)
    with clock.later(hours=3):
        tasks.look()
    export.refresh_from_db()
    assert export.state == Packed.FAILED


def test_downloads_go_when_their_time_is_over_and_files_without_a_row_too(zebulon, files):
    export = asked(zebulon)
    stray = storages["private"].save(f"{FOLDER}/stray.zip", ContentFile(b"x"))
    with TestCase.captureOnCommitCallbacks(execute=True):
        tasks.look()
    assert (files / stray).exists()  # its row may be about to come
    assert (files / export.file.name).exists()
    with clock.later(days=8), TestCase.captureOnCommitCallbacks(execute=True):
        tasks.look()
    assert not (files / stray).exists()
    assert not (files / export.file.name).exists()
    assert not DataExport.objects.exists()


def test_memory_and_queries_do_not_grow_with_the_rows(zebulon, django_assert_max_num_queries):
    def cost(rows, tmp=[]):  # noqa: B006
        now = clock.now()
        Note.objects.bulk_create(
            Note(person=zebulon, text="x" * 200, created_at=now) for _row in range(rows)
        )
        import tempfile

        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with tempfile.TemporaryFile() as file, every_tenant("one's own data"):
            tracemalloc.start()
            with CaptureQueriesContext(connection) as asked:
                writing.write(zebulon, file, packed=lambda: None)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        return peak, len(asked)

    cost(0)
    (few, queries), (many, same) = cost(10), cost(6000)
    assert same == queries
    assert many < few + 3_000_000


def test_the_page_asks_the_same_number_of_questions_however_many(as_zebulon, zebulon):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    as_zebulon.get(DATA)
    with CaptureQueriesContext(connection) as few:
        as_zebulon.get(DATA)
    now = clock.now()
    for number in range(9):
        DataExport.objects.create(
            person=zebulon, state=Packed.FAILED, asked_at=now - timedelta(hours=number),
            touched_at=now, ends_at=now,
        )  # fmt: skip
    with CaptureQueriesContext(connection) as many:
        as_zebulon.get(DATA)
    assert len(many) == len(few)
