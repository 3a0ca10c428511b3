"""How an item of QTI is marked, by asking the item: its response processing is carried out.

Names are as `tidied` makes them: QTI 2's `responseIf` and QTI 3's `qti-response-if` are
`responseif`. Values are None, bool, float, str, or tuples of them (containers; points are pairs).
What is not known here raises `Unknown`, and so does what takes too long.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element

from lms.assessments.rules.marking import like

from .texts import MATHML

_LETTER_PAIR = re.compile(r"\[(\w)(\w)\]")
MOST_STEPS = 60_000  # of one item
MOST_ENTRIES = 1000  # of a mapping
Value = Any


class Unknown(ValueError):
    """The item is marked in a way that is not known here: the name of the element."""


def tidied(root: Element) -> Element:
    """The element with all of QTI's names in small letters, without prefix, hyphens, namespace."""
    for element in root.iter():
        if not isinstance(element.tag, str) or element.tag.startswith(f"{{{MATHML}}}"):
            continue
        element.tag = _tidy(element.tag)
        attributes = {_tidy(name): value for name, value in element.attrib.items()}
        element.attrib.clear()
        element.attrib.update(attributes)
    return root


def _tidy(name: str) -> str:
    return name.rpartition("}")[2].lower().removeprefix("qti-").replace("-", "")


def children(element: Element | None) -> list[Element]:
    """Its elements, without comments."""
    return [] if element is None else [one for one in element if isinstance(one.tag, str)]


def text_of(element: Element | None) -> str:
    return "" if element is None else " ".join("".join(element.itertext()).split())


def number(text: str | None, otherwise: float = 0.0) -> float:
    try:
        value = float(text) if text is not None else otherwise
    except ValueError:
        return otherwise
    return value if math.isfinite(value) and abs(value) < 1e60 else otherwise


@dataclass(slots=True)
class Response:
    """A declared response. `mapping` is (key, worth, whether capitals matter)."""

    identifier: str
    cardinality: str
    base_type: str
    correct: tuple[str, ...] = ()
    default: tuple[str, ...] = ()
    mapping: list[tuple[str, float, bool]] = field(default_factory=list)
    unmapped: float = 0.0
    least: float | None = None
    most: float | None = None
    areas: list[tuple[str, tuple[float, ...], float]] = field(default_factory=list)
    mapped: bool = False
    exact: dict[Value, float] = field(default_factory=dict)

    def correct_value(self) -> Value:
        values = tuple(typed(text, self.base_type) for text in self.correct)
        if self.cardinality == "single":
            return values[0] if values else None
        return values or None

    def worth(self, given: Value) -> float:
        """What `mapResponse` makes of it."""
        values = given if isinstance(given, tuple) else (() if given is None else (given,))
        if self.cardinality == "multiple":
            values = tuple(dict.fromkeys(values))
        total = 0.0
        for value in values:
            total += self._mapped(value)
        if self.least is not None:
            total = max(total, self.least)
        return total if self.most is None else min(total, self.most)

    def _mapped(self, value: Value) -> float:
        if value in self.exact:
            return self.exact[value]
        for key, worth, capitals in self.mapping if isinstance(value, str) else ():
            if not capitals and key.casefold() == value.casefold():
                return worth
        return self.unmapped

    def worth_of_points(self, given: Value) -> float:
        points = given if given and isinstance(given[0], tuple) else ((given,) if given else ())
        total = 0.0
        hit: set[int] = set()
        for point in points:
            for place, (shape, coordinates, worth) in enumerate(self.areas):
                if place not in hit and inside(shape, coordinates, point):
                    hit.add(place)
                    total += worth
                    break
            else:
                total += self.unmapped
        if self.least is not None:
            total = max(total, self.least)
        return total if self.most is None else min(total, self.most)


def typed(text: str, base_type: str) -> Value:
    """A value as it is compared."""
    text = text.strip()
    if base_type in ("float", "integer", "duration"):
        return number(text)
    if base_type == "boolean":
        return text == "true"
    if base_type == "point":
        return tuple(number(part) for part in text.split()[:2])
    if base_type in ("pair", "directedPair"):
        parts = tuple(text.split()[:2])
        return " ".join(sorted(parts) if base_type == "pair" else parts)
    return text


