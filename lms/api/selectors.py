"""Reads: what a front end may fetch. Pages below the host's root, never a draft.

What is private is decided by `lms.enrolments.selectors`, as for the lesson viewer.
"""

from typing import Any
from uuid import UUID

from django.contrib.contenttypes.models import ContentType
from django.core import signing
from django.db.models import BigIntegerField, CharField, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Cast, Left
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page, ReferenceIndex, Site

from lms.common import clock
from lms.common.errors import NotFound, SignInRequired
from lms.courses.models import CoursePage, LessonPage, ModulePage, Visibility
from lms.courses.selectors import curricula
from lms.courses.tree import ancestor_paths, provider_id_at
from lms.enrolments.access import Way, closed_to, standings_of_seats
from lms.enrolments.models import Enrolment
from lms.enrolments.selectors import lesson_for, open_course
from lms.enrolments.states import State as Seat
from lms.files.models import Document, Image
from lms.tenants.limits import NotInPlan, has_feature
from lms.tenants.models import Feature, Provider
from lms.tenants.permissions import Code, can, may_enter, roles_of
from lms.tenants.scope import provider_scope
from lms.tenants.states import State

from .models import FrontEnd

PREVIEW_SALT = "lms.api.preview"
PREVIEW_SECONDS = 15 * 60

# Where things stand in the tree: root, marketplace, house, course, module or lesson.
HOUSE, COURSE, MODULE = (depth * Page.steplen for depth in (3, 4, 5))


def require_open(provider: Provider | None, user: Any) -> None:
    """Refuse where the house of this host (None: the marketplace) has no content API for `user`.

    Raises NotInPlan, and for a private house SignInRequired and NotFound.
    """
    if provider is None:
        return
    if not has_feature(provider, Feature.HEADLESS):
        raise NotInPlan(_("This school's plan does not include the content API."))
    if not may_enter(user, provider):
        raise NotFound if user.is_authenticated else SignInRequired


def visible_pages(site: Site, host: Provider | None) -> QuerySet[Page]:
    """The published pages that every visitor of this host may know of; lessons by name only."""
    here = OuterRef("path")
    unpublished = Page.objects.filter(live=False)
    pages = Page.objects.live().public().descendant_of(site.root_page, inclusive=True)
    # One by one: the database makes a hash join of each, and of none of them joined by "or".
    for above in (HOUSE, COURSE, MODULE):
        pages = pages.filter(~Exists(unpublished.filter(path=Left(here, above))))
    pages = pages.order_by("id")
    if host is None:
        elsewhere = CoursePage.objects.exclude(visibility=Visibility.MARKETPLACE)
        pages = pages.filter(
            ~Exists(_closed_houses().filter(page__path=Left(here, HOUSE))),
            ~Exists(elsewhere.filter(path=Left(here, COURSE))),
        )
    return pages


def _closed_houses() -> QuerySet[Provider]:
    """Houses whose pages the marketplace does not show."""
    return Provider.objects.filter(~Q(status=State.OPEN) | Q(is_portal=True))


def page_for(user: Any, page_id: int, *, site: Site, host: Provider | None) -> tuple[Page, bool]:
    """A published page in full for one who may read it, and whether everybody may.

    Raises NotFound, and for lessons what `lesson_for` raises.
    """
    page = Page.objects.live().filter(pk=page_id).first()
    if page is None:
        raise NotFound
    public = visible_pages(site, host).filter(pk=page_id).exists()
    page = page.specific
    if isinstance(page, LessonPage):
        course = _course_above(page)
        access = lesson_for(user, course.pk, page.pk, host=host)
        return access.lesson, public and access.lesson.free_preview
    if not public:
        if not isinstance(page, CoursePage | ModulePage):
            raise NotFound
        open_course(user, _course_above(page).pk, host=host)
    return page, public


def _course_above(page: Page) -> CoursePage:
    """The published course a page is or stands in. Raises NotFound."""
    course = CoursePage.objects.live().filter(path__in=ancestor_paths(page.path)).first()
    if (
        course is None
        or Page.objects.filter(path__in=ancestor_paths(page.path)[2:], live=False).exists()
    ):
        raise NotFound
    return course


