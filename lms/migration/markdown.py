"""A Markdown document → the blocks of a lesson."""

import re
from html import escape

from bs4 import Tag
from django.utils.translation import gettext as _

from lms.courses.mathematics import MathematicsError, to_mathml

from .bundle import AssetKind, Block, asset_kind
from .callouts import (
    FOR_INSTRUCTORS,
    TABS,
    TRANSPARENT,
    Box,
    box_called,
    callout,
    self_check,
)
from .code import code_blocks
from .context import INVISIBLE, Context, block, clean, plain
from .films import video_page
from .inline import MAX_DEPTH, rich, segments, show
from .links import Kind
from .lists import Lists
from .markup import tree
from .quotations import labelled, quoted
from .report import FileReport
from .tables import flattened, table_blocks

HEADINGS = ["h1", "h2", "h3", "h4", "h5", "h6"]
CONTAINERS = {
    "div",
    "section",
    "article",
    "main",
    "header",
    "footer",
    "aside",
    "nav",
    "center",
    "li",
    "dd",
    "dt",
    "body",
    "html",
    "address",
    "[document]",
}
MAX_HEADING = 255


def first_heading(document: Tag) -> Tag | None:
    """The first H1 of a document, if it has one."""
    heading = document.find("h1")
    return heading if isinstance(heading, Tag) else None


def parse(text: str, context: Context, first_line: int) -> Tag:
    """The document's tree; `lesson_blocks` converts it."""
    return tree(text, context.report, first_line=first_line)


def lesson_blocks(document: Tag, context: Context, title: str) -> list[Block]:
    """The blocks of a document whose page is called `title`: an H1 that repeats it is dropped."""
    heading = first_heading(document)
    opens = heading is not None and document.find(HEADINGS) is heading
    if heading is not None and opens and plain(heading) == title:
        context.anchor(str(heading.get("id", "")), "")
        context.anchor(title, "")
        context.report.carry("titles")
        heading.decompose()
    converter = Converter(context, shift=1 if document.find("h1") else 0)
    return converter.flow(list(document.children))


