"""The calendar for other programs: what stands in it, for whom, and for how long."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from lms.accounts.models import User
from lms.common import clock
from lms.homework.actions import extend
from lms.planner import actions
from lms.planner.ics import Line, written
from lms.planner.models import Planner
from lms.planner.selectors import feed_token
from lms.progress.dates import dates_of
from lms.tenants.models import Membership, Provider
from lms.tenants.scope import every_tenant, provider_scope
from tests.cast import forget_cached, fresh_rows
from tests.lms.assessments.making import assessment
from tests.lms.certificates.making import course, enrol, lessons_of, school
from tests.lms.homework.making import hand_in, homework, settled
from tests.lms.learning import reader
from tests.lms.plans.making import lesson_entry, plan

NOW = datetime(2026, 10, 21, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def address(person):
    planner = actions.renew_feed(person, actor=person, at=clock.now())
    return f"/calendars/{feed_token(planner)}.ics"


def events(answer):
    """{the entry's key: the event} of a feed."""
    assert answer.status_code == 200, answer
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    found = Calendar.from_ical(answer.content).walk("VEVENT")
    keys = [str(one["UID"]).split(".")[0] for one in found]
    assert len(set(keys)) == len(keys)
    return dict(zip(keys, found, strict=True))


# --- The same as on the pages ---------------------------------------------------------------------

# Around both changes of the clocks in Europe and America, and the end of a day anywhere.
MOMENTS = st.one_of(
    st.datetimes(datetime(2026, 10, 24), datetime(2026, 11, 2)),
    st.datetimes(datetime(2027, 3, 13), datetime(2027, 3, 29)),
).map(lambda at: at.replace(tzinfo=UTC, microsecond=0))
ZONES = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia", "Asia/Kathmandu", "Africa/Nairobi"]
)
DATES = st.lists(
    st.tuples(
        st.sampled_from(["homework", "extended", "assessment", "opening", "step", "note"]),
        MOMENTS,
        st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=90),
    ),
    max_size=5,
)


@given(dates=DATES, place=ZONES, done=st.booleans())
def test_the_feed_has_the_dates_of_the_to_do_list_at_the_same_instants(
    night_class, dates, place, done
):
    with fresh_rows(), clock.stopped_at(NOW):
        forget_cached()
        User.objects.filter(pk=night_class.carol.pk).update(time_zone=place)
        pieces = lay_out(night_class, dates)
        if done and pieces:
            hand_in(night_class, pieces[0])
        told = events(reader().get(address(night_class.carol)))
        zone = ZoneInfo(place)
        with provider_scope(night_class.acme):
            to_do = dates_of(night_class.carol, now=NOW, zone=zone)
            everything = dates_of(night_class.carol, now=NOW, zone=zone, done=True)
        dated = {one.key: one for one in everything if one.is_dated}
        assert set(told) == set(dated)
        assert {key for key, one in dated.items() if one.is_todo} == {
            one.key for one in to_do if one.is_dated
        }
        for key, one in dated.items():
            start = told[key].decoded("DTSTART")
            if one.day is not None:
                assert (type(start), start) == (date, one.day)
            else:
                assert (start, start.utcoffset()) == (one.at, timedelta(0))
            assert plain(one.title) in plain(told[key]["SUMMARY"])
            assert one.is_todo == bool(told[key].walk("VALARM"))


def lay_out(night, dates):
    """All kinds of dates of carol's; the homework that is hers as everybody's."""
    pages = iter(lessons_of(night.course))
    pieces = []
    for kind, at, words in dates:
        title = words[:90].strip() or "Title"
        if kind in ("homework", "extended"):
            row = homework(night, title=title, due_at=at)
            if kind == "homework":
                pieces.append(row)
            else:
                with settled(night):
                    extend(row, night.seats["carol"], until=at + DAY, actor=night.alice)
        elif kind in ("assessment", "opening"):
            opens = at - timedelta(hours=6) if kind == "opening" else None
            assessment(night, title=title, opens_at=opens, closes_at=at)
        elif kind == "step" and (page := next(pages, None)):
            plan(night, [lesson_entry(page, due_at=at)], students=[night.seats["carol"]])
        elif kind == "note":
            actions.add_note(night.carol, title, at.date(), actor=night.carol, at=NOW)
    return pieces


