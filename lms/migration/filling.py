"""From a bundle's plain data to the values of pages: ids for paths, rows for names."""

import json
import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from bs4 import BeautifulSoup
from django.contrib.auth import get_user_model
from django.db.models import Q
from django.utils.text import slugify
from wagtail.models import Page

from lms.common.money import Money, MoneyError
from lms.courses.languages import language_choices
from lms.courses.models import Category, Pacing
from lms.files.models import Image, Media
from lms.tenants.models import Membership
from lms.tenants.scope.context import sole_provider_id

from .bundle import Block, CourseBundle, Lesson
from .report import Report
from .storing import Files

FREQUENCIES = {"daily", "weekly", "fortnightly", "custom"}
DAYS = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"}


class Filling:
    """Puts ids in place of paths. pages: source path → page; files: stored files by path."""

    def __init__(self, pages: dict[str, Page], files: Files, key: str):
        self.pages = pages
        self.files = files
        self.key = key

    def lesson_values(self, lesson: Lesson) -> dict[str, Any]:
        """What an import writes to a lesson's page."""
        return {
            "title": lesson.title,
            "summary": lesson.summary,
            "minutes": lesson.minutes,
            "free_preview": lesson.free_preview,
            "required": lesson.required,
            "body": json.dumps(self._with_ids(self._filled(lesson.body, lesson), lesson.path)),
        }

    def _filled(self, value: Any, lesson: Lesson) -> Any:
        if isinstance(value, dict):
            if set(value) == {"asset"}:
                return self.files.ids[value["asset"]]
            return {key: self._filled(item, lesson) for key, item in value.items()}
        if isinstance(value, list):
            return [self._filled(item, lesson) for item in value]
        return self.rich_text(value, lesson.path) if isinstance(value, str) else value

    def rich_text(self, html: str, path: str) -> str:
        """Rich text with Wagtail's links to pages and documents."""
        if "<a data-" not in html:
            return html
        soup = BeautifulSoup(html, "html.parser")
        for link in soup.find_all("a"):
            if link.get("data-asset") is not None:
                link.attrs = {
                    "linktype": "document",
                    "id": str(self.files.ids[str(link["data-asset"])]),
                }
            elif link.get("data-lesson") is not None:
                self._link(link, path)
        return str(soup)

    def _link(self, link: Any, path: str) -> None:
        target, heading = link["data-lesson"], link.get("data-fragment", "")
        # As lms.courses.rendering names its headings.
        anchor = (slugify(heading, allow_unicode=True)[:60] or "section") if heading else ""
        page = self.pages.get(target)
        if target == path and anchor:
            link.attrs = {"href": f"#{anchor}"}
        elif page is None:
            link.unwrap()
        else:
            link.attrs = {"linktype": "page", "id": str(page.pk)}
            if anchor:
                link["fragment"] = anchor

    def _with_ids(self, blocks: list[Block], path: str) -> list[Block]:
        """Blocks with ids that stay the same from import to import, so that comments stay too."""
        seen: dict[str, int] = {}

        def numbered(piece: Block, where: str) -> Block:
            content = json.dumps(piece, sort_keys=True)
            seen[content] = seen.get(content, 0) + 1
            name = f"{self.key}\n{path}\n{where}\n{content}\n{seen[content]}"
            value = piece["value"]
            if piece["type"] == "callout":
                inner = [numbered(each, f"{where}/callout") for each in value["body"]]
                value = {**value, "body": inner}
            elif piece["type"] == "self_check":
                options = [
                    {"type": "item", "value": each, "id": str(uuid5(NAMESPACE_URL, f"{name}{at}"))}
                    for at, each in enumerate(value["options"])
                ]
                value = {**value, "options": options}
            return {**piece, "value": value, "id": str(uuid5(NAMESPACE_URL, name))}

        return [numbered(piece, "") for piece in blocks]


def course_values(bundle: CourseBundle, filling: Filling, report: Report) -> dict[str, Any]:
    """What an import writes to a course's page: what its source names, and nothing else."""
    values: dict[str, Any] = {
        "title": bundle.title,
        "summary": bundle.summary,
        "description": filling.rich_text(bundle.description, ""),
        "source_title": bundle.source_title,
        "source_url": bundle.source_url,
        "source_authors": bundle.source_authors,
        "licence_name": bundle.licence_name,
        "licence_url": bundle.licence_url,
        "language": _language(bundle, report),
        "level": bundle.level,
        "visibility": bundle.visibility,
        "enrolment_limit": bundle.enrolment_limit,
        "outcomes": _lines("outcome", bundle.outcomes, report),
        "requirements": _lines("requirement", bundle.requirements, report),
    }
    if bundle.downloadable is not None:
        values["downloadable"] = bundle.downloadable
    if bundle.certificate_enabled is not None:
        values["certificate_enabled"] = bundle.certificate_enabled
    if bundle.cover:
        values["cover"] = Image.objects.get(pk=filling.files.ids[bundle.cover])
    if bundle.trailer:
        values["trailer"] = Media.objects.get(pk=filling.files.ids[bundle.trailer])
    if bundle.categories:
        values["categories"] = _categories(bundle, report)
    if bundle.instructors:
        values["instructors"] = _instructors(bundle, report)
    return {
        **values,
        **_price(bundle, report),
        **_grade(bundle, report),
        **_schedule(bundle, report),
    }


