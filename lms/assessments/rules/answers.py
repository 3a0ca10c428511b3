"""What a student's answer looks like, as JSON, and reading it from whatever a browser sends.

| kind | answer |
|---|---|
| single | {"choice": key} |
| multiple | {"choices": [key, …]} |
| true_false | {"value": true} |
| short, numeric, essay | {"text": "…"} |
| matching | {"pairs": {key of the left side: text of the right}} |
| ordering | {"order": [key, …]}, all of them |
| blanks | {"blanks": {key: "…"}} |
| hotspot | {"x": 10, "y": 20}, pixels of the picture |
| file | {"upload": id} |

`{}` is no answer.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from .questions import Blanks, Choices, Hotspot, Kind, Matching, Ordering, Question

LONGEST_ESSAY = 2_000_000  # bytes of UTF-8
LONGEST_ANSWER = 10_000  # characters

Answer = Mapping[str, Any]


class AnswerError(ValueError):
    """Not an answer to that question."""


def clean(kind: str, question: Question, sent: Any) -> dict[str, Any]:
    """The answer in `sent`, without what does not belong to it. Raises AnswerError."""
    if not isinstance(sent, Mapping):
        raise AnswerError("not an object")
    if not sent:
        return {}
    return _CLEAN[Kind(kind)](question, sent)


def is_empty(answer: Answer) -> bool:
    """Whether nothing was answered, or what was written is blank."""
    for value in answer.values():
        if isinstance(value, str) and not value.strip():
            continue
        if isinstance(value, Mapping) and not any(str(one).strip() for one in value.values()):
            continue
        if isinstance(value, list) and not value:
            continue
        return False
    return True


def _choice(question: Choices, sent: Any) -> dict[str, Any]:
    keys = {one.key for one in question.choices}
    return {"choice": _among(sent.get("choice"), keys)} if sent.get("choice") else {}


def _choices(question: Choices, sent: Any) -> dict[str, Any]:
    chosen = sent.get("choices")
    if not isinstance(chosen, list):
        raise AnswerError("not a list")
    keys = {one.key for one in question.choices}
    marked = {_among(one, keys) for one in chosen}
    return {"choices": [one.key for one in question.choices if one.key in marked]}


def _true_false(question: Question, sent: Any) -> dict[str, Any]:
    if not isinstance(sent.get("value"), bool):
        raise AnswerError("not true or false")
    return {"value": sent["value"]}


def _text(question: Question, sent: Any) -> dict[str, Any]:
    return {"text": _words(sent.get("text"))}


def _essay(question: Question, sent: Any) -> dict[str, Any]:
    text = sent.get("text")
    if not isinstance(text, str) or len(text.encode("utf-8", "replace")) > LONGEST_ESSAY:
        raise AnswerError("too long")
    return {"text": _storable(text)}


def _pairs(question: Matching, sent: Any) -> dict[str, Any]:
    pairs = sent.get("pairs")
    if not isinstance(pairs, Mapping):
        raise AnswerError("not an object")
    lefts = {one.key for one in question.pairs}
    rights = {*(one.right for one in question.pairs), *question.distractors}
    return {
        "pairs": {
            _among(left, lefts): _among(right, rights) for left, right in pairs.items() if right
        }
    }


def _order(question: Ordering, sent: Any) -> dict[str, Any]:
    order = sent.get("order")
    keys = [one.key for one in question.items]
    if not isinstance(order, list) or not all(isinstance(one, str) for one in order):
        raise AnswerError("not a list")
    if sorted(order) != sorted(keys):
        raise AnswerError("not all of them")
    return {"order": order}


def _blanks(question: Blanks, sent: Any) -> dict[str, Any]:
    blanks = sent.get("blanks")
    if not isinstance(blanks, Mapping):
        raise AnswerError("not an object")
    keys = {one.key for one in question.blanks}
    return {"blanks": {_among(key, keys): _words(text) for key, text in blanks.items()}}


def _point(question: Hotspot, sent: Any) -> dict[str, Any]:
    x, y = sent.get("x"), sent.get("y")
    if type(x) is not int or type(y) is not int:
        raise AnswerError("not a point")
    if not (0 <= x <= question.width and 0 <= y <= question.height):
        raise AnswerError("outside")
    return {"x": x, "y": y}


def _file(question: Question, sent: Any) -> dict[str, Any]:
    try:
        return {"upload": str(UUID(sent["upload"]))} if sent.get("upload") else {}
    except (ValueError, TypeError, AttributeError) as problem:
        raise AnswerError("not a file") from problem


def _among(value: Any, allowed: set[str]) -> str:
    if not isinstance(value, str) or value not in allowed:
        raise AnswerError("not in the question")
    return value


def _words(text: Any) -> str:
    if not isinstance(text, str) or len(text) > LONGEST_ANSWER:
        raise AnswerError("too long")
    return _storable(text)


def _storable(text: str) -> str:
    """Without what a database can't keep: NUL, halves of surrogate pairs."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


_CLEAN: dict[Kind, Any] = {
    Kind.SINGLE: _choice,
    Kind.MULTIPLE: _choices,
    Kind.TRUE_FALSE: _true_false,
    Kind.SHORT: _text,
    Kind.NUMERIC: _text,
    Kind.MATCHING: _pairs,
    Kind.ORDERING: _order,
    Kind.BLANKS: _blanks,
    Kind.HOTSPOT: _point,
    Kind.ESSAY: _essay,
    Kind.FILE: _file,
}
