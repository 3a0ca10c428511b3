"""Boxes and figures as Sphinx (MyST) and MkDocs write them, read as divisions, code and HTML.

```{note} Title            !!! note "Title"
:class: dropdown               Content, indented
Content
```
"""

import re
from dataclasses import dataclass, field
from html import escape

from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

from .callouts import FOR_INSTRUCTORS, TRANSPARENT, boxes

CODE = {"code", "code-block", "code-cell", "sourcecode", "parsed-literal", "doctest", "prompt"}
FIGURES = {"figure", "image"}
FILES = {"literalinclude", "download", "include"}
# What Sphinx makes of the whole site: the course has its own.
LISTS = {
    "toctree", "tableofcontents", "contents", "index", "glossary-index", "bibliography",
    "footbibliography", "only", "raw", "eval-rst", "highlight", "genindex",
}  # fmt: skip
_FENCE = re.compile(r"(`{3,}|~{3,})\{([\w:-]+)\}[ \t]*(.*)$")
_OPTION = re.compile(r":([\w-]+):[ \t]*(.*)$")
_MKDOCS = re.compile(
    r"(!!!|\?\?\?\+?|===[!+]?)[ \t]+(?:([\w-]+)[ \t\w-]*)?(?:\"([^\"]*)\")?[ \t]*$"
)
_TARGET = re.compile(r"\(([\w:.-]+)\)=[ \t]*$")
_ROLE = re.compile(r"\{([\w:-]+)\}(`+)(.+?)\2(?!`)", re.DOTALL)
_NAMED = re.compile(r"(.*?)\s*<([^<>]+)>$", re.DOTALL)


@dataclass(slots=True)
class Directive:
    """A directive's first line and options; its content are the lines from `first` to `last`."""

    name: str
    argument: str
    first: int
    last: int
    options: dict[str, str] = field(default_factory=dict)


def line_of(state: StateBlock, number: int) -> str:
    """A line of the source without its indentation."""
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]]


def is_directive(name: str) -> bool:
    """Whether a name in braces is a directive's: anything else there is a language."""
    name = name.lower()
    known = CODE | FIGURES | FILES | LISTS | TRANSPARENT | FOR_INSTRUCTORS | {"math", "youtube"}
    return name in known or name in boxes()


