"""Assessments for templates, those of apps below too."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import template
from django.template.context import Context
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from lms.assessments import selectors, texts
from lms.assessments.rules import marking
from lms.assessments.rules.answers import is_empty
from lms.assessments.rules.papers import pieces
from lms.assessments.rules.questions import Area, Hotspot, Kind, Shape
from lms.assessments.selectors import Card, Sheet
from lms.assessments.sheets import field
from lms.common import clock
from lms.enrolments.selectors import CourseAccess

register = template.Library()

# {standing of a card: (words, tone of the badge, icon)}
STANDINGS = {
    "coming": (_("Not open yet"), "info", "calendar-clock"),
    "open": (_("To do"), "info", "circle-dashed"),
    "running": (_("In progress"), "brand", "timer"),
    "waiting": (_("Waiting to be marked"), "brand", "inbox"),
    "done": (_("Done"), "success", "circle-check"),
    "failed": (_("Not passed"), "danger", "circle-x"),
    "missed": (_("Missed"), "danger", "clock-alert"),
}


@register.inclusion_tag("homework/_standing.html")
def card_badge(card: Card) -> dict[str, Any]:
    """A badge that says how a student stands with an assessment."""
    text, tone, icon = STANDINGS[card.standing]
    return {"text": text, "tone": tone, "icon": icon, "name": card.standing}


@register.simple_tag
def course_assessments(access: CourseAccess) -> list[Card]:
    """The assessments of the course somebody reads, as they see them."""
    if access.way == "preview":
        return []
    return selectors.cards_in(access, now=clock.now())


@register.filter
def question_text(text: str, address_of: Callable[[str], str] | None = None) -> SafeString:
    """Markdown of a teacher's as HTML; `address_of` knows the addresses of pictures."""
    return texts.as_html(text, address_of)


@register.filter
def question_line(text: str, address_of: Callable[[str], str] | None = None) -> SafeString:
    """The same without paragraphs."""
    return texts.in_line(text, address_of)


