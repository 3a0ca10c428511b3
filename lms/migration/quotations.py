"""Block quotations: alerts and labelled notes in disguise, and the words of others."""

import re

from bs4 import NavigableString, Tag

from .bundle import Block
from .callouts import Box, box_called, callout, label_of
from .context import Context, block, clean, plain, plain_of

_ALERT = re.compile(r"\s*\[!(\w+)\][ \t]*([^\n]*)")
_SAID_BY = re.compile(r"<p>\s*(?:—|–|--)\s*((?:(?!</p>).)+)</p>$", re.DOTALL)


def labelled(node: Tag) -> tuple[Box, str] | None:
    """The box that a quotation's first words ask for, and its title; the words are taken out."""
    paragraph = next((child for child in node.children if isinstance(child, Tag)), None)
    if paragraph is None or paragraph.name != "p":
        return None
    return _alert(paragraph) or _bold_label(paragraph)


def _alert(paragraph: Tag) -> tuple[Box, str] | None:
    """GitHub's `> [!NOTE]`, with Obsidian's title behind it."""
    first = next(iter(paragraph.children), None)
    if not isinstance(first, NavigableString) or not (match := _ALERT.match(first)):
        return None
    _name, box = box_called([match[1]])
    first.replace_with(NavigableString(first[match.end() :]))
    return box or Box("note", match[1].capitalize()), clean(match[2]).strip()


def _bold_label(paragraph: Tag) -> tuple[Box, str] | None:
    """MDN's `> **Note:** …`; any other bold label becomes the note's title."""
    label = next(iter(paragraph.children), None)
    if not isinstance(label, Tag) or label.name != "strong" or label.find(["a", "fledge-image"]):
        return None
    after = label.next_sibling
    text, rest = plain(label), str(after) if isinstance(after, NavigableString) else ""
    words = label_of(text)
    if not (text.endswith(":") or rest.lstrip().startswith(":")) or not words:
        return None
    if after is not None and rest.lstrip().startswith(":"):
        after.replace_with(NavigableString(rest.lstrip()[1:]))
    label.extract()
    _name, box = box_called([words.lower()])
    return (box, "") if box and box.kind != "quotation" else (Box("note"), words)


def quoted(body: list[Block], context: Context) -> list[Block]:
    """A quotation with who said it; a note where it holds what a quotation can't."""
    html = "".join(piece["value"] for piece in body if piece["type"] == "rich_text")
    if not body:
        context.report.leave_out("empty quotation", "it says nothing", context.line)
        return []
    if any(piece["type"] != "rich_text" for piece in body) or re.search(r"<[uo]l>", html):
        context.report.approximate("quotation with a list, code or image", "a note", context.line)
        return callout(Box("note"), "", body, context)
    context.report.carry("quotations")
    attribution = ""
    said = _SAID_BY.search(html)
    if said and said.start() and "<a " not in said[1]:
        attribution, html = plain_of(said[1])[:255], html[: said.start()]
    return [block("quotation", {"quote": html, "attribution": attribution, "source_url": ""})]
