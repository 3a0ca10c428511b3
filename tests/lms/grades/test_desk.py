"""The desk: the gradebook, one student, a column typed down, how it is set up; who gets in."""

import re
from decimal import Decimal

import pytest
from django.core import mail

from lms.assessments.actions import PlaceOf
from lms.grades.actions import Placement
from lms.grades.models import Category, Entry, Item, Scheme
from lms.homework import actions as homework_actions
from lms.tenants.models import Role
from lms.tenants.scope import provider_scope
from tests.cast import house, member, person
from tests.lms.assessments.making import assessment, question, taken
from tests.lms.certificates.making import enrol
from tests.lms.grades.making import (
    EARNED,
    EXCUSED,
    book,
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
    student_page,
)
from tests.lms.homework.making import hand_in, homework, settled
from tests.lms.learning import body_of, reader


@pytest.fixture
def alice(night_class):
    return reader(night_class.alice)


def text(response):
    return body_of(response).decode()


def cell_of(html, seat, key):
    row = html.split(f'data-student="{seat.pk}"')[1].split("</tr>")[0]
    found = row.split(f'data-cell="{key}"')[1].split("</td>")[0]
    return re.sub(r"<[^>]+>", "", found.partition(">")[2]).strip()


def entries(school):
    with provider_scope(school.acme):
        return list(Entry.objects.order_by("pk"))


def test_the_book_shows_what_each_has_and_what_it_comes_to(night_class, alice):
    first = graded(night_class, 7, 10)
    second = graded(night_class, 30, 30)
    late = homework(night_class, grading="points", points=Decimal(5))
    talk = column(night_class, "Talk", 20)
    html = text(alice.get(desk(night_class)))
    seats = night_class.seats
    assert cell_of(html, seats["carol"], first) == "7"
    assert cell_of(html, seats["carol"], second) == "30"
    assert cell_of(html, seats["carol"], f"h{late.pk}") == "–"
    assert cell_of(html, seats["dave"], f"m{talk.pk}") == "–"
    row = html.split(f'data-student="{seats["carol"].pk}"')[1].split("</tr>")[0]
    assert "data-current>92.5<" in row
    assert "data-final>56.92<" in row  # 37 of 65
    assert f'data-average="{first}">7<' in html
    assert f"/homework/{first[1:]}/students/{seats['carol'].pk}/" in row


def test_an_assessment_counts_with_its_points(night_class):
    row = assessment(
        night_class,
        [PlaceOf(question=question(night_class), points=Decimal(4)), question(night_class)],
    )
    taken(night_class, row, [{"choice": "a"}, {"choice": "b"}])
    cell = sheet(night_class).cell(f"a{row.pk}")
    assert (cell.column.most, cell.points) == (Decimal(5), Decimal(4))
    assert sheet(night_class).current.percent == 80


def test_homework_without_points_counts_once_the_teacher_gives_it_some(night_class):
    row = homework(night_class, kind="checkmark")
    hand_in(night_class, row)
    assert book(night_class).columns == ()
    place(night_class, Placement(f"h{row.pk}", points=Decimal(3)))
    assert sheet(night_class).cell(f"h{row.pk}").points == 3
    assert sheet(night_class, "dave").cell(f"h{row.pk}").points is None


def test_what_was_set_as_completed_or_is_not_for_them_counts_neither_way(night_class):
    from lms.common import clock

    row = homework(night_class, grading="points", points=Decimal(10))
    with settled(night_class):
        homework_actions.override(
            row, night_class.seats["carol"], actor=night_class.alice, at=clock.now()
        )
    assert sheet(night_class).cell(f"h{row.pk}").result.excused
    with settled(night_class):
        homework_actions.choose(row, [night_class.seats["carol"]], actor=night_class.alice)
    assert sheet(night_class, "dave").cell(f"h{row.pk}").result.excused
    assert sheet(night_class, "dave").final.percent is None


