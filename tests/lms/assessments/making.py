"""Questions and assessments, and students who answer, for fixtures and for Hypothesis."""

from decimal import Decimal
from typing import Any

from lms.assessments import actions
from lms.assessments.actions import PlaceOf
from lms.assessments.models import Assessment, Attempt, BankQuestion, Candidate, Response, Tag
from lms.common import clock
from tests.lms.homework.making import Class, a_class, settled

# A question of each kind that a machine marks: (kind, what is asked, a right answer, a wrong one).
ASKED: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "single": (
        {
            "prompt": "How many moons has **Mars**?",
            "explanation": "Phobos and Deimos.",
            "choices": [
                {"key": "a", "text": "Two", "credit": 100, "feedback": "Yes, two."},
                {"key": "b", "text": "One", "feedback": "That is the Earth."},
                {"key": "c", "text": "None"},
            ],
        },
        {"choice": "a"},
        {"choice": "b"},
    ),
    "multiple": (
        {
            "prompt": "Which are planets?",
            "choices": [
                {"key": "a", "text": "Venus", "credit": 100},
                {"key": "b", "text": "Ceres"},
                {"key": "c", "text": "Saturn", "credit": 100},
            ],
        },
        {"choices": ["a", "c"]},
        {"choices": ["b"]},
    ),
    "true_false": (
        {"prompt": "The Sun is a star.", "answer": True, "if_wrong": "It is one."},
        {"value": True},
        {"value": False},
    ),
    "short": (
        {"prompt": "The capital of Kenya?", "accepted": [{"text": "Nairobi"}]},
        {"text": "  nairobi "},
        {"text": "Mombasa"},
    ),
    "numeric": (
        {
            "prompt": "How long is a light second?",
            "accepted": [{"value": "299792", "tolerance": "1", "relative": True}],
            "units": [{"name": "km"}, {"name": "m", "factor": "0.001"}],
        },
        {"text": "300 000 km"},
        {"text": "300 000 m"},
    ),
    "matching": (
        {
            "prompt": "Which moon belongs to which planet?",
            "pairs": [
                {"key": "a", "left": "Earth", "right": "Moon"},
                {"key": "b", "left": "Saturn", "right": "Titan"},
            ],
            "distractors": ["Europa"],
        },
        {"pairs": {"a": "Moon", "b": "Titan"}},
        {"pairs": {"a": "Titan", "b": "Europa"}},
    ),
    "ordering": (
        {
            "prompt": "From the Sun outwards",
            "items": [
                {"key": "a", "text": "Mercury"},
                {"key": "b", "text": "Venus"},
                {"key": "c", "text": "Earth"},
            ],
        },
        {"order": ["a", "b", "c"]},
        {"order": ["c", "b", "a"]},
    ),
    "blanks": (
        {
            "prompt": "Fill in.",
            "text": "The [[a]] goes around the [[b]].",
            "blanks": [
                {"key": "a", "accepted": [{"text": "Earth"}]},
                {"key": "b", "accepted": [{"text": "Sun"}], "choices": ["Moon", "Sun"]},
            ],
        },
        {"blanks": {"a": "earth", "b": "Sun"}},
        {"blanks": {"a": "Moon", "b": "Moon"}},
    ),
}
ESSAY = {"prompt": "Why is the sky dark at night?", "notes": "Olbers."}


def question(school: Class, kind: str = "single", **fields: Any) -> BankQuestion:
    data = fields.pop("data", None) or (ASKED[kind][0] if kind in ASKED else ESSAY)
    fields = {"title": f"A {kind} question", "points": Decimal(1), **fields}
    with settled(school):
        return actions.create_question(
            school.acme, kind=kind, data=data, actor=school.alice, at=clock.now(), **fields
        )


def assessment(
    school: Class, questions: Any = ("single",), *, published: bool = True, **values: Any
) -> Assessment:
    """An assessment of alice's; `questions` are kinds, questions or PlaceOf."""
    values = {"title": "The planets", **values}
    places = []
    for one in questions:
        row = question(school, one) if isinstance(one, str) else one
        places.append(row if isinstance(row, PlaceOf) else PlaceOf(question=row, points=row.points))
    with settled(school):
        row = actions.create(school.course, values, actor=school.alice)
        actions.set_places(row, places, actor=school.alice)
        if published:
            actions.publish(row, actor=school.alice, at=clock.now())
    return row


def begin(school: Class, row: Assessment, who: str = "carol", at: Any = None) -> Attempt:
    seat = school.seats[who]
    with settled(school):
        return actions.start(row, seat, actor=seat.student, at=at or clock.now())


def answer(
    school: Class, attempt: Attempt, place: int, sent: Any, *, seen: int = 0, at: Any = None
) -> Response:
    with settled(school):
        rows = Response.objects.select_related("given", "attempt__candidate__enrolment__student")
        response = rows.get(attempt=attempt, place=place)
        student = response.attempt.candidate.enrolment.student
        return actions.save_answer(response, sent, seen=seen, actor=student, at=at or clock.now())


def hand_in(school: Class, attempt: Attempt, at: Any = None) -> Attempt:
    with settled(school):
        student = attempt.candidate.enrolment.student
        return actions.submit(attempt, actor=student, at=at or clock.now())


def taken(school: Class, row: Assessment, sent: Any, who: str = "carol", at: Any = None) -> Attempt:
    """An attempt with these answers in order, handed in."""
    attempt = begin(school, row, who, at)
    for place, one in enumerate(sent):
        answer(school, attempt, place, one, at=at)
    return hand_in(school, attempt, at)


def candidate(school: Class, row: Assessment, who: str = "carol") -> Candidate | None:
    with settled(school):
        return Candidate.objects.filter(assessment=row, enrolment=school.seats[who]).first()


__all__ = ["ASKED", "ESSAY", "Class", "PlaceOf", "Tag", "a_class", "settled"]
