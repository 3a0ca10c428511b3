"""Lists → rich text where it can hold them, otherwise text and blocks in turn."""

from bs4 import NavigableString, Tag

from .bundle import Block
from .callouts import task_mark
from .context import INVISIBLE, Context, plain
from .inline import rich
from .links import fragment_keys

# A list item with one of these can't be an item of rich text.
BLOCKS = [
    "pre", "fledge-code", "table", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "hr",
    "details", "img", "fledge-image", "picture", "figure", "fledge-division", "video", "audio",
    "dl",
]  # fmt: skip


class Lists:
    """Converts `<ul>`, `<ol>` and `<dl>`. converter: turns elements into blocks."""

    def __init__(self, context: Context, converter):
        self.context = context
        self.report = context.report
        self.converter = converter

    def convert(self, node: Tag, stream) -> None:
        """A list; one that holds code or images is taken apart around them."""
        ordered = node.name == "ol"
        start = str(node.get("start", "1"))
        first = int(start[:9]) if start.isascii() and start.isdigit() else 1
        if not _needs_blocks(node) and (first == 1 or not ordered):
            html, blocks = self.html(node)
            stream.text(html)
            stream.add(blocks)
            return
        self.report.carry("lists")
        self.report.approximate(
            "list with code, images or boxes" if _needs_blocks(node) else f"list from {first} on",
            "numbered paragraphs around them" if ordered else "a list before and after them",
            self.context.line,
        )
        for number, item in enumerate(_items(node), start=first):
            self.context.see(item)
            self._item(item, f"{number}. " if ordered else "", stream)

    def _item(self, item: Tag, number: str, stream) -> None:
        """One item of a list that is taken apart."""
        head, rest = _split(item)
        text, blocks = self._content(head)
        self.report.carry("list items")
        if text and number:
            # Nested lists can't stand in a paragraph: they follow it.
            paragraph, nested = _before_lists(text)
            stream.text((f"<p>{number}{paragraph}</p>" if paragraph else "") + nested)
        elif text:
            _append_item(stream, f"<li>{text}</li>")
        elif number and rest:
            stream.text(f"<p>{number.strip()}</p>")
        stream.add(blocks)
        stream.add(self.converter.flow(rest))

    def html(self, node: Tag) -> tuple[str, list[Block]]:
        """A list as rich text, and what could not stand in it after all."""
        self.report.carry("lists")
        hoisted: list[Block] = []
        written = []
        for item in _items(node):
            self.context.see(item)
            self.report.carry("list items")
            text, blocks = self._content(list(item.children))
            hoisted += blocks
            if text:
                written.append(f"<li>{text}</li>")
        return (f"<{node.name}>{''.join(written)}</{node.name}>" if written else ""), hoisted

    def _content(self, nodes: list) -> tuple[str, list[Block]]:
        """An item's text: paragraphs divided by line breaks, then the lists inside it."""
        text, nested = "", ""
        hoisted: list[Block] = []
        run: list = []
        nodes = self._marked(nodes)

        def end_run() -> None:
            nonlocal text
            html, blocks = rich(run, self.context)
            hoisted.extend(blocks)
            run.clear()
            if html and text:
                self.report.approximate(
                    "paragraphs of a list item", "lines of one item", self.context.line
                )
                text += "<br/><br/>"
            text += html

        for node in nodes:
            if isinstance(node, Tag) and node.name in ("ul", "ol"):
                end_run()
                html, blocks = self.html(node)
                nested += html
                hoisted.extend(blocks)
            elif isinstance(node, Tag) and node.name in ("p", "div"):
                end_run()
                run.extend(node.children)
                self.context.see(node)
                end_run()
            else:
                run.append(node)
        end_run()
        return text + nested, hoisted

    def _marked(self, nodes: list) -> list:
        """`[x]` and `[ ]` become signs."""
        for index, node in enumerate(nodes):
            if isinstance(node, INVISIBLE) or (isinstance(node, str) and not node.strip()):
                continue
            if isinstance(node, Tag) and node.name == "p":
                return [*nodes[:index], *self._marked(list(node.children)), *nodes[index + 1 :]]
            mark = task_mark(node) if isinstance(node, NavigableString) else None
            if mark:
                self.report.approximate("task list", "signs ☑ and ☐", self.context.line)
                text = NavigableString(("☑ " if mark[0] else "☐ ") + node[mark[1] :])
                return [*nodes[:index], text, *nodes[index + 1 :]]
            return nodes
        return nodes

    def definitions(self, node: Tag, stream) -> None:
        """A definition list: bold terms, or headings where other places link to the terms."""
        self.report.approximate("definition list", "terms and paragraphs", self.context.line)
        self.report.carry("lists")
        own = [each for each in node.find_all(["dt", "dd"]) if each.find_parent("dl") is node]
        # Terms that are linked to become headings: a link needs somewhere to lead.
        wanted = any(
            _ids(each) or self._is_wanted(plain(each)) for each in own if each.name == "dt"
        )
        level = min(self.context.heading_level + 1, 4)
        for child in own:
            self.context.see(child)
            if child.name == "dd":
                stream.add(self.converter.flow(list(child.children)))
                continue
            as_heading = wanted and plain(child)
            if as_heading:
                self.converter.write_heading(plain(child), level, _ids(child), stream)
            text, blocks = rich(list(child.children), self.context)
            if text and not as_heading:
                stream.text(f"<p><b>{text}</b></p>")
            stream.add(blocks)

    def _is_wanted(self, term: str) -> bool:
        return any(key in self.context.links.wanted for key in fragment_keys(term))


def _ids(term: Tag) -> list[str]:
    return [str(each["id"]) for each in [term, *term.find_all(id=True)] if each.get("id")]


def _items(node: Tag) -> list[Tag]:
    """The items; stray content between them counts as one."""
    found = []
    for child in list(node.children):
        if isinstance(child, Tag) and child.name == "li":
            found.append(child)
        elif isinstance(child, Tag) or (not isinstance(child, INVISIBLE) and str(child).strip()):
            stray = Tag(name="li")
            stray.append(child.extract())
            found.append(stray)
    return found


def _needs_blocks(node: Tag) -> bool:
    return bool(node.find(BLOCKS) or node.find("fledge-formula", display="yes"))


def _split(item: Tag) -> tuple[list, list]:
    """What can stand in the item's text, and everything from the first block on."""
    children = list(item.children)
    for index, child in enumerate(children):
        if isinstance(child, Tag) and (child.name in BLOCKS or _needs_blocks(child)):
            return children[:index], children[index:]
    return children, []


def _before_lists(html: str) -> tuple[str, str]:
    cut = min((at for at in (html.find("<ul>"), html.find("<ol>")) if at >= 0), default=len(html))
    return html[:cut], html[cut:]


def _append_item(stream, item: str) -> None:
    """Add to the list that stands last in the stream, or begin one."""
    last = stream.blocks[-1] if stream.blocks else None
    if last and last["type"] == "rich_text" and last["value"].endswith("</ul>"):
        last["value"] = f"{last['value'][: -len('</ul>')]}{item}</ul>"
    else:
        stream.text(f"<ul>{item}</ul>")
