"""Lesson plans at the desk and for students; groups; who is told."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from lms.common import clock
from lms.common.errors import Forbidden, Invalid, NotFound
from lms.courses.models import CoursePage
from lms.enrolments import actions as enrolments
from lms.enrolments.errors import GroupExists
from lms.enrolments.models import Group
from lms.homework.models import Work
from lms.plans import actions, tasks
from lms.plans.actions import Entry
from lms.plans.errors import Template
from lms.plans.models import Plan, Step
from lms.tenants.models import Role
from lms.tenants.scope import provider_scope
from tests.cast import house, member, person
from tests.lms.certificates.making import complete, course, enrol, lessons_of
from tests.lms.homework.making import a_class, homework, settled
from tests.lms.learning import reader
from tests.lms.plans.making import change, group, lesson_entry, plan, read

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def lessons(night_class):
    return lessons_of(night_class.course)


def desk(school, row=None, rest=""):
    return f"/desk/{school.course.pk}/plans/" + (f"{row.pk}/{rest}" if row else "")


def html(answer):
    assert answer.status_code == 200, answer
    return answer.content.decode()


def steps(row):
    with provider_scope(row.provider_id):
        return list(Step.objects.filter(plan=row).order_by("position"))


# --- What is open ---------------------------------------------------------------------------------


def test_a_lesson_opens_at_its_time(night_class, lessons):
    plan(
        night_class, [lesson_entry(lessons[0], opens_at=NOW)], students=[night_class.seats["carol"]]
    )
    browser, path = reader(night_class.carol), f"/learn/{night_class.course.pk}/{lessons[0].pk}/"
    with clock.stopped_at(NOW - timedelta(minutes=1)):
        assert browser.get(path).status_code == 403
        page = html(browser.get(f"/learn/{night_class.course.pk}/plans/"))
        assert 'data-standing="later"' in page
        assert path not in page
    with clock.stopped_at(NOW):
        assert browser.get(path).status_code == 200
        assert path in html(browser.get(f"/learn/{night_class.course.pk}/plans/"))


def test_a_closed_lesson_is_locked_in_the_curriculum_and_says_why(night_class, lessons):
    plan(night_class, [lesson_entry(lessons[1])], students=[night_class.seats["carol"]])
    browser = reader(night_class.carol)
    base = f"/learn/{night_class.course.pk}/"
    page = html(browser.get(f"{base}{lessons[1].pk}/"))
    assert f'href="{base}{lessons[0].pk}/"' not in page
    assert "lesson--locked" in page
    assert browser.get(base)["Location"] == f"{base}{lessons[1].pk}/"
    closed = browser.get(f"{base}{lessons[0].pk}/")
    assert "lesson plan" in closed.content.decode()
    assert browser.post(f"{base}{lessons[0].pk}/complete/").status_code == 403
    done = browser.post(f"{base}{lessons[1].pk}/complete/")
    assert done["Location"].endswith(f"{lessons[1].pk}/#completion")  # what follows is closed


def test_without_a_plan_the_course_says_so(night_class):
    page = html(reader(night_class.carol).get(f"/learn/{night_class.course.pk}/"))
    assert "No lesson is open to you yet" in page


def test_free_previews_and_staff_need_no_plan(night_class, lessons):
    lessons[0].free_preview = True
    lessons[0].save_revision().publish()
    base = f"/learn/{night_class.course.pk}/"
    for who in (None, night_class.carol, night_class.alice):
        assert reader(who).get(f"{base}{lessons[0].pk}/").status_code == 200
    assert reader(night_class.alice).get(f"{base}{lessons[1].pk}/").status_code == 200


def test_a_course_that_does_not_open_by_plan_is_open_and_costs_no_query_more(db):
    from tests.lms.homework.making import a_class

    school = a_class(lessons=2)
    one, two = lessons_of(school.course)
    plan(school, [lesson_entry(one)], students=[school.seats["carol"]])
    for page in (one, two):
        html(reader(school.carol).get(f"/learn/{school.course.pk}/{page.pk}/"))


def test_homework_for_some_is_handed_out_by_the_plan_and_to_who_joins_a_group(night_class):
    piece = homework(night_class, title="Only by plan")
    with provider_scope(night_class.acme):
        type(piece).objects.filter(pk=piece.pk).update(everybody=False)
    row = group(night_class, "dave")
    plan(night_class, [Entry(("homework", piece.pk))], groups=[row])
    with settled(night_class):
        enrolments.save_group(
            night_class.course,
            name="Early birds",
            members=night_class.seats.values(),
            actor=night_class.alice,
            group=row,
        )
    with provider_scope(night_class.acme):
        assert Work.objects.filter(homework=piece, chosen=True).count() == 2


def test_lessons_by_plan_are_not_listed_with_their_documents(night_class):
    from wagtail.models import Site

    from lms.api.selectors import readable_lessons

    lessons = lessons_of(night_class.course)
    plan(night_class, [lesson_entry(lessons[1])], students=[night_class.seats["carol"]])
    with provider_scope(night_class.acme):
        site = Site.objects.filter(is_default_site=True).first()
        found = readable_lessons(night_class.carol, site, None)
        assert [one.pk for one in found.filter(pk__in=[one.pk for one in lessons])] == [
            lessons[1].pk
        ]


def test_lessons_that_wait_are_not_listed_with_their_documents(night_class):
    from wagtail.models import Site

    from lms.api.selectors import readable_lessons

    CoursePage.objects.filter(pk=night_class.course.pk).update(in_order=True, opens_by_plan=False)
    mine = lessons_of(night_class.course)
    complete(night_class.seats["carol"], mine[:1])

    def listed():
        site = Site.objects.filter(is_default_site=True).first()
        with provider_scope(night_class.acme):
            found = readable_lessons(night_class.carol, site, None)
            return {one.pk for one in found.filter(pk__in=[one.pk for one in mine])}

    assert listed() == {mine[0].pk, mine[1].pk}
    with provider_scope(night_class.acme):
        enrolments.save_group(
            night_class.course,
            name="Spring",
            members=[night_class.seats["carol"]],
            actor=night_class.alice,
            dates=(clock.now() + timedelta(days=1), None),
        )
    assert listed() == set()


# --- Writing --------------------------------------------------------------------------------------


def test_a_plan_is_written_at_the_desk(night_class, lessons):
    browser = reader(night_class.alice)
    made = browser.post(desk(night_class), {"title": "Autumn", "source": ""})
    with provider_scope(night_class.acme):
        row = Plan.objects.get()
    assert made["Location"] == desk(night_class, row)
    values = {"title": "Autumn", "time_zone": "Africa/Nairobi"}
    page = desk(night_class, row)
    picked = [f"lesson:{one.pk}" for one in lessons]
    assert browser.post(page, {**values, "add": picked}).status_code == 302
    first, second, third = steps(row)
    typed = {
        **values,
        "step": second.pk,
        f"step-{second.pk}-opens": "2026-03-01T08:00",
        f"step-{second.pk}-due": "2026-03-02T08:00",
        f"step-{second.pk}-note": "Slowly",
    }
    assert browser.post(page, {**typed, "deed": f"up:{second.pk}"}).status_code == 302
    assert [one.pk for one in steps(row)] == [second.pk, first.pk, third.pk]
    kept = steps(row)[0]
    assert kept.opens_at == datetime(2026, 3, 1, 5, tzinfo=UTC)  # Nairobi is three hours ahead
    assert kept.note == "Slowly"
    assert "2026-03-01T08:00" in html(browser.get(page))
    assert browser.post(page, {**values, "deed": f"remove:{third.pk}"}).status_code == 302
    assert [one.pk for one in steps(row)] == [second.pk, first.pk]
    assert steps(row)[0].note == "Slowly"  # it was not on that page
    assert browser.post(page, {**values, "step": second.pk}).status_code == 302
    assert steps(row)[0].note == ""


@pytest.mark.parametrize(
    "typed",
    [
        {"title": ""},
        {"time_zone": "Mars/Base"},
        {"add": ["lesson:999999"]},
        {"add": ["nonsense"]},
        {"add": ["lesson:" + "9" * 40]},
        {"title": "a\x00b"},
        {"title": "x" * 201},
    ],
)
def test_bad_input_changes_nothing(night_class, typed):
    row = plan(night_class)
    values = {"title": "Autumn", "time_zone": "UTC", **typed}
    assert reader(night_class.alice).post(desk(night_class, row), values).status_code == 422
    assert steps(row) == []


@pytest.mark.parametrize("deed", ["", "up:", "up:x", "up:999999", "fly:1", "up:" + "9" * 40])
def test_made_up_deeds_only_save(night_class, lessons, deed):
    row = plan(night_class, [lesson_entry(lessons[0])])
    values = {"title": "Winter", "time_zone": "UTC", "deed": deed}
    assert reader(night_class.alice).post(desk(night_class, row), values).status_code == 302
    assert (read(row).title, len(steps(row))) == ("Winter", 1)


@pytest.mark.parametrize(
    ("opens", "due"),
    [("2026-03-02T00:00", "2026-03-01T00:00"), ("x", ""), ("", "0001-01-01T00:00"), ("9" * 99, "")],
)
def test_dates_that_make_no_sense_are_refused(night_class, lessons, opens, due):
    row = plan(night_class, [lesson_entry(lessons[0])])
    step = steps(row)[0].pk
    values = {
        "title": "Autumn",
        "time_zone": "Africa/Nairobi",
        "step": step,
        f"step-{step}-opens": opens,
        f"step-{step}-due": due,
    }
    assert reader(night_class.alice).post(desk(night_class, row), values).status_code == 422


def test_actions_refuse_what_forms_do_not_send(night_class, lessons):
    row = read(plan(night_class))
    with settled(night_class):
        with pytest.raises(NotFound):
            actions.change(
                row, actor=night_class.alice, at=NOW, values={}, entries=[Entry(("lesson", 10**9))]
            )
        backwards = lesson_entry(lessons[0], opens_at=NOW, due_at=NOW - timedelta(days=1))
        with pytest.raises(Invalid):
            actions.change(row, actor=night_class.alice, at=NOW, values={}, entries=[backwards])
        with pytest.raises(Forbidden):
            actions.change(row, actor=night_class.bob, at=NOW, values={}, entries=[])
        other = course(night_class.acme, title="Deep Sea")
        stranger = enrol(person("erin"), other)
        with pytest.raises(NotFound):
            actions.assign(row, students=[stranger], groups=[], actor=night_class.alice, at=NOW)


def test_a_copy_takes_what_is_there_and_says_what_is_not(night_class, lessons):
    row = plan(night_class, [lesson_entry(one, due_at=NOW, note="Read") for one in lessons])
    twin = course(night_class.acme, title="Day Sky", lessons=2)
    browser = reader(night_class.alice)
    values = {"course": twin.pk, "title": "Autumn again"}
    answer = browser.post(desk(night_class, row, "copy/"), values, follow=True)
    assert "1 step is not in this course" in html(answer)
    with provider_scope(night_class.acme):
        made = Plan.objects.get(course=twin)
    assert [(one.key, one.due_at, one.note) for one in steps(made)] == [
        (page.pk, None, "Read") for page in lessons_of(twin)
    ]


def test_templates_are_started_from_and_given_to_nobody(night_class, lessons):
    row = plan(night_class, [lesson_entry(lessons[0])])
    browser = reader(night_class.alice)
    values = {"course": night_class.course.pk, "title": "Every autumn", "template": "on"}
    browser.post(desk(night_class, row, "copy/"), values)
    with provider_scope(night_class.acme):
        template = Plan.objects.get(is_template=True)
        with pytest.raises(Template):
            actions.assign(
                template, students=[], groups=[], actor=night_class.alice, at=clock.now()
            )
    browser.post(desk(night_class), {"title": "This autumn", "source": template.pk})
    with provider_scope(night_class.acme):
        started = Plan.objects.get(title="This autumn")
    assert [one.what for one in steps(started)] == [("lesson", lessons[0].pk)]


# --- Giving ---------------------------------------------------------------------------------------


def test_plans_are_given_and_taken_back_at_the_desk(night_class, lessons):
    row = plan(night_class, [lesson_entry(lessons[0])])
    together = group(night_class, "dave")
    browser = reader(night_class.alice)
    page = desk(night_class, row, "assign/")
    with TestCase.captureOnCommitCallbacks(execute=True):
        answer = browser.post(
            page, {"students": [night_class.seats["carol"].pk], "groups": [together.pk]}
        )
    assert answer.status_code == 302
    assert sorted(one.to[0] for one in mail.outbox) == [
        night_class.carol.email,
        night_class.dave.email,
    ]
    found = html(browser.get(desk(night_class, row, "students/")))
    assert "Carol Wanjiru" in found
    assert "Dave Kim" in found
    mail.outbox.clear()
    with TestCase.captureOnCommitCallbacks(execute=True):
        browser.post(page, {"groups": [together.pk]})
    assert mail.outbox == []
    assert "Carol Wanjiru" not in html(browser.get(desk(night_class, row, "students/")))
    for typed in ({"students": ["x"]}, {"students": ["\x00"]}, {"groups": ["9" * 30]}):
        assert browser.post(page, typed).status_code == 422


def test_progress_and_preview_show_what_each_has_done(night_class, lessons):
    seats = night_class.seats
    row = plan(night_class, [lesson_entry(one) for one in lessons], students=seats.values())
    path = f"/learn/{night_class.course.pk}/{lessons[0].pk}/complete/"
    reader(night_class.carol).post(path)
    browser = reader(night_class.alice)
    page = html(browser.get(desk(night_class, row, "students/")))
    assert re.findall(r"(\d) of (\d)", page) == [("1", "3"), ("0", "3")]
    shown = html(browser.get(desk(night_class, row, f"students/{seats['carol'].pk}/")))
    assert re.findall(r'data-standing="(\w+)"', shown) == ["done", "open", "open"]
    fresh = html(browser.get(desk(night_class, row, "preview/")))
    assert re.findall(r'data-standing="(\w+)"', fresh) == ["open"] * 3
    assert browser.get(desk(night_class, row, f"students/{row.provider_id}/")).status_code == 404


def test_students_hear_once_of_changes_that_have_settled(night_class, lessons):
    row = plan(night_class, [lesson_entry(lessons[0])], students=[night_class.seats["carol"]])
    mail.outbox.clear()
    with provider_scope(night_class.acme):
        Plan.objects.update(untold_since=None)
    with clock.stopped_at(NOW):
        change(night_class, row, [lesson_entry(lessons[0], note="Only a note")])
        assert read(row).untold_since is None
        change(night_class, row, [lesson_entry(lessons[1])])
        assert tasks.tell_changed() == 0
    with clock.stopped_at(NOW + timedelta(minutes=9)):
        change(night_class, row, [lesson_entry(lessons[2])])
    with clock.stopped_at(NOW + timedelta(minutes=11)):
        assert tasks.tell_changed() == 0
    with clock.stopped_at(NOW + timedelta(minutes=19)):
        assert (tasks.tell_changed(), tasks.tell_changed()) == (1, 0)
    (told,) = mail.outbox
    assert told.to == [night_class.carol.email]


def test_the_dashboard_and_the_course_page_show_what_is_next(night_class, lessons):
    entries = [lesson_entry(one, due_at=clock.now() + timedelta(days=1)) for one in lessons]
    plan(night_class, entries, students=[night_class.seats["carol"]])
    browser = reader(night_class.carol)
    panel = html(browser.get("/learn/")).split('class="card due-soon"')[1].split("</section>")[0]
    assert panel.count('data-key="step-') == len(lessons)
    page = html(browser.get("/acme/night-sky/"))
    assert "Your lesson plan" in page
    assert page.count("plan-row--next") == 1
    assert "Your lesson plan" not in html(reader(night_class.dave).get("/acme/night-sky/"))
    assert "Your lesson plan" not in html(reader().get("/acme/night-sky/"))


def test_the_course_page_says_which_lessons_are_open_and_that_others_open_by_plan(
    night_class, lessons
):
    soon = clock.now() + timedelta(days=1)
    entries = [lesson_entry(lessons[0]), lesson_entry(lessons[1], opens_at=soon)]
    plan(night_class, entries, students=[night_class.seats["carol"]])
    base = f"/learn/{night_class.course.pk}/"
    page = html(reader(night_class.carol).get("/acme/night-sky/")).split('id="curriculum"')[1]
    assert "1 of 3 lessons is open to you now" in page
    assert f'href="{base}{lessons[0].pk}/"' in page
    assert f'href="{base}{lessons[1].pk}/"' not in page
    assert page.count("lesson--locked") == 2
    for browser, said in (
        (reader(night_class.dave), "No lesson is open to you yet"),
        (reader(), "Lessons open by a lesson plan"),
    ):
        page = html(browser.get("/acme/night-sky/"))
        assert said in page
        assert page.count("lesson--locked") == 3


def test_a_course_that_is_open_as_a_whole_says_nothing_of_plans(db):
    school = a_class(lessons=2)
    for browser in (reader(), reader(school.carol)):
        page = html(browser.get("/acme/night-sky/"))
        assert "data-by-plan" not in page
    assert "lesson--locked" not in page


def test_a_plan_costs_the_same_however_long_it_is(night_class, lessons):
    seat = night_class.seats["carol"]
    row = plan(night_class, [lesson_entry(lessons[0])], students=[seat])
    browser, path = reader(night_class.carol), f"/learn/{night_class.course.pk}/plans/"
    browser.get(path)
    with CaptureQueriesContext(connection) as short:
        browser.get(path)
    change(night_class, row, [lesson_entry(one) for one in lessons])
    with CaptureQueriesContext(connection) as long:
        browser.get(path)
    assert len(long) == len(short)


def test_what_was_deleted_is_left_out(night_class, lessons):
    row = plan(
        night_class, [lesson_entry(one) for one in lessons], students=[night_class.seats["carol"]]
    )
    lessons[1].delete()
    page = html(reader(night_class.carol).get(f"/learn/{night_class.course.pk}/plans/"))
    assert len(re.findall("data-step=", page)) == 2
    assert "No longer there" in html(reader(night_class.alice).get(desk(night_class, row)))


# --- Who may --------------------------------------------------------------------------------------


def test_plans_and_groups_are_for_those_who_plan(night_class, lessons):
    row = plan(night_class, [lesson_entry(lessons[0])])
    together = group(night_class, "carol")
    mallory = person("mallory")
    member(mallory, house("globex"), Role.ADMIN)
    groups = f"/desk/{night_class.course.pk}/groups/"
    paths = [desk(night_class), *[desk(night_class, row, rest) for rest in
             ("", "assign/", "students/", "preview/", "copy/")],
             groups, f"{groups}new/", f"{groups}{together.pk}/"]  # fmt: skip
    for path in paths:
        assert reader(night_class.alice).get(path).status_code == 200, path
        for who in (night_class.bob, night_class.carol, mallory):
            assert reader(who).get(path).status_code == 404, path
            assert reader(who).post(path, {"title": "x"}).status_code in (404, 405), path
        assert reader().get(path).status_code == 302
    for path in (desk(night_class, row, "remove/"), f"{groups}{together.pk}/remove/"):
        assert reader(mallory).post(path).status_code == 404
        assert reader(night_class.alice).post(path).status_code == 302
    with provider_scope(night_class.acme):
        assert (Plan.objects.count(), Group.objects.count()) == (0, 0)


def test_a_plan_of_another_course_is_not_found_by_this_ones_address(night_class):
    row = plan(night_class)
    other = course(night_class.acme, title="Deep Sea")
    assert reader(night_class.alice).get(f"/desk/{other.pk}/plans/{row.pk}/").status_code == 404


def test_students_see_no_plan_of_anothers_course(night_class):
    stranger = reader(person("stranger"))
    assert stranger.get(f"/learn/{night_class.course.pk}/plans/").status_code == 403


# --- Groups ---------------------------------------------------------------------------------------


def test_groups_are_made_and_changed_at_the_desk(night_class):
    browser, path = reader(night_class.alice), f"/desk/{night_class.course.pk}/groups/"
    carol, dave = night_class.seats["carol"], night_class.seats["dave"]
    assert browser.post(f"{path}new/", {"name": "Owls", "members": [carol.pk]}).status_code == 302
    assert browser.post(f"{path}new/", {"name": "Owls"}).status_code == 422
    assert browser.post(f"{path}new/", {"name": "a\x00"}).status_code == 422
    assert browser.post(f"{path}new/", {"name": "Larks", "members": ["x"]}).status_code == 422
    with provider_scope(night_class.acme):
        row = Group.objects.get()
    values = {"name": "Night owls", "members": [dave.pk]}
    assert browser.post(f"{path}{row.pk}/", values).status_code == 302
    with provider_scope(night_class.acme):
        row = Group.objects.get()
        assert row.name == "Night owls"
        assert [one.enrolment_id for one in row.members.all()] == [dave.pk]
    assert "1 student" in html(browser.get(path))


def test_a_group_holds_seats_of_its_course_only(night_class):
    other = enrol(person("erin"), course(night_class.acme, title="Deep Sea"))
    with settled(night_class):
        row = enrolments.save_group(
            night_class.course, name="Mixed", members=[other], actor=night_class.alice
        )
        assert row.members.count() == 0
        with pytest.raises(GroupExists):
            enrolments.save_group(
                night_class.course, name="Mixed", members=[], actor=night_class.alice
            )
        with pytest.raises(Forbidden):
            enrolments.remove_group(row, actor=night_class.bob)
