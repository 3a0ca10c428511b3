"""What is different between two versions of a question, as their JSON is kept."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class What(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"  # parts stand in another order


@dataclass(frozen=True, slots=True)
class Difference:
    """`field` of the question; `before` and `after` are texts, empty where there was nothing."""

    field: str
    what: What
    before: str = ""
    after: str = ""


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Field by field, in the order of the later version."""
    found: list[Difference] = []
    for field in dict.fromkeys([*after, *before]):
        old, new = before.get(field), after.get(field)
        if old == new:
            continue
        if isinstance(old or new, list):
            found += _parts(field, old or [], new or [])
        else:
            what = What.ADDED if old is None else What.REMOVED if new is None else What.CHANGED
            found.append(Difference(field, what, _text(old), _text(new)))
    return found


def _parts(field: str, old: list[Any], new: list[Any]) -> list[Difference]:
    """Parts with a key are the same part while it stays; others while nothing of them changes."""
    was = {_name(part): part for part in old}
    now = {_name(part): part for part in new}
    found = []
    for name, part in now.items():
        if name not in was:
            found.append(Difference(field, What.ADDED, "", _text(part)))
        elif was[name] != part:
            found.append(Difference(field, What.CHANGED, _text(was[name]), _text(part)))
    for name, part in was.items():
        if name not in now:
            found.append(Difference(field, What.REMOVED, _text(part), ""))
    if not found:
        found.append(Difference(field, What.MOVED))
    return found


def _name(part: Any) -> str:
    if isinstance(part, Mapping) and "key" in part:
        return f"key {part['key']}"
    return json.dumps(part, sort_keys=True)


def _text(value: Any) -> str:
    """A part in one line: its text first, then what else is set of it."""
    if isinstance(value, Mapping):
        shown = {name: one for name, one in value.items() if name != "key"}
        return " · ".join(_text(one) for one in shown.values() if one not in ("", None))
    if isinstance(value, list):
        return ", ".join(_text(one) for one in value)
    if isinstance(value, bool):
        return "✓" if value else "✗"
    return "" if value is None else str(value)
