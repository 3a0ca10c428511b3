"""What a question is, as plain values, and as the JSON that is kept of it.

Texts that students read are Markdown. `key`s name the parts of one question: they stay when a text
is changed or the parts are shuffled, and answers speak of them. Credits are percent.

    read(Kind.SINGLE, data) -> Choices      raises QuestionError
    write(question) -> data                 read(kind, write(question)) == question
"""

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, ClassVar, get_args, get_origin, get_type_hints

MOST_PARTS = 100  # choices, pairs, items, blanks, areas
LONGEST_TEXT = 50_000
LONGEST_PART = 5_000
KEY = re.compile(r"[A-Za-z0-9_.-]{1,64}")
BLANK = re.compile(r"\[\[([A-Za-z0-9_.-]{1,64})\]\]")


class Kind(StrEnum):
    SINGLE = "single"
    MULTIPLE = "multiple"
    TRUE_FALSE = "true_false"
    SHORT = "short"
    NUMERIC = "numeric"
    MATCHING = "matching"
    ORDERING = "ordering"
    BLANKS = "blanks"
    HOTSPOT = "hotspot"
    ESSAY = "essay"
    FILE = "file"


class Match(StrEnum):
    EXACT = "exact"  # the same text; runs of spaces are one
    PATTERN = "pattern"  # `*` stands for any text, `?` for one character


class Shape(StrEnum):
    """`points` are pixels of the picture: x y radius, left top right bottom, or x y x y x y …"""

    CIRCLE = "circle"
    RECTANGLE = "rectangle"
    POLYGON = "polygon"