class Stream:
    """Blocks in the making: neighbouring paragraphs and lists become one rich text."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []

    def text(self, html: str) -> None:
        """Add a paragraph or a list."""
        if not html:
            return
        if self.blocks and self.blocks[-1]["type"] == "rich_text":
            self.blocks[-1]["value"] += html
        else:
            self.blocks.append(block("rich_text", html))

    def add(self, blocks: list[Block]) -> None:
        """Add finished blocks."""
        for piece in blocks:
            if piece["type"] == "rich_text":
                self.text(piece["value"])
            else:
                self.blocks.append(piece)


class Converter:
    """Walks a tree and writes blocks. shift: added to heading levels."""

    def __init__(self, context: Context, *, shift: int = 0):
        self.context = context
        self.report = context.report
        self.shift = shift
        self.lists = Lists(context, self)
        self.depth = 0
        context.blocks_of = self.flow

    def flow(self, nodes: list) -> list[Block]:
        """The blocks of some elements and text, in order."""
        stream = Stream()
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.report.approximate("deeply nested content", "its text", self.context.line)
            words = " ".join(plain(node) for node in nodes if not isinstance(node, INVISIBLE))
            stream.text(f"<p>{escape(words, quote=False)}</p>" if words.strip() else "")
        else:
            self._flow(nodes, stream)
        self.depth -= 1
        return stream.blocks

    def _flow(self, nodes: list, stream: Stream) -> None:
        run: list = []
        for node in nodes:
            handler = self._handler(node)
            if handler is None:
                run.append(node)
                continue
            self.paragraph(run, stream)
            run = []
            self.context.see(node)
            handler(node, stream)
        self.paragraph(run, stream)

    def _handler(self, node):
        if not isinstance(node, Tag):
            return None
        if node.name in HEADINGS:
            return self.heading
        if node.name in CONTAINERS:
            return self.container
        return {
            "p": lambda node, stream: self.paragraph(list(node.children), stream),
            "ul": self.lists.convert,
            "ol": self.lists.convert,
            "dl": self.lists.definitions,
            "blockquote": self.quotation,
            "pre": lambda node, stream: stream.add(code_blocks(node, self.context)),
            "fledge-code": lambda node, stream: stream.add(code_blocks(node, self.context)),
            "table": lambda node, stream: stream.add(table_blocks(node, self.context)),
            "fledge-formula": self.formula if node.get("display") else None,
            "fledge-division": self.division,
            "fledge-notes": self.notes,
            "fledge-line": lambda node, stream: None,
            "details": self.details,
            "figure": self.figure,
            "hr": self.divider,
        }.get(node.name)

    # --- Text
    def paragraph(self, nodes: list, stream: Stream) -> None:
        """A paragraph; pictures in it stand between its parts, a film's link becomes the film."""
        spoken = [node for node in nodes if _says_something(node)]
        if not spoken:
            return
        if len(spoken) == 1 and isinstance(spoken[0], Tag) and spoken[0].name == "a":
            alone = self._link_alone(spoken[0])
            if alone:
                stream.add(alone)
                return
        pieces = segments(nodes, self.context)
        texts = [piece for piece in pieces if isinstance(piece, str) and _visible(piece)]
        if texts and len(texts) < len([piece for piece in pieces if not _is_blank(piece)]):
            self.report.approximate(
                "image or formula inside a paragraph", "between its parts", self.context.line
            )
        for piece in pieces:
            if not isinstance(piece, str):
                stream.add([self._checked(piece)])
            elif _visible(piece):
                self.report.carry("paragraphs")
                stream.text(f"<p>{_trimmed(piece)}</p>")

    def _link_alone(self, link: Tag) -> list[Block]:
        """A film or a download for a link that is a paragraph by itself; else nothing."""
        if link.find(["img", "fledge-image"]):
            return []
        self.context.see(link)
        target = self.context.links.resolve(str(link.get("href", "")), self.context.path)
        text = plain(link)
        if target.kind == Kind.EXTERNAL and video_page(target.value):
            title = "" if text == target.value else text
            return _blocks(show(target.value, title, "", self.context))
        if target.kind == Kind.FILE and asset_kind(target.value) != AssetKind.IMAGE:
            return _blocks(show(target.value, text, "", self.context))
        return []

    def heading(self, node: Tag, stream: Stream) -> None:
        """A heading; formatting in it is lost, as headings are plain text."""
        text = plain(node)
        level = int(node.name[1]) + self.shift
        identifier = str(node.get("id", ""))
        inside = self._quietly(node)
        if text:
            self.write_heading(text, level, [identifier], stream)
        _text, blocks = rich(list(node.children), inside)
        if not text and not blocks:
            self.report.leave_out("empty heading", "it says nothing", self.context.line)
            return
        stream.add(blocks)

    def _quietly(self, node: Tag) -> Context:
        if node.find("a", href=True):
            self.report.leave_out("link in a heading", "headings are plain text", self.context.line)
        if node.find(["code", "em", "strong", "b", "i", "sub", "sup", "kbd", "s", "del"]):
            self.report.approximate("formatting in a heading", "plain text", self.context.line)
        for link in node.find_all("a"):
            for name in ("id", "name"):
                if link.get(name):
                    self.context.anchor(str(link[name]), plain(node))
            link.unwrap()
        return self.context

    def write_heading(self, text: str, level: int, ids: list[str], stream: Stream) -> None:
        """A heading of a source's level: h1 and h2 become h2, h5 and h6 become h4."""
        if level > 4:
            self.report.approximate(f"heading of level {level}", "level 4", self.context.line)
        level = min(max(level, 2), 4)
        self.report.carry("headings")
        if len(text) > MAX_HEADING:
            self.report.approximate(
                f"heading over {MAX_HEADING} letters", "a bold paragraph", self.context.line
            )
            stream.text(f"<p><b>{escape(text, quote=False)}</b></p>")
            return
        self.context.heading, self.context.heading_level = text, level
        for identifier in [*ids, text]:
            self.context.anchor(identifier)
        stream.add([block("heading", {"text": text, "level": f"h{level}"})])

    # --- Containers
    def container(self, node: Tag, stream: Stream) -> None:
        """A `<div>` stands aside, unless its class names a box."""
        if node.get("id"):
            self.context.anchor(str(node["id"]))
        _name, box = box_called(_classes(node)) if node.name in ("div", "aside") else ("", None)
        body = self.flow(list(node.children))
        stream.add(self._boxed(box, "", body) if box else body)

    def division(self, node: Tag, stream: Stream) -> None:
        """A fenced division: a callout, a quotation, a question, or its content as it is."""
        names = [name for name in [str(node.get("name", "")), *_classes(node)] if name]
        name, box = box_called(names)
        title = plain(tree(str(node.get("title", "")), FileReport(self.context.path)))
        line = self.context.line
        if node.get("id"):
            self.context.anchor(str(node["id"]))
        if FOR_INSTRUCTORS & {each.lower() for each in names}:
            words = len(plain(node).split())
            self.report.leave_out(f"instructor note of {words} words", "for instructors only", line)
            return
        children = list(node.children)
        if name in ("question", "quiz", "self-check"):
            check = self_check(children, title, self.context, self.flow)
            if check:
                stream.add(check)
                return
        if box is None:
            if TABS & set(names):
                self.report.approximate("tabs", "one after another", line)
            elif name not in TRANSPARENT:
                self.report.approximate(
                    f"division “{clean(name)[:40]}”", "its content without a box", line
                )
            if title and name in TRANSPARENT:
                self.write_heading(title, min(self.context.heading_level + 1, 4), [], stream)
            stream.add(self.flow(children))
            return
        if str(node.get("collapsed")) == "true":
            box = Box(box.kind, box.title, collapsed=True)
        body = self.flow(children)
        self.context.line = line
        stream.add(self._boxed(box, title, body))

    def _boxed(self, box: Box, title: str, body: list[Block]) -> list[Block]:
        if box.kind == "quotation":
            return quoted(body, self.context)
        return callout(box, title, body, self.context)

    def details(self, node: Tag, stream: Stream) -> None:
        """`<details>` is a closed callout under its summary."""
        line = self.context.line
        summary = node.find("summary")
        title = ""
        if isinstance(summary, Tag):
            title = plain(summary)
            summary.extract()
        body = self.flow(list(node.children))
        _name, box = box_called([title.lower().strip(" :?!")])
        kind = box.kind if box and box.kind != "quotation" else "note"
        self.context.line = line
        stream.add(callout(Box(kind, _("More"), collapsed=True), title, body, self.context))

    def quotation(self, node: Tag, stream: Stream) -> None:
        """A block quotation: Jekyll's classed box, an alert, a labelled note, or a quotation."""
        line = self.context.line
        name, box = box_called(_classes(node))
        title = ""
        if box is None and not _classes(node):
            box, title = labelled(node) or (None, "")
        elif box is None:
            self.report.approximate(f"quotation “{clean(name)[:40]}”", "a quotation", line)
        elif name in FOR_INSTRUCTORS:
            self.report.leave_out("instructor note", "for instructors only", line)
            return
        body = self.flow(list(node.children))
        self.context.line = line
        stream.add(self._boxed(box, title, body) if box else quoted(body, self.context))

    # --- Single things
    def figure(self, node: Tag, stream: Stream) -> None:
        """An image or table with its caption."""
        caption_node = node.find("figcaption")
        caption = ""
        if isinstance(caption_node, Tag):
            caption = rich(flattened(caption_node), self.context)[0]
            caption_node.extract()
        body = self.flow(list(node.children))
        image = next((piece for piece in body if piece["type"] == "image"), None)
        if image is not None and not image["value"]["caption"]:
            image["value"]["caption"] = caption
        elif caption:
            body.append(block("rich_text", f"<p>{caption}</p>"))
        stream.add(body)

    def formula(self, node: Tag, stream: Stream) -> None:
        """A formula on lines of its own."""
        for piece in segments([node], self.context):
            stream.add([self._checked(piece)] if not isinstance(piece, str) else [])

    def _checked(self, piece: Block) -> Block:
        """Mathematics that can't be set would stop the editor from saving: it becomes code."""
        if piece["type"] != "mathematics":
            return piece
        try:
            to_mathml(piece["value"]["latex"], display=True)
        except MathematicsError:
            self.report.approximate(
                "formula that can't be set", "its LaTeX as code", self.context.line
            )
            return block(
                "code", {"language": "latex", "filename": "", "code": piece["value"]["latex"]}
            )
        return piece

    def divider(self, _node: Tag, stream: Stream) -> None:
        """A line between two parts."""
        self.report.carry("dividers")
        stream.add([block("divider", None)])

    def notes(self, node: Tag, stream: Stream) -> None:
        """The footnotes, numbered, below a line."""
        stream.add([block("divider", None)])
        stream.add(self.flow(list(node.children)))


def _classes(node: Tag) -> list[str]:
    value = node.get("class")
    return value.split() if isinstance(value, str) else list(value or ())


def _blocks(pieces: list[str | Block]) -> list[Block]:
    return [piece for piece in pieces if not isinstance(piece, str)]


def _says_something(node) -> bool:
    if isinstance(node, Tag):
        return node.name != "fledge-line"
    return not isinstance(node, INVISIBLE) and bool(node.strip())


def _is_blank(piece) -> bool:
    return isinstance(piece, str) and not _visible(piece)


def _visible(html: str) -> bool:
    return bool(re.sub(r"<br/>|\s", "", html))


def _trimmed(html: str) -> str:
    return re.sub(r"^(?:\s|<br/>)+|(?:\s|<br/>)+$", "", html)
