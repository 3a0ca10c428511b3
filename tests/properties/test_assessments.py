"""P38 to P42 and P95: assessments as students and teachers see them."""

from decimal import Decimal

import pytest
from django.core import mail
from django.utils.html import escape
from hypothesis import given
from hypothesis import strategies as st

from lms.assessments import actions
from lms.assessments.models import Attempt
from lms.common import clock
from lms.tenants.models import Role
from tests.cast import fresh_rows, house, member, person
from tests.lms.assessments.making import (
    ASKED,
    answer,
    assessment,
    begin,
    hand_in,
    question,
    settled,
    taken,
)
from tests.lms.certificates.making import enrol
from tests.lms.homework.making import a_class
from tests.lms.learning import reader

pytestmark = pytest.mark.django_db

titles = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=40)
words = st.text(st.characters(categories=["L", "N", "Zs"]), min_size=1, max_size=200).filter(
    lambda text: text.strip() == text
)
kinds = st.lists(st.sampled_from(list(ASKED)), min_size=1, max_size=4)
points = st.decimals(Decimal("0.25"), Decimal(20), places=2)


@pytest.fixture(autouse=True)
def unhurried(private_files, monkeypatch):
    monkeypatch.setattr("lms.assessments.views.STARTS_A_MINUTE", 1_000_000)


@pytest.fixture
def school():
    """Once for all examples of a test: page trees are dear."""
    return a_class(lessons=2)


@pytest.fixture
def others():
    """People with nothing to look for in the class: another house's admin, and who is nobody's."""
    mallory = person("mallory")
    member(mallory, house("globex"), Role.ADMIN)
    return [mallory, person("stranger")]


def listing(school):
    return f"/learn/{school.course.pk}/assessments/"


def get(browser, path):
    return browser.get(path).content.decode()


def mailed(person, word):
    return [one for one in mail.outbox if one.to == [person.email] and word in one.subject]


@given(titles=st.lists(titles, min_size=1, max_size=3), students=st.integers(0, 2))
def test_p038_an_assessment_is_open_to_all_enrolled_in_its_course_and_to_nobody_else(
    school, others, titles, students
):
    with fresh_rows():
        rows = [assessment(school, [question(school)], title=title) for title in titles]
        people = [school.carol, school.dave]
        for number in range(students):
            people.append(person(f"more{number}"))
            enrol(people[-1], school.course)
        for one in people:
            browser = reader(one)
            html = get(browser, listing(school))
            for row in rows:
                assert f'data-assessment="{row.pk}"' in html and escape(row.title) in html
                begun = browser.post(f"{listing(school)}{row.pk}/start/", follow=True)
                assert "How many moons" in begun.content.decode()
        for one in others:
            browser = reader(one)
            for row in rows:
                for path in (listing(school), f"{listing(school)}{row.pk}/"):
                    assert f'data-assessment="{row.pk}"' not in get(browser, path)
                    assert browser.get(path).status_code >= 400


@given(asked=kinds, right=st.lists(st.booleans(), min_size=4, max_size=4), essay=words)
def test_p039_a_submission_is_kept_and_the_instructor_is_told(school, asked, right, essay):
    with fresh_rows():
        mail.outbox.clear()
        row = assessment(school, [*asked, "essay"])
        sent = [ASKED[kind][1 if good else 2] for kind, good in zip(asked, right, strict=False)]
        made = taken(school, row, [*sent, {"text": essay}])
        with settled(school):
            kept = list(Attempt.objects.get().responses.order_by("place"))
        assert [one.answer for one in kept] == [*sent, {"text": essay}]
        (told,) = mailed(school.alice, row.title)
        assert str(school.carol) in told.subject
        assert f"/assessments/{row.pk}/attempts/{made.pk}/" in told.body


