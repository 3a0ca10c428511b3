import csv
import io
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.test import TestCase
from openpyxl import load_workbook

from lms.common import clock
from lms.enrolments.models import Group, GroupMember
from lms.progress import actions as progress
from lms.progress.models import StudyTime
from lms.reports import file_actions, rules, tasks, writing
from lms.reports.models import Export, Mailing, Recipient
from lms.tenants.models import Membership, Role
from lms.tenants.scope import provider_scope
from tests.cast import house, member, person
from tests.lms.assessments.making import assessment, question, taken
from tests.lms.certificates.making import complete, enrol, lessons_of
from tests.lms.homework.making import give_feedback, hand_in, homework, settled
from tests.lms.learning import body_of, reader

BREAKDOWNS = ("students", "groups", "lessons", "homework")
SUNDAY = datetime(2026, 10, 25, 12, tzinfo=UTC)


@pytest.fixture
def alice(night_class):
    return reader(night_class.alice)


@pytest.fixture
def url(night_class):
    return f"/desk/{night_class.course.pk}/reports/"


def text(response):
    assert response.status_code == 200, response.content[:300]
    return body_of(response).decode()


def cell(html, which, key, name):
    row = html.split(f'data-{which}="{key}"')[1].split("</tr>")[0]
    return re.sub(r"<[^>]+>", "", row.split(f'data-cell="{name}">')[1].split("</td>")[0]).strip()


def grouped(school, name="Owls", *who):
    with provider_scope(school.acme):
        group = Group.objects.create(course=school.course, name=name)
        for one in who:
            GroupMember.objects.create(group=group, enrolment=school.seats[one])
    return group


def busy(school):
    """Carol completes a lesson, hands in and is told; Dave does nothing."""
    complete(school.seats["carol"], lessons_of(school.course)[:1])
    piece = homework(school, grading="points", points=Decimal(10))
    give_feedback(school, hand_in(school, piece), points=Decimal(7))
    row = assessment(school, [question(school)])
    taken(school, row, [{"choice": "a"}])
    return piece


def ask(school, browser, format, query=""):
    """The export, made; and the page it leads to."""
    with settled(school):
        answer = browser.post(
            f"/desk/{school.course.pk}/reports/export/?{query}", {"format": format}
        )
    assert answer.status_code == 302, answer.content[:300]
    return answer.url


def download(browser, page):
    html = text(browser.get(page))
    return browser.get(re.search(r'href="([^"]+)" download', html)[1])


def test_a_report_shows_students_groups_lessons_and_homework(night_class, alice, url):
    piece = busy(night_class)
    group = grouped(night_class, "Owls", "carol", "dave")
    html = text(alice.get(url))
    carol, dave = (night_class.seats[who].pk for who in ("carol", "dave"))
    assert cell(html, "student", carol, "lessons") == "1"
    assert cell(html, "student", carol, "submitted") == "1"
    assert cell(html, "student", carol, "attempts") == "1"
    assert cell(html, "student", carol, "result") == "85.0 %"  # 70 and 100
    assert cell(html, "student", dave, "pending") == "1"
    assert 'class="stat__value">0.5 <small>median 0.5' in html
    # The site's policy refuses styles in the page.
    body = html.split("<body")[1]
    assert "<svg" in body and "<style" not in body and " style=" not in body
    html = text(alice.get(url + "?by=groups"))
    assert cell(html, "group", group.pk, "lessons") == "1"
    assert cell(html, "group", group.pk, "pending") == "1"
    assert "50 %" in text(alice.get(url + "?by=lessons"))
    html = text(alice.get(url + "?by=homework"))
    assert cell(html, "homework", piece.pk, "submitted") == "1"
    html = text(alice.get(f"{url}?group={group.pk}&q=dave"))
    assert f'data-student="{carol}"' not in html
    assert f'data-student="{dave}"' in html


