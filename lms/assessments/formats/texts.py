"""Markdown as the platform keeps it, and the XHTML of other programs.

    to_xhtml(markdown) -> str           well-formed, in <p>, <ul>, <table>…; formulas as MathML
    to_markdown(element, …) -> str      what it can't say goes into the notes

`normal(text)` is a text after both ways: it shows the same, and stays as it is from then on.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape, unescape
from xml.etree.ElementTree import Element

from bs4 import BeautifulSoup, NavigableString, Tag
from bs4.element import PreformattedString
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from mdit_py_plugins.texmath import texmath_plugin

from lms.courses.mathematics import MathematicsError, to_mathml

from .formulas import to_latex
from .package import FormatError, Notes

DEEPEST = 60
MOST_ELEMENTS = 200_000
MATHML = "http://www.w3.org/1998/Math/MathML"
# What XML 1.0 can't hold.
UNFIT = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_SPACE = re.compile(r"[ \t\r\n\f]+")
# A `]` alone ends no link; `\\[` would begin a formula.
_SPECIAL = re.compile(
    r"""[\\`*\]]
    | (?<![^\W_])_ | _(?![^\W_])        # within a word it emphasises nothing
    | <(?=[A-Za-z/!?])
    | &(?=\#?\w{1,32};)
    """,
    re.VERBOSE,
)
_STARTS = re.compile(r"(?:#{1,6}|[-+])(?=\s|$)|>|(?:-\s*){3,}$|=+\s*$|~{3,}|[-:|][-:|\s]*$")
_NUMBERED = re.compile(r"(\d{1,9})([.)])(?=\s|$)")
_UNCLOSED = re.compile(r"<(?=[^<>]*(?:<|$))")
_BRACES = re.compile(r"[\\{}$]")
# None begins inside of another, so that no text is looked through twice.
_MATHEMATICS = re.compile(r"\\\(((?:(?!\\\().)+?)\\\)|\\\[((?:\\\\|(?!\\\[).)+?)\\\]", re.DOTALL)

_BLOCKS = set(
    "p div section article header footer main aside nav address center form fieldset figure "
    "figcaption h1 h2 h3 h4 h5 h6 ul ol li dl dt dd pre blockquote hr table caption thead tbody "
    "tfoot tr td th colgroup col".split()
)
_STRONG, _EMPHASIS = {"strong", "b"}, {"em", "i", "var", "dfn", "cite"}
_CODE = {"code", "kbd", "samp", "tt"}
_GONE = {"script", "style", "head", "title", "meta", "link", "template", "noscript"}
_MEDIA = {"audio", "video", "iframe", "embed", "svg", "canvas", "applet", "source", "track"}
_RAISED = str.maketrans("0123456789+-=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ")
_LOWERED = str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")


def fit(text: str) -> str:
    """The text without characters that XML can't hold."""
    return UNFIT.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def local(element: Element) -> str:
    """The name of an element without its namespace; empty for comments and instructions."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def parse_xml(data: bytes, most: int = MOST_ELEMENTS) -> Element:
    """The root. Raises FormatError; declares no entities, fetches nothing."""
    try:
        root: Element = fromstring(data, forbid_dtd=True)
    except DefusedXmlException as problem:
        raise FormatError(
            _("It declares a document type (DOCTYPE), which is not read. Take that line out.")
        ) from problem
    except (ParseError, ValueError, LookupError, RecursionError, MemoryError) as problem:
        raise FormatError(_("It is no well-formed XML ({why}).").format(why=problem)) from problem
    pending, number = [(root, 1)], 0
    while pending:
        element, depth = pending.pop()
        number += 1
        if depth > DEEPEST or number > most:
            raise FormatError(_("It is nested too deeply or too large. Split it up."))
        pending.extend((child, depth + 1) for child in element)
    return root


def parse_html(html: str) -> Element:
    """HTML as it is typed, as elements. Never raises; what is nested too deeply becomes text."""
    # Tags that are not closed would be looked for over and over.
    html = _UNCLOSED.sub("&lt;", html)
    try:
        soup = BeautifulSoup(html, "html.parser")
    except (RecursionError, AssertionError, ValueError):
        plain = Element("div")
        plain.text = fit(re.sub(r"<[^>]*>", " ", html))
        return plain
    root = Element("div")
    _copy(soup, root, 1)
    return root


def _copy(source: Tag, target: Element, depth: int) -> None:
    last: Element | None = None

    def put(text: str) -> None:
        if last is None:
            target.text = (target.text or "") + text
        else:
            last.tail = (last.tail or "") + text

    for node in source.children:
        if isinstance(node, Tag):
            if depth >= DEEPEST:
                put(fit(node.get_text(" ")))
                continue
            last = Element(re.sub(r"[^a-z0-9]", "", node.name.lower()) or "span")
            for name, value in node.attrs.items():
                last.set(name, fit(value if isinstance(value, str) else " ".join(value)))
            target.append(last)
            _copy(node, last, depth + 1)
        elif isinstance(node, NavigableString) and not isinstance(node, PreformattedString):
            put(fit(str(node)))


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    md = MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": 40})
    md.enable("table").use(texmath_plugin, delimiters="brackets")
    for rule in ("math_inline", "math_inline_double", "math_block", "math_block_eqno"):
        md.add_render_rule(rule, _formula)
    return md


def _formula(self: RendererHTML, tokens: Sequence[Token], index: int, *_rest: object) -> str:
    source = tokens[index].content.strip()
    block = tokens[index].block
    try:
        formula = to_mathml(source, display=block)
    except MathematicsError:
        return escape(rf"\({source}\)", quote=False)
    body = formula.partition(">")[2].rpartition("</math>")[0]
    note = f'<annotation encoding="application/x-tex">{escape(source, quote=False)}</annotation>'
    shown = ' display="block"' if block else ""
    mathml = (
        f'<math xmlns="{MATHML}"{shown}><semantics><mrow>{body}</mrow>{note}</semantics></math>'
    )
    return f"<p>{mathml}</p>\n" if block else mathml


def to_xhtml(text: str) -> str:
    """XHTML of Markdown, well-formed inside any element."""
    return _parser().render(fit(text)).strip()


def elements_of(text: str) -> Element:
    """XHTML of Markdown, as a <div>."""
    return parse_xml(f"<div>{to_xhtml(text)}</div>".encode())


def normal(text: str) -> str:
    def kept(source: str, _alt: str) -> str | None:
        return source if source.startswith("picture:") else None

    return to_markdown(elements_of(text), picture=kept)


def from_plain(text: str) -> str:
    """Markdown that shows the text as it is, line by line; formulas stay formulas."""
    paragraphs: list[list[str]] = [[]]
    for line in fit(text).split("\n"):
        if line.strip():
            paragraphs[-1].append(line.strip())
        else:
            paragraphs.append([])
    paragraphs = [lines for lines in paragraphs if lines]
    as_typed = "\n\n".join("\n".join(lines) for lines in paragraphs)
    shown = "\n".join(f"<p>{'<br />'.join(map(_shown, lines))}</p>" for lines in paragraphs)
    # Most texts mean nothing to Markdown, and are kept readable.
    meant = "\\(" in text or "\\[" in text
    if not meant and _parser().render(as_typed).replace("<br />\n", "<br />").strip() == shown:
        return as_typed
    return "\n\n".join(
        "\n".join(_started(_escaped(line)) for line in lines) for lines in paragraphs
    )


def _shown(line: str) -> str:
    return escape(line, quote=False).replace('"', "&quot;")


def from_html(html: str, notes: Notes | None = None) -> str:
    return to_markdown(parse_html(html), notes)


def plain(text: str) -> str:
    """What is left of Markdown without its marks, on one line: for titles."""
    return _SPACE.sub(" ", unescape(re.sub(r"<[^>]*>", "", _parser().render(fit(text))))).strip()


@dataclass(slots=True)
class _Way:
    notes: Notes
    # The Markdown of a picture's address, None if it can't be had.
    picture: Callable[[str, str], str | None] | None = None
    # The Markdown of elements that are no XHTML; None if they are to be gone into.
    special: Callable[[Element], str | None] | None = None
    in_table: bool = False
    depth: int = field(default=0)


def to_markdown(
    element: Element,
    notes: Notes | None = None,
    *,
    picture: Callable[[str, str], str | None] | None = None,
    special: Callable[[Element], str | None] | None = None,
) -> str:
    """The Markdown of what is inside an element."""
    return "\n\n".join(_blocks(element, _Way(notes or Notes(), picture, special)))


def _nodes(element: Element) -> Iterable[str | Element]:
    if element.text:
        yield element.text
    for child in element:
        yield child
        if child.tail:
            yield child.tail


def _blocks(element: Element, way: _Way) -> list[str]:
    """The paragraphs, lists, tables… inside an element."""
    found: list[str] = []
    run: list[str | Element] = []
    last_list = ""

    def flush() -> None:
        text = _paragraph(run, way)
        run.clear()
        if text:
            found.append(text)

    for node in _nodes(element):
        if isinstance(node, str) or not _is_block(node, way):
            run.append(node)
            continue
        flush()
        name = local(node)
        if name in ("ul", "ol"):
            # Two lists in a row would be one but for another mark.
            marks = ("-", "*") if name == "ul" else (".", ")")
            mark = marks[1] if last_list == marks[0] and found else marks[0]
            found += _list(node, mark, way)
            last_list = mark
            continue
        last_list = ""
        if name in ("h1", "h2", "h3", "h4", "h5", "h6"):
            text = _inline(_nodes(node), way).strip().replace("\n", " ")
            if text:
                text = re.sub(r"(#+)$", r"\\\1", text)
                found.append(f"{'#' * int(name[1])} {text}")
        elif (formula := _displayed(node)) is not None:
            latex = to_latex(formula)
            found.append(rf"\[{latex}\]" if latex else _mathematics(formula, way))
        elif name == "pre":
            found.append(_code_block(node))
        elif name == "hr":
            found.append("***")
        elif name == "blockquote":
            quoted = "\n\n".join(_blocks(node, way)).split("\n")
            found.append("\n".join(f"> {line}".rstrip() for line in quoted))
        elif name == "table":
            found += _table(node, way)
        else:
            found += _blocks(node, way)
    flush()
    return [block for block in found if block.strip("> \n")]


def _displayed(element: Element) -> Element | None:
    """The formula that a paragraph consists of."""
    alone = len(element) == 1 and not "".join([element.text or "", element[0].tail or ""]).strip()
    if alone and local(element[0]) == "math" and element[0].get("display") == "block":
        return element[0]
    return None


def _is_block(element: Element, way: _Way) -> bool:
    """Whether it is a block, or something inline that holds one."""
    name = local(element)
    if name in _BLOCKS:
        return True
    if not name or name in ("math", "object", "a") or name in _CODE:
        return False
    if way.special is not None and name not in ("span", *_STRONG, *_EMPHASIS):
        # What the caller turns into text is inline unless there are blocks in it.
        return any(local(one) in _BLOCKS for one in element.iter()) and name not in _MEDIA
    return any(local(one) in _BLOCKS for one in element.iter())


def _paragraph(nodes: Iterable[str | Element], way: _Way) -> str:
    lines = _inline(nodes, way).split("\n")
    return "\n".join(_started(line.strip()) for line in lines if line.strip())


def _started(line: str) -> str:
    """A line that is no heading, item, quotation or table."""
    if _STARTS.match(line):
        return f"\\{line}"
    return _NUMBERED.sub(r"\1\\\2", line, count=1) if _NUMBERED.match(line) else line


def _escaped(text: str) -> str:
    """Text that means nothing to Markdown; formulas stay as they are."""
    pieces: list[str] = []
    position = 0
    for formula in _MATHEMATICS.finditer(text):
        pieces.append(_SPECIAL.sub(r"\\\g<0>", text[position : formula.start()]))
        pieces.append(rf"\({formula[1] or formula[2]}\)")
        position = formula.end()
    pieces.append(_SPECIAL.sub(r"\\\g<0>", text[position:]))
    return "".join(pieces)


def _inline(nodes: Iterable[str | Element], way: _Way) -> str:
    text = "".join(
        _text(node, way) if isinstance(node, str) else _element(node, way) for node in nodes
    )
    return re.sub(r" {2,}", " ", re.sub(r" *\n *", "\n", text))


def _text(text: str, way: _Way) -> str:
    text = _escaped(_SPACE.sub(" ", text))
    return text.replace("|", r"\|") if way.in_table else text


def _element(element: Element, way: _Way) -> str:
    """The Markdown of an inline element."""
    name = local(element)
    if not name or name in _GONE:
        return ""
    if way.special is not None:
        special = way.special(element)
        if special is not None:
            return special
    if name == "br":
        return " " if way.in_table else "\n"
    if name in ("img", "object"):
        return _picture(element, way)
    if name == "math":
        return _mathematics(element, way)
    if name in _MEDIA:
        way.notes.add(
            _("A recording or drawing in the text was left out. Put it into a lesson instead.")
        )
        return ""
    if name in _CODE:
        code = _SPACE.sub(" ", "".join(element.itertext())).strip()
        fence = "`" * (max(map(len, re.findall("`+", code)), default=0) + 1)
        space = " " if code.startswith("`") or code.endswith("`") else ""
        return f"{fence}{space}{code}{space}{fence}" if code else ""
    if name in ("rt", "rp"):
        inner = _inline(_nodes(element), way).strip()
        return f" ({inner})" if name == "rt" and inner else ""
    if name in ("sub", "sup"):
        return _shifted(element, name)
    inner = _inline(_nodes(element), way)
    if name in _STRONG:
        return _marked(inner, "**")
    if name in _EMPHASIS:
        return _marked(inner, "*")
    if name == "q":
        return f"“{inner.strip()}”"
    if name == "a" and inner.strip():
        address = (element.get("href") or "").strip()
        if re.match(r"(?:https?|mailto):[^\s<>]+$", address, re.IGNORECASE):
            return (
                f"[{inner.strip()}](<{address}>)"
                if "(" in address or ")" in address
                else (f"[{inner.strip()}]({address})")
            )
    return inner


def _balanced(text: str) -> str:
    """Text for between the brackets of a link or picture; what it links itself stays."""
    return text if "](" in text else text.replace("[", "&#91;")


def _marked(inner: str, mark: str) -> str:
    """Emphasised text: the marks must touch it."""
    core = inner.strip()
    if not core or core.startswith(mark[0]) or core.endswith(mark[0]):
        return inner
    before = inner[: len(inner) - len(inner.lstrip())]
    after = inner[len(inner.rstrip()) :]
    return f"{before}{mark}{core}{mark}{after}"


def _shifted(element: Element, name: str) -> str:
    """An index or a power: in digits of that height, or as a formula."""
    inner = _SPACE.sub(" ", "".join(element.itertext())).strip()
    table = _RAISED if name == "sup" else _LOWERED
    if all(ord(letter) in table for letter in inner):
        return inner.translate(table)
    sign = "^" if name == "sup" else "_"
    return rf"\({sign}{{\text{{{_BRACES.sub('', inner)}}}}}\)"


def _picture(element: Element, way: _Way) -> str:
    source = (element.get("src") or element.get("data") or "").strip()
    alt = element.get("alt") or ""
    if not alt and local(element) == "object":
        alt = "".join(element.itertext())
    alt = _SPACE.sub(" ", alt).strip()
    address = way.picture(source, alt) if way.picture else None
    if address is None:
        if not way.picture:
            way.notes.add(_("A picture was left out: the file holds none. Add it to the question."))
        return _escaped(alt)
    return f"![{_balanced(_escaped(alt))}]({address})"


def _mathematics(element: Element, way: _Way) -> str:
    latex = to_latex(element)
    if latex is None:
        alt = element.get("alttext")
        text = _SPACE.sub(" ", alt or "".join(element.itertext())).strip()
        way.notes.add(_("A formula came over as plain text. Write it again as \\( … \\)."))
        return _escaped(text)
    return rf"\({latex}\)" if latex else ""


def _code_block(element: Element) -> str:
    code = "".join(element.itertext()).strip("\n")
    fence = "`" * max(3, max(map(len, re.findall("`+", code)), default=0) + 1)
    return f"{fence}\n{code}\n{fence}"


def _list(element: Element, mark: str, way: _Way) -> list[str]:
    items: list[str] = []
    loose = any(local(part) == "p" for child in element for part in child)
    number = _number(element.get("start"))
    for child in element:
        if local(child) != "li":
            continue
        first = f"{number}{mark}" if mark in ".)" else mark
        number += 1
        indent = " " * (len(first) + 1)
        inner = ("\n\n" if loose else "\n").join(_blocks(child, way))
        lines = inner.split("\n")
        body = "\n".join([lines[0], *(indent + line if line else "" for line in lines[1:])])
        items.append(f"{first} {body}".rstrip())
    return [("\n\n" if loose else "\n").join(items)] if items else []


def _number(text: str | None) -> int:
    return int(text) if text and re.fullmatch(r"[0-9]{1,6}", text) else 1


def _table(element: Element, way: _Way) -> list[str]:
    rows: list[list[str]] = []
    for row in element.iter():
        if local(row) != "tr":
            continue
        cells = [cell for cell in row if local(cell) in ("td", "th")]
        if any(
            cell.get("colspan", "1") != "1" or cell.get("rowspan", "1") != "1" for cell in cells
        ):
            way.notes.add(_("Joined cells of a table were parted. Look at the table."))
        rows.append([_cell(cell, way) for cell in cells])
    rows = [row for row in rows if row]
    found = [
        text
        for caption in element
        if local(caption) == "caption"
        for text in [_paragraph(_nodes(caption), way)]
        if text
    ]
    if rows:
        width = max(map(len, rows))
        lines = ["| " + " | ".join([*row, *[""] * (width - len(row))]) + " |" for row in rows]
        found.append("\n".join([lines[0], "|" + " --- |" * width, *lines[1:]]))
    return found


def _cell(element: Element, way: _Way) -> str:
    inside = _Way(way.notes, way.picture, way.special, in_table=True)
    text = " ".join(_blocks(element, inside))
    return _SPACE.sub(" ", text).strip()