def inside(shape: str, at: tuple[float, ...], point: tuple[float, float]) -> bool:
    x, y = point
    if shape == "default":
        return True
    if shape == "circle" and len(at) >= 3:
        return (x - at[0]) ** 2 + (y - at[1]) ** 2 <= at[2] ** 2
    if shape == "rect" and len(at) >= 4:
        return at[0] <= x <= at[2] and at[1] <= y <= at[3]
    if shape == "ellipse" and len(at) >= 4 and at[2] and at[3]:
        return ((x - at[0]) / at[2]) ** 2 + ((y - at[1]) / at[3]) ** 2 <= 1
    within = False
    corners = list(zip(at[::2], at[1::2], strict=False))
    for (ax, ay), (bx, by) in zip(corners, corners[1:] + corners[:1], strict=True):
        if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
            within = not within
    return within


def responses_of(item: Element) -> dict[str, Response]:
    found: dict[str, Response] = {}
    for one in children(item):
        if one.tag != "responsedeclaration":
            continue
        response = Response(
            one.get("identifier", ""), one.get("cardinality", "single"), one.get("basetype", "")
        )
        for part in children(one):
            if part.tag == "correctresponse":
                response.correct = tuple(text_of(value) for value in children(part))
            elif part.tag == "defaultvalue":
                response.default = tuple(
                    "".join(value.itertext()).strip() for value in children(part)
                )
            elif part.tag == "mapping":
                response.mapped = True
                response.unmapped = number(part.get("defaultvalue"))
                response.mapping = [
                    (
                        entry.get("mapkey", ""),
                        number(entry.get("mappedvalue")),
                        entry.get("casesensitive", "true") != "false",
                    )
                    for entry in children(part)[:MOST_ENTRIES]
                ]
                for key, worth, _capitals in response.mapping:
                    response.exact.setdefault(typed(key, response.base_type), worth)
                _bounds(response, part)
            elif part.tag == "areamapping":
                response.mapped = True
                response.unmapped = number(part.get("defaultvalue"))
                response.areas = [
                    (
                        entry.get("shape", ""),
                        coordinates(entry.get("coords")),
                        number(entry.get("mappedvalue")),
                    )
                    for entry in children(part)[:MOST_ENTRIES]
                ]
                _bounds(response, part)
        found[response.identifier] = response
    return found


def _bounds(response: Response, part: Element) -> None:
    if part.get("lowerbound") is not None:
        response.least = number(part.get("lowerbound"))
    if part.get("upperbound") is not None:
        response.most = number(part.get("upperbound"))


def coordinates(text: str | None) -> tuple[float, ...]:
    return tuple(number(part) for part in re.split(r"[\s,]+", (text or "").strip()) if part)[:400]


class Marking:
    """An item's own way to mark. `outcomes_of({"RESPONSE": value})` -> {"SCORE": 1.0, …}."""

    def __init__(self, item: Element, rules: Element | None) -> None:
        self.responses = responses_of(item)
        self.rules = rules
        self.defaults: dict[str, Value] = {}
        self.tables: dict[str, Element] = {}
        self.types: dict[str, tuple[str, str]] = {}
        for one in children(item):
            if one.tag == "outcomedeclaration":
                self._declare(one)
        self._steps = 0

    def _declare(self, one: Element) -> None:
        name = one.get("identifier", "")
        base_type, cardinality = one.get("basetype", ""), one.get("cardinality", "single")
        self.types[name] = (base_type, cardinality)
        value: Value = (
            0.0 if base_type in ("float", "integer") and cardinality == "single" else None
        )
        for part in children(one):
            if part.tag == "defaultvalue":
                values = tuple(
                    typed("".join(each.itertext()), base_type) for each in children(part)
                )
                value = values if cardinality != "single" else (values[0] if values else None)
            elif part.tag in ("matchtable", "interpolationtable"):
                self.tables[name] = part
        self.defaults[name] = value

    def outcomes_of(self, given: Mapping[str, Value]) -> dict[str, Value]:
        """The outcomes for responses; those not given are empty. Raises Unknown."""
        run = _Run(self, given)
        if self.rules is not None:
            try:
                run.rules(children(self.rules))
            except _Exit:
                pass
            except (ArithmeticError, TypeError, IndexError, ValueError, RecursionError) as problem:
                if isinstance(problem, Unknown):
                    raise
                raise Unknown("responseProcessing") from problem
        return run.outcomes

    def outcomes_of_branch(self, branch: Element) -> dict[str, Value]:
        """The outcomes of what is done in a `responseIf`, its condition aside."""
        run = _Run(self, {})
        try:
            run.rules(children(branch)[1:])
        except _Exit:
            pass
        except (ArithmeticError, TypeError, IndexError, ValueError, RecursionError) as problem:
            if isinstance(problem, Unknown):
                raise
            raise Unknown("responseIf") from problem
        return run.outcomes

    def score(self, given: Mapping[str, Value]) -> float:
        return score_in(self.outcomes_of(given))

    def step(self) -> None:
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise Unknown("responseProcessing")


