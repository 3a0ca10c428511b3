"""What an answer is worth. Exact: credits are Decimals from 0 to 1.

mark(kind, question, answer) -> Marked
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Any

from .answers import Answer, is_empty
from .questions import (
    BY_HAND,
    Accepted,
    Area,
    Blank,
    Blanks,
    Choices,
    Hotspot,
    Kind,
    Match,
    Matching,
    Numeric,
    Ordering,
    Question,
    Shape,
    Short,
    TrueFalse,
)

CENT = Decimal("0.01")
NOTHING, ALL = Decimal(0), Decimal(1)
# 1 234,5 · 1.234,5 · 1,234.5 · ½ is no number · −3 · 6.02e23 · 6,02·10^23, then perhaps a unit
NUMBER = re.compile(
    r"\s*(?P<sign>[-+−]?)\s*(?P<digits>\d[\d\s.,'’٫٬]*)"
    r"(?:\s*(?:[eE]|[x×·*]\s*10\s*\^?)\s*(?P<power>[-+−]?\d{1,3}))?\s*(?P<unit>.*)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Marked:
    """`credit` is None for what a person marks. `parts` says for each part that was answered
    whether it is right; `feedback` is the author's on this answer."""

    credit: Decimal | None
    feedback: tuple[str, ...] = ()
    parts: dict[str, bool] = field(default_factory=dict)


def mark(kind: str, question: Question, answer: Answer) -> Marked:
    """What `answer` (clean) is worth. No answer is worth nothing, an empty essay too."""
    if is_empty(answer):
        return Marked(NOTHING)
    asked = Kind(kind)
    return Marked(None) if asked in BY_HAND else _MARK[asked](question, answer)


def solution(kind: str, question: Question) -> dict[str, Any] | None:
    """An answer that is worth everything, to be shown; None where there is none to show."""
    made = _SOLVE.get(Kind(kind))
    return made(question) if made else None


def points(credit: Decimal, most: Decimal) -> Decimal:
    """Points for a credit, to the hundredth."""
    return (credit * most).quantize(CENT, ROUND_HALF_UP)


def _single(question: Choices, answer: Answer) -> Marked:
    chosen = next(one for one in question.choices if one.key == answer["choice"])
    credit = max(NOTHING, Decimal(chosen.credit) / 100)
    return Marked(credit, _said(chosen), {chosen.key: chosen.credit > 0})


def _multiple(question: Choices, answer: Answer) -> Marked:
    """Each right choice is a share; a wrong one costs a share, or what the author set."""
    marked = set(answer["choices"])
    right = {one.key for one in question.choices if one.credit > 0}
    chosen = [one for one in question.choices if one.key in marked]
    said = tuple(one.feedback for one in chosen if one.feedback)
    parts = {one.key: one.credit > 0 for one in chosen}
    if marked == right:
        return Marked(ALL, said, parts)
    if not question.partial:
        return Marked(NOTHING, said, parts)
    share = ALL / len(right)
    worth = NOTHING
    for one in chosen:
        if one.credit > 0:
            worth += share
        else:
            worth -= Decimal(-one.credit) / 100 if one.credit else share
    return Marked(_within(worth), said, parts)


def _true_false(question: TrueFalse, answer: Answer) -> Marked:
    holds = answer["value"] == question.answer
    said = question.if_right if holds else question.if_wrong
    return Marked(ALL if holds else NOTHING, (said,) if said else ())


def _short(question: Short, answer: Answer) -> Marked:
    found = _best(question.accepted, answer["text"], question.case_sensitive)
    return Marked(_credit(found), _said(found) if found else ())


def _numeric(question: Numeric, answer: Answer) -> Marked:
    read = _number(answer["text"])
    if read is None:
        return Marked(NOTHING)
    values, unit = read
    factor, share = _unit(question, unit)
    if factor is None:
        return Marked(NOTHING)
    best: Any = None
    for value in values:
        for one in question.accepted:
            slack = one.tolerance
            if one.relative:
                slack = abs(one.value) * one.tolerance / 100
            near = abs(value * factor - one.value) <= slack
            if near and (best is None or one.credit > best.credit):
                best = one
    return Marked(_credit(best) * share, _said(best) if best else ())


