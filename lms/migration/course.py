"""What a course says about itself: description, source, licence and the settings of course.yaml."""

import re
from collections.abc import Mapping
from html import escape
from typing import Any

from django.utils.text import Truncator, slugify
from django.utils.translation import gettext as _

from lms.courses.blocks import CALLOUT_KINDS

from .bundle import Block, CourseBundle, Lesson, Schedule
from .context import Context, plain_of
from .folder import Folder
from .frontmatter import (
    Page,
    block_of,
    flag_of,
    list_of,
    number_of,
    section_of,
    text_of,
)
from .markdown import lesson_blocks, parse
from .plans import Plan, title_from
from .report import Report
from .sources import address_of, citation_of, find_source

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def describe(
    bundle: CourseBundle,
    plan: Plan,
    folder: Folder,
    report: Report,
    index: Lesson | None,
    pages: Mapping[str, Page],
) -> None:
    """Fill in everything about the course but its lessons.

    index: the course's own page, converted. What of it fits into the description is moved there;
    a page that holds more stays a lesson.
    """
    config = plan.config
    own = pages[plan.index].data if plan.index in pages else {}
    citation = citation_of(folder, report)
    top = plan.index.rpartition("/")[0]
    bundle.title = (
        text_of(config, "title", "name", limit=255)
        or (index.title if index and _has_own_title(own, index) else "")
        or text_of(citation, "title", limit=255)
        or title_from(top or folder.root.name)[:255]
        or "Course"
    )
    bundle.slug = slugify(text_of(config, "slug") or bundle.title, allow_unicode=True)[:200]
    # A template that nobody filled in says `repository: <USERNAME>/<PROJECT>`.
    places = (text_of(config, name) for name in ("source", "repository"))
    known_as = text_of(config, "slug", limit=255) or next(filter(address_of, places), "")
    bundle.key, bundle.key_is_guess = known_as or bundle.key[:255], not known_as
    _settings(bundle, config, plan.config_path, report)
    if index is not None:
        _description(bundle, index, own, report)
    written = block_of(config, "description")
    if written and plan.config_path.startswith("course"):
        bundle.description = _rich(written, plan, report)
    bundle.summary = Truncator(
        text_of(config, "summary", "subtitle")
        or text_of(own, "summary", "description")
        or _first_sentences(_first_paragraphs(bundle.description))
        or bundle.title
    ).chars(300)
    find_source(bundle, config, citation, folder, report)


def _has_own_title(data: Mapping[str, Any], index: Lesson) -> bool:
    """A title that stands in the page, not one made up from its file name."""
    return bool(text_of(data, "title")) or index.title != title_from(index.path)


def _settings(bundle: CourseBundle, config: Mapping[str, Any], path: str, report: Report) -> None:
    bundle.language = text_of(config, "language", "lang", limit=10) or "en"
    if not path.startswith("course"):
        return
    bundle.categories = list_of(config, "categories")
    bundle.level = text_of(config, "level").lower() or "all"
    bundle.price = text_of(config, "price") or "0"
    bundle.currency = text_of(config, "currency", limit=3).upper()
    bundle.instructors = list_of(config, "instructors")
    bundle.outcomes = list_of(config, "outcomes")
    bundle.requirements = list_of(config, "requirements")
    bundle.enrolment_limit = number_of(config, "enrolment_limit") or None
    bundle.downloadable = flag_of(config, "downloadable")
    bundle.visibility = text_of(config, "visibility").lower() or "marketplace"
    certificate = section_of(config, "certificate")
    bundle.certificate_enabled = flag_of(certificate, "enabled")
    bundle.certificate_minimum_grade = text_of(certificate, "minimum_grade")
    for name, allowed in (
        ("level", ("beginner", "intermediate", "advanced", "all")),
        ("visibility", ("marketplace", "portal")),
    ):
        if getattr(bundle, name) not in allowed:
            report.problem(
                f"{name} “{getattr(bundle, name)[:40]}” is unknown",
                f"“{allowed[-1] if name == 'level' else allowed[0]}” is used; "
                f"write one of {', '.join(allowed)}",
                path,
            )
            setattr(bundle, name, allowed[-1] if name == "level" else allowed[0])
    schedule = section_of(config, "schedule")
    if schedule:
        bundle.schedule = Schedule(
            text_of(schedule, "starts", "starts_on"),
            number_of(schedule, "weeks"),
            text_of(schedule, "frequency").lower(),
            [day.lower()[:3] for day in list_of(schedule, "days") if day.lower()[:3] in _DAYS],
            number_of(schedule, "session_minutes"),
            text_of(schedule, "note", limit=255),
        )