def score_in(outcomes: Mapping[str, Value]) -> float:
    value = outcomes.get("SCORE")
    if isinstance(value, bool):
        return float(value)
    return value if isinstance(value, float) and math.isfinite(value) else 0.0


class _Exit(Exception):
    """`exitResponse`."""


@dataclass(slots=True)
class _Run:
    marking: Marking
    given: Mapping[str, Value]
    outcomes: dict[str, Value] = field(init=False)

    def __post_init__(self) -> None:
        self.outcomes = dict(self.marking.defaults)

    def rules(self, rules: list[Element]) -> None:
        for rule in rules:
            self.marking.step()
            if rule.tag == "responsecondition":
                self._condition(rule)
            elif rule.tag == "setoutcomevalue":
                name = rule.get("identifier", "")
                value = self.value(children(rule)[0])
                single = self.marking.types.get(name, ("", "single"))[1] == "single"
                if single and isinstance(value, tuple) and len(value) == 1:
                    value = value[0]
                elif not single and value is not None and not isinstance(value, tuple):
                    value = (value,)
                self.outcomes[name] = value
            elif rule.tag == "lookupoutcomevalue":
                self._look_up(rule)
            elif rule.tag == "responseprocessingfragment":
                self.rules(children(rule))
            elif rule.tag == "exitresponse":
                raise _Exit
            else:
                raise Unknown(rule.tag)

    def _condition(self, rule: Element) -> None:
        for branch in children(rule):
            parts = children(branch)
            if branch.tag == "responseelse":
                self.rules(parts)
                return
            if parts and self.value(parts[0]) is True:
                self.rules(parts[1:])
                return

    def _look_up(self, rule: Element) -> None:
        name = rule.get("identifier", "")
        table = self.marking.tables.get(name)
        value = self.value(children(rule)[0])
        if table is None or not isinstance(value, float):
            raise Unknown(rule.tag)
        found = table.get("defaultvalue")
        for entry in children(table):
            source = number(entry.get("sourcevalue"))
            if value == source or (table.tag == "interpolationtable" and value >= source):
                found = entry.get("targetvalue")
                break
        self.outcomes[name] = None if found is None else typed(found, self.marking.types[name][0])

    def value(self, element: Element) -> Value:
        self.marking.step()
        name = element.tag
        read = _READS.get(name)
        if read is not None:
            return read(self, element)
        parts = [self.value(one) for one in children(element)]
        operate = _OPERATIONS.get(name)
        if operate is None:
            raise Unknown(name)
        return operate(element, parts)

    def variable(self, element: Element) -> Value:
        name = element.get("identifier", "")
        if name in self.marking.responses:
            return self.given.get(name)
        if name in self.outcomes:
            return self.outcomes[name]
        raise Unknown(name)

    def response(self, element: Element) -> Response:
        found = self.marking.responses.get(element.get("identifier", ""))
        if found is None:
            raise Unknown(element.tag)
        return found


_SINGLE = Response("", "multiple", "")


def _base_value(_run: _Run, element: Element) -> Value:
    return typed("".join(element.itertext()), element.get("basetype", ""))


