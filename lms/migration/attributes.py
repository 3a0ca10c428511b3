"""Attribute lists: `{#id .class key="value"}` (Pandoc) and `{: .class}` (kramdown)."""

import re
from dataclasses import dataclass, field

_NAME = re.compile(r"[\w:.-]+")
_KEY = re.compile(r"([\w:-]+)\s*=\s*")
_BARE = re.compile(r"[^\s\"'{}]+")


@dataclass(slots=True)
class Attributes:
    """What stood between the braces."""

    id: str = ""
    classes: list[str] = field(default_factory=list)
    pairs: dict[str, str] = field(default_factory=dict)

    def as_html(self) -> dict[str, str]:
        """The list as HTML attributes."""
        html = dict(self.pairs)
        if self.id:
            html["id"] = self.id
        if self.classes:
            html["class"] = " ".join(self.classes)
        return html


def scan(text: str, start: int = 0) -> tuple[Attributes, int] | None:
    """The list that opens at `text[start] == "{"`, and the position after it; None if it is none.

    Pandoc wants at least one entry, so `{}` and `{word}` stay text.
    """
    if text[start : start + 1] != "{":
        return None
    position = start + 1
    kramdown = text[position : position + 1] == ":"
    if kramdown:
        position += 1
    found = Attributes()
    while position < len(text):
        character = text[position]
        if character == "}":
            empty = not (found.id or found.classes or found.pairs)
            return None if empty and not kramdown else (found, position + 1)
        if character.isspace():
            position += 1
        elif character in "#.":
            while text[position + 1 : position + 2] == " ":  # `{: . output}` is met in the wild
                position += 1
            name = _NAME.match(text, position + 1)
            if not name:
                return None
            if character == "#":
                found.id = name[0]
            else:
                found.classes.append(name[0])
            position = name.end()
        else:
            pair = _pair(text, position)
            if pair is None:
                # kramdown has bare references: `{:toc}`, `{:auto_ids}`
                bare = _NAME.match(text, position) if kramdown else None
                if not bare:
                    return None
                found.pairs[bare[0]] = ""
                position = bare.end()
            else:
                key, value, position = pair
                found.pairs[key] = value
    return None


def _pair(text: str, start: int) -> tuple[str, str, int] | None:
    key = _KEY.match(text, start)
    if not key:
        return None
    position = key.end()
    quote = text[position : position + 1]
    if quote in ("'", '"'):
        value, position = _quoted(text, position + 1, quote)
        return None if position < 0 else (key[1], value, position)
    bare = _BARE.match(text, position)
    return (key[1], bare[0], bare.end()) if bare else None


def _quoted(text: str, start: int, quote: str) -> tuple[str, int]:
    """The value up to the closing quote; a backslash escapes a quote. Position -1: never closed."""
    value = []
    position = start
    while position < len(text):
        character = text[position]
        if character == "\\" and text[position + 1 : position + 2] in ("'", '"', "\\"):
            value.append(text[position + 1])
            position += 2
        elif character == quote:
            return " ".join("".join(value).split()), position + 1
        else:
            value.append(character)
            position += 1
    return "", -1


def parse_info(info: str) -> tuple[str, str, Attributes]:
    """What follows the opening marks of a fence: (name, rest, attributes).

    Reads the spellings in use: `python`, `{.python title="x"}`, `{r plot, echo=FALSE}`,
    `{note} Title`, `note[Title]`, `python title="x.py" {1,3}`, `challenge {#id}`.
    """
    info = info.strip()
    attributes = Attributes()
    if info.startswith("{"):
        scanned = scan(info)
        if scanned:
            attributes, end = scanned
            name = attributes.classes[0] if attributes.classes else ""
            return name, info[end:].strip(" :"), attributes
        braces = re.match(r"\{([^}]*)\}", info)
        if braces:
            name, options = re.split(r"[\s,]+|$", braces[1].strip(), maxsplit=1)
            rest = (options + " " + info[braces.end() :]).strip(" :")
            return name.lstrip("."), rest, attributes
    head = re.match(r"[^\s{\[]+", info)
    if not head:
        return "", info, attributes
    name, rest = head[0], info[head.end() :].strip()
    brace = rest.find("{")
    scanned = scan(rest, brace) if brace >= 0 else None
    if scanned:
        attributes = scanned[0]
        rest = (rest[:brace] + rest[scanned[1] :]).strip()
    if rest.startswith("[") and rest.endswith("]"):
        rest = rest[1:-1]
    for key in re.finditer(r"""([\w-]+)=("[^"]*"|'[^']*'|\S+)""", rest):
        attributes.pairs.setdefault(key[1], key[2].strip("\"'"))
    return name, rest.strip(" :"), attributes
