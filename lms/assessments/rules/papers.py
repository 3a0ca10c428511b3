"""Which questions somebody is given, in which order. A seed decides: the same seed always gives the
same paper, so nothing of it has to be kept but the seed and what was drawn.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .questions import BLANK, Blanks, Choices, Matching, Ordering, Question


@dataclass(frozen=True, slots=True)
class Place:
    """A place of an assessment: its one question, or `draw` of those in a pool."""

    questions: tuple[Any, ...]
    points: Decimal
    draw: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    question: Any
    points: Decimal


class PoolTooSmall(ValueError):
    """Fewer questions than are to be drawn; `place` says where, from 0."""

    def __init__(self, place: int) -> None:
        super().__init__(f"place {place}")
        self.place = place


def draw(places: Sequence[Place], seed: str, *, shuffle: bool) -> tuple[Entry, ...]:
    """The questions of one paper; none twice. Raises PoolTooSmall."""
    chance = random.Random(f"{seed}:draw")  # noqa: S311 — a seed that is kept, nothing secret
    # Fixed questions first: a pool must not draw what stands in the paper anyhow.
    used = {one.questions[0] for one in places if one.draw is None}
    drawn: list[Entry] = []
    for number, place in enumerate(places):
        if place.draw is None:
            drawn.append(Entry(place.questions[0], place.points))
            continue
        left = [one for one in dict.fromkeys(place.questions) if one not in used]
        if len(left) < place.draw:
            raise PoolTooSmall(number)
        for one in chance.sample(left, place.draw):
            used.add(one)
            drawn.append(Entry(one, place.points))
    if shuffle:
        random.Random(f"{seed}:order").shuffle(drawn)  # noqa: S311
    return tuple(drawn)


@dataclass(frozen=True, slots=True)
class Option:
    key: str
    text: str


def options(question: Question, seed: str, place: int) -> tuple[Option, ...]:
    """What there is to choose from, as it is laid before the student: choices, the right sides of
    pairs (their text is their key), the items to order. Items never lie in the right order already,
    pairs never opposite each other by the order they are written in.
    """
    if isinstance(question, Choices):
        found = [Option(one.key, one.text) for one in question.choices]
        return _shuffled(found, seed, place) if question.shuffle else tuple(found)
    if isinstance(question, Matching):
        texts = dict.fromkeys([*(one.right for one in question.pairs), *question.distractors])
        return _shuffled([Option(text, text) for text in texts], seed, place)
    if isinstance(question, Ordering):
        right = tuple(Option(one.key, one.text) for one in question.items)
        found = list(_shuffled(list(right), seed, place))
        return (*found[1:], found[0]) if tuple(found) == right else tuple(found)
    return ()


def pieces(question: Blanks) -> tuple[str | Any, ...]:
    """The text with its gaps: texts and Blanks by turns."""
    by_key: Mapping[str, Any] = {one.key: one for one in question.blanks}
    parts = BLANK.split(question.text)
    return tuple(by_key[part] if number % 2 else part for number, part in enumerate(parts))


def _shuffled(found: list[Option], seed: str, place: int) -> tuple[Option, ...]:
    random.Random(f"{seed}:{place}").shuffle(found)  # noqa: S311
    return tuple(found)