@pytest.mark.parametrize(
    ("sort", "order"), [("", "CD"), ("-name", "DC"), ("current", "DC"), ("-current", "CD"),
                        ("nonsense", "CD"), ("h999", "CD")],
)  # fmt: skip
def test_the_book_is_sorted_and_searched(night_class, alice, sort, order):
    key = graded(night_class, 7)
    put(night_class, key, points(3), "dave")
    html = text(alice.get(f"{desk(night_class)}?sort={sort}"))
    assert "".join(re.findall(r"<a href=[^>]+><bdi>([CD])a", html)) == order
    html = text(alice.get(f"{desk(night_class)}?q=carol"))
    assert "Dave Kim" not in html
    assert "Carol Wanjiru" in html
    assert "No student is called" in text(alice.get(f"{desk(night_class)}?q=x%00y"))


def filled(school, students, columns):
    for number in range(students):
        enrol(person(f"more{number}"), school.course)
    for number in range(columns):
        graded(school, 7, title=f"Piece {number}")
    row = assessment(school, [question(school)])
    taken(school, row, [{"choice": "a"}])
    column(school)


@pytest.mark.parametrize(("students", "columns"), [(0, 1), (30, 3)])
def test_the_book_costs_the_same_for_few_and_many(
    night_class, alice, students, columns, django_assert_max_num_queries
):
    filled(night_class, students, columns)
    alice.get(desk(night_class))
    for path in ("", "csv/", "xlsx/"):
        with django_assert_max_num_queries(12):
            b"".join(alice.get(desk(night_class) + path))


def test_the_book_is_sent_as_it_is_made(night_class, alice):
    filled(night_class, 60, 1)
    answer = alice.get(desk(night_class))
    assert answer.streaming
    parts = [part.decode() for part in answer.streaming_content]
    assert len(parts) == 5  # the head, three times rows, the foot
    assert [part.count("data-student") for part in parts] == [0, 25, 25, 12, 0]
    assert parts[0].lstrip().startswith("<!doctype html>")
    assert parts[-1].rstrip().endswith("</html>")


def test_a_grade_is_set_excused_and_taken_back_and_all_of_it_stays(night_class, alice):
    key = graded(night_class, 7)
    page = student_page(night_class)
    mail.outbox.clear()

    def send(kind, number="", reason=""):
        values = {"column": key, f"{key}-kind": kind, f"{key}-points": number,
                  f"{key}-reason": reason}  # fmt: skip
        with settled(night_class):
            return alice.post(page, values)

    assert send("points", "9,5", "Marked anew").status_code == 302
    html = text(alice.get(page))
    assert "data-points>9.5<" in html
    assert "Marked anew" in html
    assert "Earned: 7" in html
    assert sheet(night_class).current.percent == 95
    (told,) = [one for one in mail.outbox if one.to == ["carol@example.org"]]
    assert "9.5 points (Marked anew)" in told.body
    assert own(night_class) in told.body
    send("excused")
    assert sheet(night_class).current.percent is None
    send("earned")
    assert sheet(night_class).current.percent == 70
    assert len(entries(night_class)) == 3
    send("earned")  # changes nothing
    assert len(entries(night_class)) == 3
    assert text(alice.get(page)).count("data-entry=") == 3


@pytest.mark.parametrize("number", ["", "-1", "10.01", "NaN", "1e1", "ten", "\x00"])
def test_points_that_there_are_not_are_refused(night_class, alice, number):
    key = graded(night_class, 7)
    values = {"column": key, f"{key}-kind": "points", f"{key}-points": number}
    answer = alice.post(student_page(night_class), values)
    assert answer.status_code == 422
    assert "field__error" in text(answer)
    assert entries(night_class) == []


def test_a_column_that_is_not_there_is_not_found(night_class, alice):
    for key in ("h999", "", "\x00", "m1"):
        values = {"column": key, f"{key}-kind": "excused"}
        assert alice.post(student_page(night_class), values).status_code == 404
    assert alice.get(f"{desk(night_class)}items/{10**17}/").status_code == 404


