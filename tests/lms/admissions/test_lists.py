"""Lists of people to invite: what is read, and the worker at a whole school."""

import pytest
from django.core import mail

from lms.admissions import lists, rules, selectors, tasks
from lms.admissions.models import Invitation, InvitationList
from lms.common import clock
from lms.common.addresses import is_email
from lms.common.errors import Forbidden
from lms.common.tables import Unreadable
from lms.enrolments import actions as enrolments
from lms.tenants.models import Membership
from lms.tenants.scope import provider_scope
from tests.lms.admissions.making import settled, somebody


def read(data):
    return rules.read_file(data, is_email=is_email)


@pytest.mark.parametrize(
    "data",
    [
        b"email,name\nada@example.org,Ada\n",
        "\ufeffName;E-Mail\nAda;ADA@example.org\n".encode(),
        "name\tmail\nAda\tada@example.org\n".encode("utf-16"),
        b"ada@example.org,Ada\n",
        b"Ada;ada@example.org",
        "الاسم,البريد\nAda, ada@example.org \n".encode(),
        b"sep=;\r\nfirst name;last name;email\r\nAda;;ada@example.org\r\n",
    ],
)
def test_a_file_is_read_with_headings_or_without(data):
    (entry,) = read(data).entries
    assert (entry.email, entry.name, entry.problem) == ("ada@example.org", "Ada", None)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "no_email_column"),
        (b"email\n", "empty"),
        (b"a,b\nc,d\n", "no_email_column"),
        (b"PK\x03\x04", "spreadsheet"),
        (b"\0\1\2\3", "binary"),
        (b'email\n"' + b"x" * 200_000, "torn"),
        (b"email\n" + b"a@example.org\n" * 10_001, "too_many"),
        (b"x" * (5 * 1024 * 1024 + 1), "too_large"),
    ],
)
def test_what_is_no_list_is_refused(data, code):
    with pytest.raises(Unreadable) as refused:
        read(data)
    assert refused.value.code == code


def test_duplicates_and_formulas_are_problems_of_their_rows():
    data = b"email,name\na@example.org,Ada\nA@Example.org,Ada\nb@example.org,=cmd()\nbad,Bo\n,Cy\n"
    problems = [entry.problem and entry.problem[0] for entry in read(data).entries]
    assert problems == [None, "twice", "formula", "bad_email", "no_email"]


@pytest.mark.parametrize("typed", ["abcd-2345", " ABCD 2345 ", "AbCd2345"])
def test_a_code_is_known_however_it_is_typed(typed):
    assert rules.normalise_code(typed) == "ABCD2345"


@pytest.mark.django_db
def test_a_whole_school_is_invited_in_batches_with_few_queries(page, monkeypatch):
    monkeypatch.setattr(tasks, "SECONDS", 0.0)  # one batch a task
    data = b"email,name\n" + b"".join(b"s%d@example.org,S %d\n" % (n, n) for n in range(600))
    carol = somebody("s1")
    with settled(page):
        enrolments.enrol(page, carol, actor=carol, at=clock.now())
        batch = lists.hand_in(page, data, name="all.csv", actor=page.alice, at=clock.now())
    assert batch.is_busy and not mail.outbox
    work_on(page, batch)
    summary = again(page, batch, selectors.summary_of)
    assert (summary.to_invite, summary.done) == (599, 600) and not mail.outbox
    with settled(page):
        lists.confirm(batch, actor=page.alice, at=clock.now())
    work_on(page, batch)
    assert len(mail.outbox) == 599
    assert again(page, batch, selectors.results_of) == {"invited": 599}
    with provider_scope(page.provider_id):
        assert Invitation.objects.filter(state="sent").count() == 599
        assert InvitationList.objects.get().state == "done"


@pytest.mark.django_db
def test_two_lists_at_once_invite_nobody_twice_and_a_dismissed_teacher_nobody(page):
    made = []
    for _time in range(2):
        with settled(page):
            one = lists.hand_in(page, "a@x.org b@x.org", name="p", actor=page.alice, at=clock.now())
            made.append(one)
    for one in made:
        with settled(page):
            lists.confirm(one, actor=page.alice, at=clock.now())
    work_on(page, made[0])
    work_on(page, made[1])
    assert len(mail.outbox) == 2
    assert again(page, made[1], selectors.results_of) == {"waiting": 2}
    with settled(page):
        third = lists.hand_in(page, "c@x.org", name="p", actor=page.alice, at=clock.now())
        lists.confirm(third, actor=page.alice, at=clock.now())
        Membership.objects.filter(user=page.alice).delete()
    with pytest.raises(Forbidden):
        work_on(page, third)
    assert len(mail.outbox) == 2


def work_on(page, batch):
    """The worker, until the list waits for nothing."""
    for _turn in range(20):
        with settled(page):
            if not lists.work(batch.pk, at=clock.now()):
                break
    with provider_scope(page.provider_id):
        batch.refresh_from_db()


def again(page, batch, read):
    with provider_scope(page.provider_id):
        return read(batch)
