"""A student's own grades: what they see, what they imagine, what is hidden."""

import re
from decimal import Decimal

import pytest
from django.core import mail

from lms.certificates.models import Certificate
from lms.grades.actions import Placement
from lms.grades.models import Category, Entry
from lms.tenants.scope import provider_scope
from tests.cast import person
from tests.lms.certificates.making import complete, lessons_of
from tests.lms.grades.making import (
    EXCUSED,
    categories,
    column,
    desk,
    graded,
    own,
    place,
    points,
    put,
    scheme,
    sheet,
)
from tests.lms.homework.making import a_class, give_feedback, hand_in, homework
from tests.lms.learning import reader


@pytest.fixture
def carol(night_class):
    return reader(night_class.carol)


def text(response):
    return response.content.decode()


def figure(html, name):
    return re.search(rf"data-{name}>([^<]+)<", html)[1].strip()


def test_a_student_sees_their_points_and_their_grade(night_class, carol):
    key = graded(night_class, 7)
    talk = column(night_class, "Talk", 20)
    put(night_class, f"m{talk.pk}", points(15), reason="Well said")
    html = text(carol.get(own(night_class)))
    assert figure(html, "current") == "73.33 %"
    assert f"/learn/{night_class.course.pk}/homework/{key[1:]}/" in html
    assert "Well said" in html
    assert re.search(r"data-letter>C<", html)
    other = text(reader(night_class.dave).get(own(night_class)))
    assert figure(other, "current") == "–"
    assert "Well said" not in other


def test_a_lesson_leads_to_grades_once_there_is_a_column(night_class, carol):
    lesson = f"/learn/{night_class.course.pk}/{lessons_of(night_class.course)[0].pk}/"
    link = f'href="{own(night_class)}"'
    assert link not in text(carol.get(lesson))
    column(night_class, "Talk", 20)
    assert link in text(carol.get(lesson))
    assert link not in text(reader(night_class.alice).get(lesson))
    scheme(night_class, shown=False)
    assert link not in text(carol.get(lesson))


def test_imagined_points_say_what_the_grade_would_be_and_change_nothing(night_class, carol):
    key = graded(night_class, 5)
    late = homework(night_class, grading="points", points=Decimal(10))
    page = own(night_class)
    html = text(carol.get(page, {f"if-h{late.pk}": "10"}))
    imagined = html.split("data-imagined")[1]
    assert figure(html, "current") == "50 %"
    assert figure(imagined, "current") == "75 %"
    part = carol.get(page, {f"if-{key}": "9,5"}, headers={"HX-Request": "true"})
    assert "<html" not in text(part)
    assert figure(text(part).split("data-imagined")[1], "current") == "95 %"
    with provider_scope(night_class.acme):
        assert not Entry.objects.exists()
    assert "data-imagined" not in text(carol.get(page))


@pytest.mark.parametrize("typed", ["11", "-1", "NaN", "\x00", "٣", "9" * 500, "<b>"])
def test_what_is_no_number_of_points_is_said_and_left_out(night_class, carol, typed):
    key = graded(night_class, 5)
    answer = carol.get(own(night_class), {f"if-{key}": typed, "if-h999": "3", "if-": "1"})
    assert answer.status_code == 200
    html = text(answer)
    assert "data-imagined" not in html
    assert ("Imagined points are a number" in html) == bool(typed.strip("\x00"))


def test_grades_that_are_not_shown_are_told_nowhere(night_class, carol):
    key = graded(night_class, 5)
    scheme(night_class, shown=False)
    mail.outbox.clear()
    put(night_class, key, points(9), reason="Secret")
    html = text(carol.get(own(night_class)))
    assert "does not show grades" in html
    assert "Secret" not in html
    assert "data-current" not in html
    assert mail.outbox == []
    lesson = night_class.course.get_children().first()
    assert own(night_class) not in text(carol.get(f"/learn/{night_class.course.pk}/{lesson.pk}/"))
    scheme(night_class, shown=True)
    assert own(night_class) in text(
        carol.get(f"/learn/{night_class.course.pk}/{lesson.pk}/", follow=True)
    )


def test_nobody_else_sees_them(night_class):
    graded(night_class, 5)
    page = own(night_class)
    assert reader(person("stranger")).get(page).status_code >= 400
    staff = text(reader(night_class.alice).get(page))
    assert desk(night_class) in staff
    assert "data-current" not in staff


@pytest.mark.parametrize("columns", [1, 6])
def test_the_page_costs_the_same_for_few_and_many(
    night_class, carol, columns, django_assert_max_num_queries
):
    for number in range(columns):
        graded(night_class, 7, title=f"Piece {number}")
    carol.get(own(night_class))
    with django_assert_max_num_queries(20):
        carol.get(own(night_class))


# --- What certificates ask ------------------------------------------------------------------------


def asked(school, who="carol"):
    from lms.grades.selectors import grade_of

    with provider_scope(school.acme):
        return grade_of(school.seats[who])


def test_there_is_no_grade_until_all_required_graded_work_is_graded(night_class):
    assert asked(night_class) == (False, None)
    first = homework(night_class, grading="points", points=Decimal(10))
    second = homework(night_class, grading="points", points=Decimal(20))
    homework(night_class, grading="points", points=Decimal(50), required=False)
    give_feedback(night_class, hand_in(night_class, first), points=Decimal(7))
    assert asked(night_class) == (True, None)
    one = hand_in(night_class, second)
    give_feedback(night_class, one, points=Decimal(20), release=False)
    assert asked(night_class) == (True, None)
    give_feedback(night_class, one, points=Decimal(20))
    assert asked(night_class) == (True, Decimal(90))


def test_what_is_excused_or_left_out_or_has_no_weight_is_not_waited_for(night_class):
    row = homework(night_class, grading="points", points=Decimal(10))
    put(night_class, f"h{row.pk}", EXCUSED)
    assert asked(night_class) == (False, None)
    assert asked(night_class, "dave") == (True, None)
    place(night_class, Placement(f"h{row.pk}", left_out=True))
    assert asked(night_class, "dave") == (False, None)
    place(night_class, Placement(f"h{row.pk}"))
    scheme(night_class, mode="weighted")
    assert asked(night_class, "dave") == (False, None)
    (work,) = categories(night_class, Category(title="Work", weight=Decimal(100)))
    place(night_class, Placement(f"h{row.pk}", category=work))
    assert asked(night_class, "dave") == (True, None)


def test_a_minimum_is_not_reached_by_rounding(night_class):
    talk = column(night_class, "Talk", 3)
    put(night_class, f"m{talk.pk}", points(2))
    assert sheet(night_class).current.percent == Decimal("66.67")
    assert asked(night_class) == (True, Decimal("66.66"))


def test_a_grade_set_by_hand_can_bring_the_certificate(db):
    from unittest.mock import patch

    school = a_class(certificate_enabled=True, certificate_minimum_grade=Decimal(60))
    row = homework(school, grading="points", points=Decimal(10))
    with patch("lms.certificates.actions.make_pdf"):
        complete(school.seats["carol"])
        give_feedback(school, hand_in(school, row), points=Decimal(5))
        with provider_scope(school.acme):
            assert not Certificate.objects.exists()
        put(school, f"h{row.pk}", points(6))
    with provider_scope(school.acme):
        assert Certificate.objects.get().content.grade == 60
