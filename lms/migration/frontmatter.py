"""YAML: a file's front matter and a course's configuration, read with distrust."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import yaml

from .context import clean
from .folder import Source
from .report import Report

_FRONT_MATTER = re.compile(
    r"\A---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE
)
_TOML_FRONT_MATTER = re.compile(
    r"\A\+\+\+[ \t]*\n(.*?)^\+\+\+[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE
)


@dataclass
class Page:
    """A source file taken apart; `first_line` is the line its text begins on."""

    path: str
    data: dict[str, Any] = field(default_factory=dict)
    text: str = ""
    first_line: int = 1


def split(source: Source, report: Report) -> Page:
    """A file's front matter and text; broken front matter is reported and left out."""
    match = _FRONT_MATTER.match(source.text)
    toml = None if match else _TOML_FRONT_MATTER.match(source.text)
    if toml:
        match, data = toml, _toml(toml[1], source.path, report)
    elif match:
        data = mapping(match[1], source.path, report, first_line=2)
    else:
        return Page(source.path, {}, source.text)
    return Page(source.path, data, source.text[match.end() :], match[0].count("\n") + 1)


def _toml(text: str, path: str, report: Report) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        report.problem("broken TOML", f"{error}; ignored: correct it and import again", path, 1)
        return {}


class _Loader(yaml.SafeLoader):
    """Safe YAML that passes over tags of other programs, as mkdocs.yml is full of them."""


_Loader.add_multi_constructor("", lambda loader, suffix, node: None)


def mapping(text: str, path: str, report: Report, *, first_line: int = 1) -> dict[str, Any]:
    """A YAML mapping; empty, with a problem reported, where the text is none."""
    try:
        data = yaml.load(text, _Loader)  # noqa: S506 - a safe loader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = first_line + (mark.line if mark else 0)
        what = getattr(error, "problem", None) or "it can't be read"
        report.problem("broken YAML", f"{what}; ignored: correct it and import again", path, line)
        return {}
    except (ValueError, RecursionError, OverflowError) as error:
        report.problem("broken YAML", f"{error}; ignored", path, first_line)
        return {}
    if data is None:
        return {}
    if not isinstance(data, Mapping):
        report.problem("YAML that is no list of settings", "ignored", path, first_line)
        return {}
    return {str(key): value for key, value in data.items() if isinstance(key, str | int)}


def text_of(data: Mapping[str, Any], *names: str, limit: int = 0) -> str:
    """The first of some settings that is a single value, as text on one line."""
    for name in names:
        value = data.get(name)
        if isinstance(value, str | int | float | date) and not isinstance(value, bool):
            text = " ".join(clean(str(value)).split())
            if text:
                return text[:limit] if limit else text
    return ""


def list_of(data: Mapping[str, Any], *names: str) -> list[str]:
    """The first of some settings that is a list of single values (or one value)."""
    for name in names:
        value = data.get(name)
        if isinstance(value, list):
            found = [text_of({"item": item}, "item") for item in value]
            return [item for item in found if item]
        if isinstance(value, str) and value.strip():
            return [" ".join(clean(value).split())]
    return []


def block_of(data: Mapping[str, Any], name: str) -> str:
    """A setting that may run over several lines."""
    value = data.get(name)
    return clean(value) if isinstance(value, str) else ""


def number_of(data: Mapping[str, Any], *names: str) -> int | None:
    """The first of some settings that is a whole number of 0 or more."""
    for name in names:
        value = data.get(name)
        if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
            value = int(value.strip()[:9])
        if isinstance(value, float) and value == value and abs(value) < 10**9:
            value = round(value)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9:
            return value
    return None


def flag_of(data: Mapping[str, Any], name: str, default: bool | None = None) -> bool | None:
    """A yes or no."""
    value = data.get(name)
    return value if isinstance(value, bool) else default


def section_of(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A nested group of settings."""
    value = data.get(name)
    return dict(value) if isinstance(value, Mapping) else {}