def draft_for(token: str, *, host: Provider | None) -> Page:
    """The newest draft of the page that a preview token opens, on its own house's host.

    Raises NotFound for a token that is old, made up or another house's.
    """
    try:
        page_id, provider_id = signing.loads(token, salt=PREVIEW_SALT, max_age=PREVIEW_SECONDS)
    except signing.BadSignature as bad:
        raise NotFound from bad
    page = Page.objects.filter(pk=page_id).first()
    if page is None or host is None or str(host.pk) != provider_id:
        raise NotFound
    if provider_id_at(page) != host.pk:
        raise NotFound
    return page.specific.get_latest_revision_as_object()


def preview_url(provider_id: UUID | None) -> str:
    """Where the house's front end shows drafts; "" for nowhere."""
    if provider_id is None:
        return ""
    with provider_scope(provider_id):
        return FrontEnd.objects.values_list("preview_url", flat=True).first() or ""


# --- Files ----------------------------------------------------------------------------------------


def visible_images(site: Site, host: Provider | None) -> QuerySet[Image]:
    """The pictures of pages that every visitor of this host may read, and the house's logo."""
    closed = LessonPage.objects.filter(free_preview=False)
    pages = visible_pages(site, host).exclude(pk__in=closed.values("pk"))
    if host is None:  # of the shop window and its courses, not of every lesson there is
        pages = pages.filter(depth__lte=COURSE // Page.steplen)
    logo = Q(pk=host.logo_id) if host and host.logo_id else Q(pk__in=[])
    used = Q(pk__in=_used_files(Image, pages))
    return Image.objects.filter(used | logo).order_by("id")


def readable_lessons(user: Any, site: Site, host: Provider | None) -> QuerySet[LessonPage]:
    """The published lessons `user` may read on this host: free previews, those of courses they have
    a seat in, and every one of the houses they work for."""
    pages = visible_pages(site, host)
    lessons = LessonPage.objects.filter(pk__in=pages.values("pk"))
    mine = Q(free_preview=True)
    if user.is_authenticated:
        seats = Enrolment.objects.filter(student_id=user.pk, state=Seat.ACTIVE)
        standings = standings_of_seats(list(seats.select_related("course")), at=clock.now())
        closed = closed_to(standings, curricula(one.course for one in standings))
        for one in standings:
            if one.enrolment is not None and one.way == Way.ENROLLED:
                below = Q(path__startswith=one.course.path)
                mine |= below & ~Q(pk__in=list(closed[one.enrolment.pk]))
        houses = [host] if host else Provider.objects.filter(pk__in=roles_of(user))
        for house in houses:
            if can(user, Code.VIEW_PROGRESS, house):
                front = Page.objects.filter(pk=house.page.pk)
                mine |= Q(path__startswith=front.values_list("path", flat=True)[0])
    return lessons.filter(mine)


def readable_documents(lessons: QuerySet[LessonPage]) -> QuerySet[Document]:
    """The documents these lessons use."""
    return Document.objects.filter(pk__in=_used_files(Document, lessons)).order_by("id")


def places_of(
    documents: list[Document], lessons: QuerySet[LessonPage]
) -> dict[int, tuple[int, int]]:
    """{document id: (course id, lesson id)}: where each is used first. Three queries."""
    kind = ContentType.objects.get_for_model(Document)
    uses = _references(lessons).filter(
        to_content_type=kind, to_object_id__in=[str(one.pk) for one in documents]
    )
    pairs = sorted({(int(lesson), int(file)) for file, lesson in
                    uses.values_list("to_object_id", "object_id")}, reverse=True)  # fmt: skip
    paths = dict(
        LessonPage.objects.filter(pk__in={lesson for lesson, _file in pairs}).values_list(
            "pk", "path"
        )
    )
    courses = dict(
        CoursePage.objects.filter(path__in={path[:COURSE] for path in paths.values()}).values_list(
            "path", "pk"
        )
    )
    return {file: (courses[paths[lesson][:COURSE]], lesson) for lesson, file in pairs}


def _references(pages: QuerySet[Any]) -> QuerySet[ReferenceIndex]:
    kind = ContentType.objects.get_for_model(Page)
    ids = pages.order_by().annotate(as_text=Cast("pk", CharField())).values("as_text")
    return ReferenceIndex.objects.filter(base_content_type=kind, object_id__in=ids)


def _used_files(model: type[Any], pages: QuerySet[Any]) -> QuerySet[Any]:
    kind = ContentType.objects.get_for_model(model)
    uses = _references(pages).filter(to_content_type=kind)
    return uses.annotate(as_key=Cast("to_object_id", BigIntegerField())).values("as_key")