def _language(bundle: CourseBundle, report: Report) -> str:
    known = {code.lower(): code for code, _name in language_choices()}
    wanted = bundle.language.lower().replace("_", "-")
    code = known.get(wanted) or known.get(wanted.partition("-")[0])
    if code is None:
        report.problem(f"language “{bundle.language}” is unknown", "“en” is used", "course")
    return code or "en"


def _lines(kind: str, lines: list[str], report: Report) -> str:
    for line in lines:
        if len(line) > 255:
            report.problem(f"{kind} over 255 letters", "its beginning is used", "course")
    return json.dumps(
        [
            {
                "type": kind,
                "value": line[:255],
                "id": str(uuid5(NAMESPACE_URL, f"{kind}{at}{line}")),
            }
            for at, line in enumerate(lines)
        ]
    )


def _price(bundle: CourseBundle, report: Report) -> dict[str, Any]:
    currency = bundle.currency or "EUR"
    try:
        amount = Decimal(bundle.price)
        price = Money.from_decimal(amount, currency)
        if amount < 0:
            raise InvalidOperation
    except (InvalidOperation, MoneyError, ValueError):
        report.problem(
            f"price “{bundle.price[:20]} {currency}” can't be read",
            'the course is free for now; write price: "49.00" and currency: EUR',
            "course",
        )
        return {}
    # A source that names no price says nothing against one set here.
    return {"price_minor": price.amount_minor, "currency": currency} if bundle.currency else {}


def _grade(bundle: CourseBundle, report: Report) -> dict[str, Any]:
    if not bundle.certificate_minimum_grade:
        return {}
    try:
        grade = Decimal(bundle.certificate_minimum_grade)
        if not 0 <= grade <= 100:
            raise InvalidOperation
    except InvalidOperation:
        report.problem("minimum grade can't be read", "none is used; write 0 to 100", "course")
        return {}
    return {"certificate_minimum_grade": grade.quantize(Decimal("0.01"))}


def _schedule(bundle: CourseBundle, report: Report) -> dict[str, Any]:
    schedule = bundle.schedule
    if schedule is None:
        return {}
    starts = None
    if schedule.starts_on:
        try:
            starts = date.fromisoformat(re.sub(r"[T ].*", "", schedule.starts_on))
        except ValueError:
            report.problem("start of the course can't be read", "write it as 2026-09-01", "course")
    frequency = schedule.frequency if schedule.frequency in FREQUENCIES else ""
    if schedule.frequency and not frequency:
        report.problem(
            f"frequency “{schedule.frequency[:20]}” is unknown",
            f"write one of {', '.join(sorted(FREQUENCIES))}",
            "course",
        )
    return {
        "pacing": Pacing.SCHEDULED if starts else Pacing.SELF_PACED,
        "starts_on": starts,
        "weeks": schedule.weeks or None,
        "frequency": frequency,
        "days": [day for day in schedule.days if day in DAYS],
        "session_minutes": schedule.session_minutes or None,
        "schedule_note": schedule.note,
    }


def _categories(bundle: CourseBundle, report: Report) -> list[Category]:
    offered = Category.objects.filter(Q(provider=None) | Q(provider_id=sole_provider_id()))
    found = []
    for name in bundle.categories:
        row = offered.filter(Q(name__iexact=name) | Q(slug=slugify(name))).first()
        if row is None:
            report.problem(
                f"category “{name[:80]}” is unknown",
                "left out; create it and import again",
                "course",
            )
        elif row not in found:
            found.append(row)
    return found


def _instructors(bundle: CourseBundle, report: Report) -> list[Any]:
    teachers = Membership.objects.filter(role__in=["admin", "instructor"]).values("user_id")
    found = []
    for email in bundle.instructors:
        user = get_user_model().objects.filter(email__iexact=email, pk__in=teachers).first()
        if user is None:
            report.problem(
                f"instructor {email[:100]} is unknown here",
                "left out; invite them to the provider and import again",
                "course",
            )
        else:
            found.append(user)
    return found
