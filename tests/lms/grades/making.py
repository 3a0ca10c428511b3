"""Gradebooks, for fixtures and for Hypothesis."""

from decimal import Decimal
from typing import Any

from lms.common import clock
from lms.grades import actions, selectors
from lms.grades.actions import Placement, Wish
from lms.grades.models import Category, Item, Kind
from lms.grades.selectors import Book, Sheet
from tests.lms.homework.making import Class, give_feedback, hand_in, homework, settled

EXCUSED, EARNED = Wish(Kind.EXCUSED), Wish(Kind.EARNED)


def points(number: Any) -> Wish:
    return Wish(Kind.POINTS, Decimal(number))


def desk(school: Class) -> str:
    return f"/desk/{school.course.pk}/grades/"


def own(school: Class) -> str:
    return f"/learn/{school.course.pk}/grades/"


def student_page(school: Class, who: str = "carol") -> str:
    return f"{desk(school)}students/{school.seats[who].pk}/"


def column(school: Class, title: str = "Talk", most: Any = 10, **fields: Any) -> Item:
    with settled(school):
        return actions.add_column(school.course, title, Decimal(most), actor=school.alice, **fields)


def scheme(school: Class, **values: Any) -> None:
    with settled(school):
        actions.set_scheme(school.course, values, actor=school.alice)


def categories(school: Class, *rows: Category) -> list[Category]:
    with settled(school):
        actions.set_categories(school.course, rows, actor=school.alice)
    return list(rows)


def place(school: Class, *placements: Placement) -> None:
    with settled(school):
        actions.place(school.course, placements, actor=school.alice)


def put(school: Class, key: str, wish: Wish, who: str = "carol", **more: Any) -> None:
    with settled(school):
        actions.set_entry(sheet(school, who), key, wish, actor=school.bob, at=clock.now(), **more)


def book(school: Class) -> Book:
    with settled(school):
        return selectors.book_of(school.course)


def sheet(school: Class, who: str = "carol") -> Sheet:
    with settled(school):
        (found,) = selectors.sheets_of(book(school), [school.seats[who]], now=clock.now())
        return found


def graded(school: Class, had: Any, of: Any = 10, who: str = "carol", **values: Any) -> str:
    """Homework with points that the student has; its key."""
    row = homework(school, grading="points", points=Decimal(of), **values)
    give_feedback(school, hand_in(school, row, who), points=Decimal(had))
    return f"h{row.pk}"
