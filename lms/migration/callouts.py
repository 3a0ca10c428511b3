"""Boxes: fenced divisions, kramdown's classed quotations, alerts, `<details>` → callouts."""

import re
from dataclasses import dataclass
from html import escape

from bs4 import NavigableString, Tag
from django.utils.translation import gettext as _

from .bundle import Block
from .context import Context, block, plain_of
from .inline import segments

# Blocks that may stand inside a callout (lms.courses.blocks.CalloutBodyBlock).
INSIDE = {
    "rich_text", "heading", "code", "image", "table", "mathematics", "quotation", "download",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Box:
    """How a named box comes out: kind "" means its content without a box."""

    kind: str
    title: str = ""
    collapsed: bool = False


def boxes() -> dict[str, Box]:
    """By the names in use: The Carpentries, GitHub, MDN, Docusaurus, MyST, Quarto, our own."""
    note, tip, warning = Box("note"), Box("tip"), Box("warning")
    important, exercise = Box("important"), Box("exercise")
    summary, prerequisite = Box("summary"), Box("prerequisite")
    return {
        "objectives": Box("objectives"),
        "questions": Box("note", _("Questions")),
        "keypoints": summary, "key-points": summary, "summary": summary, "takeaways": summary,
        "abstract": summary, "tldr": summary,
        "challenge": exercise, "exercise": exercise, "practice": exercise, "activity": exercise,
        "assignment": exercise, "task": exercise, "question": Box("exercise"),
        "solution": Box("solution", "", collapsed=True),
        "answer": Box("solution", "", collapsed=True),
        "hint": Box("tip", _("Hint"), collapsed=True),
        "spoiler": Box("note", _("More"), collapsed=True),
        "details": Box("note", "", collapsed=True),
        "dropdown": Box("note", "", collapsed=True),
        "callout": note, "note": note, "notes": note, "info": note, "information": note,
        "admonition": note, "seealso": Box("note", _("See also")), "see-also": note,
        "aside": note, "sidebar": note, "topic": note, "example": Box("note", _("Example")),
        "discussion": Box("note", _("Discussion")),
        "checklist": Box("note", _("Checklist")),
        "prereq": prerequisite, "prerequisite": prerequisite, "prerequisites": prerequisite,
        "tip": tip, "success": tip,
        "important": important, "attention": important,
        "warning": warning, "caution": warning, "danger": warning, "error": warning,
        "callout-note": note, "callout-tip": tip, "callout-warning": warning,
        "callout-caution": warning, "callout-important": important,
        "testimonial": Box("quotation"), "quote": Box("quotation"), "epigraph": Box("quotation"),
    }  # fmt: skip


# Divisions whose content stands in the text without a box.
TRANSPARENT = {
    "tab", "tabs", "group-tab", "tab-set", "tab-item", "tabset", "panel-tabset", "columns",
    "column", "row", "col", "grid", "card", "figure", "center", "fig", "table", "small",
    "overview", "div",
}  # fmt: skip
TABS = {"tab", "tabs", "group-tab", "tab-set", "tab-item", "tabset", "panel-tabset"}
FOR_INSTRUCTORS = {"instructor", "instructors", "instructor-note", "inst-notes", "teacher"}
_LABEL = re.compile(r"\s*([^\W\d_][^:!.?<>]{1,60}?)\s*:?\s*$")


def box_called(names: list[str]) -> tuple[str, Box | None]:
    """The first of several names that a box is known by."""
    known = boxes()
    for name in names:
        key = name.lower().removeprefix("{").removesuffix("}")
        if key in known:
            return key, known[key]
    return (names[0].lower() if names else ""), None


def callout(box: Box, title: str, body: list[Block], context: Context) -> list[Block]:
    """A callout around `body`, in pieces where something stands in it that no callout can hold.

    What comes after such a piece follows it in a second callout, so that the reading order stays.
    """
    if body and body[0]["type"] == "heading" and not title:
        title = body.pop(0)["value"]["text"]
    title = (title or box.title)[:255]
    made: list[Block] = []
    part: list[Block] = []
    parts = 0
    outside = [piece for piece in body if piece["type"] not in INSIDE]
    for piece in [*body, None]:
        if piece is not None and piece["type"] in INSIDE:
            part.append(piece)
            continue
        if part:
            parts += 1
            made.append(_one(box, title if parts == 1 else f"{title} ({parts})".strip(), part))
            part = []
        if piece is None:
            break
        if piece["type"] == "divider":
            context.report.leave_out("line inside a box", "boxes hold no lines", context.line)
        else:
            made.append(piece)
    if not made:
        context.report.leave_out(
            f"empty box “{title or box.kind}”", "it holds nothing", context.line
        )
        return []
    if parts == 0 and title:
        made.insert(0, block("heading", {"text": title, "level": "h4"}))
        context.report.approximate("box that only holds other boxes", "a heading", context.line)
    elif parts:
        context.report.carry("callouts")
    if any(piece["type"] not in ("callout", "divider") for piece in outside):
        context.report.approximate(
            "film, recording or question in a box", "outside the box", context.line
        )
    if any(piece["type"] == "callout" for piece in outside):
        context.report.approximate("box inside a box", "a box after it", context.line)
    return made


def _one(box: Box, title: str, body: list[Block]) -> Block:
    return block(
        "callout", {"kind": box.kind, "title": title, "collapsed": box.collapsed, "body": body}
    )


def label_of(first: str) -> str:
    """The words of a bold label that opens a quotation (`> **Note:** …`); empty for none."""
    match = _LABEL.match(first)
    return match[1].strip() if match else ""


# --- Questions to check oneself
_TASK = re.compile(r"\s*\[([ xX])\]\s+")


def task_mark(text: str) -> tuple[bool, int] | None:
    """Whether `[x]` or `[ ]` opens a list item, and how long the mark is."""
    match = _TASK.match(text)
    return (match[1] != " ", match.end()) if match else None


def self_check(nodes: list, title: str, context: Context, flow) -> list[Block]:
    """A `::: question` with a task list; nothing when it is no such question.

    nodes: the division's elements. flow: converts elements to blocks. What can't stand in a
    question (code, images) comes before it, or after it when it stood after the answers.
    """
    lists = [node for node in nodes if getattr(node, "name", "") == "ul"]
    tasks = next((each for each in lists if _is_task_list(each)), None)
    if tasks is None:
        return []
    items = tasks.find_all("li", recursive=False)
    if not 2 <= len(items) <= 12 or not any(_is_right(item) for item in items):
        context.report.approximate(
            "question that is no self-check",
            "a list: it needs 2 to 12 answers, one or more marked [x]",
            context.line,
        )
        return []
    at = nodes.index(tasks)
    before, after = flow(nodes[:at]), flow(nodes[at + 1 :])
    options = [_option(item, context) for item in items]
    context.report.carry("self-checks")
    if any(piece["type"] != "rich_text" for piece in [*before, *after]):
        context.report.approximate(
            "code or image in a question", "beside the question", context.line
        )
    fallback = f"<p>{escape(title or _('Which is right?'), quote=False)}</p>"
    question = block(
        "self_check",
        {"question": _text(before) or fallback, "options": options, "explanation": _text(after)},
    )
    return [*_others(before), question, *_others(after)]


def _text(blocks: list[Block]) -> str:
    return "".join(piece["value"] for piece in blocks if piece["type"] == "rich_text")


def _others(blocks: list[Block]) -> list[Block]:
    return [piece for piece in blocks if piece["type"] != "rich_text"]


def _is_right(item: Tag) -> bool:
    mark = task_mark(item.get_text())
    return mark is not None and mark[0]


def _is_task_list(node) -> bool:
    items = node.find_all("li", recursive=False)
    return bool(items) and all(task_mark(item.get_text()) for item in items)


def _option(item, context: Context) -> dict:
    """An answer: its first line, and its indented text as what is said when it is chosen."""
    html = "".join(piece for piece in segments(_lines(item), context) if isinstance(piece, str))
    head, _break, feedback = html.partition("<br/>")
    text = plain_of(head)
    mark = task_mark(f"{text} ")
    return {
        "text": text[mark[1] if mark else 0 :].strip()[:500],
        "correct": bool(mark and mark[0]),
        "feedback": plain_of(feedback.replace("<br/>", " "))[:500],
    }


def _lines(item: Tag) -> list:
    """A list item's content, its lines and paragraphs divided by line breaks."""
    nodes: list = []
    for node in item.children:
        if isinstance(node, Tag) and node.name in ("p", "ul", "ol", "li", "blockquote"):
            nodes += [Tag(name="br"), *_lines(node)] if _said(nodes) else _lines(node)
        elif isinstance(node, NavigableString) and "\n" in node.strip():
            for number, line in enumerate(node.strip().split("\n")):
                nodes += (
                    [Tag(name="br"), NavigableString(line)] if number else [NavigableString(line)]
                )
        else:
            nodes.append(node)
    return nodes


def _said(nodes: list) -> bool:
    return any(isinstance(node, Tag) or node.strip() for node in nodes)
