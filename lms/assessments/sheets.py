"""Answers as forms send them: the fields of a question at `place` begin with `q<place>`.

The page's script sends one question's fields as they are typed; without a script the whole form
comes at once. Both are read here.
"""

from typing import Any

from django.http import QueryDict

from .models import Version
from .rules.questions import Kind


def field(place: int) -> str:
    """The name of a question's field, and what the names of its further fields begin with."""
    return f"q{place}"


def is_sent(version: Version, place: int, data: QueryDict) -> bool:
    """Whether the form has this question."""
    return f"{field(place)}-seen" in data


def seen(place: int, data: QueryDict) -> int:
    """The version of the answer that was begun from; 0 for nonsense, which is refused later."""
    given = data.get(f"{field(place)}-seen", "")
    return int(given) if given.isdecimal() and len(given) < 10 else 0


def answer_in(version: Version, place: int, data: QueryDict) -> dict[str, Any]:
    """The answer a form brought, for rules.answers.clean; {} for none. A file is not in it."""
    name, content = field(place), version.content
    kind = Kind(version.kind)
    if kind == Kind.SINGLE:
        return {"choice": data[name]} if data.get(name) else {}
    if kind == Kind.MULTIPLE:
        chosen = data.getlist(name)
        return {"choices": chosen} if chosen else {}
    if kind == Kind.TRUE_FALSE:
        return {"value": data[name] == "true"} if data.get(name) in ("true", "false") else {}
    if kind in (Kind.SHORT, Kind.NUMERIC):
        return {"text": data[name]} if data.get(name) else {}
    if kind == Kind.ESSAY:
        text = data.get(name, "").replace("\r\n", "\n").replace("\r", "\n")
        return {"text": text} if text else {}
    if kind == Kind.MATCHING:
        pairs = _parts([one.key for one in content.pairs], name, data)  # type: ignore[attr-defined]
        return {"pairs": pairs} if pairs else {}
    if kind == Kind.BLANKS:
        blanks = _parts([one.key for one in content.blanks], name, data)  # type: ignore[attr-defined]
        return {"blanks": blanks} if blanks else {}
    if kind == Kind.ORDERING:
        return _order(content, name, data)
    if kind == Kind.HOTSPOT:
        return _point(name, data)
    return {}


def _parts(keys: list[str], name: str, data: QueryDict) -> dict[str, str]:
    given = {key: data.get(f"{name}-{key}", "") for key in keys}
    return {key: str(text) for key, text in given.items() if text}


def _order(content: Any, name: str, data: QueryDict) -> dict[str, Any]:
    """Each item has its number; of two with the same, the one that stands first comes first. Not
    touched, it is no answer."""
    keys = [one.key for one in content.items]
    places = {}
    for key in keys:
        given = data.get(f"{name}-{key}", "")
        if not given.isdecimal() or len(given) > 4:
            return {}
        places[key] = int(given)
    return {"order": sorted(keys, key=lambda key: places[key])}


def _point(name: str, data: QueryDict) -> dict[str, Any]:
    x, y = data.get(f"{name}-x", ""), data.get(f"{name}-y", "")
    if not (x.isdecimal() and y.isdecimal() and len(x) < 6 and len(y) < 6):
        return {}
    return {"x": int(x), "y": int(y)}
