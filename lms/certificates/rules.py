"""When a certificate is due, and how large its words are set. Pure functions."""

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from lms.common.colours import contrast


@dataclass(frozen=True, slots=True)
class Requirement:
    """One kind of work a course asks for, and whether a student has done all of it."""

    kind: str  # "lessons and homework"; assessments add theirs
    met: bool


@dataclass(frozen=True, slots=True)
class Grading:
    """How a course's graded work stands. `graded`: whether it has any; `grade`: percent over all
    of it, None until everything that counts is marked.
    """

    graded: bool = False
    grade: Decimal | None = None


def is_due(
    requirements: Sequence[Requirement], grading: Grading, minimum_grade: Decimal | None
) -> bool:
    """Whether the certificate has been earned.

    Everything required is done, and something is required. A minimum grade (percent) counts once
    the course has graded work; then the grade must be known and reach it. A course without graded
    work has no grade to fall short with, so there a minimum is ignored.
    """
    if not requirements or not all(requirement.met for requirement in requirements):
        return False
    if minimum_grade is None or not grading.graded:
        return True
    return grading.grade is not None and grading.grade >= minimum_grade


# --- Setting type ---------------------------------------------------------------------------------

_MILLIMETRES_PER_POINT = 25.4 / 72
# Lines end before they are full: words don't break.
_RAGGED = 1.15


def width_in_ems(text: str) -> float:
    """About how wide `text` runs, in units of its font size; rather too wide than too narrow."""
    return sum(_character_width(character) for character in text)


def _character_width(character: str) -> float:
    category = unicodedata.category(character)
    if category in ("Mn", "Me", "Cf"):
        return 0.0
    if unicodedata.east_asian_width(character) in "WF" or category in ("So", "Cn"):
        return 1.3
    if character in "MWmw@%":
        return 1.05
    if category in ("Lu", "Lt") or character.isdigit():
        return 0.75
    if character in "iljtfr.,:;'|! ()":
        return 0.36
    return 0.58


def fit(
    text: str,
    *,
    width: float,
    height: float,
    largest: float,
    smallest: float,
    leading: float = 1.2,
) -> tuple[float, float]:
    """How to set `text` in a box of `width` by `height` millimetres: the largest size in points, in
    steps of half a point, at which it fits (`smallest` if none does), and the measure in
    millimetres that makes its lines about equally long.
    """
    ems = width_in_ems(text)
    size = largest
    while True:
        em = size * _MILLIMETRES_PER_POINT
        filled = ems * em / width
        lines = 1 if filled <= 1 else math.ceil(filled * _RAGGED)
        if lines * em * leading <= height or size <= smallest:
            break
        size -= 0.5
    measure = width if lines == 1 else min(width, ems * em / lines * _RAGGED)
    return size, measure


def reads_right_to_left(text: str, *, default: bool = False) -> bool:
    """Which way `text` runs: by its first letter that has a direction (Unicode rules P2 and P3)."""
    for character in text:
        direction = unicodedata.bidirectional(character)
        if direction in ("R", "AL"):
            return True
        if direction == "L":
            return False
    return default


def printable(text: str) -> str:
    """`text` as paper can show it: on one line, without control characters, without those that turn
    the direction of what follows, and without code points no document may hold.
    """
    shown = (" " if character.isspace() else character for character in text)
    return " ".join("".join(filter(_is_printable, shown)).split())


# Embeddings, overrides and isolates (Unicode Standard Annex 9).
_TURNING = {*range(0x202A, 0x202F), *range(0x2066, 0x206A)}


def _is_printable(character: str) -> bool:
    point = ord(character)
    noncharacter = point & 0xFFFE == 0xFFFE or 0xFDD0 <= point <= 0xFDEF
    return not (
        noncharacter or point in _TURNING or unicodedata.category(character) in ("Cc", "Cs")
    )


# --- Colour ---------------------------------------------------------------------------------------

# WCAG 2.1, success criterion 1.4.3.
TEXT_CONTRAST = 4.5


def readable_on_white(colour: str, ratio: float = TEXT_CONTRAST) -> str:
    """`colour` (#rrggbb), darkened as little as it takes to reach `ratio` on white paper."""
    channels = [int(colour[start : start + 2], 16) for start in (1, 3, 5)]
    for step in range(100, -1, -2):
        shade = "#" + "".join(f"{channel * step // 100:02x}" for channel in channels)
        if contrast(shade, "#ffffff") >= ratio:
            return shade
    raise AssertionError("black on white has a ratio of 21")