class QuestionError(ValueError):
    """What is wrong with a question: `field` of it, and a `reason` (a key of REASONS)."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Choice:
    key: str
    text: str
    credit: int = 0  # of a single choice, what it is worth; of several, right if above 0
    feedback: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    text: str
    match: Match = Match.EXACT
    credit: int = 100
    feedback: str = ""


@dataclass(frozen=True, slots=True)
class AcceptedNumber:
    value: Decimal
    tolerance: Decimal = Decimal(0)  # in the question's first unit, or percent of `value`
    relative: bool = False
    credit: int = 100
    feedback: str = ""


@dataclass(frozen=True, slots=True)
class Unit:
    name: str
    factor: Decimal = Decimal(1)  # of the first unit: for metres, "cm" has 0.01


@dataclass(frozen=True, slots=True)
class Pair:
    key: str
    left: str
    right: str


@dataclass(frozen=True, slots=True)
class Item:
    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Blank:
    """A gap. With `choices` it is a list to choose from, and what is accepted is among them."""

    key: str
    accepted: tuple[Accepted, ...]
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Area:
    key: str
    shape: Shape
    points: tuple[int, ...]
    credit: int = 100
    feedback: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What every question has. `explanation` is shown with the results."""

    kinds: ClassVar[frozenset[Kind]] = frozenset()

    prompt: str
    explanation: str = ""

    def check(self, kind: Kind) -> None:
        """Raises QuestionError for what no form would let pass."""
        _require(bool(self.prompt.strip()), "prompt", "empty")
        _require(len(self.prompt) <= LONGEST_TEXT, "prompt", "too long")
        _require(len(self.explanation) <= LONGEST_TEXT, "explanation", "too long")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices(Question):
    kinds = frozenset({Kind.SINGLE, Kind.MULTIPLE})

    choices: tuple[Choice, ...]
    shuffle: bool = True
    partial: bool = True  # of several: part of the points for part of the right ones

    def check(self, kind: Kind) -> None:
        super(Choices, self).check(kind)
        _parts(self.choices, "choices", least=2)
        _credits(self.choices, "choices", least=-100)
        right = [one for one in self.choices if one.credit > 0]
        _require(bool(right), "choices", "nothing right")
        if kind == Kind.SINGLE:
            _require(max(one.credit for one in right) == 100, "choices", "no full credit")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueFalse(Question):
    kinds = frozenset({Kind.TRUE_FALSE})

    answer: bool
    if_right: str = ""
    if_wrong: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Short(Question):
    kinds = frozenset({Kind.SHORT})

    accepted: tuple[Accepted, ...]
    case_sensitive: bool = False

    def check(self, kind: Kind) -> None:
        super(Short, self).check(kind)
        _accepted(self.accepted, "accepted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Numeric(Question):
    """With `units`, a number in any of them counts; without a unit it counts as the first, unless
    one is required, and then it earns what `without_unit` says.
    """

    kinds = frozenset({Kind.NUMERIC})

    accepted: tuple[AcceptedNumber, ...]
    units: tuple[Unit, ...] = ()
    unit_required: bool = False
    without_unit: int = 0

    def check(self, kind: Kind) -> None:
        super(Numeric, self).check(kind)
        _require(0 < len(self.accepted) <= MOST_PARTS, "accepted", "too few or many")
        _credits(self.accepted, "accepted", least=0)
        _require(any(one.credit > 0 for one in self.accepted), "accepted", "nothing right")
        _require(all(one.tolerance >= 0 for one in self.accepted), "accepted", "negative")
        names = [one.name for one in self.units]
        _require(len(names) <= MOST_PARTS and all(map(str.strip, names)), "units", "empty")
        _require(len(set(names)) == len(names), "units", "twice the same")
        _require(all(one.factor > 0 for one in self.units), "units", "negative")
        _require(not self.units or self.units[0].factor == 1, "units", "first is not 1")
        _require(not self.unit_required or bool(self.units), "units", "empty")
        _require(0 <= self.without_unit <= 100, "without_unit", "not a percentage")


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching(Question):
    """Each `left` belongs to its `right`; `distractors` are more to choose from. Two pairs may
    have the same right side."""

    kinds = frozenset({Kind.MATCHING})

    pairs: tuple[Pair, ...]
    distractors: tuple[str, ...] = ()

    def check(self, kind: Kind) -> None:
        super(Matching, self).check(kind)
        _parts(self.pairs, "pairs", least=2)
        texts = [text for one in self.pairs for text in (one.left, one.right)]
        _texts([*texts, *self.distractors], "pairs")
        _require(len(self.distractors) <= MOST_PARTS, "distractors", "too few or many")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordering(Question):
    """`items` stand in the right order."""

    kinds = frozenset({Kind.ORDERING})

    items: tuple[Item, ...]
    partial: bool = True

    def check(self, kind: Kind) -> None:
        super(Ordering, self).check(kind)
        _parts(self.items, "items", least=2)
        _texts([one.text for one in self.items], "items")


@dataclass(frozen=True, slots=True, kw_only=True)
class Blanks(Question):
    """`text` has `[[key]]` where a blank is."""

    kinds = frozenset({Kind.BLANKS})

    text: str
    blanks: tuple[Blank, ...]
    case_sensitive: bool = False

    def check(self, kind: Kind) -> None:
        super(Blanks, self).check(kind)
        _require(len(self.text) <= LONGEST_TEXT, "text", "too long")
        _parts(self.blanks, "blanks", least=1)
        placed = BLANK.findall(self.text)
        _require(sorted(placed) == sorted(one.key for one in self.blanks), "text", "blanks differ")
        for one in self.blanks:
            _accepted(one.accepted, "blanks")
            if one.choices:
                _texts(one.choices, "blanks")
                full = {each.text for each in one.accepted if each.credit == 100}
                _require(bool(full & set(one.choices)), "blanks", "nothing right")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hotspot(Question):
    """`picture` names a picture of the question, `width` by `height` pixels; `alt` says what is
    seen, without giving away the answer."""

    kinds = frozenset({Kind.HOTSPOT})

    picture: str
    alt: str
    width: int
    height: int
    areas: tuple[Area, ...]

    def check(self, kind: Kind) -> None:
        super(Hotspot, self).check(kind)
        _require(bool(self.picture), "picture", "empty")
        _require(bool(self.alt.strip()), "alt", "empty")
        _require(0 < self.width <= 20_000 and 0 < self.height <= 20_000, "picture", "size")
        _parts(self.areas, "areas", least=1)
        _credits(self.areas, "areas", least=0)
        _require(max(one.credit for one in self.areas) == 100, "areas", "no full credit")
        for one in self.areas:
            number = len(one.points)
            fits = {
                Shape.CIRCLE: number == 3 and one.points[2:] > (0,),
                Shape.RECTANGLE: number == 4,
                Shape.POLYGON: number >= 6 and number % 2 == 0 and number <= 400,
            }[one.shape]
            _require(fits, "areas", "points")
            _require(all(-20_000 <= point <= 20_000 for point in one.points), "areas", "points")


@dataclass(frozen=True, slots=True, kw_only=True)
class Essay(Question):
    """Marked by a person. 0 words is no limit."""

    kinds = frozenset({Kind.ESSAY})

    least_words: int = 0
    most_words: int = 0
    starter: str = ""
    notes: str = ""  # for who marks it

    def check(self, kind: Kind) -> None:
        super(Essay, self).check(kind)
        _require(0 <= self.least_words <= 100_000, "least_words", "size")
        _require(0 <= self.most_words <= 100_000, "most_words", "size")
        fits = not self.most_words or self.least_words <= self.most_words
        _require(fits, "most_words", "size")
        _require(len(self.starter) <= LONGEST_TEXT, "starter", "too long")
        _require(len(self.notes) <= LONGEST_TEXT, "notes", "too long")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileUpload(Question):
    """A file, marked by a person."""

    kinds = frozenset({Kind.FILE})

    notes: str = ""

    def check(self, kind: Kind) -> None:
        super(FileUpload, self).check(kind)
        _require(len(self.notes) <= LONGEST_TEXT, "notes", "too long")


SHAPES: dict[Kind, type[Question]] = {
    kind: shape
    for shape in (
        Choices,
        TrueFalse,
        Short,
        Numeric,
        Matching,
        Ordering,
        Blanks,
        Hotspot,
        Essay,
        FileUpload,
    )
    for kind in shape.kinds
}
# Who marks: what is not here, the platform does at once.
BY_HAND = frozenset({Kind.ESSAY, Kind.FILE})


def read(kind: str, data: Any) -> Question:
    """The question that `data` (JSON) describes. Raises QuestionError for anything that is not
    wholly one: missing, unknown or ill-typed fields, and what `check` finds."""
    try:
        asked = Kind(kind)
    except ValueError:
        raise QuestionError("kind", "unknown") from None
    question: Question = _build(SHAPES[asked], data, "question")
    question.check(asked)
    return question


def write(value: Any) -> Any:
    """The JSON of a question or a part of it; what has its default is left out."""
    if is_dataclass(value):
        return {
            field.name: write(getattr(value, field.name))
            for field in fields(value)
            if field.default is MISSING or getattr(value, field.name) != field.default
        }
    if isinstance(value, tuple):
        return [write(one) for one in value]
    return str(value) if isinstance(value, Decimal | StrEnum) else value


def _build(shape: Any, data: Any, where: str) -> Any:
    """A value of type `shape` from JSON."""
    if get_origin(shape) is tuple:
        _require(isinstance(data, list) and len(data) <= 4 * MOST_PARTS, where, "not a list")
        return tuple(_build(get_args(shape)[0], one, where) for one in data)
    if isinstance(shape, type) and is_dataclass(shape):
        _require(isinstance(data, Mapping), where, "not an object")
        hints = _hints(shape)
        known = {field.name: field for field in fields(shape)}
        for name in data:
            _require(name in known, str(name)[:60], "unknown")
        for name, field in known.items():
            _require(name in data or field.default is not MISSING, name, "missing")
        return shape(**{name: _build(hints[name], data[name], name) for name in data})
    if shape is Decimal:
        return _decimal(data, where)
    if isinstance(shape, type) and issubclass(shape, StrEnum):
        _require(isinstance(data, str) and data in set(shape), where, "unknown")
        return shape(data)
    # `True` is an int to Python, not to us.
    _require(type(data) is shape, where, "wrong type")
    if shape is str:
        _require("\x00" not in data, where, "control character")
    return data


_HINTS: dict[type, dict[str, Any]] = {}


def _hints(shape: type) -> dict[str, Any]:
    if shape not in _HINTS:
        _HINTS[shape] = get_type_hints(shape)
    return _HINTS[shape]


def _decimal(data: Any, where: str) -> Decimal:
    _require(isinstance(data, str) and len(data) <= 60, where, "wrong type")
    try:
        value = Decimal(data)
    except InvalidOperation:
        raise QuestionError(where, "wrong type") from None
    # An exponent of thousands would cost gigabytes to write out.
    _require(value.is_finite() and abs(value.adjusted()) <= 60, where, "size")
    return value


def _require(holds: bool, field: str, reason: str) -> None:
    if not holds:
        raise QuestionError(field, reason)


def _parts(parts: tuple[Any, ...], field: str, *, least: int) -> None:
    _require(least <= len(parts) <= MOST_PARTS, field, "too few or many")
    keys = [one.key for one in parts]
    _require(all(KEY.fullmatch(key) for key in keys), field, "key")
    _require(len(set(keys)) == len(keys), field, "twice the same")
    if isinstance(parts[0], Choice):
        _texts([one.text for one in parts], field)


def _texts(texts: Any, field: str) -> None:
    _require(all(text.strip() for text in texts), field, "empty")
    _require(all(len(text) <= LONGEST_PART for text in texts), field, "too long")


def _credits(parts: Any, field: str, *, least: int) -> None:
    _require(all(least <= one.credit <= 100 for one in parts), field, "not a percentage")
    _require(all(len(one.feedback) <= LONGEST_PART for one in parts), field, "too long")


def _accepted(accepted: tuple[Accepted, ...], field: str) -> None:
    _require(0 < len(accepted) <= MOST_PARTS, field, "too few or many")
    _texts([one.text for one in accepted], field)
    _credits(accepted, field, least=0)
    _require(any(one.credit > 0 for one in accepted), field, "nothing right")