def test_a_column_is_typed_down_and_saved_together(night_class, alice):
    item = column(night_class)
    page = f"{desk(night_class)}items/{item.pk}/"
    carol, dave = (night_class.seats[who].pk.hex for who in ("carol", "dave"))
    html = text(alice.get(page))
    assert html.count('name="was-') == 2
    bad = {f"p-{carol}": "7.5", f"was-{carol}": "", f"p-{dave}": "11", f"was-{dave}": ""}
    answer = alice.post(page, bad)
    assert answer.status_code == 422
    assert 'value="7.5"' in text(answer)
    assert 'value="11"' in text(answer)
    assert entries(night_class) == []
    assert alice.post(page, {**bad, f"p-{dave}": "excused"}).status_code == 302
    assert sheet(night_class).cell(f"m{item.pk}").points == Decimal("7.5")
    assert sheet(night_class, "dave").cell(f"m{item.pk}").result.excused
    # Somebody else's change stays where nothing was typed.
    put(night_class, f"m{item.pk}", points(2), "dave")
    alice.post(page, {f"p-{carol}": "", f"was-{carol}": "7.5", f"p-{dave}": "excused",
                      f"was-{dave}": "excused"})  # fmt: skip
    assert sheet(night_class).cell(f"m{item.pk}").points is None
    assert sheet(night_class, "dave").cell(f"m{item.pk}").points == 2


def test_a_course_is_set_up(night_class, alice):
    page = f"{desk(night_class)}setup/"
    key = graded(night_class, 7)
    values = {"part": "scheme", "mode": "weighted", "scale": "Good 50\nBad 0", "shown": "on"}
    assert alice.post(page, values).status_code == 302
    new = {"part": "categories", "cnew-title": "Work", "cnew-weight": "60", "cnew-drop": "1",
           "cnew-order": "2"}  # fmt: skip
    assert alice.post(page, new).status_code == 302
    (work,) = book(night_class).categories
    assert (work.weight, work.drop) == (60, 1)
    html = text(alice.get(page))
    assert "Weights: 60 %" in html
    more = {"part": "categories", f"c{work.pk}-title": "Homework", f"c{work.pk}-weight": "60",
            f"c{work.pk}-drop": "0", f"c{work.pk}-order": "5", "cnew-title": "Exam",
            "cnew-weight": "40", "cnew-drop": "0", "cnew-order": "1"}  # fmt: skip
    assert alice.post(page, more).status_code == 302
    assert [one.title for one in book(night_class).categories] == ["Exam", "Homework"]
    exam, work = book(night_class).categories
    made = {"part": "new", "new-title": "On paper", "new-points": "50", "new-category": exam.pk}
    assert alice.post(page, made).status_code == 302
    (paper,) = [one for one in book(night_class).columns if one.source == "manual"]
    assert "in no category" in text(alice.get(desk(night_class)))
    placed = {"part": "items", f"p-{key}-category": work.pk, f"p-{paper.key}-title": "Paper",
              f"p-{paper.key}-points": "40", f"p-{paper.key}-category": exam.pk}  # fmt: skip
    assert alice.post(page, placed).status_code == 302
    assert [(one.title, one.most, one.category_id) for one in book(night_class).columns] == [
        ("Paper", 40, exam.pk), ("Count the stars", 10, work.pk)]  # fmt: skip
    put(night_class, paper.key, points(40))
    carol = sheet(night_class)
    assert carol.current.percent == 82  # 40 % of 100 and 60 % of 70
    assert carol.letter == "Good"
    gone = {**more, f"c{work.pk}-remove": "on", f"c{exam.pk}-title": "Exam",
            f"c{exam.pk}-weight": "40", f"c{exam.pk}-drop": "0", "cnew-title": "",
            "cnew-weight": "0"}  # fmt: skip
    assert alice.post(page, gone).status_code == 302
    assert [one.title for one in book(night_class).categories] == ["Exam"]
    assert sheet(night_class).cell(key).points == 7