def _matching(question: Matching, answer: Answer) -> Marked:
    given = answer["pairs"]
    parts = {one.key: given[one.key] == one.right for one in question.pairs if one.key in given}
    return Marked(_share(parts, len(question.pairs)), (), parts)


def _ordering(question: Ordering, answer: Answer) -> Marked:
    """For part of it: the share of neighbours in the right order, so that one item out of place
    does not make all that follow it wrong."""
    right = [one.key for one in question.items]
    given = answer["order"]
    parts = {key: place == key for key, place in zip(given, right, strict=True)}
    if given == right:
        return Marked(ALL, (), parts)
    if not question.partial:
        return Marked(NOTHING, (), parts)
    follows = set(pairwise(right))
    kept = sum(pair in follows for pair in pairwise(given))
    return Marked(Decimal(kept) / len(follows), (), parts)


def _blanks(question: Blanks, answer: Answer) -> Marked:
    given, parts, said, worth = answer["blanks"], {}, [], NOTHING
    for one in question.blanks:
        text = given.get(one.key, "")
        if not text.strip():
            continue
        found = _fits(one, text, question.case_sensitive)
        parts[one.key] = found is not None and found.credit > 0
        worth += _credit(found)
        if found and found.feedback:
            said.append(found.feedback)
    return Marked(worth / len(question.blanks), tuple(said), parts)


def _hotspot(question: Hotspot, answer: Answer) -> Marked:
    hit = [one for one in question.areas if _inside(one, answer["x"], answer["y"])]
    best = max(hit, key=lambda one: one.credit, default=None)
    return Marked(_credit(best), _said(best) if best else ())


def same_text(text: str, *, case_sensitive: bool) -> str:
    """A text as it is compared: composed, runs of spaces one, quotes and dashes of one kind."""
    text = unicodedata.normalize("NFKC", text).translate(_ALIKE)
    text = " ".join(text.split())
    return text if case_sensitive else text.casefold()


def _best(accepted: Sequence[Accepted], text: str, case_sensitive: bool) -> Accepted | None:
    """What the text is accepted as; of several, for the most credit."""
    given = same_text(text, case_sensitive=case_sensitive)
    best: Accepted | None = None
    for one in accepted:
        wanted = same_text(one.text, case_sensitive=case_sensitive)
        fits = like(wanted, given) if one.match == Match.PATTERN else wanted == given
        if fits and (best is None or one.credit > best.credit):
            best = one
    return best


def _fits(blank: Blank, text: str, case_sensitive: bool) -> Accepted | None:
    return _best(blank.accepted, text, case_sensitive or bool(blank.choices))


def like(pattern: str, text: str) -> bool:
    """`*` any text, `?` one character. In time proportional to the product of the lengths: a
    regular expression of an author's could take forever."""
    at = place = 0
    star, mark_at = -1, 0
    while at < len(text):
        if place < len(pattern) and pattern[place] == "*":
            star, mark_at = place, at
            place += 1
        elif place < len(pattern) and pattern[place] in ("?", text[at]):
            at, place = at + 1, place + 1
        elif star >= 0:
            mark_at += 1
            at, place = mark_at, star + 1
        else:
            return False
    return all(one == "*" for one in pattern[place:])


def _number(text: str) -> tuple[tuple[Decimal, ...], str] | None:
    """(what the number may mean, the unit behind it): "1,234" is both 1.234 and 1234."""
    match = NUMBER.fullmatch(unicodedata.normalize("NFKC", text[:200]))
    if match is None:
        return None
    digits = re.sub(r"[\s'’٬]", "", match["digits"]).replace("٫", ".").rstrip(".,")
    power = int((match["power"] or "0").replace("−", "-"))
    sign = -1 if match["sign"] in ("-", "−") else 1
    found = []
    for written in _readings(digits):
        value = sign * Decimal(written).scaleb(power)
        if value not in found:
            found.append(value)
    return tuple(found), match["unit"].strip()


def _readings(digits: str) -> list[str]:
    dots, commas = digits.count("."), digits.count(",")
    if dots and commas:  # the later one is the decimal mark
        decimal = max(".", ",", key=digits.rfind)
        other = "," if decimal == "." else "."
        return (
            [digits.replace(other, "").replace(decimal, ".")] if digits.count(decimal) == 1 else []
        )
    separator = "." if dots else ","
    if dots + commas > 1:
        return [digits.replace(separator, "")]
    if commas == 1:
        readings = [digits.replace(",", ".")]
        if re.fullmatch(r"[1-9]\d{0,2},\d{3}", digits):
            readings.append(digits.replace(",", ""))
        return readings
    return [digits]