@given(worth=points, share=st.integers(0, 4), other=st.integers(0, 4))
def test_p040_a_grade_is_kept_and_the_student_sees_it(school, worth, share, other):
    given_points, changed = ((worth * one / 4).quantize(Decimal("0.01")) for one in (share, other))
    with fresh_rows():
        row = assessment(school, [question(school, "essay", points=worth)])
        made = taken(school, row, [{"text": "Because"}])
        page = f"{listing(school)}{row.pk}/attempts/{made.pk}/result/"
        carol = reader(school.carol)
        assert "data-score" not in get(carol, page)
        with settled(school):
            mail.outbox.clear()
            essay = made.responses.get()
            actions.mark_answer(essay, points=given_points, actor=school.bob, at=clock.now())
            actions.grade(made, actor=school.bob, at=clock.now())
        assert mailed(school.carol, row.title)
        for points_now in (given_points, changed):
            with settled(school):
                actions.mark_answer(essay, points=points_now, actor=school.bob, at=clock.now())
                score = Attempt.objects.get().score
            assert score == (points_now * 100 / worth).quantize(Decimal("0.01"))
            assert f'data-score="{score.normalize():f}"' in get(carol, page)


@given(on_answer=words, on_all=words)
def test_p041_feedback_belongs_to_the_grade(school, on_answer, on_all):
    with fresh_rows():
        row = assessment(school, ["essay"])
        made = taken(school, row, [{"text": "Because"}])
        page = f"{listing(school)}{row.pk}/attempts/{made.pk}/result/"
        carol = reader(school.carol)
        with settled(school):
            essay = made.responses.get()
            actions.mark_answer(
                essay, points=Decimal(1), comment=on_answer, actor=school.bob, at=clock.now()
            )
        assert "feedback__text" not in get(carol, page)
        with settled(school):
            actions.grade(made, comment=on_all, actor=school.bob, at=clock.now())
        html = get(carol, page)
        said = [part.split("</div>")[0] for part in html.split('feedback__text" dir="auto">')[1:]]
        assert [escape(on_all) in said[0], escape(on_answer) in said[1]] == [True, True]
        assert reader(school.dave).get(page).status_code == 404


@given(outcomes=st.lists(st.sampled_from(["a", "b", None]), min_size=1, max_size=4))
def test_p042_a_student_sees_all_scores_of_a_course(school, outcomes):
    with fresh_rows():
        rows = [assessment(school, [question(school)]) for _one in outcomes]
        for row, choice in zip(rows, outcomes, strict=True):
            if choice:
                taken(school, row, [{"choice": choice}])
        carol = reader(school.carol)
        html = get(carol, listing(school))
        gradebook = get(carol, f"/learn/{school.course.pk}/grades/")
        for row, choice in zip(rows, outcomes, strict=True):
            graded = gradebook.split(f'data-cell="a{row.pk}"')[1].split("</li>")[0]
            had = {"a": "data-points>1<", "b": "data-points>0<", None: "– / 1"}[choice]
            assert had in graded
            card = html.split(f'data-assessment="{row.pk}"')[1].split("</article>")[0]
            if choice is None:
                assert "data-score" not in card
                continue
            assert ("100 %" if choice == "a" else "0 %") in card
            with settled(school):
                made = Attempt.objects.get(candidate__assessment=row)
            said = "Yes, two." if choice == "a" else "That is the Earth."
            assert said in get(carol, f"{listing(school)}{row.pk}/attempts/{made.pk}/result/")


@given(asked=kinds, right=st.lists(st.booleans(), min_size=4, max_size=4))
def test_p095_what_a_machine_can_mark_is_graded_and_answered_at_once(school, asked, right):
    with fresh_rows():
        row = assessment(school, asked)
        made = begin(school, row)
        good = 0
        for place, kind in enumerate(asked):
            good += right[place]
            answer(school, made, place, ASKED[kind][1 if right[place] else 2])
        hand_in(school, made)
        page = f"{listing(school)}{row.pk}/attempts/{made.pk}/result/"
        html = get(reader(school.carol), page)
        score = (Decimal(good) * 100 / len(asked)).quantize(Decimal("0.01"))
        assert f'data-score="{score.normalize():f}"' in html