@pytest.mark.parametrize(
    "values",
    [
        {"part": "scheme", "mode": "weighted", "scale": "A 90\nB 95"},
        {"part": "scheme", "mode": "magic", "scale": "A 90"},
        {"part": "scheme", "mode": "points", "scale": "\x00 90"},
        {"part": "categories", "cnew-title": "Work", "cnew-weight": "101", "cnew-drop": "0"},
        {"part": "categories", "cnew-title": "", "cnew-weight": "NaN", "cnew-drop": "0"},
        {"part": "categories", "cnew-title": "W", "cnew-weight": "1", "cnew-drop": "-1"},
        {"part": "categories", "cnew-title": "W" * 101, "cnew-weight": "1", "cnew-drop": "0"},
        {"part": "new", "new-title": "", "new-points": "5"},
        {"part": "new", "new-title": "\x00", "new-points": "5"},
        {"part": "new", "new-title": "Talk", "new-points": "0"},
        {"part": "new", "new-title": "Talk", "new-points": "1e9"},
        {"part": "new", "new-title": "Talk", "new-points": "5", "new-category": "7"},
    ],
)
def test_bad_input_is_marked_and_nothing_is_saved(night_class, alice, values):
    answer = alice.post(f"{desk(night_class)}setup/", values)
    assert answer.status_code == 422
    assert "error" in text(answer)
    with provider_scope(night_class.acme):
        assert not Scheme.objects.exists()
        assert not Category.objects.exists()
        assert not Item.objects.exists()


def test_letters_are_shown_as_they_are_typed(night_class, alice):
    page = f"{desk(night_class)}setup/letters/"
    html = text(alice.get(page, {"scale": "A 90\nB 80.5"}))
    assert "from 90 %" in html
    assert "from 80.5 % to below 90 %" in html
    assert "Line 2" in text(alice.get(page, {"scale": "A 90\nB"}))


def test_a_column_with_grades_is_kept(night_class, alice):
    item = column(night_class)
    url = f"{desk(night_class)}setup/items/{item.pk}/drop/"
    put(night_class, f"m{item.pk}", points(3))
    assert "Leave it out instead" in text(alice.post(url, follow=True))
    empty = column(night_class, "Empty")
    alice.post(f"{desk(night_class)}setup/items/{empty.pk}/drop/")
    assert [one.title for one in book(night_class).columns] == ["Talk"]
    assert len(entries(night_class)) == 1


def test_work_without_names_is_not_led_to_before_it_is_graded(night_class, alice):
    row = homework(night_class, grading="points", points=Decimal(5), anonymous=True)
    hand_in(night_class, row)
    assert f"/homework/{row.pk}/students/" not in text(alice.get(desk(night_class)))


def test_who_gets_in(night_class):
    item = column(night_class)
    mallory = person("mallory")
    member(mallory, house("globex"), Role.ADMIN)
    marks = [desk(night_class), student_page(night_class),
             f"{desk(night_class)}items/{item.pk}/", f"{desk(night_class)}csv/",
             f"{desk(night_class)}xlsx/", f"{desk(night_class)}import/"]  # fmt: skip
    sets = [f"{desk(night_class)}setup/", f"{desk(night_class)}setup/letters/"]
    for path in marks + sets:
        for who in (night_class.carol, mallory, person(f"stranger{len(path)}")):
            assert reader(who).get(path).status_code == 404
        assert reader().get(path).status_code == 302
        assert reader(night_class.alice).get(path).status_code == 200
    bob = reader(night_class.bob)
    assert all(bob.get(path).status_code == 200 for path in marks)
    assert all(bob.get(path).status_code == 403 for path in sets)
    post = bob.post(f"{desk(night_class)}setup/items/{item.pk}/drop/")
    assert post.status_code == 403
    values = {"part": "new", "new-title": "Talk", "new-points": "5"}
    assert bob.post(f"{desk(night_class)}setup/", values).status_code == 403


def test_nothing_of_another_house_can_be_placed(night_class):
    (mine,) = categories(night_class, Category(title="Work", weight=Decimal(100)))
    scheme(night_class, mode="weighted")
    key = graded(night_class, 5)
    place(night_class, Placement(key, category=mine))
    put(night_class, key, EXCUSED)
    put(night_class, key, EARNED)
    assert sheet(night_class).current.percent == 50