def test_reading_time_counts_on_the_days_it_was_read(night_class, alice, url):
    """Across midnight in the reader's zone, as clocks go back."""
    type(night_class.alice).objects.filter(pk=night_class.alice.pk).update(
        time_zone="America/New_York"
    )
    seat, lesson = night_class.seats["carol"], lessons_of(night_class.course)[0]
    midnight = datetime(2026, 11, 1, 4, tzinfo=UTC)
    with provider_scope(night_class.acme):
        start = midnight - timedelta(seconds=40)
        progress.open_lesson(seat, lesson, at=start)
        progress.report(
            seat, lesson, seconds=60, positions={}, recordings=[], at=start + timedelta(minutes=1)
        )
        parts = list(StudyTime.objects.order_by("start").values_list("start", "seconds"))
        assert parts == [(midnight - timedelta(minutes=15), 40), (midnight, 20)]
        for times in StudyTime.objects.all():
            StudyTime.objects.filter(pk=times.pk).update(seconds=times.seconds * 30)
        type(seat).objects.update(enrolled_at=midnight - timedelta(days=90))
    with clock.stopped_at(midnight + timedelta(days=3)):
        for day, minutes in (("2026-10-31", "20"), ("2026-11-01", "10"), ("2026-11-02", "0")):
            html = text(alice.get(f"{url}?first={day}&last={day}"))
            assert cell(html, "student", seat.pk, "minutes") == minutes


@pytest.mark.parametrize("by", BREAKDOWNS)
@pytest.mark.parametrize("many", [0, 60])
def test_a_report_costs_the_same_for_few_and_many(
    night_class, alice, url, by, many, django_assert_max_num_queries
):
    busy(night_class)
    grouped(night_class, "Owls", "carol")
    for number in range(many):
        seat = enrol(person(f"more{number}"), night_class.course)
        night_class.seats[f"more{number}"] = seat
    if many:
        for number in range(5):
            grouped(night_class, f"Group {number}", "carol", "more1", "more2")
            homework(night_class, title=f"Piece {number}")
    alice.get(f"{url}?by={by}")
    with django_assert_max_num_queries(16) as counted:
        text(alice.get(f"{url}?by={by}"))
    people = r'FROM "(django_session|accounts_user|tenants_membership|wagtailcore_site)"'
    ours = [one["sql"] for one in counted if not re.search(people, one["sql"])]
    assert len(ours) <= 12, ours


def test_who_gets_in(night_class, url):
    mallory = person("mallory")
    member(mallory, house("globex"), Role.ADMIN)
    for path in (url, f"{url}mail/"):
        for who in (night_class.carol, mallory, person(f"stranger{len(path)}")):
            assert reader(who).get(path).status_code == 404
        assert reader().get(path).status_code == 302
        assert reader(night_class.bob).get(path).status_code == 200
    assert "Night Sky" in text(reader(night_class.bob).get("/desk/reports/"))
    assert reader(night_class.carol).get("/desk/reports/").status_code == 403
    assert "Night Sky" not in text(reader(mallory).get("/desk/reports/"))


@pytest.mark.parametrize(
    "query",
    ["first=2026-13-01", "first=2020-01-01&last=2019-01-01", "group=x", "group=999", "by=nothing",
     "q=%00", "days=all", "first=0001-01-01&last=9999-12-31", "page=-1", "q=" + "x" * 500],
)  # fmt: skip
def test_an_address_can_say_anything(alice, url, query):
    assert alice.get(f"{url}?{query}").status_code == 200


def test_a_report_is_made_as_csv_and_its_maker_told(night_class, alice, url):
    busy(night_class)
    night_class.carol.name = "=HYPERLINK(1)"
    night_class.carol.save()
    mail.outbox.clear()
    page = ask(night_class, alice, "csv")
    answer = download(alice, page)
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Type"] == "text/csv"
    rows = list(csv.DictReader(io.StringIO(body_of(answer).decode())))
    assert [row["Student"] for row in rows] == ["'=HYPERLINK(1)", "Dave Kim"]
    assert [row["Lessons completed"] for row in rows] == ["1", "0"]
    assert [row["Mean result %"] for row in rows] == ["85.0", ""]
    assert rows[0]["Grade today %"]
    (told,) = mail.outbox
    assert told.to == ["alice@example.org"]
    assert page in told.body


@pytest.mark.parametrize("by", BREAKDOWNS)
def test_a_report_is_made_as_a_workbook(night_class, alice, by):
    busy(night_class)
    grouped(night_class, "=1+1", "carol")
    page = ask(night_class, alice, "xlsx", f"by={by}")
    book = load_workbook(io.BytesIO(body_of(download(alice, page))))
    rows = list(book.active.values)
    first = {"students": "Carol Wanjiru", "groups": "'=1+1", "lessons": "Lesson 0",
             "homework": "Count the stars"}[by]  # fmt: skip
    assert rows[1][0] == first
    assert 1 in rows[1][1:]