def test_what_a_student_was_granted_stands_in_their_feed_alone(night_class):
    row = homework(night_class, due_at=NOW + DAY)
    with settled(night_class):
        extend(row, night_class.seats["carol"], until=NOW + 3 * DAY, actor=night_class.alice)
    key = f"homework-{row.pk}"
    with clock.stopped_at(NOW):
        hers = events(reader().get(address(night_class.carol)))[key]
        his = events(reader().get(address(night_class.dave)))[key]
    assert hers.decoded("DTSTART") == NOW + 3 * DAY
    assert his.decoded("DTSTART") == NOW + DAY
    assert hers["UID"] != his["UID"]


# --- Revisions ------------------------------------------------------------------------------------


def test_a_change_is_another_revision_of_the_same_event(night_class):
    row = homework(night_class, title="Count", due_at=NOW + DAY)
    key, path = f"homework-{row.pk}", address(night_class.carol)

    def told(at):
        with clock.stopped_at(at):
            one = events(reader().get(path))[key]
        return one["UID"], one["SEQUENCE"], one.decoded("LAST-MODIFIED")

    def change(**values):
        with provider_scope(night_class.acme):
            type(row).objects.filter(pk=row.pk).update(**values)

    uid, *first = told(NOW)
    assert first == [0, NOW]
    assert told(NOW + timedelta(hours=1)) == (uid, 0, NOW)
    change(due_at=NOW + 2 * DAY)
    assert told(NOW + timedelta(hours=2)) == (uid, 1, NOW + timedelta(hours=2))
    change(title="Draw")
    assert told(NOW + timedelta(hours=3))[1] == 2
    single = reader(night_class.carol).get(f"/learn/calendar/{key}.ics")
    assert events(single)[key]["SEQUENCE"] == 2
    assert "attachment" in single["Content-Disposition"]