def _unit(question: Numeric, written: str) -> tuple[Decimal | None, Decimal]:
    """(factor or None for a unit that is not the question's, share of the credit)"""
    if not written:
        missing = question.unit_required
        return ALL, Decimal(question.without_unit) / 100 if missing else ALL
    for one in question.units:
        if same_text(one.name, case_sensitive=True) == same_text(written, case_sensitive=True):
            return one.factor, ALL
    return None, NOTHING


def _inside(area: Area, x: int, y: int) -> bool:
    at = area.points
    if area.shape == Shape.CIRCLE:
        return (x - at[0]) ** 2 + (y - at[1]) ** 2 <= at[2] ** 2
    if area.shape == Shape.RECTANGLE:
        left, right = sorted((at[0], at[2]))
        top, bottom = sorted((at[1], at[3]))
        return left <= x <= right and top <= y <= bottom
    corners = list(zip(at[::2], at[1::2], strict=True))
    inside = False
    for (ax, ay), (bx, by) in zip(corners, corners[1:] + corners[:1], strict=True):
        cross = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
        between = min(ax, bx) <= x <= max(ax, bx) and min(ay, by) <= y <= max(ay, by)
        if cross == 0 and between:
            return True  # on the edge
        if (ay > y) != (by > y) and (cross > 0) == (by > ay):
            inside = not inside
    return inside


def _share(parts: dict[str, bool], number: int) -> Decimal:
    return Decimal(sum(parts.values())) / number


def _credit(found: Any) -> Decimal:
    return NOTHING if found is None else Decimal(found.credit) / 100


def _said(part: Any) -> tuple[str, ...]:
    return (part.feedback,) if part.feedback else ()


def _within(credit: Decimal) -> Decimal:
    return min(ALL, max(NOTHING, credit))


# Quotes and dashes that a keyboard or a word processor puts in one for the other.
_ALIKE = {
    ord(one): plain
    for plain, alike in (("'", "‘’‚‛ʼ`´"), ('"', "“”„‟«»"), ("-", "‐‑‒–—−"))
    for one in alike
}

_MARK: dict[Kind, Any] = {
    Kind.SINGLE: _single,
    Kind.MULTIPLE: _multiple,
    Kind.TRUE_FALSE: _true_false,
    Kind.SHORT: _short,
    Kind.NUMERIC: _numeric,
    Kind.MATCHING: _matching,
    Kind.ORDERING: _ordering,
    Kind.BLANKS: _blanks,
    Kind.HOTSPOT: _hotspot,
}


def _full(parts: Sequence[Any]) -> Any:
    return max(parts, key=lambda one: one.credit)


def _solve_numeric(question: Numeric) -> dict[str, Any]:
    unit = f" {question.units[0].name}" if question.units else ""
    return {"text": f"{_full(question.accepted).value:f}{unit}"}


def _solve_hotspot(question: Hotspot) -> dict[str, Any]:
    """The middle of the best area."""
    best = _full(question.areas)
    at = best.points
    if best.shape == Shape.CIRCLE:
        return {"x": at[0], "y": at[1]}
    xs, ys = at[::2], at[1::2]
    return {"x": sum(xs) // len(xs), "y": sum(ys) // len(ys)}


_SOLVE: dict[Kind, Any] = {
    Kind.SINGLE: lambda question: {"choice": _full(question.choices).key},
    Kind.MULTIPLE: lambda question: {
        "choices": [one.key for one in question.choices if one.credit > 0]
    },
    Kind.TRUE_FALSE: lambda question: {"value": question.answer},
    Kind.SHORT: lambda question: {"text": _full(question.accepted).text},
    Kind.NUMERIC: _solve_numeric,
    Kind.MATCHING: lambda question: {"pairs": {one.key: one.right for one in question.pairs}},
    Kind.ORDERING: lambda question: {"order": [one.key for one in question.items]},
    Kind.BLANKS: lambda question: {
        "blanks": {one.key: _full(one.accepted).text for one in question.blanks}
    },
    Kind.HOTSPOT: _solve_hotspot,
}
