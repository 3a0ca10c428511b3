"""Writes: a CourseBundle becomes pages, or nothing does."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from wagtail.models import Collection, Page

from lms.common.errors import Invalid
from lms.courses.models import CoursePage, LessonPage, ModulePage
from lms.tenants.models import Provider
from lms.tenants.scope import provider_scope

from .assets import fingerprint
from .bundle import CourseBundle, Lesson, Module
from .filling import Filling, course_values
from .models import ImportedItem
from .report import Report
from .storing import Files

Progress = Callable[[int, int, str], None]
Kind = ImportedItem.Kind
SOURCE_LENGTH = 500


def import_course(
    bundle: CourseBundle,
    report: Report,
    *,
    provider: Provider,
    actor: Any = None,
    publish: bool = False,
    overwrite: bool = False,
    progress: Progress = lambda done, total, what: None,
) -> CoursePage:
    """Write a course below its provider's page, as drafts unless `publish`.

    A course that was imported before is brought up to date. What an author has changed since then
    is kept, and reported as a conflict where the source changed too, unless `overwrite`. Lessons
    that are gone from the source stay, and are reported. All or nothing: on any error no row and
    no file is left behind.

    actor: the user named in the pages' history; None for nobody. Raises Invalid where the provider
    has no page, or where another course is known by the bundle's key.
    """
    home = getattr(provider, "page", None)
    if home is None:
        raise Invalid(_("This provider has no page yet, so no courses can stand below it."))
    with provider_scope(provider):
        files = Files(_collection(home, provider), actor, report)
        try:
            with transaction.atomic():
                writer = _Writer(bundle, report, home, files, actor, overwrite, progress)
                return writer.write(publish)
        except BaseException:
            files.take_back()
            raise


def _collection(home: Page, provider: Provider) -> Collection:
    """The collection that the provider's people may use; the root where it has none."""
    own = Collection.objects.filter(
        depth__gt=1, group_permissions__group__page_permissions__page_id=home.pk
    ).first()
    return own or Collection.get_first_root_node()