def test_a_feed_that_has_not_changed_is_not_sent_again(night_class):
    row = homework(night_class, due_at=NOW + 5 * DAY)
    path = address(night_class.carol)
    with clock.stopped_at(NOW):
        first = reader().get(path)
    with clock.stopped_at(NOW + timedelta(hours=1)):
        again = reader().get(path, headers={"if-none-match": first["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        with provider_scope(night_class.acme):
            type(row).objects.filter(pk=row.pk).update(title="Another")
        assert reader().get(path, headers={"if-none-match": first["ETag"]}).status_code == 200


def test_alarms_come_before_what_is_to_do_and_never_for_what_is_done(night_class):
    due = homework(night_class, due_at=NOW + 5 * DAY)
    done = homework(night_class, due_at=NOW + 5 * DAY)
    over = homework(night_class, due_at=NOW - DAY)
    opens = assessment(night_class, opens_at=NOW + DAY)
    note = actions.add_note(
        night_class.carol, "Pack", date(2026, 10, 25), actor=night_class.carol, at=NOW
    )
    with clock.stopped_at(NOW):
        hand_in(night_class, done)
        told = events(reader().get(address(night_class.carol)))
    alarms = {
        key: [alarm.decoded("TRIGGER") for alarm in one.walk("VALARM")] for key, one in told.items()
    }
    assert alarms == {
        f"homework-{due.pk}": [-DAY],
        f"homework-{done.pk}": [],
        f"homework-{over.pk}": [],
        f"assessment-{opens.pk}-opens": [timedelta(minutes=-15)],
        f"note-{note.pk}": [timedelta(hours=9)],
    }


# --- Who may --------------------------------------------------------------------------------------


def test_an_address_is_made_shown_again_renewed_and_closed(night_class, carol):
    homework(night_class, title="Count the stars", due_at=clock.now() + DAY)

    def shown():
        page = carol.get("/learn/calendar/").content.decode()
        found = re.search(r'value="http://[^/]+(/calendars/[^"]+)"', page)
        return found and found[1]

    assert shown() is None
    carol.post("/learn/calendar/feed/", {"renew": "1"})
    first = shown()
    assert shown() == first
    assert b"Count the stars" in reader().get(first).content
    carol.post("/learn/calendar/feed/", {"renew": "1"})
    second = shown()
    assert reader().get(first).status_code == 404
    assert reader().get(second).status_code == 200
    carol.post("/learn/calendar/feed/", {"close": "1"})
    assert reader().get(second).status_code == 404
    assert shown() is None


def test_it_needs_no_session_and_looks_at_none(night_class, django_assert_max_num_queries):
    homework(night_class, title="Hers", due_at=clock.now() + DAY)
    path = address(night_class.carol)
    reader().get(path)
    # As somebody else, it is still hers.
    stranger = reader(night_class.dave)
    with django_assert_max_num_queries(9):
        answer = stranger.get(path)
    assert b"Hers" in answer.content
    assert "private" in answer["Cache-Control"]


def test_a_table_of_feeds_opens_none(night_class):
    """Who has read the database, but not the installation's secret, makes no address."""
    planner = actions.renew_feed(night_class.carol, actor=night_class.carol, at=NOW)
    for wrong in (
        planner.feed.hex,
        str(planner.feed),
        f"{planner.feed.hex}.",
        f"{planner.feed.hex}.AAAA",
        feed_token(planner)[:-1],
        "none",
        "%00",
        "x" * 500,
    ):
        assert reader().get(f"/calendars/{wrong}.ics").status_code == 404


def test_who_may_not_sign_in_any_more_has_no_calendar(night_class):
    path = address(night_class.carol)
    User.objects.filter(pk=night_class.carol.pk).update(is_active=False)
    assert reader().get(path).status_code == 404


def test_another_schools_dates_are_not_in_a_schools_own_feed(night_class):
    globex = school("globex")
    enrol(night_class.carol, course(globex))
    homework(night_class, title="Count the stars", due_at=clock.now() + DAY)
    path = address(night_class.carol)
    assert b"Count the stars" in reader().get(path).content
    own = reader().get(path, headers={"host": "globex.localhost"})
    assert own.status_code == 200
    assert b"Count the stars" not in own.content
    here = reader().get(path, headers={"host": "acme.localhost"})
    assert b"Count the stars" in here.content


def test_who_left_a_school_has_none_of_its_dates(night_class):
    homework(night_class, title="Count the stars", due_at=clock.now() + DAY)
    path = address(night_class.carol)
    with every_tenant("a test"):
        Membership.objects.filter(user=night_class.carol).delete()
    assert b"Count the stars" not in reader().get(path).content


def test_a_portals_feed_is_its_members(night_class):
    homework(night_class, title="Count the stars", due_at=clock.now() + DAY)
    path, host = address(night_class.carol), {"host": "acme.localhost"}
    Provider.objects.filter(pk=night_class.acme.pk).update(is_portal=True)
    forget_cached()
    assert b"Count the stars" in reader().get(path, headers=host).content
    with every_tenant("a test"):
        Membership.objects.filter(user=night_class.carol).delete()
    assert reader().get(path, headers=host).status_code == 404


def test_it_is_asked_only_so_often(night_class, monkeypatch):
    from lms.planner import views

    monkeypatch.setattr(views, "FEED_LIMIT", 2)
    monkeypatch.setattr(views, "WRONG_LIMIT", 2)
    path = address(night_class.carol)
    for wanted, asked in ((200, path), (404, "/calendars/none.ics")):
        assert [reader().get(asked).status_code for _ in range(3)] == [wanted, wanted, 429]


def test_nobody_changes_anybody_elses(night_class):
    from lms.common.errors import Forbidden

    address(night_class.carol)
    for deed in (actions.renew_feed, actions.hide_steps):
        with pytest.raises(Forbidden):
            deed(night_class.carol, actor=night_class.dave, at=NOW)
    with pytest.raises(Forbidden):
        actions.close_feed(night_class.carol, actor=night_class.dave)
    assert Planner.objects.get().feed is not None


# --- The file -------------------------------------------------------------------------------------


@given(st.text(st.characters(codec="utf-8"), max_size=200), st.text(max_size=40))
def test_any_words_survive_the_file(words, name):
    body = written(
        [Line(uid="a@b", start=NOW, title=words, description=f"{words}\n;,\\", changed_at=NOW)],
        name=name,
    )
    lines = body.split(b"\r\n")
    assert lines[-1] == b""
    assert all(len(line) <= 75 for line in lines)
    assert not re.search(rb"(?<!\r)\n", body)
    (event,) = Calendar.from_ical(body).walk("VEVENT")
    assert plain(event["SUMMARY"]) == plain(words)
    assert plain(event["DESCRIPTION"]) == plain(f"{words}\n;,\\")
    assert len(Calendar.from_ical(body).walk()) == 2


def plain(text):
    """As calendars can hold it: no control characters, and line ends of one kind."""
    kept = "".join(
        one for one in str(text) if (ord(one) >= 32 and ord(one) != 127) or one in "\t\n\r"
    )
    return re.sub("\r\n?", "\n", kept)
