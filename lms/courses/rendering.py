"""Lesson bodies as HTML. What was made once is kept while all it was made from stays as it is."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from django.core.cache import cache
from django.db.models import Subquery
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from django.utils.translation import get_language
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.rich_text import features
from wagtail.rich_text.rewriters import EmbedRewriter, LinkRewriter, MultiRuleRewriter
from wagtailmedia.models import get_media_model

from lms.files import playing
from lms.tenants.scope import provider_scope, unfenced

from .attachments import Attachments, attachments
from .mathematics import render_inline
from .models import CoursePage, LessonPage
from .models.pages import ancestor_paths

# Raise it when a block's template changes: what caches hold then is not found again.
VERSION = 3
KEPT = 24 * 60 * 60  # seconds
ANCHOR = re.compile(r"[\w-]+")


@dataclass(frozen=True, slots=True)
class Heading:
    """An entry of the lesson's outline."""

    level: int
    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """A lesson's body, and the headings in it."""

    html: SafeString
    outline: Sequence[Heading]


@dataclass(slots=True)
class Names:
    """Names that are unique in one rendered body; the headings given one are its outline."""

    taken: set[str] = field(default_factory=set)
    outline: list[Heading] = field(default_factory=list)

    def unique(self, text: str, stand_in: str) -> str:
        base = slugify(text, allow_unicode=True)[:60] or stand_in
        name, number = base, 1
        while name in self.taken:
            number += 1
            name = f"{base}-{number}"
        self.taken.add(name)
        return name

    def heading(self, level: str, text: str) -> str:
        """The anchor of the next heading; `level` is "h2" to "h4"."""
        anchor = self.unique(text, "section")
        self.outline.append(Heading(int(level[1]), text, anchor))
        return anchor


def render_body(course: CoursePage, lesson: LessonPage, *, draft: bool = False) -> Rendered:
    """The body as HTML with its outline. In a draft's preview files have their authors' addresses,
    since the published lesson may not use them yet."""
    names = Names()
    context = {"course": course, "lesson": lesson, "draft": draft, "names": names}
    parts = [child.render_as_block(context) for child in lesson.body]
    return Rendered(mark_safe("".join(parts)), tuple(names.outline))  # noqa: S308 - blocks' HTML


def published_body(course: CoursePage, lesson: LessonPage) -> Rendered:
    """`render_body` of the published lesson, remembered.

    The key is made of everything the HTML is made of: the body itself, its files as they are now,
    the course's settings and the reader's language. So nobody is ever shown an old one.
    """
    used = attachments(lesson.body)
    made_of = (
        VERSION,
        course.pk,
        course.language,
        course.downloadable,
        lesson.pk,
        get_language(),
        _versions(used, course),
        list(lesson.body.raw_data),
    )
    key = "lesson:" + blake2b(repr(made_of).encode(), digest_size=20).hexdigest()
    found = cache.get(key)
    if found is None:
        with unfenced("remembered for everybody"):
            found = render_body(course, lesson)
        cache.set(key, found, KEPT)
    return found


def _versions(used: Attachments, course: CoursePage) -> list[Any]:
    """What is shown of each file and may be changed without publishing the lesson again."""
    made = playing.made_of(course.provider_id).values("state")
    recordings = get_media_model().objects.annotate(made=Subquery(made))
    shown = [
        (get_document_model().objects, used.documents, ("pk", "title", "file", "file_size")),
        (recordings, used.media, ("pk", "title", "file", "thumbnail", "made")),
        (get_image_model().objects, used.images, ("pk", "description", "file", "file_hash")),
    ]
    with provider_scope(course.provider_id):
        return [
            list(rows.filter(pk__in=ids).order_by("pk").values_list(*fields))
            for rows, ids, fields in shown
            if ids
        ]


def file_url(file: Any, context: Any) -> str:
    """The address of a document or recording for whoever reads the lesson of `context`."""
    course, lesson = context.get("course"), context.get("lesson")
    if context.get("draft") or course is None or lesson is None:
        return file.url
    kind = "documents" if isinstance(file, get_document_model()) else "media"
    return reverse("learn:file", args=[course.pk, lesson.pk, kind, file.pk, file.filename])


def running_text(html: str, context: Any) -> SafeString:
    """Stored rich text as HTML: links to lessons and files lead through the viewer, `\\( … \\)` is
    set as mathematics."""
    links = {
        name: handler.expand_db_attributes_many
        for name, handler in features.get_link_types().items()
    }
    links["page"] = _PageLinks(links["page"], context).expand
    links["document"] = lambda attributes: _document_links(attributes, context)
    embeds = {
        name: handler.expand_db_attributes_many
        for name, handler in features.get_embed_types().items()
    }
    rewrite = MultiRuleRewriter([LinkRewriter(bulk_rules=links), EmbedRewriter(bulk_rules=embeds)])
    return mark_safe(render_inline(rewrite(html or "")))  # noqa: S308 - Wagtail keeps clean HTML


def _document_links(attributes: list[dict[str, str]], context: Any) -> list[str]:
    ids = [one.get("id") for one in attributes]
    documents = {str(pk): row for pk, row in get_document_model().objects.in_bulk(ids).items()}
    return [
        f'<a href="{escape(file_url(documents[pk], context))}">' if pk in documents else "<a>"
        for pk in ids
    ]


def _fragment(attributes: dict[str, str]) -> str:
    """Where in the lesson a link leads: the importer keeps it as `fragment="the-heading"`."""
    fragment = attributes.get("fragment", "")
    return f"#{fragment}" if ANCHOR.fullmatch(fragment) else ""


class _PageLinks:
    """Links to pages: those to lessons lead to the viewer, whatever host the reader is on."""

    def __init__(self, otherwise: Any, context: Any) -> None:
        self.otherwise = otherwise
        self.course = context.get("course")

    def expand(self, attributes: list[dict[str, str]]) -> list[str]:
        ids = [one.get("id") for one in attributes]
        lessons = {
            str(lesson.pk): lesson
            for lesson in LessonPage.objects.filter(pk__in=ids).only("pk", "path")
        }
        others = [one for one in attributes if one.get("id") not in lessons]
        expanded = dict(zip([one["id"] for one in others], self.otherwise(others), strict=True))
        return [
            f'<a href="{self._address(lessons[pk])}{_fragment(one)}">'
            if (pk := one.get("id", "")) in lessons
            else expanded[pk]
            for one in attributes
        ]

    def _address(self, lesson: LessonPage) -> str:
        course = self.course
        if course is None or course.path not in ancestor_paths(lesson.path):
            course = lesson.get_course()
        return reverse("learn:lesson", args=[course.pk, lesson.pk])