def _rich(text: str, plan: Plan, report: Report) -> str:
    """Markdown from a configuration file as rich text."""
    from .links import Links

    class _NoFiles:
        files: dict = {}
        refused: dict = {}

        def __init__(self) -> None:
            self.report = report

    links = Links(_NoFiles(), {}, {})  # type: ignore[arg-type]
    context = Context(plan.config_path, report.file(plan.config_path), links, {})
    html, _whole = _as_description(lesson_blocks(parse(text, context, 1), context, ""))
    return html


# --- The course's own page
def _description(
    bundle: CourseBundle, index: Lesson, own: Mapping[str, Any], report: Report
) -> None:
    """Move the index page into the description; keep it as a lesson where that can't hold it."""
    body = []
    for piece in index.body:
        callout = piece["value"] if piece["type"] == "callout" else {}
        needs = _requirements(callout) if callout.get("kind") == "prerequisite" else []
        if needs and not bundle.requirements:
            bundle.requirements = needs
        else:
            body.append(piece)
    bundle.description, fits = _as_description(body)
    if not _has_own_title(own, index):
        index.title = _("Overview")
    report.file(index.path).title = bundle.title if fits else index.title
    if fits:
        index.body = []
    else:
        report.file(index.path).approximate(
            "course's own page with code, images or boxes", "a first lesson of that name"
        )


def _as_description(body: list[Block]) -> tuple[str, bool]:
    """Text and headings as rich text, and whether that was all."""
    html, fits = "", True
    for piece in body:
        if piece["type"] == "rich_text":
            html += piece["value"]
        elif piece["type"] == "heading":
            html += f"<h3>{escape(piece['value']['text'], quote=False)}</h3>"
        elif piece["type"] == "callout" and not piece["value"]["collapsed"]:
            title = piece["value"]["title"] or dict(CALLOUT_KINDS)[piece["value"]["kind"]]
            inner, inner_fits = _as_description(piece["value"]["body"])
            html += f"<h3>{escape(str(title), quote=False)}</h3>{inner}"
            fits = fits and inner_fits
        elif piece["type"] == "divider":
            continue
        else:
            fits = False
    return html, fits


def _requirements(callout: dict) -> list[str]:
    """Prerequisites as short lines; none where they are more than that."""
    found: list[str] = []
    for piece in callout["body"]:
        if piece["type"] != "rich_text":
            return []
        found += re.split(r"</(?:p|li)>|<ul>|<ol>", piece["value"])
    lines = [plain_of(html) for html in found]
    lines = [line for line in lines if line]
    return lines if all(len(line) <= 255 for line in lines) and "<a " not in "".join(found) else []


def _first_paragraphs(html: str) -> str:
    """The text up to the first heading, without paragraphs that are nothing but links (badges)."""
    paragraphs = re.findall(r"<p>((?:(?!</p>).)*)</p>", html.split("<h3>")[0] or html, re.DOTALL)
    spoken = [
        plain_of(each)
        for each in paragraphs
        if len(plain_of(re.sub(r"<a .*?</a>", "", each, flags=re.DOTALL))) > 20
    ]
    return " ".join(spoken) or plain_of(html)


def _first_sentences(text: str) -> str:
    if len(text) <= 300:
        return text
    cut = max(text.rfind(mark, 0, 300) for mark in (". ", "! ", "? ", "。"))
    return text[: cut + 1] if cut > 60 else text
