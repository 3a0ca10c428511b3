"""A folder of Markdown → a CourseBundle and its fidelity report. No database is touched."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from django.utils import translation
from django.utils.text import Truncator, slugify

from .assets import Limits, settle
from .bundle import AssetKind, Block, CourseBundle, Lesson, Module, asset_kind
from .context import Context, plain, plain_of
from .course import describe
from .crosslinks import settle_links
from .folder import Folder, FolderError
from .frontmatter import Page, flag_of, list_of, number_of, split, text_of
from .layouts import plan
from .links import Links, fragment_keys
from .liquid import render
from .markdown import first_heading, lesson_blocks, parse
from .plans import Plan, PlannedModule, PlannedPage, is_own_page, title_from
from .report import Report
from .sources import name_source

SUMMARY = 300
TITLE = 255
Progress = Callable[[int, int, str], None]


def read_course(
    root: Path,
    *,
    limits: Limits | None = None,
    named: Mapping[str, str] | None = None,
    progress: Progress = lambda done, total, path: None,
) -> tuple[CourseBundle, Report]:
    """The course in a folder, converted whole, and the report on it.

    limits: how large files may be. named: source_title, source_url, source_authors, licence and
    key, where the caller knows better than the folder. progress: called with (files done, files in
    all, path). Raises FolderError where there is no course to be had; anything less is in the
    report.
    """
    report = Report()
    folder = Folder(root, report)
    bundle = _Reader(folder, report, plan(folder, report), progress).read()
    name_source(bundle, report, named or {})
    settle(bundle, report, limits or Limits())
    return bundle, report


class _Reader:
    """One reading of a folder."""

    def __init__(self, folder: Folder, report: Report, found: Plan, progress: Progress):
        self.folder = folder
        self.report = report
        self.plan = found
        self.progress = progress
        self.pages: dict[str, Page] = {}
        self.contexts: dict[str, Context] = {}
        self._called = {page.path: page.title for page in found.pages}
        name = folder.root.name or "course"
        self.bundle = CourseBundle(key=slugify(name, allow_unicode=True) or name, title="")

    def read(self) -> CourseBundle:
        """Everything, in order."""
        if not self.plan.pages:
            raise FolderError(
                f"{self.folder.root} holds no Markdown lessons (.md); give the course's folder."
            )
        self._load()
        if not any(page.path in self.pages for page in self.plan.pages):
            raise FolderError(
                f"None of the lessons in {self.folder.root} can be read: "
                + "; ".join(f"{each.place}: {each.what}" for each in self.report.problems[:5])
            )
        language = text_of(self.plan.config, "language", "lang", limit=10) or "en"
        with translation.override(language if translation.check_for_language(language) else "en"):
            self._convert()
        return self.bundle

    # --- Reading
    def _load(self) -> None:
        wanted = [*(page.path for page in self.plan.pages), *sorted(self.plan.own_pages)]
        shared = self._reference_links(
            "\n".join(
                source.text for name in self.plan.shared if (source := self.folder.read(name))
            )
        )
        for path in dict.fromkeys(wanted):
            source = self.folder.read(path) if path in self.folder.files else None
            if source is None:
                continue
            page = split(source, self.report)
            if flag_of(page.data, "draft"):
                self.report.file(path).leave_out("page", "it is marked as a draft")
                continue
            if self.plan.jekyll:
                text = self._rendered(page.text, path, page.first_line)
                if page.text.strip() and not text.strip():
                    self.report.file(path).leave_out("page", "it holds nothing but templates")
                    continue
                page.text = text
            if not page.text.strip() and not page.data:
                self.report.problem("file is empty", "left out; write the lesson", path)
                continue
            if shared:
                page.text = f"{page.text}\n\n{shared}"
            self.pages[path] = page

    def _rendered(self, text: str, path: str, first_line: int) -> str:
        def include(name: str) -> str | None:
            file = f"_includes/{name}"
            source = self.folder.read(file) if file in self.folder.files else None
            return source.text if source else None

        return render(text, self.plan.config, self.report.file(path), first_line, include)

    def _reference_links(self, text: str) -> str:
        """Only `[name]: address` lines; anything else would stand at the end of each lesson."""
        if text and self.plan.jekyll:
            text = self._rendered(text, self.plan.shared[0], 1)
        lines = re.findall(r"^ {0,3}\[[^\]\n]+\]:[ \t]*\S.*$", text, re.MULTILINE)
        return "\n".join(lines)

    def _links(self) -> Links:
        pages = {path: path for path in self.pages}
        folders: dict[str, str] = {}
        for child in self.plan.children:
            if isinstance(child, PlannedModule):
                folders[child.path] = child.own if child.own in self.pages else child.path
        for page in self.plan.pages:
            if is_own_page(page.path):
                folders.setdefault(page.path.rpartition("/")[0], page.path)
        top = self.plan.index.rpartition("/")[0]
        folders.setdefault(top, self.plan.index if self.plan.index in self.pages else ".")
        folders.setdefault("", folders[top])
        return Links(
            self.folder,
            pages,
            folders,
            bases=self.plan.bases,
            flat=self.plan.flat,
            site_url=text_of(self.plan.config, "url", "site_url"),
        )

    # --- Converting
    def _convert(self) -> None:
        self.links = self._links()
        for page in self.pages.values():
            for fragment in re.findall(r"#([\w.%-]+)", page.text):
                self.links.wanted.update(fragment_keys(fragment))
        total = len(self.pages)
        lessons: dict[str, Lesson] = {}
        for number, path in enumerate(self.pages, start=1):
            self.progress(number, total, path)
            lesson = self._lesson(self.pages[path])
            if lesson is not None:
                lessons[path] = lesson
        index = lessons.pop(self.plan.index, None)
        describe(self.bundle, self.plan, self.folder, self.report, index, self.pages)
        if index is not None and index.body:
            index.required = False
            index.slug = index.slug or "overview"
            self.bundle.children.append(index)
        for child in self.plan.children:
            self._place(child, lessons)
        self._distinct_slugs()
        settle_links(self.bundle, self.plan, self.contexts, self.report)
        self._cover_and_trailer()
        self._unused_files()

    def _place(self, child: PlannedPage | PlannedModule, lessons: dict[str, Lesson]) -> None:
        if isinstance(child, PlannedPage):
            if child.path in lessons:
                self.bundle.children.append(self._planned(lessons[child.path], child))
            return
        placed = [
            self._planned(lessons[page.path], page) for page in child.pages if page.path in lessons
        ]
        module = Module(child.path, child.title[:TITLE], child.slug, child.summary, placed)
        own = lessons.get(child.own)
        if own is not None:
            self._introduce(module, own)
        if module.lessons:
            self.bundle.children.append(module)

    def _planned(self, lesson: Lesson, page: PlannedPage) -> Lesson:
        lesson.slug = lesson.slug or page.slug
        if not page.required and "required" not in self.pages[page.path].data:
            lesson.required = False
        return lesson

    def _introduce(self, module: Module, own: Lesson) -> None:
        """A module is a title and a summary: its own page becomes a lesson if it says more."""
        module.title = own.title
        words = plain_of(own.body[0]["value"]) if _is_text(own.body) else ""
        module.summary = module.summary or own.summary
        if own.body and not (words and len(words) <= SUMMARY and "<a " not in own.body[0]["value"]):
            own.slug = own.slug or "introduction"
            own.required = flag_of(self.pages[own.path].data, "required", False) or False
            module.lessons.insert(0, own)
            if not module.summary:
                module.summary = Truncator(words or own.title).chars(SUMMARY)
        else:
            module.summary = module.summary or words

    def _lesson(self, page: Page) -> Lesson | None:
        """One file, converted; None for a template nobody filled in."""
        report = self.report.file(page.path)
        context = Context(page.path, report, self.links, self.bundle.assets)
        self.contexts[page.path] = context
        document = parse(page.text, context, page.first_line)
        title = self._title(page, document, context)
        report.title = title
        body = [
            *self._listed(page, context, "questions", "objectives"),
            *lesson_blocks(document, context, title),
            *self._listed(page, context, "keypoints"),
        ]
        summary = text_of(page.data, "summary", "description")
        if len(summary) > SUMMARY:
            report.approximate(f"summary over {SUMMARY} letters", "its beginning", 1)
            summary = Truncator(summary).chars(SUMMARY)
        if title.upper() == "FIXME":
            report.leave_out("page", "a placeholder of the lesson template: its title is FIXME")
            return None
        if not body and page.path not in self.plan.own_pages:
            report.leave_out("page", "there is no text in it: write some, and import again")
            return None
        return Lesson(
            page.path,
            title,
            slugify(text_of(page.data, "slug"), allow_unicode=True)[:200],
            summary,
            self._minutes(page),
            flag_of(page.data, "preview", False) or False,
            flag_of(page.data, "required", True) is not False,
            body,
            context.anchors,
        )

    def _title(self, page: Page, document, context: Context) -> str:
        """From the front matter, else the first H1, else the file's name."""
        written = text_of(page.data, "title")
        if written:
            # The Carpentries write Markdown in titles; `parse` of one line is cheap.
            title = plain(parse(written, Context("", context.report, self.links, {}), 1)) or written
        else:
            heading = first_heading(document)
            title = plain(heading) if heading is not None else ""
        folder, _slash, name = page.path.rpartition("/")
        own = is_own_page(name)
        title = title or self._called.get(page.path, "")
        title = title or title_from(folder if own and folder else page.path)
        if len(title) > TITLE:
            context.report.approximate(f"title over {TITLE} letters", "its beginning", 1)
            title = title[: TITLE - 1] + "…"
        return title

    def _listed(self, page: Page, context: Context, *names: str) -> list[Block]:
        """The lists that older lessons keep in their front matter, as boxes."""
        made: list[Block] = []
        for name in names:
            items = list_of(page.data, name)
            if items and isinstance(page.data.get(name), list):
                text = f"::: {name}\n\n" + "\n".join(f"- {item}" for item in items) + "\n\n:::\n"
                made += lesson_blocks(parse(text, context, 1), context, "")
        return made

    @staticmethod
    def _minutes(page: Page) -> int | None:
        minutes = number_of(page.data, "minutes", "duration")
        if minutes is None:
            minutes = sum(number_of(page.data, name) or 0 for name in ("teaching", "exercises"))
        return min(minutes, 32767) or None

    # --- Finishing
    def _distinct_slugs(self) -> None:
        self._distinct(list(self.bundle.children))
        for child in self.bundle.children:
            if isinstance(child, Module):
                self._distinct(child.lessons)

    def _distinct(self, pages: list) -> None:
        """Pages side by side can't share an address."""
        taken: set[str] = set()
        for page in pages:
            slug, number = page.slug, 2
            while slug and slug in taken:
                slug = f"{page.slug}-{number}"
                number += 1
            if slug != page.slug:
                self.report.file(page.path).approximate(
                    f"address “{page.slug}”, taken by a page beside it", f"“{slug}”"
                )
            page.slug = slug
            taken.add(slug)

    def _cover_and_trailer(self) -> None:
        config = self.plan.config
        for name, kinds in (("cover", {AssetKind.IMAGE}), ("trailer", {AssetKind.VIDEO})):
            given = text_of(config, name)
            if not given:
                continue
            target = self.links.resolve(given, self.plan.config_path)
            if target.value in self.folder.files and asset_kind(target.value) in kinds:
                context = Context(
                    self.plan.config_path,
                    self.report.file(self.plan.config_path),
                    self.links,
                    self.bundle.assets,
                )
                context.use(target.value, self.bundle.title)
                setattr(self.bundle, name, target.value)
                context.report.carry(f"{name}s")
            else:
                self.report.problem(
                    f"{name} {given[:120]} can't be used",
                    f"{target.why or 'it is of another kind'}; correct the path",
                    self.plan.config_path,
                )

    def _unused_files(self) -> None:
        """Files that stand beside the lessons and that no lesson shows."""
        used = set(self.bundle.assets)
        beside = {name.rpartition("/")[0] for name in used}
        for path in self.folder.files:
            if path in used or path.rpartition("/")[0] not in beside or path in self.pages:
                continue
            if asset_kind(path) == AssetKind.DOCUMENT:
                continue
            light = re.sub(r"[-_]dark(?=\.\w+$)", "", path)
            why = (
                "a lesson shows one image, in light and dark"
                if light != path and light in used
                else "no lesson shows it"
            )
            self.report.file(path).leave_out("file", why)


def _is_text(body: list[Block]) -> bool:
    return len(body) == 1 and body[0]["type"] == "rich_text"