def test_a_report_is_made_as_pdf(night_class, alice):
    busy(night_class)
    data = body_of(download(alice, ask(night_class, alice, "pdf")))
    assert data.startswith(b"%PDF")


def test_a_file_is_its_askers_for_a_week(night_class, alice):
    page = ask(night_class, alice, "csv")
    link = re.search(r'href="([^"]+)" download', text(alice.get(page)))[1]
    assert reader(night_class.bob).get(page).status_code == 404
    assert reader(night_class.bob).get(link).status_code == 404
    assert reader().get(link).status_code == 302
    with clock.stopped_at(clock.now() + timedelta(days=8)):
        assert alice.get(link).status_code == 410
        assert "no longer kept" in text(alice.get(page))
        with settled(night_class):
            tasks.send_due()
        assert alice.get(page).status_code == 404
    with provider_scope(night_class.acme):
        assert not Export.objects.exists()


def test_who_works_there_no_more_gets_no_file(night_class, alice, url):
    page = ask(night_class, alice, "csv")
    link = re.search(r'href="([^"]+)" download', text(alice.get(page)))[1]
    with provider_scope(night_class.acme):
        Membership.objects.filter(user=night_class.alice).delete()
    assert alice.get(link).status_code == 404


def test_only_so_many_wait_and_what_was_given_up_goes_on(night_class, alice, url):
    for _number in range(file_actions.MOST_WAITING):
        alice.post(f"{url}export/", {"format": "csv"})  # no worker
    answer = alice.post(f"{url}export/", {"format": "csv"}, follow=True)
    assert "still being made" in text(answer)
    assert alice.post(f"{url}export/", {"format": "exe"}).status_code == 400
    with provider_scope(night_class.acme):
        one = Export.objects.order_by("pk").first()
        Export.objects.filter(pk=one.pk).update(state="making")
    assert "Your report is being made" in text(alice.get(f"{url}exports/{one.pk}/"))
    with clock.stopped_at(clock.now() + timedelta(hours=1)), settled(night_class):
        tasks.send_due()
    with provider_scope(night_class.acme):
        assert set(Export.objects.values_list("state", flat=True)) == {"ready"}


def broken(monkeypatch):
    """Files can't be written; what is called to mend that."""
    monkeypatch.setattr(writing, "table", lambda *args: 1 / 0)
    return monkeypatch.undo


def one_export(school):
    with provider_scope(school.acme):
        return Export.objects.get()


def clock_turns(school, minutes):
    with clock.later(minutes=minutes), settled(school):
        tasks.send_due()
    return one_export(school)


def test_what_goes_wrong_is_tried_again_later_and_later_and_then_said(
    night_class, alice, url, monkeypatch
):
    mend = broken(monkeypatch)
    page = ask(night_class, alice, "csv")
    assert (one_export(night_class).state, one_export(night_class).attempts) == ("waiting", 1)
    assert "tried again in some minutes" in text(alice.get(page))
    assert not mail.outbox
    assert clock_turns(night_class, 3).attempts == 1  # too soon
    assert clock_turns(night_class, 6).attempts == 2
    assert clock_turns(night_class, 12).attempts == 2
    failed = clock_turns(night_class, 30)
    assert (failed.state, failed.attempts) == ("failed", 3)
    (told,) = mail.outbox
    assert told.to == ["alice@example.org"] and page in told.body
    assert clock_turns(night_class, 300).attempts == 3
    again = re.search(r'action="([^"]+/again/)"', text(alice.get(page)))[1]
    assert reader(night_class.carol).post(again).status_code == 404
    assert reader(night_class.bob).post(again).status_code == 404  # not theirs
    mend()
    with settled(night_class):
        alice.post(again)
    assert download(alice, page)


def test_what_went_wrong_once_is_made_at_the_second_try(night_class, alice, monkeypatch):
    mend = broken(monkeypatch)
    page = ask(night_class, alice, "csv")
    mend()
    assert clock_turns(night_class, 6).state == "ready"
    assert [one.subject for one in mail.outbox] == ["Your report of Night Sky is ready"]
    assert download(alice, page)