@register.filter
def duration(length: timedelta) -> str:
    """90 minutes → 1 h 30 min."""
    seconds = int(length.total_seconds())
    hours, minutes = divmod(seconds // 60, 60)
    if seconds < 60:
        return ngettext("%(number)d second", "%(number)d seconds", seconds) % {"number": seconds}
    if not hours:
        return ngettext("%(number)d minute", "%(number)d minutes", minutes) % {"number": minutes}
    shown = ngettext("%(number)d hour", "%(number)d hours", hours) % {"number": hours}
    return f"{shown} {minutes} min" if minutes else shown


@register.filter
def plain(number: Decimal | None) -> str:
    """Points as people write them: 2.50 → 2.5, 10.00 → 10."""
    return "" if number is None else f"{number.normalize():f}"


@register.filter
def picture_address(key: str, address_of: Callable[[str], str]) -> str:
    return address_of(key)


@register.filter
def corners(area: Area) -> str:
    """The corners of a rectangle or polygon, for SVG."""
    at = list(area.points)
    if area.shape == Shape.RECTANGLE:
        left, top, right, bottom = at
        at = [left, top, right, top, right, bottom, left, bottom]
    return " ".join(f"{x},{y}" for x, y in zip(at[::2], at[1::2], strict=True))


@register.filter
def point_size(content: Hotspot) -> int:
    """The radius of the point on a picture, in its pixels."""
    return max(4, min(content.width, content.height) // 40)


@dataclass(frozen=True, slots=True)
class Line:
    """One part of a question as its template shows it."""

    key: str
    text: str
    name: str = ""  # of its field
    chosen: bool = False
    value: str = ""
    right: bool | None = None  # where results are shown
    feedback: str = ""
    choices: tuple[str, ...] = ()


@register.simple_tag
def question(
    sheet: Sheet,
    mode: str = "sit",
    address_of: Any = None,
    solution: bool = False,
    upload: Any = None,
) -> SafeString:
    """A question: to be answered ("sit"), as it would be ("preview"), or with the answer marked
    ("result"), then with the right one too where `solution` says so. `upload` is the field of a
    file question."""
    response = sheet.response
    content = response.asked.content if mode == "result" else sheet.version.content
    kind = Kind(sheet.version.kind)
    answer = response.answer
    marked = None
    if mode == "result" and not is_empty(answer):
        marked = _marked(sheet)
    context = {
        "sheet": sheet,
        "content": content,
        "kind": kind,
        "mode": mode,
        "name": field(response.place),
        "answer": answer,
        "answered": not is_empty(answer),
        "lines": _lines(sheet, content, kind, answer, marked, mode),
        "said": marked.feedback if marked else (),
        "solution": marking.solution(kind, content) if solution else None,
        "show_solution": solution,
        "address_of": address_of,
        "upload": upload,
    }
    if solution and context["solution"]:
        context["solved"] = _in_words(kind, content, context["solution"])
    return SafeString(render_to_string("assessments/questions/question.html", context))


def _marked(sheet: Sheet) -> Any:
    asked = sheet.response.asked
    try:
        return marking.mark(asked.kind, asked.content, sheet.response.answer)
    except (KeyError, StopIteration):
        return None  # an answer to an earlier version that the new one does not know


def _lines(
    sheet: Sheet, content: Any, kind: Kind, answer: Any, marked: Any, mode: str
) -> list[Any]:
    name = field(sheet.response.place)
    parts = marked.parts if marked else {}
    if kind in (Kind.SINGLE, Kind.MULTIPLE):
        chosen = answer.get("choices", []) if kind == Kind.MULTIPLE else [answer.get("choice")]
        known = {one.key: one for one in content.choices}
        return [
            Line(
                one.key,
                one.text,
                chosen=one.key in chosen,
                right=parts.get(one.key),
                feedback=known[one.key].feedback if one.key in known and marked else "",
            )
            for one in sheet.options
        ]
    if kind == Kind.MATCHING:
        pairs = answer.get("pairs", {})
        return [
            Line(
                one.key,
                one.left,
                name=f"{name}-{one.key}",
                value=pairs.get(one.key, ""),
                right=parts.get(one.key),
                choices=tuple(each.key for each in sheet.options),
            )
            for one in content.pairs
        ]
    if kind == Kind.ORDERING:
        laid = {one.key: one for one in sheet.options}
        order = [key for key in answer.get("order", ()) if key in laid] or list(laid)
        return [
            Line(key, laid[key].text, name=f"{name}-{key}", right=parts.get(key)) for key in order
        ]
    if kind == Kind.BLANKS:
        given = answer.get("blanks", {})
        return [
            part
            if isinstance(part, str)
            else Line(
                part.key,
                "",
                name=f"{name}-{part.key}",
                value=given.get(part.key, ""),
                right=parts.get(part.key, False if marked else None),
                choices=part.choices,
            )
            for part in pieces(content)
        ]
    return []


def _in_words(kind: Kind, content: Any, answer: Any) -> list[str]:
    """A right answer, a line each (Markdown)."""
    if kind in (Kind.SINGLE, Kind.MULTIPLE):
        keys = answer.get("choices") or [answer.get("choice")]
        return [one.text for one in content.choices if one.key in keys]
    if kind == Kind.TRUE_FALSE:
        return [str(_("True") if answer["value"] else _("False"))]
    if kind == Kind.MATCHING:
        return [f"{one.left} → {one.right}" for one in content.pairs]
    if kind == Kind.ORDERING:
        return [one.text for one in content.items]
    if kind == Kind.BLANKS:
        return [answer["blanks"][one.key] for one in content.blanks]
    return [answer["text"]] if "text" in answer else []


@register.simple_tag
def assessments_waiting(courses: Any) -> dict[Any, int]:
    """{course id: attempts that wait to be marked}, for the desk's list of courses."""
    return selectors.waiting_in(list(courses))


@register.simple_tag(takes_context=True)
def writes_questions(context: Context) -> bool:
    """Whether the reader may write in some bank of questions."""
    request = context["request"]
    return selectors.has_bank(request.user, host=request.provider)


@register.filter
def of(known: dict[Any, Any], key: Any) -> Any:
    """What a dictionary has under a key; nothing where it has not."""
    return known.get(key)


register.filter("time_taken", selectors.time_taken)


@register.filter
def percent(share: Decimal | None) -> str:
    """0.4167 → 42 %."""
    return "–" if share is None else f"{(share * 100).quantize(Decimal(1))} %"
