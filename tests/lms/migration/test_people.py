"""People by list: from the file to members, and back."""

import csv
import io

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import ModelLogEntry

from lms.accounts.models import User
from lms.common import clock
from lms.common.errors import Conflict, Forbidden
from lms.enrolments import actions as enrolments
from lms.enrolments.actions import enrol
from lms.enrolments.models import Enrolment, Seats
from lms.enrolments.tasks import watch_expiry
from lms.events import SYSTEM
from lms.migration import people, selectors, tasks, wording
from lms.migration.models import UNDO_WITHIN, PeopleImport, PeopleImportRow
from lms.migration.states import State
from lms.tenants.actions import add_member
from lms.tenants.models import Membership, Role, Tier
from lms.tenants.scope import provider_scope
from tests.cast import person
from tests.lms.certificates.making import course, school
from tests.lms.learning import reader

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme():
    return school()


@pytest.fixture
def ada(acme):
    return acme.page.owner


def handed_in(acme, text, actor=None):
    data = text.encode() if isinstance(text, str) else text
    return people.hand_in(
        acme, data, file_name="people.csv", actor=actor or acme.page.owner, at=clock.now()
    )


def worked(batch, most=1000):
    """The worker, for at most so many batches of rows."""
    with provider_scope(batch.provider_id):
        for _turn in range(most):
            if not people.work(batch.pk, at=clock.now()):
                break
        batch.refresh_from_db()
    return batch


def brought_in(acme, text, with_mail=False):
    batch = worked(handed_in(acme, text))
    people.confirm(batch, with_mail=with_mail, actor=acme.page.owner)
    return worked(batch)


def rows(batch):
    with provider_scope(batch.provider_id):
        return list(batch.rows.order_by("number"))


def state_of(batch, name):
    return [getattr(row, name) for row in rows(batch)]


def members(provider):
    with provider_scope(provider):
        found = Membership.objects.values_list("user__email", "role")
        return set(found) - {("acme-admin@example.org", "admin")}


def many(number, start=0, **extra):
    head = ",".join(["email", "name", *extra])
    tail = "".join(f",{value}" for value in extra.values())
    lines = [f"p{n}@example.org,Person {n}{tail}" for n in range(start, start + number)]
    return "\n".join([head, *lines])


def test_a_dry_run_says_what_each_row_would_do_and_writes_nothing(acme):
    course(acme, slug="night-sky")
    add_member(provider=acme, user=person("carol"), role=Role.STUDENT, actor=SYSTEM)
    before = (User.objects.count(), members(acme), len(mail.outbox))
    batch = handed_in(
        acme,
        "email,name,role,courses\n"
        "new@example.org,New,,night-sky\n"
        "carol@example.org,Carol,,\n"
        "carol@example.org,Carol,instructor,\n"
        "CAROL@example.org,Carol,,night-sky\n"
        "bad,Bad,,\n"
        "x@example.org,X,,nowhere\n",
    )
    assert batch.state == State.CHECKING
    worked(batch)
    assert batch.state == State.CHECKED
    assert state_of(batch, "forecast") == ["add", "already", "error", "error", "error", "error"]
    found = [row.problems for row in rows(batch)]
    assert found[2] == [["twice", "3"]]
    assert found[5] == [["no_course", "nowhere"]]
    assert (User.objects.count(), members(acme), len(mail.outbox)) == before


def test_people_become_members_with_seats(acme):
    page = course(acme, slug="night-sky")
    batch = brought_in(
        acme,
        "email,name,role,language,time zone,courses\n"
        "new@example.org,Amina,,so,Africa/Mogadishu,night-sky\n"
        "teach@example.org,Omar,instructor,,,\n"
        "help@example.org,Bo,assistant,,,\n",
    )
    assert batch.state == State.DONE
    assert state_of(batch, "result") == ["added"] * 3
    assert members(acme) == {
        ("new@example.org", "student"),
        ("teach@example.org", "instructor"),
        ("help@example.org", "assistant"),
    }
    amina = User.objects.get(email="new@example.org")
    assert (amina.name, amina.language, amina.time_zone) == ("Amina", "so", "Africa/Mogadishu")
    assert not amina.has_usable_password()
    assert not EmailAddress.objects.get(user=amina).verified
    with provider_scope(acme):
        assert Enrolment.objects.get().student == amina
        assert Seats.objects.get(course=page).taken == 1
        assert not Membership.objects.get(role=Role.INSTRUCTOR).approved
    logged = ModelLogEntry.objects.values_list("action", flat=True)
    assert {"tenants.member_added", "enrolments.enrolled", "migration.people_imported"} <= set(
        logged
    )