class _Writer:
    """One import into one provider's tree."""

    def __init__(
        self,
        bundle: CourseBundle,
        report: Report,
        home: Page,
        files: Files,
        actor: Any,
        overwrite: bool,
        progress: Progress,
    ):
        self.bundle = bundle
        self.report = report
        self.home = home
        self.files = files
        self.actor = actor
        self.overwrite = overwrite
        self.progress = progress
        self.items = {
            (item.kind, item.source): item
            for item in ImportedItem.objects.filter(course_key=bundle.key).select_related("page")
        }
        if (course := self.items.get((Kind.COURSE, ""))) and course.page is None:
            # The whole course was deleted here: it is made anew, with all its parts.
            ImportedItem.objects.filter(course_key=bundle.key).delete()
            self.items = {}
        self._refuse_another_course()
        # Source path → page, for links
        self.pages: dict[str, Page] = {}
        self.modules: dict[str, Page] = {}

    def _refuse_another_course(self) -> None:
        """Many folders are called `docs`: a course that shares no lesson is another one."""
        had = {source: item.page for (kind, source), item in self.items.items()}
        has = {lesson.path[:SOURCE_LENGTH] for lesson in self.bundle.lessons}
        if self.bundle.key_is_guess and len(had) > 1 and not had.keys() & has:
            raise Invalid(
                _(
                    "“%(title)s” was imported as “%(key)s” before, and this folder has none of its"
                    " lessons. Give this course a name of its own with --key."
                )
                % {"title": had[""], "key": self.bundle.key}
            )

    def write(self, publish: bool) -> CoursePage:
        """Files, then pages, then their content (links need the pages), then publishing."""
        self.files.store_all(self.bundle, self.progress)
        course = self._page(Kind.COURSE, "", CoursePage, self.home, self.bundle)
        assert course is not None  # noqa: S101 - only parts of a course may stay deleted
        self.pages["."] = course
        self._place_parts(course)
        filling = Filling(self.pages, self.files, self.bundle.key)
        self._fill(Kind.COURSE, "", course, course_values(self.bundle, filling, self.report))
        total, done = len(self.bundle.lessons), 0
        for child in self.bundle.children:
            if isinstance(child, Module):
                values = {"title": child.title, "summary": child.summary}
                self._fill(Kind.MODULE, child.path, self.modules.get(child.path), values)
            for lesson in child.lessons if isinstance(child, Module) else [child]:
                done += 1
                self.progress(done, total, lesson.path)
                values = filling.lesson_values(lesson)
                self._fill(Kind.LESSON, lesson.path, self.pages.get(lesson.path), values)
        self._report_vanished()
        if publish:
            self._publish()
        return CoursePage.objects.get(pk=course.pk)

    # --- Pages
    def _page(self, kind: str, source: str, model: type, parent: Page, what: Any) -> Page | None:
        """A source's page: the one it has, or a new draft; None where its author deleted it."""
        item = self.items.get((kind, source[:SOURCE_LENGTH]))
        if item is not None and item.page is not None:
            return item.page.specific
        if item is not None and kind != Kind.COURSE and not self.overwrite:
            self.report.conflict(
                f"“{what.title}” was deleted here", "it stays deleted; --overwrite brings it back",
                source,
            )  # fmt: skip
            return None
        page = model(title=what.title, slug=self._free_slug(parent, what.slug), live=False)
        page.owner = self.actor
        if model is CoursePage:
            page.summary = what.summary or what.title
        parent.add_child(instance=page)
        item = item or ImportedItem(
            course_key=self.bundle.key, kind=kind, source=source[:SOURCE_LENGTH]
        )
        item.page, item.source_hash, item.written_hash = page, "", ""
        item.save()
        self.items[kind, item.source] = item
        return page

    @staticmethod
    def _free_slug(parent: Page, wanted: str) -> str:
        """`wanted`, with a number where a page beside it has it already."""
        taken = set(parent.get_children().values_list("slug", flat=True)) if wanted else set()
        slug, number = wanted, 2
        while slug and slug in taken:
            slug = f"{wanted}-{number}"
            number += 1
        return slug

    def _place_parts(self, course: CoursePage) -> None:
        """Make the modules' and lessons' pages, in the source's order where that is new."""
        order = [
            [child.path, [lesson.path for lesson in child.lessons]]
            if isinstance(child, Module)
            else child.path
            for child in self.bundle.children
        ]
        item = self.items[Kind.COURSE, ""]
        placed = fingerprint(order)
        reorder = item.order_hash != placed
        here = [
            page for child in self.bundle.children if (page := self._part(child, course, reorder))
        ]
        if reorder:
            self._in_order(course, here)
            item.order_hash = placed
            item.save()

    def _part(self, child: Module | Lesson, course: CoursePage, reorder: bool) -> Page | None:
        if isinstance(child, Lesson):
            return self._lesson(child, course, reorder)
        module = self._page(Kind.MODULE, child.path, ModulePage, course, child)
        if module is None:
            # Its lessons may still be wanted: they stand in the course itself.
            for lesson in child.lessons:
                self._lesson(lesson, course, reorder)
            return None
        self.modules[child.path] = module
        # A link to the folder leads to the module, unless a lesson speaks for it.
        self.pages.setdefault(child.path, module)
        lessons = [
            page for lesson in child.lessons if (page := self._lesson(lesson, module, reorder))
        ]
        if reorder:
            self._in_order(module, lessons)
        return module

    def _lesson(self, lesson: Lesson, parent: Page, reorder: bool) -> Page | None:
        page = self._page(Kind.LESSON, lesson.path, LessonPage, parent, lesson)
        if page is None:
            return None
        if reorder and not page.is_child_of(parent):
            Page.objects.get(pk=page.pk).move(Page.objects.get(pk=parent.pk), pos="last-child")
        self.pages[lesson.path] = page
        return page

    @staticmethod
    def _in_order(parent: Page, wanted: list[Page]) -> None:
        """Let the imported pages stand in this order, before pages that were added by hand."""
        ids = [page.pk for page in wanted]
        current = list(parent.get_children().values_list("pk", flat=True))
        if current[: len(ids)] == ids:
            return
        for pk in [*ids, *(pk for pk in current if pk not in set(ids))]:
            page = Page.objects.get(pk=pk)
            page.move(Page.objects.get(pk=parent.pk), pos="last-child")

    # --- Content
    def _fill(self, kind: str, source: str, page: Page | None, values: dict[str, Any]) -> None:
        """Bring a page up to date, unless its author was there first."""
        if page is None:
            return
        # Reordering may have moved it in the tree since it was made.
        page = Page.objects.get(pk=page.pk).specific
        item = self.items[kind, source[:SOURCE_LENGTH]]
        source_hash = fingerprint(values)
        draft = page.get_latest_revision_as_object() if page.latest_revision_id else page
        edited = bool(item.written_hash) and item.written_hash != state_of(draft, values)
        name = f"{kind} “{draft.title}”"
        if item.source_hash == source_hash and not (edited and self.overwrite):
            self.report.outcome["pages unchanged"] += 1
            return
        if edited and not self.overwrite:
            self.report.conflict(
                f"{name} was changed here and in the source",
                "the version here is kept; --overwrite takes the source's",
                source or "course",
            )
            return
        new = not item.written_hash
        for field, value in values.items():
            if field in ("categories", "instructors"):
                getattr(draft, field).set(value)
            else:
                setattr(draft, field, value)
        if not draft.live:
            draft.save()
        draft.save_revision(user=self.actor, log_action=True)
        item.source_hash = source_hash
        item.written_hash = state_of(draft.get_latest_revision_as_object(), values)
        item.save()
        self.report.outcome["new pages" if new else "pages updated"] += 1

    def _report_vanished(self) -> None:
        present = {(Kind.COURSE, "")}
        for child in self.bundle.children:
            if isinstance(child, Module):
                present.add((Kind.MODULE, child.path[:SOURCE_LENGTH]))
                present |= {(Kind.LESSON, lesson.path[:SOURCE_LENGTH]) for lesson in child.lessons}
            else:
                present.add((Kind.LESSON, child.path[:SOURCE_LENGTH]))
        for (kind, source), item in self.items.items():
            if (kind, source) not in present and item.page is not None:
                self.report.conflict(
                    f"{kind} “{item.page.title}” is gone from the source",
                    "it stays here as it is; delete it if nobody needs it",
                    source,
                )

    def _publish(self) -> None:
        """Everything that is imported and not published as it stands; the course last."""
        course = self.pages["."]
        parts = [page for key, page in self.pages.items() if key != "."]
        for pk in dict.fromkeys(page.pk for page in [*parts, *self.modules.values(), course]):
            fresh = Page.objects.get(pk=pk)
            if fresh.live and not fresh.has_unpublished_changes:
                continue
            revision = fresh.get_latest_revision()
            if revision is not None:
                revision.publish(user=self.actor)
                self.report.outcome["pages published"] += 1


def state_of(page: Page, values: dict[str, Any]) -> str:
    """The fingerprint of what an import writes, as the page has it now."""
    state = {}
    for field in values:
        value = getattr(page, field)
        if field in ("categories", "instructors"):
            state[field] = sorted(str(row.pk) for row in value.all())
        elif hasattr(value, "get_prep_value"):
            state[field] = _without_ids(value.get_prep_value())
        else:
            state[field] = value.pk if hasattr(value, "pk") else value
    return fingerprint(state)


def _without_ids(value: Any) -> Any:
    """Blocks without the ids that Wagtail gives them, which editing changes."""
    if isinstance(value, list):
        return [_without_ids(item) for item in value]
    if isinstance(value, dict):
        block = {"type", "value", "id"} >= set(value) and "type" in value
        return {key: _without_ids(item) for key, item in value.items() if not block or key != "id"}
    return value