def test_a_file_whose_workers_keep_dying_is_not_begun_for_ever(night_class, alice, url):
    alice.post(f"{url}export/", {"format": "csv"})  # no worker
    with provider_scope(night_class.acme):
        Export.objects.update(state="making", attempts=3)
    assert clock_turns(night_class, 16).state == "failed"
    assert [one.subject for one in mail.outbox] == ["Your report of Night Sky could not be made"]


def test_a_regular_report_that_is_removed_is_not_made_any_more(
    night_class, alice, url, monkeypatch
):
    with clock.stopped_at(SUNDAY):
        mailing(night_class, alice, [night_class.alice, night_class.bob])
    with provider_scope(night_class.acme):
        row = Mailing.objects.get()
        with TestCase.captureOnCommitCallbacks():  # the workers are busy
            sent = file_actions.send(row, at=SUNDAY + timedelta(hours=18))
    mail.outbox.clear()
    alice.post(f"{url}mail/{row.pk}/", {"deed": "remove"})
    for export in sent:
        tasks.make_export(str(night_class.acme.pk), str(export.pk))
    with clock.stopped_at(SUNDAY + timedelta(days=1)), settled(night_class):
        tasks.send_due()
    assert not mail.outbox
    with provider_scope(night_class.acme):
        assert not Export.objects.exists()


def test_a_regular_report_removed_while_it_is_made_leaves_no_file(
    night_class, alice, url, monkeypatch
):
    with clock.stopped_at(SUNDAY):
        mailing(night_class, alice, [night_class.alice])
    with provider_scope(night_class.acme):
        row = Mailing.objects.get()
        with TestCase.captureOnCommitCallbacks():
            (export,) = file_actions.send(row, at=SUNDAY + timedelta(hours=18))
    write, files = file_actions._write, []

    def removed_meanwhile(export):
        files.append(write(export))
        alice.post(f"{url}mail/{row.pk}/", {"deed": "remove"})
        return files[0]

    monkeypatch.setattr(file_actions, "_write", removed_meanwhile)
    mail.outbox.clear()
    tasks.make_export(str(night_class.acme.pk), str(export.pk))
    assert not mail.outbox
    assert files and not Export._meta.get_field("file").storage.exists(files[0])


@pytest.mark.parametrize("by", BREAKDOWNS[:2] + BREAKDOWNS[3:])
def test_what_was_due_before_one_joined_is_not_overdue(night_class, alice, url, by):
    group = grouped(night_class, "Owls", "carol")
    piece = homework(night_class, due_at=clock.now() + timedelta(days=1))
    with provider_scope(night_class.acme):
        late = type(night_class.seats["carol"]).objects
        late.update(enrolled_at=clock.now() + timedelta(days=2))
        late.filter(pk=night_class.seats["dave"].pk).update(enrolled_at=clock.now())
    which, late_one, in_time = {
        "students": ("student", night_class.seats["carol"].pk, night_class.seats["dave"].pk),
        "groups": ("group", group.pk, None),
        "homework": ("homework", piece.pk, None),
    }[by]
    with clock.later(days=4):
        html = text(alice.get(f"{url}?by={by}"))
    assert cell(html, which, late_one, "overdue") == ("1" if by == "homework" else "0")
    if in_time:
        assert cell(html, which, in_time, "overdue") == "1"


def mailing(school, browser, people, **values):
    values = {"rhythm": "weekly", "weekday": "0", "by": "students", "format": "csv", **values}
    answer = browser.post(
        f"/desk/{school.course.pk}/reports/mail/", {**values, "people": [one.pk for one in people]}
    )
    assert answer.status_code == 302, re.findall(r"field__error.*", answer.content.decode())


def test_a_regular_report_comes_once_about_the_week_before(night_class, alice, url):
    with clock.stopped_at(SUNDAY):
        mailing(night_class, alice, [night_class.alice, night_class.bob])
        assert "Alice Okafor" in text(alice.get(f"{url}mail/"))
    mail.outbox.clear()
    weeks = set()
    for hours, sent in ((12, 0), (18, 2), (19, 0), (24 * 7 + 17, 0), (24 * 7 + 18, 2)):
        with clock.stopped_at(SUNDAY + timedelta(hours=hours)), settled(night_class):
            tasks.send_due()
            tasks.send_due()
            weeks |= set(Export.objects.values_list("first", "last"))
        assert len(mail.outbox) == sent, hours
        mail.outbox.clear()
    assert weeks == {
        (date(2026, 10, 19), date(2026, 10, 25)),
        (date(2026, 10, 26), date(2026, 11, 1)),
    }