def fenced(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A directive between backticks or tildes."""
    if state.is_code_block(start):
        return False
    match = _FENCE.match(line_of(state, start))
    if not match or not is_directive(match[2]):
        return False
    if silent:
        return True
    last = start + 1
    while last < end and not _closes(state, last, match[1]):
        if state.sCount[last] < state.blkIndent and not state.isEmpty(last):
            break
        last += 1
    write(state, start, Directive(match[2].lower(), match[3].strip(), start + 1, last))
    state.line = last + (last < end and _closes(state, last, match[1]))
    return True


def _closes(state: StateBlock, number: int, opening: str) -> bool:
    text = line_of(state, number).rstrip()
    return len(text) >= len(opening) and set(text) == {opening[0]}


def write(state: StateBlock, start: int, directive: Directive) -> None:
    """The tokens of a directive that opens on the line `start`."""
    _take_options(state, directive)
    name, argument, options = directive.name, directive.argument, directive.options
    if name in CODE:
        token = state.push("fence", "code", 0)
        token.info = argument
        code = state.getLines(directive.first, directive.last, state.blkIndent, False)
        token.content = code.lstrip("\n")
        token.attrs = {"filename": options.get("caption", "")}
        token.map = [start, directive.last]
    elif name == "math":
        token = state.push("math_block", "math", 0)
        token.block = True
        body = state.getLines(directive.first, directive.last, state.blkIndent, False)
        token.content = "\n".join(part for part in (argument, body.strip()) if part)
        token.map = [start, directive.last]
    elif name in FIGURES:
        source, alt = escape(argument), escape(options.get("alt", ""))
        _html(state, start, f'<figure><img src="{source}" alt="{alt}"><figcaption>')
        content(state, directive.first, directive.last)
        _html(state, start, "</figcaption></figure>")
    elif name in FILES or name == "youtube":
        address = argument if name in FILES else f"https://www.youtube.com/watch?v={argument}"
        _html(state, start, f'<p><a href="{escape(address)}">{escape(argument)}</a></p>')
    elif name in LISTS:
        token = state.push("left_out", "", 0)
        token.map, token.info = [start, directive.last], name
    else:
        if options.get("class", "").find("dropdown") >= 0:
            options["collapse"] = "true"
        division(state, start, directive)


def division(state: StateBlock, start: int, directive: Directive, indent: int = 0) -> None:
    """A division with a directive's title, and its content indented by so many more spaces."""
    token = state.push("division_open", "div", 1)
    token.block = True
    token.map, token.info = [start, directive.last], directive.name
    token.attrs = {
        key: value
        for key, value in (
            ("title", directive.argument),
            ("id", directive.options.get("name", "")),
            ("collapse", directive.options.get("collapse", "")),
        )
        if value
    }
    content(state, directive.first, directive.last, indent)
    state.push("division_close", "div", -1).block = True


def content(state: StateBlock, first: int, last: int, indent: int = 0) -> None:
    """The tokens of some lines, as of a document of their own."""
    parent, line_max = state.parentType, state.lineMax
    state.parentType, state.lineMax = "container", last
    state.blkIndent += indent
    state.md.block.tokenize(state, first, last)
    state.blkIndent -= indent
    state.parentType, state.lineMax = parent, line_max


def _take_options(state: StateBlock, directive: Directive) -> None:
    """`:alt: …` lines, or YAML between dashes, before the content."""
    dashes = directive.first < directive.last and line_of(state, directive.first).strip() == "---"
    number = directive.first + dashes
    while number < directive.last:
        text = line_of(state, number)
        if dashes and text.strip() == "---":
            directive.first = number + 1
            return
        match = _OPTION.match(f":{text}" if dashes else text)
        if not match:
            break
        directive.options[match[1]] = match[2].strip().strip("\"'")
        number += 1
    directive.first = number


def _html(state: StateBlock, start: int, html: str) -> None:
    token = state.push("html_block", "", 0)
    token.map, token.content = [start, start + 1], html


def indented(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """MkDocs' `!!! note "Title"`, `??? note` (closed), `???+ note` and `=== "Tab"`."""
    if state.is_code_block(start):
        return False
    match = _MKDOCS.match(line_of(state, start))
    if not match or (match[1].startswith("=") and match[3] is None) or not (match[2] or match[3]):
        return False
    if silent:
        return True
    last = start + 1
    while last < end and (state.isEmpty(last) or state.sCount[last] >= state.blkIndent + 4):
        last += 1
    name = "tab" if match[1].startswith("=") else (match[2] or "note")
    options = {"collapse": "true"} if match[1] == "???" else {}
    directive = Directive(name, match[3] or "", start + 1, last, options)
    division(state, start, directive, indent=4)
    state.line = last
    return True


def target(state: StateBlock, start: int, _end: int, silent: bool) -> bool:
    """MyST's `(name)=` names the block below it."""
    match = None if state.is_code_block(start) else _TARGET.match(line_of(state, start))
    if not match:
        return False
    if not silent:
        token = state.push("block_attributes", "", 0)
        token.hidden, token.map = True, [start, start + 1]
        token.attrs, token.meta = {"id": match[1]}, {"after": False}
        state.line = start + 1
    return True


def role(state: StateInline, silent: bool) -> bool:
    """MyST's `{role}`text``: mathematics, links to pages, keys; of others their text stays."""
    match = _ROLE.match(state.src, state.pos)
    if not match or match.end() > state.posMax:
        return False
    if not silent:
        _write_role(state, match[1].rpartition(":")[2], " ".join(match[3].split()))
    state.pos = match.end()
    return True


def _write_role(state: StateInline, name: str, text: str) -> None:
    named = _NAMED.match(text)
    words, address = (named[1] or named[2], named[2]) if named else (text, text)
    if name in ("math", "eq"):
        state.push("math_inline" if name == "math" else "text", "", 0).content = text
    elif name in ("doc", "download", "ref", "numref") and (named or name in ("doc", "download")):
        link = state.push("link_open", "a", 1)
        link.attrs = {"href": f"#{address}" if name.endswith("ref") else address}
        state.push("text", "", 0).content = words
        state.push("link_close", "a", -1)
    elif name in ("kbd", "code", "file", "command", "samp", "program", "guilabel", "literal"):
        state.push("code_inline", "code", 0).content = text
    else:
        state.push("text", "", 0).content = words
