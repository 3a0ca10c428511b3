"""The Markdown dialects of course repositories, as one markdown-it parser.

CommonMark and GitHub's tables, strikethrough, task lists and footnotes; Pandoc's fenced divisions,
bracketed spans, definition lists and attribute lists; kramdown's `{: .class}` lines; mathematics
between dollars, `\\( \\)`, `\\[ \\]` and in AMS environments.
"""

import re
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.texmath import texmath_plugin

from . import directives
from .attributes import parse_info, scan
from .directives import Directive, line_of

# Deeper than this markdown-it stops reading; `MarkdownDocument` reports it.
MAX_NESTING = 60

_DIVISION = re.compile(r":{3,}\s*(.*?)\s*:*\s*$")
_DIRECTIVE = re.compile(r"\{([\w:-]+)\}[ \t]*(.*)$")
_CODE_FENCE = re.compile(r"(`{3,}|~{3,})(.*)$")
_KRAMDOWN_BLOCK = re.compile(r"\{:{1,2}[^}]*\}\s*$")
_TRAILING_LIST = re.compile(r"\s*(\{:?\s*[#.][^{}]*\})\s*$")


@lru_cache(maxsize=1)
def parser() -> MarkdownIt:
    """The parser; it keeps no state between documents."""
    md = MarkdownIt("commonmark", {"maxNesting": MAX_NESTING, "linkify": True, "html": True})
    md.enable(["table", "strikethrough", "linkify"])
    assert md.linkify is not None  # noqa: S101 - the option above made it
    md.linkify.set({"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False})
    md.use(deflist_plugin).use(footnote_plugin, inline=False)
    md.use(texmath_plugin, delimiters="brackets").use(amsmath_plugin)
    md.use(dollarmath_plugin, allow_space=False, allow_digits=False, double_inline=True)
    interrupts: RuleOptionsType = {
        "alt": ["paragraph", "reference", "blockquote", "list", "table", "footnote_def"]
    }
    md.block.ruler.before("fence", "division", _division, interrupts)
    md.block.ruler.before("fence", "block_attributes", _block_attributes, interrupts)
    md.block.ruler.before("fence", "directive", directives.fenced, interrupts)
    md.block.ruler.before("fence", "admonition", directives.indented, interrupts)
    md.block.ruler.before("fence", "target", directives.target, interrupts)
    md.inline.ruler.before("backticks", "role", directives.role)
    md.inline.ruler.before("link", "bracketed_span", _bracketed_span)
    md.inline.ruler.before("link", "inline_attributes", _inline_attributes)
    md.core.ruler.before("inline", "heading_attributes", _heading_attributes)
    md.core.ruler.push("attach_attributes", _attach_attributes)
    return md


def _division(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A Pandoc fenced division: opened by colons and a name, closed by colons alone.

    As in Pandoc, the number of colons (three or more) does not matter: what is opened last is
    closed first.
    """
    if state.is_code_block(start):
        return False
    text = line_of(state, start)
    if not text.startswith(":::"):
        return False
    if silent:
        return True
    match = _DIVISION.match(text)
    info = match[1] if match else ""
    if not info:
        state.env["problems"].append((start, "stray-division"))
        state.line = start + 1
        return True
    closing = _closing_line(state, start, end)
    last = min(closing, end)
    braces = _DIRECTIVE.match(info)
    if braces:
        named = Directive(braces[1].lower(), braces[2].strip(), start + 1, last)
        directives.write(state, start, named)
    else:
        directives.division(state, start, Directive(info, "", start + 1, last))
    state.line = last + (closing < end)
    return True


def _closing_line(state: StateBlock, start: int, end: int) -> int:
    """Where the division opened at `start` closes; `end` when it never does."""
    known: dict[int, int] = state.env["divisions"]
    if start in known:
        return known[start]
    open_lines = [start]
    fence = ""
    for number in range(start + 1, end):
        if state.sCount[number] < state.blkIndent and not state.isEmpty(number):
            break
        text = line_of(state, number)
        code = _CODE_FENCE.match(text)
        if fence:
            if code and code[1].startswith(fence) and not code[2].strip():
                fence = ""
            continue
        if code and not (code[1][0] == "`" and "`" in code[2]):
            fence = code[1]
            continue
        division = _DIVISION.match(text)
        if not division:
            continue
        if division[1]:
            open_lines.append(number)
            continue
        known[open_lines.pop()] = number
        if not open_lines:
            return number
    for number in open_lines:
        known[number] = end
        state.env["problems"].append((number, "unclosed-division"))
    return end


def _block_attributes(state: StateBlock, start: int, _end: int, silent: bool) -> bool:
    """kramdown's `{: .class}` on a line of its own, and its `{::options … /}`."""
    text = line_of(state, start)
    if not text.startswith("{:") or not _KRAMDOWN_BLOCK.match(text):
        return False
    if silent:
        return True
    token = state.push("block_attributes", "", 0)
    token.hidden = True
    token.map = [start, start + 1]
    scanned = None if text.startswith("{::") else scan(text)
    token.attrs = dict(scanned[0].as_html()) if scanned else {}
    token.meta = {"after": start > 0 and not state.isEmpty(start - 1)}
    state.line = start + 1
    return True


def _bracketed_span(state: StateInline, silent: bool) -> bool:
    """Pandoc's `[text]{#id .class}`."""
    if state.src[state.pos] != "[":
        return False
    close = state.md.helpers.parseLinkLabel(state, state.pos)
    if close < 0:
        return False
    scanned = scan(state.src, close + 1)
    if not scanned:
        return False
    if not silent:
        before, maximum = state.pos, state.posMax
        state.pos, state.posMax = before + 1, close
        state.push("span_open", "span", 1).attrs = dict(scanned[0].as_html())
        state.md.inline.tokenize(state)
        state.push("span_close", "span", -1)
        state.posMax = maximum
    state.pos = scanned[1]
    return True


_CARRIERS = {"image", "link_close", "code_inline", "em_close", "strong_close", "span_close"}


def _inline_attributes(state: StateInline, silent: bool) -> bool:
    """An attribute list right after an image, a link, code or emphasis."""
    if state.src[state.pos] != "{" or state.pending or not state.tokens:
        return False
    carrier = state.tokens[-1]
    # Emphasis is paired only after this pass: its closing mark is still a text token.
    emphasis = carrier.type == "text" and carrier.content in ("*", "**", "_", "__")
    if carrier.type not in _CARRIERS and not emphasis:
        return False
    scanned = scan(state.src, state.pos)
    if not scanned:
        return False
    if not silent and not emphasis:
        if carrier.nesting == -1:
            carrier = _opening(state.tokens, len(state.tokens) - 1)
        for name, value in scanned[0].as_html().items():
            if name not in ("href", "src"):
                carrier.attrs[name] = value
    state.pos = scanned[1]
    return True


def _opening(tokens: list[Token], close: int) -> Token:
    depth = 0
    for token in reversed(tokens[: close + 1]):
        depth -= token.nesting
        if depth == 0:
            return token
    return tokens[close]


def _heading_attributes(state: StateCore) -> None:
    """`## Title {#id}` names the heading."""
    for opening, inline in zip(state.tokens, state.tokens[1:], strict=False):
        if opening.type != "heading_open":
            continue
        match = _TRAILING_LIST.search(inline.content)
        scanned = scan(match[1]) if match else None
        if match and scanned:
            opening.attrs.update(scanned[0].as_html())
            inline.content = inline.content[: match.start()]


def _attach_attributes(state: StateCore) -> None:
    """Give each kramdown attribute line to the block above it (or below, after a blank line)."""
    siblings: dict[int, Token] = {}
    waiting: dict[int, Token] = {}
    for token in state.tokens:
        if token.type == "block_attributes":
            carrier = siblings.get(token.level)
            if token.meta["after"] and carrier is not None:
                for name, value in token.attrs.items():
                    carrier.attrs[name] = value
            else:
                waiting[token.level] = token
        elif token.nesting >= 0 and token.type != "inline":
            siblings[token.level] = token
            for level in [level for level in siblings if level > token.level]:
                del siblings[level]
            if token.level in waiting:
                token.attrs.update(waiting.pop(token.level).attrs)
        elif token.nesting == -1:
            for level in [level for level in siblings if level > token.level]:
                del siblings[level]
                waiting.pop(level, None)
        if token.type == "division_open":
            name, rest, attributes = parse_info(token.info)
            token.attrs.update(attributes.as_html())
            token.meta = {"name": name, "rest": rest}
    state.tokens = [token for token in state.tokens if token.type != "block_attributes"]
