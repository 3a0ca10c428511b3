"""HTML tables (Markdown's become such first) → Wagtail's typed tables."""

from bs4 import NavigableString, Tag

from .bundle import Block
from .context import Context, block, plain, plain_of
from .inline import rich

MAX_COLUMNS = 40
MAX_CELLS = 20_000
_INSIDE = {
    "p",
    "div",
    "ul",
    "ol",
    "li",
    "section",
    "center",
    "span",
    "blockquote",
    "dl",
    "dt",
    "dd",
}


def table_blocks(node: Tag, context: Context) -> list[Block]:
    """The table, and after it what can't stand in a cell."""
    context.see(node)
    caption_node = node.find("caption")
    caption = plain(caption_node) if isinstance(caption_node, Tag) else ""
    hoisted: list[Block] = []
    rows = _grid(node, context, hoisted)
    if not rows:
        context.report.leave_out("empty table", "it has no cells", context.line)
        return hoisted
    headings, rows = _split_head(node, rows)
    width = max(len(row) for row in [headings, *rows])
    if width > MAX_COLUMNS:
        context.report.approximate(
            f"table of {width} columns", f"its first {MAX_COLUMNS} columns", context.line
        )
        width = MAX_COLUMNS
    _look_at_heading_cells(node, context)
    table = {
        "columns": [{"type": "text", "heading": text} for text in _padded(headings, width)],
        "rows": [{"values": _padded(row, width)} for row in rows],
        "caption": "",
    }
    context.report.carry("tables")
    return [block("table", {"caption": caption[:255], "table": table}), *hoisted]


def _padded(row: list[str], width: int) -> list[str]:
    return (row + [""] * width)[:width]


def _own(node: Tag, names: tuple[str, ...]) -> list[Tag]:
    """Rows or cells of this table, not of one inside it."""
    return [found for found in node.find_all(names) if found.find_parent("table") is node]


def _grid(node: Tag, context: Context, hoisted: list[Block]) -> list[list[str]]:
    rows, cells = [], 0
    # Cells that reach down from above: column → (rows left, text)
    reaching: dict[int, int] = {}
    for row in _own(node, ("tr",)):
        context.see(row)
        out: list[str] = []
        for cell in row.find_all(("td", "th"), recursive=False):
            while reaching.get(len(out), 0) > 0:
                reaching[len(out)] -= 1
                out.append("")
            text, blocks = rich(flattened(cell), context)
            hoisted += blocks
            if blocks:
                context.report.approximate(
                    "image, code or list in a table cell", "after the table", context.line
                )
            columns, down = _span(cell, "colspan"), _span(cell, "rowspan")
            if columns > 1 or down > 1:
                context.report.approximate("joined table cells", "empty cells", context.line)
            for offset in range(columns):
                if down > 1:
                    reaching[len(out)] = down - 1
                out.append(text if offset == 0 else "")
        cells += len(out)
        if cells > MAX_CELLS:
            context.report.leave_out(
                "rest of a huge table", f"over {MAX_CELLS} cells", context.line
            )
            break
        if out:
            rows.append(out)
    return rows


def flattened(cell: Tag) -> list:
    """A cell's content with its paragraphs and list items divided by line breaks."""
    nodes: list = []
    for node in cell.children:
        if isinstance(node, Tag) and node.name in _INSIDE and len(nodes) < 1000:
            inner = flattened(node) if _depth(node) < 20 else [node.get_text(" ")]
            if nodes and inner and node.name != "span" and not _blank(nodes):
                nodes.append(Tag(name="br"))
            if node.name == "li":
                nodes.append(NavigableString("• "))
            nodes += inner
        else:
            nodes.append(node)
    return nodes


def _blank(nodes: list) -> bool:
    return not any(isinstance(node, Tag) or str(node).strip() for node in nodes)


def _depth(node: Tag) -> int:
    return sum(1 for _ in zip(node.parents, range(100), strict=False))


def _span(cell: Tag, name: str) -> int:
    value = str(cell.get(name, "1"))
    return min(max(int(value[:4]), 1), MAX_COLUMNS) if value.isascii() and value.isdigit() else 1


def _split_head(node: Tag, rows: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    """Headings are plain text; a table without a heading row gets empty ones."""
    first = next(iter(_own(node, ("tr",))), None)
    headed = first is not None and (
        first.find_parent("thead") is not None or not first.find_all("td", recursive=False)
    )
    if not headed:
        return [], rows
    return [plain_of(text) for text in rows[0]], rows[1:]


def _look_at_heading_cells(node: Tag, context: Context) -> None:
    for cell in _own(node, ("th",)):
        in_head = cell.find_parent("thead") is not None
        if in_head and cell.find("a", href=True):
            context.report.leave_out(
                "link in a table's heading row", "headings are plain text", context.line
            )
        elif in_head and cell.find(["code", "em", "strong", "b", "i"]):
            context.report.approximate(
                "formatting in a table's heading row", "plain text", context.line
            )