def test_an_account_of_before_is_neither_changed_nor_told_of(acme):
    carol = person("carol", language="ar")
    batch = worked(
        handed_in(
            acme, "email,name,language\ncarol@example.org,Someone,so\nnew@example.org,New,so\n"
        )
    )
    assert len(set(state_of(batch, "forecast"))) == 1
    people.confirm(batch, with_mail=False, actor=acme.page.owner)
    worked(batch)
    assert len(set(state_of(batch, "result"))) == 1
    carol.refresh_from_db()
    assert (carol.name, carol.language) == ("Carol", "ar")
    html = reader(acme.page.owner).get(f"/cms/people/lists/{batch.pk}/").content.decode()
    assert "Someone" in html
    assert "Carol<" not in html


def test_the_plans_places_go_to_the_first_and_the_others_are_told(acme, ada):
    Tier.objects.create(code="small", name="Small", position=9, students=3, instructors=1)
    acme.tier_id = "small"
    acme.save()
    batch = worked(handed_in(acme, many(5)))
    html = reader(ada).get(f"/cms/people/lists/{batch.pk}/").content.decode()
    assert "5 would be added, and your plan “Small” has 3 places left" in html
    people.confirm(batch, with_mail=False, actor=ada)
    worked(batch)
    assert state_of(batch, "result") == ["added"] * 3 + ["no_room"] * 2
    assert not User.objects.filter(email="p4@example.org").exists()
    assert len(members(acme)) == 3


def test_a_full_course_is_said_and_the_person_is_in(acme):
    course(acme, slug="night-sky", enrolment_limit=1)
    batch = brought_in(acme, many(2, courses="night-sky"))
    assert state_of(batch, "result") == ["added", "added"]
    assert rows(batch)[1].problems == [["full", "night-sky"]]
    with provider_scope(acme):
        assert Seats.objects.get().taken == Enrolment.objects.count() == 1


@pytest.mark.parametrize("how", ["expired", "left", "removed"])
def test_why_somebody_of_before_got_no_seat_is_said(acme, ada, how):
    night = course(acme, slug="night-sky", access_days=30)
    dora = person("dora")
    enrol(night, dora, actor=dora, at=clock.now())
    if how == "left":
        enrolments.leave(night, dora, actor=dora, at=clock.now())
    if how == "removed":
        enrolments.remove(night, dora, actor=ada, at=clock.now())
    with clock.later(days=31):
        watch_expiry()
        with provider_scope(acme):
            Membership.objects.filter(user=dora).delete()
        batch = brought_in(acme, "email,name,courses\ndora@example.org,Dora,night-sky")
    (said,) = state_of(batch, "problems")
    told = wording.of_row(said)
    assert ("you ended this person’s enrolment" in told) == (how == "removed")
    assert ("time in “night-sky” is up" in told) == (how != "removed")


def test_a_worker_that_is_killed_leaves_whole_batches_and_the_next_goes_on(acme, monkeypatch):
    course(acme, slug="night-sky")
    monkeypatch.setattr(people, "BATCH", 3)
    batch = worked(handed_in(acme, many(8, courses="night-sky")), most=1)
    assert state_of(batch, "forecast").count("") == 5
    worked(batch)
    people.confirm(batch, with_mail=False, actor=acme.page.owner)
    worked(batch, most=1)
    assert len(members(acme)) == 3

    killed = []

    def killing(*args, **kwargs):
        killed.append(True)
        raise KeyboardInterrupt

    with monkeypatch.context() as context, pytest.raises(KeyboardInterrupt):
        context.setattr(people, "grant_many", killing)
        worked(batch)
    assert killed
    assert len(members(acme)) == 3  # nothing of the batch it was at
    assert User.objects.filter(email__startswith="p").count() == 3
    worked(batch)
    assert state_of(batch, "result") == ["added"] * 8
    assert len(members(acme)) == 8
    with provider_scope(acme):
        assert Seats.objects.get().taken == Enrolment.objects.count() == 8
    worked(batch)  # a task that comes twice
    assert len(members(acme)) == 8