def test_a_crash_between_sends_nothing_twice(night_class, alice):
    with clock.stopped_at(SUNDAY):
        mailing(night_class, alice, [night_class.alice])
    at = SUNDAY + timedelta(hours=18)
    with provider_scope(night_class.acme):
        row = Mailing.objects.get()
        with TestCase.captureOnCommitCallbacks():
            assert len(file_actions.send(row, at=at)) == 1
            assert file_actions.send(row, at=at) == []
        Mailing.objects.update(next_at=row.next_at)  # as a restored backup has it
        with TestCase.captureOnCommitCallbacks():
            assert file_actions.send(Mailing.objects.get(), at=at) == []


def test_a_regular_report_is_paused_resumed_stopped_and_removed(night_class, alice, url):
    with clock.stopped_at(SUNDAY):
        mailing(night_class, alice, [night_class.alice, night_class.bob])
    with provider_scope(night_class.acme):
        row = Mailing.objects.get()
    deed = f"{url}mail/{row.pk}/"
    mail.outbox.clear()
    alice.post(deed, {"deed": "pause"})
    with clock.stopped_at(SUNDAY + timedelta(days=2)), settled(night_class):
        tasks.send_due()
        assert not mail.outbox
        alice.post(deed, {"deed": "resume"})
        tasks.send_due()
        assert not mail.outbox
    with clock.stopped_at(SUNDAY + timedelta(days=8, hours=18)), settled(night_class):
        tasks.send_due()
    (told,) = [one for one in mail.outbox if one.to == ["bob@example.org"]]
    stop = urlsplit(re.search(r"http\S+/reports/stop/\S+", told.body)[0]).path
    visitor = reader()
    assert "Send it to me no more" in text(visitor.get(stop))
    assert "no more" in text(visitor.post(stop))
    with provider_scope(night_class.acme):
        assert Recipient.objects.exclude(stopped_at=None).get().user == night_class.bob
    mail.outbox.clear()
    with clock.stopped_at(SUNDAY + timedelta(days=15, hours=18)), settled(night_class):
        tasks.send_due()
    assert [one.to for one in mail.outbox] == [["alice@example.org"]]
    assert alice.post(deed, {"deed": "nonsense"}).status_code == 404
    alice.post(deed, {"deed": "remove"})
    with provider_scope(night_class.acme):
        assert not Mailing.objects.exists()
    assert visitor.get(stop).status_code == 404
    assert visitor.get("/desk/reports/stop/forged/").status_code == 404


def test_nobody_but_staff_is_sent_a_report(night_class, alice, url):
    values = {"rhythm": "weekly", "weekday": "0", "by": "students", "format": "csv"}
    for who in ([night_class.carol.pk], []):
        assert alice.post(f"{url}mail/", {**values, "people": who}).status_code == 422
    with clock.stopped_at(SUNDAY):
        mailing(night_class, alice, [night_class.bob])
    with provider_scope(night_class.acme):
        Membership.objects.filter(user=night_class.bob).delete()
    mail.outbox.clear()
    with clock.stopped_at(SUNDAY + timedelta(hours=18)), settled(night_class):
        tasks.send_due()
    assert not mail.outbox


@pytest.mark.parametrize(
    ("rhythm", "now", "expected"),
    [
        ("weekly", datetime(2026, 10, 25, 12, tzinfo=UTC), datetime(2026, 10, 26, 5, tzinfo=UTC)),
        ("weekly", datetime(2026, 10, 19, 3, tzinfo=UTC), datetime(2026, 10, 19, 4, tzinfo=UTC)),
        ("monthly", datetime(2026, 10, 25, 12, tzinfo=UTC), datetime(2026, 11, 1, 5, tzinfo=UTC)),
        ("monthly", datetime(2026, 12, 1, 6, tzinfo=UTC), datetime(2027, 1, 1, 5, tzinfo=UTC)),
    ],
)
def test_it_is_sent_at_six_whatever_the_clocks_do(rhythm, now, expected):
    assert rules.next_run(rhythm, 0, "Europe/Berlin", now) == expected


def test_months_before():
    span = rules.span_before("monthly", date(2026, 3, 1))
    assert (span.first, span.last) == (date(2026, 2, 1), date(2026, 2, 28))
