"""P68 to P70: lesson plans, as students see them and what they open."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.enrolments import actions as enrolments
from lms.enrolments.models import Enrolment
from lms.plans.actions import Entry
from lms.tenants.scope import provider_scope
from tests.cast import fresh_rows, person
from tests.lms.certificates.making import enrol, lessons_of
from tests.lms.homework.making import a_class, homework
from tests.lms.learning import reader
from tests.lms.plans.making import change, group, lesson_entry, plan

pytestmark = pytest.mark.django_db

LESSONS = 3
PEOPLE = ("carol", "dave", "erin")
some_lessons = st.sets(st.integers(0, LESSONS - 1))


@pytest.fixture
def school():
    """A course that opens by plan, with three students; once for all examples."""
    found = a_class(lessons=LESSONS, opens_by_plan=True)
    found.seats["erin"] = enrol(person("erin"), found.course)
    return found


@pytest.fixture
def lessons(school):
    return lessons_of(school.course)


def opened(school, lessons, who):
    """The places of the lessons that the student can read, asked of every lesson's page."""
    browser = reader(school.seats[who].student)
    answers = [browser.get(f"/learn/{school.course.pk}/{page.pk}/").status_code for page in lessons]
    assert set(answers) <= {200, 403}
    return {number for number, status in enumerate(answers) if status == 200}


def planned(school, who):
    """The steps on the student's page, as (kind:key), in order."""
    html = reader(school.seats[who].student).get(f"/learn/{school.course.pk}/plans/")
    assert html.status_code == 200
    return re.findall(r'data-step="(\w+:\d+)"', html.content.decode())


@given(chosen=some_lessons, whose=st.sampled_from(PEOPLE), other=some_lessons, work=st.booleans())
def test_p068_a_plan_given_to_one_student_opens_its_content_to_that_student_only(
    school, lessons, chosen, whose, other, work
):
    with fresh_rows():
        entries = [lesson_entry(lessons[one]) for one in sorted(chosen)]
        if work:
            piece = homework(school, title="Only by plan")
            with provider_scope(school.acme):
                type(piece).objects.filter(pk=piece.pk).update(everybody=False)
            entries.append(Entry(("homework", piece.pk)))
        plan(school, entries, students=[school.seats[whose]])
        plan(school, [lesson_entry(lessons[one]) for one in sorted(other)], title="Nobody's")
        for who in PEOPLE:
            mine = who == whose
            assert opened(school, lessons, who) == (chosen if mine else set())
            assert len(planned(school, who)) == (len(entries) if mine else 0)
            if work:
                browser = reader(school.seats[who].student)
                answer = browser.get(f"{school.url}{piece.pk}/")
                assert answer.status_code == (200 if mine else 404)


@given(members=st.sets(st.sampled_from(PEOPLE)), chosen=some_lessons, later=st.sampled_from(PEOPLE))
def test_p069_a_plan_given_to_a_group_opens_to_every_member_and_to_who_joins(
    school, lessons, members, chosen, later
):
    with fresh_rows():
        row = group(school, *members)
        plan(school, [lesson_entry(lessons[one]) for one in sorted(chosen)], groups=[row])
        for who in PEOPLE:
            assert opened(school, lessons, who) == (chosen if who in members else set())
        now = members ^ {later}
        enrolments.save_group(
            school.course,
            name=row.name,
            members=[school.seats[who] for who in now],
            actor=school.alice,
            group=row,
        )
        for who in PEOPLE:
            assert opened(school, lessons, who) == (chosen if who in now else set())
            assert bool(planned(school, who)) == (who in now and bool(chosen))


@given(
    first=st.permutations(range(LESSONS)), kept=st.integers(0, LESSONS),
    then=st.lists(st.integers(0, LESSONS - 1), unique=True),
)  # fmt: skip
def test_p070_a_changed_plan_is_changed_for_everyone_it_is_given_to(
    school, lessons, first, kept, then
):
    with fresh_rows():
        together = group(school, "dave", "erin")
        before = first[:kept]
        row = plan(
            school,
            [lesson_entry(lessons[one]) for one in before],
            students=[school.seats["carol"]],
            groups=[together],
        )
        for order in (before, then):
            if order is then:
                entries = [lesson_entry(lessons[one], note=f"Note {one}") for one in then]
                change(school, row, entries)
            for who in PEOPLE:
                assert planned(school, who) == [f"lesson:{lessons[one].pk}" for one in order]
                assert opened(school, lessons, who) == set(order)
        with provider_scope(school.acme):
            assert Enrolment.objects.count() == len(PEOPLE)