def test_a_list_of_before_brings_nobody_twice(acme):
    brought_in(acme, many(3))
    again = brought_in(acme, many(4))
    assert state_of(again, "forecast") == ["already"] * 3 + ["add"]
    assert User.objects.filter(email__startswith="p").count() == 4


def test_messages_lead_new_people_to_a_password_and_others_to_the_site(acme, client):
    carol = person("carol")
    carol.set_password("kept-secret-9")
    carol.save()
    batch = brought_in(
        acme, "email,name\nnew@example.org,New\ncarol@example.org,C\n", with_mail=True
    )
    mail.outbox.clear()
    tasks.write_to_people(str(acme.pk), batch.pk)
    tasks.write_to_people(str(acme.pk), batch.pk)
    assert sorted(message.to[0] for message in mail.outbox) == [
        "carol@example.org",
        "new@example.org",
    ]
    by_address = {message.to[0]: message.body for message in mail.outbox}
    assert "/account/welcome/" not in by_address["carol@example.org"]
    link = next(
        word for word in by_address["new@example.org"].split() if "/account/welcome/" in word
    )
    path = link[link.index("/account/") :]
    response = Client(HTTP_HOST="acme.localhost").get(path)
    assert "/account/password/reset/key/" in response["Location"]
    new = User.objects.get(email="new@example.org")
    new.set_password("kept-secret-9")
    new.save()
    assert Client().get(path)["Location"] == reverse("account_reset_password")
    assert Client().get(path[:-3] + "abc/")["Location"] == reverse("account_reset_password")


def test_nobody_is_written_to_unasked(acme):
    batch = brought_in(acme, many(2))
    mail.outbox.clear()
    tasks.write_to_people(str(acme.pk), batch.pk)
    assert mail.outbox == []


def test_undoing_takes_back_what_the_list_did_and_keeps_who_has_begun(acme, ada, monkeypatch):
    page = course(acme, slug="night-sky")
    other = course(acme, slug="day-sky", title="Day Sky")
    carol = person("carol")
    add_member(provider=acme, user=carol, role=Role.STUDENT, actor=SYSTEM)
    dora = person("dora")
    batch = brought_in(
        acme,
        many(4, courses="night-sky") + "\ncarol@example.org,C,night-sky\ndora@example.org,D,\n",
    )
    assert state_of(batch, "result") == ["added"] * 4 + ["enrolled", "added"]
    p = [User.objects.get(email=f"p{n}@example.org") for n in range(4)]
    with provider_scope(acme):
        Enrolment.objects.filter(student=p[0]).update(last_seen_at=clock.now())
    enrol(other, p[1], actor=p[1], at=clock.now())
    globex = school("globex")
    add_member(provider=globex, user=p[2], role=Role.STUDENT, actor=SYSTEM)
    people.undo(batch, actor=ada, at=clock.now())
    monkeypatch.setattr(people, "BATCH", 2)
    worked(batch)
    assert batch.state == State.UNDONE
    assert state_of(batch, "result") == ["kept", "kept", "undone", "undone", "undone", "undone"]
    left = {
        ("p0@example.org", "student"),
        ("p1@example.org", "student"),
        ("carol@example.org", "student"),
    }
    assert members(acme) == left
    accounts = set(User.objects.filter(email__startswith="p").values_list("email", flat=True))
    assert accounts == {"p0@example.org", "p1@example.org", "p2@example.org"}
    assert User.objects.filter(pk=dora.pk).exists()
    with provider_scope(acme):
        assert Seats.objects.get(course=page).taken == 2
        assert Enrolment.objects.filter(course=page, student__in=[carol, p[2]]).count() == 0