def _map_response(run: _Run, element: Element) -> Value:
    response = run.response(element)
    return response.worth(run.given.get(response.identifier))


def _map_points(run: _Run, element: Element) -> Value:
    response = run.response(element)
    return response.worth_of_points(run.given.get(response.identifier))


def _default(run: _Run, element: Element) -> Value:
    name = element.get("identifier", "")
    return run.marking.defaults.get(name)


def _flat(parts: list[Value]) -> tuple[Value, ...] | None:
    found: list[Value] = []
    for part in parts:
        if isinstance(part, tuple):
            found += part
        elif part is not None:
            found.append(part)
    return tuple(found) or None


def _null_if_any(
    operate: Callable[[Element, list[Value]], Value],
) -> Callable[[Element, list[Value]], Value]:
    return lambda element, parts: None if None in parts else operate(element, parts)


def _match(run: _Run, element: Element) -> Value:
    one, other = (run.value(part) for part in children(element))
    if one is None or other is None:
        return None
    in_order = any(
        part.tag == "ordered"
        or run.marking.responses.get(part.get("identifier", ""), _SINGLE).cardinality != "multiple"
        for part in children(element)
    )
    if isinstance(one, tuple) and isinstance(other, tuple) and not in_order:
        return sorted(map(str, one)) == sorted(map(str, other))
    return bool(one == other)


def _string_match(element: Element, parts: list[Value]) -> Value:
    one, other = (" ".join(str(part).split()) for part in parts)
    if element.get("casesensitive", "true") == "false":
        one, other = one.casefold(), other.casefold()
    return other in one if element.get("substring") == "true" else one == other


def _substring(element: Element, parts: list[Value]) -> Value:
    part, whole = (str(one) for one in parts)
    if element.get("casesensitive", "true") == "false":
        part, whole = part.casefold(), whole.casefold()
    return part in whole


def _equal(element: Element, parts: list[Value]) -> Value:
    one, other = float(parts[0]), float(parts[1])
    below, above = tolerance_of(element)
    mode = element.get("tolerancemode", "exact")
    if mode == "absolute":
        return one - below - 1e-12 <= other <= one + above + 1e-12
    if mode == "relative":
        low, high = sorted((one * (1 - below / 100), one * (1 + above / 100)))
        return low - 1e-12 <= other <= high + 1e-12
    return one == other


def tolerance_of(element: Element) -> tuple[float, float]:
    texts = (element.get("tolerance") or "").split()
    if any(re.fullmatch(r"[-+0-9.eE]+", text) is None for text in texts):
        raise Unknown("tolerance")
    values = [number(text) for text in texts[:2]] or [0.0]
    return values[0], values[-1]


def _divide(_element: Element, parts: list[Value]) -> Value:
    return parts[0] / parts[1] if parts[1] else None


def _index(element: Element, parts: list[Value]) -> Value:
    place = int(number(element.get("n")))
    values = parts[0]
    return values[place - 1] if 0 < place <= len(values) else None


def _inside(element: Element, parts: list[Value]) -> Value:
    return inside(element.get("shape", ""), coordinates(element.get("coords")), parts[0])


def _contains(_element: Element, parts: list[Value]) -> Value:
    one, other = (part if isinstance(part, tuple) else (part,) for part in parts)
    return all(one.count(each) >= other.count(each) for each in other)


def _all(_element: Element, parts: list[Value]) -> Value:
    return False if False in parts else (None if None in parts else True)


def _any(_element: Element, parts: list[Value]) -> Value:
    return True if True in parts else (None if None in parts else False)


def _rounded(element: Element, parts: list[Value]) -> Value:
    figures = int(number(element.get("figures")))
    if element.get("roundingmode") != "decimalPlaces" or not 0 <= figures <= 15:
        raise Unknown(element.tag)
    return bool(round(parts[0], figures) == round(parts[1], figures))


