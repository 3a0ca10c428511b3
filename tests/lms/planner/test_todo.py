"""The to-do list: what apps say there is to do, and one's own notes."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lms.common import clock
from lms.common.errors import Forbidden
from lms.enrolments import actions as enrolments
from lms.planner import actions
from lms.planner.models import Note
from lms.progress.dates import Standing
from lms.tenants.scope import provider_scope
from tests.cast import person
from tests.lms.assessments.making import assessment, begin
from tests.lms.assessments.making import hand_in as submit
from tests.lms.certificates.making import course, enrol, lessons_of, school
from tests.lms.homework.making import give_feedback, hand_in, homework, settled
from tests.lms.learning import reader
from tests.lms.planner.making import entries, parts, titles
from tests.lms.plans.making import lesson_entry, plan

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)  # a Wednesday
DAY = timedelta(days=1)


def text(answer, status=200):
    assert answer.status_code == status, answer
    return answer.content.decode()


def test_it_has_what_there_is_to_do_in_all_courses_by_when(night_class, carol):
    globex = course(school("globex"), title="Deep Sea")
    with clock.stopped_at(NOW - 30 * DAY):
        enrol(night_class.carol, globex)
        late = homework(night_class, title="Late", due_at=NOW - DAY)
        today = homework(night_class, title="Today", due_at=NOW + timedelta(hours=2))
        soon = assessment(night_class, title="Soon", closes_at=NOW + 5 * DAY)
        later = homework(night_class, title="Later", due_at=NOW + 40 * DAY)
        free = homework(night_class, title="Whenever")
        steps = plan(
            night_class,
            [lesson_entry(lessons_of(night_class.course)[0], due_at=NOW + 2 * DAY)],
            students=[night_class.seats["carol"]],
        )
    actions.add_note(
        night_class.carol, "Buy a telescope", NOW.date(), actor=night_class.carol, at=NOW
    )
    with provider_scope(night_class.acme):
        step = steps.steps.get()
    with clock.stopped_at(NOW):
        found = parts(text(carol.get("/learn/todo/")))
    note = Note.objects.get()
    assert found == {
        "overdue": [f"homework-{late.pk}"],
        "today": [f"note-{note.pk}", f"homework-{today.pk}"],
        "week": [f"step-{step.pk}", f"assessment-{soon.pk}"],
        "later": [f"homework-{later.pk}"],
        "whenever": [f"homework-{free.pk}"],
    }


def test_today_is_the_readers(night_class, carol):
    row = homework(night_class, due_at=NOW + timedelta(hours=6))
    night_class.carol.time_zone = "Pacific/Auckland"  # there the next day has come by then
    night_class.carol.save()
    with clock.stopped_at(NOW - timedelta(hours=4)):
        assert parts(text(carol.get("/learn/todo/"))) == {"week": [f"homework-{row.pk}"]}


@pytest.mark.parametrize("policy", ["accept", "cut_off"])
def test_what_can_not_be_handed_in_any_more_is_not_to_do(night_class, policy):
    homework(night_class, due_at=NOW - DAY, late_policy=policy)
    assert bool(entries(night_class, now=NOW)) == (policy == "accept")
    (one,) = entries(night_class, now=NOW, done=True)
    assert one.standing == (Standing.OPEN if policy == "accept" else Standing.MISSED)


def test_homework_says_how_far_it_is(night_class, carol):
    row = homework(night_class, due_at=clock.now() + DAY)

    def standing():
        return [one.standing for one in entries(night_class, now=clock.now())]

    assert standing() == [Standing.OPEN]
    carol.post(f"{night_class.url}{row.pk}/draft/", {"text": "Six"})
    assert standing() == [Standing.DRAFT]
    submission = hand_in(night_class, row)
    assert standing() == []
    give_feedback(night_class, submission, complete=False)
    assert standing() == [Standing.AGAIN]
    assert "Once more" in text(carol.get("/learn/todo/"))


def test_an_assessment_opens_runs_and_is_done(night_class):
    row = assessment(night_class, opens_at=NOW, closes_at=NOW + 2 * DAY, minutes=30)
    before = entries(night_class, now=NOW - DAY)
    assert [(one.key, one.standing, one.at) for one in before] == [
        (f"assessment-{row.pk}-opens", Standing.LATER, NOW),
        (f"assessment-{row.pk}", Standing.LATER, NOW + 2 * DAY),
    ]
    attempt = begin(night_class, row, at=NOW)
    (running,) = entries(night_class, now=NOW + timedelta(minutes=1))
    assert (running.standing, running.at) == (Standing.RUNNING, NOW + timedelta(minutes=30))
    submit(night_class, attempt, at=NOW + timedelta(minutes=5))
    assert entries(night_class, now=NOW + timedelta(minutes=6)) == []
    done = entries(night_class, now=NOW + timedelta(minutes=6), done=True)
    assert {one.standing for one in done} == {Standing.DONE}


def test_of_steps_without_a_date_only_the_next_is_to_do(night_class):
    one, two, three = lessons_of(night_class.course)
    plan(
        night_class,
        [lesson_entry(one), lesson_entry(two), lesson_entry(three, opens_at=NOW + DAY)],
        students=[night_class.seats["carol"]],
    )
    found = entries(night_class, now=NOW)
    assert titles(found) == ["Lesson 2", "Lesson 0"]
    assert [one.url != "" for one in found] == [False, True]


def test_a_plan_says_nothing_twice(night_class):
    from lms.plans.actions import Entry

    row = homework(night_class, title="Count", due_at=NOW + DAY)
    other = homework(night_class, title="Draw", due_at=NOW + 3 * DAY)
    plan(
        night_class,
        [
            Entry(("homework", row.pk), due_at=NOW + DAY),
            Entry(("homework", other.pk), due_at=NOW + 2 * DAY),
        ],
        students=[night_class.seats["carol"]],
    )
    assert titles(entries(night_class, now=NOW)) == ["Count", "Draw", "Draw"]


def test_who_left_has_nothing_to_do(night_class):
    homework(night_class, due_at=NOW)
    with settled(night_class):
        enrolments.leave(night_class.course, night_class.carol, actor=night_class.carol, at=NOW)
    assert entries(night_class, now=NOW) == []


def test_another_schools_dates_are_not_on_a_schools_own_site(night_class, carol):
    globex = school("globex")
    enrol(night_class.carol, course(globex))
    homework(night_class, title="Count the stars", due_at=clock.now() + DAY)
    assert "Count the stars" in text(carol.get("/learn/todo/"))
    own = carol.get("/learn/todo/", headers={"host": "globex.localhost"})
    assert "Count the stars" not in own.content.decode()


# --- Notes ----------------------------------------------------------------------------------------


def test_notes_are_added_ticked_off_taken_back_and_deleted(night_class, carol):
    assert carol.post("/learn/todo/add/", {"text": "Buy a telescope"}).status_code == 302
    note = Note.objects.get()
    assert (note.person, note.day) == (night_class.carol, None)
    path = f"/learn/todo/{note.pk}/"
    htmx = {"HX-Request": "true"}
    assert f'data-note="{note.pk}"' in text(carol.post(f"{path}tick/", headers=htmx))
    assert f"note-{note.pk}" not in text(carol.get("/learn/todo/"))
    assert f"note-{note.pk}" in text(carol.post(f"{path}untick/", headers=htmx))
    assert "<html" not in text(carol.post(f"{path}remove/", headers=htmx))
    assert not Note.objects.exists()


def test_a_note_wants_words_and_a_real_day(night_class, carol):
    page = text(carol.post("/learn/todo/add/", {"text": " ", "day": "2026-02-30"}), 422)
    assert page.count("field__error") >= 2 or page.count("aria-invalid") == 2
    assert not Note.objects.exists()


def test_notes_are_their_writers_alone(night_class, carol):
    note = actions.add_note(
        night_class.carol, "Secret", date(2026, 3, 4), actor=night_class.carol, at=NOW
    )
    for name in ("dave", "alice"):
        browser = reader(getattr(night_class, name))
        assert "Secret" not in text(browser.get("/learn/todo/"))
        for deed in ("tick", "untick", "remove"):
            assert browser.post(f"/learn/todo/{note.pk}/{deed}/").status_code == 404
    with pytest.raises(Forbidden):
        actions.remove(note, actor=night_class.alice)
    note.refresh_from_db()
    assert note.done_at is None


def test_a_list_has_an_end(night_class, monkeypatch):
    monkeypatch.setattr(actions, "MOST_NOTES", 1)
    browser = reader(night_class.carol)
    assert browser.post("/learn/todo/add/", {"text": "One"}).status_code == 302
    assert browser.post("/learn/todo/add/", {"text": "Two"}).status_code == 409


def test_notes_go_with_the_account(db):
    someone = person("erin")
    actions.add_note(someone, "Secret", None, actor=someone, at=NOW)
    someone.delete()
    assert not Note.objects.exists()


# --- What it costs --------------------------------------------------------------------------------


def test_the_list_costs_the_same_however_long_it_is(night_class, carol):
    seat = night_class.seats["carol"]

    def fill():
        homework(night_class, due_at=clock.now() + DAY)
        assessment(night_class, closes_at=clock.now() + DAY)
        steps = [lesson_entry(one) for one in lessons_of(night_class.course)]
        plan(night_class, steps, students=[seat])

    fill()
    carol.get("/learn/todo/")
    with CaptureQueriesContext(connection) as few:
        carol.get("/learn/todo/")
    for _ in range(4):
        fill()
    carol.get("/learn/todo/")  # what is kept for seconds is known again
    with CaptureQueriesContext(connection) as many:
        carol.get("/learn/todo/")
    assert len(few) == len(many) <= 12


def test_a_full_dashboard_takes_at_most_fifteen_queries(
    night_class, carol, django_assert_max_num_queries
):
    from tests.lms.certificates.making import complete

    seat = night_class.seats["carol"]
    homework(night_class, due_at=clock.now() + DAY)
    row = assessment(night_class, closes_at=clock.now() + DAY)
    begin(night_class, row)
    plan(
        night_class, [lesson_entry(one) for one in lessons_of(night_class.course)], students=[seat]
    )
    complete(enrol(night_class.carol, course(night_class.acme, title="Done")))
    carol.get("/learn/")
    with django_assert_max_num_queries(15):
        page = text(carol.get("/learn/"))
    assert re.search(r'data-todo="3"', page)