def test_after_a_week_nothing_is_undone(acme, ada):
    batch = brought_in(acme, many(1))
    with provider_scope(acme):
        PeopleImport.objects.update(finished_at=clock.now() - UNDO_WITHIN)
        batch.refresh_from_db()
    with pytest.raises(Conflict):
        people.undo(batch, actor=ada, at=clock.now())


def test_only_who_manages_members_may(acme):
    alice, globex = person("alice"), school("globex")
    add_member(provider=acme, user=alice, role=Role.INSTRUCTOR, actor=SYSTEM, approved=True)
    batch = worked(handed_in(acme, many(1)))
    for who in (alice, globex.page.owner):
        with pytest.raises(Forbidden):
            handed_in(acme, many(1), actor=who)
        with pytest.raises(Forbidden):
            people.confirm(batch, with_mail=False, actor=who)
        with pytest.raises(Forbidden):
            people.discard(batch, actor=who)
        with pytest.raises(Forbidden):
            selectors.list_for(acme, batch.pk, actor=who)
    assert reader(globex.page.owner).get(f"/cms/people/lists/{batch.pk}/").status_code == 404
    assert (
        reader(globex.page.owner).get(f"/cms/people/lists/{batch.pk}/report.csv").status_code == 404
    )


def test_the_screens_from_file_to_undo(acme, ada, monkeypatch):
    client = reader(ada)
    queued = []
    monkeypatch.setattr("lms.migration.views.async_task", lambda *task: queued.append(task))

    def work():  # the worker's is no request to the admin
        _name, provider_id, list_id = queued.pop()
        tasks.work_on_list(provider_id, list_id)

    file = SimpleUploadedFile("Class 7.csv", many(3).encode() + b"\np9@example.org,=cmd|x\n")
    response = client.post("/cms/people/lists/", {"file": file}, follow=True)
    assert response["Refresh"]
    work()
    url = response.request["PATH_INFO"]
    html = client.get(url).content.decode()
    assert "Class 7.csv" in html
    assert "is a formula and no name" in html
    assert "Bring 3 people in" in html
    client.post(url, {"deed": "confirm"})
    work()
    assert len(members(acme)) == 3
    report = client.get(url + "report.csv").content.decode("utf-8-sig")
    found = list(csv.reader(io.StringIO(report)))
    assert found[1][:4] == ["2", "p0@example.org", "Person 0", "student"]
    assert found[4][2] == "'=cmd|x"
    client.post(url, {"deed": "undo"})
    work()
    assert members(acme) == set()
    assert client.get("/cms/people/lists/").status_code == 200
    assert client.get("/cms/people/lists/sample.csv").status_code == 200


def test_a_file_that_is_too_large_is_refused_before_it_is_read(acme, ada, monkeypatch):
    monkeypatch.setattr("lms.migration.views.people.hand_in", None)
    file = SimpleUploadedFile("big.csv", b"email,name\n" * 600_000)
    html = reader(ada).post("/cms/people/lists/", {"file": file}).content.decode()
    assert "Please split it into several lists" in html


def test_throwing_away_leaves_nothing(acme, ada):
    batch = worked(handed_in(acme, many(2)))
    people.discard(batch, actor=ada)
    with provider_scope(acme):
        assert not PeopleImport.objects.exists()
        assert not PeopleImportRow.objects.exists()
    done = brought_in(acme, many(1))
    with pytest.raises(Conflict):
        people.discard(done, actor=ada)


def test_queries_do_not_grow_with_the_people_of_a_batch(acme, ada, monkeypatch):
    course(acme, slug="night-sky")

    def cost(number, start):
        batch = worked(handed_in(acme, many(number, start, courses="night-sky")))
        people.confirm(batch, with_mail=False, actor=ada)
        with CaptureQueriesContext(
            connection,
        ) as found:
            worked(batch)
        return len(found)

    cost(1, 0)
    # So few that SQLite takes them in one INSERT.
    assert cost(10, 10) == cost(50, 100)