def wildcards_of(pattern: str) -> tuple[str, bool] | None:
    """A simple regular expression with `*` and `?` instead, and whether it says that capitals
    don't matter (`[Aa]`); None for any other."""
    text, folded, rest = "", False, pattern
    while rest:
        both = _LETTER_PAIR.match(rest)
        if both and both[1] != both[2] and both[1].lower() == both[2].lower():
            text, folded, rest = text + both[1], True, rest[4:]
        elif rest.startswith(".*"):
            text, rest = text + "*", rest[2:]
        elif rest[0] == ".":
            text, rest = text + "?", rest[1:]
        elif rest[0] == "\\" and len(rest) > 1 and not rest[1].isalnum() and rest[1] not in "*?":
            text, rest = text + rest[1], rest[2:]
        elif rest[0] in "\\[](){}+*?|^$":
            return None
        else:
            text, rest = text + rest[0], rest[1:]
    return text, folded


def _pattern_match(element: Element, parts: list[Value]) -> Value:
    pattern = element.get("pattern", "")
    read = wildcards_of(pattern)
    if read is None or len(pattern) * len(str(parts[0])) > 1_000_000:
        raise Unknown(element.tag)
    wildcards, folded = read
    text = str(parts[0])
    return like(wildcards.casefold(), text.casefold()) if folded else like(wildcards, text)


_OPERATIONS: dict[str, Callable[[Element, list[Value]], Value]] = {
    "stringmatch": _null_if_any(_string_match),
    "substring": _null_if_any(_substring),
    "patternmatch": _null_if_any(_pattern_match),
    "equal": _null_if_any(_equal),
    "equalrounded": _null_if_any(_rounded),
    "isnull": lambda element, parts: parts[0] is None or parts[0] in ("", ()),
    "not": _null_if_any(lambda element, parts: not parts[0]),
    "and": _all,
    "or": _any,
    "sum": _null_if_any(lambda element, parts: math.fsum(_flat(parts) or ())),
    "product": _null_if_any(lambda element, parts: math.prod(_flat(parts) or ())),
    "subtract": _null_if_any(lambda element, parts: parts[0] - parts[1]),
    "divide": _null_if_any(_divide),
    "min": _null_if_any(lambda element, parts: min(_flat(parts) or (0.0,))),
    "max": _null_if_any(lambda element, parts: max(_flat(parts) or (0.0,))),
    "round": _null_if_any(lambda element, parts: float(math.floor(parts[0] + 0.5))),
    "truncate": _null_if_any(lambda element, parts: float(math.trunc(parts[0]))),
    "gt": _null_if_any(lambda element, parts: parts[0] > parts[1]),
    "gte": _null_if_any(lambda element, parts: parts[0] >= parts[1]),
    "lt": _null_if_any(lambda element, parts: parts[0] < parts[1]),
    "lte": _null_if_any(lambda element, parts: parts[0] <= parts[1]),
    "multiple": lambda element, parts: _flat(parts),
    "ordered": lambda element, parts: _flat(parts),
    "member": _null_if_any(lambda element, parts: parts[0] in parts[1]),
    "contains": _null_if_any(_contains),
    "containersize": lambda element, parts: float(len(parts[0] or ())),
    "index": _null_if_any(_index),
    "inside": _null_if_any(_inside),
    "delete": _null_if_any(
        lambda element, parts: tuple(one for one in parts[1] if one != parts[0]) or None
    ),
}


_READS: dict[str, Callable[[_Run, Element], Value]] = {
    "variable": _Run.variable,
    "correct": lambda run, element: run.response(element).correct_value(),
    "basevalue": _base_value,
    "default": _default,
    "null": lambda run, element: None,
    "match": _match,
    "mapresponse": _map_response,
    "mapresponsepoint": _map_points,
}


def standard(name: str) -> str | None:
    """What a standard template does, by the last part of its address: `match_correct`,
    `map_response` or `map_response_point`."""
    name = name.rstrip("/").rpartition("/")[2].removesuffix(".xml").lower().removeprefix("cc2_")
    known = {"match": "match_correct", "match_basic": "match_correct"}
    name = known.get(name, name)
    return name if name in ("match_correct", "map_response", "map_response_point") else None


def branches(rules: Element | None) -> Iterator[Element]:
    """Every `responseIf` and `responseElseIf`."""
    if rules is not None:
        for one in rules.iter():
            if one.tag in ("responseif", "responseelseif"):
                yield one
