"""How a folder is laid out: which files are lessons, in which order, under which module."""

import re
from pathlib import PurePosixPath
from typing import Any

from .carpentries import carpentries
from .contents import Contents, Entry, table_of_contents
from .folder import Folder, is_markdown, natural_key, parent
from .frontmatter import list_of, mapping, text_of
from .plans import (
    Plan,
    PlannedModule,
    PlannedPage,
    is_about,
    is_own_page,
    own_page,
    page_of,
    slug_from,
    title_from,
)  # fmt: skip
from .report import Report

# Hugo, Docusaurus and Just the Docs number their pages in the front matter.
_PLACE = re.compile(
    r"^(?:weight|sidebar_position|nav_order|order)\s*[:=]\s*(-?\d{1,9}(?:\.\d{1,9})?)\s*$",
    re.MULTILINE,
)
TRANSLATIONS = {"translations", "translated_images", "i18n", "l10n", "locales", "locale"}
_TRANSLATED = re.compile(r"(.+)\.[a-z]{2,3}(?:[-_][A-Za-z]{2,4})?$")


def plan(folder: Folder, report: Report) -> Plan:
    """The layout of a folder: The Carpentries' (Workbench or Jekyll), or folders of Markdown."""
    config, config_path = _configuration(folder, report)
    episodes = next((name for name in ("episodes", "_episodes") if name in folder.folders), "")
    if not episodes and "_episodes_rmd" in folder.folders:
        episodes = "_episodes_rmd"
    neighbours = {"learners", "instructors", "_extras", "_includes", "profiles"} & folder.folders
    lesson = episodes and (
        neighbours
        or "episodes" in config
        or "carpentry" in config
        or config_path.startswith("_config")
    )
    if lesson and not config_path.startswith("course"):
        return carpentries(folder, report, config, config_path, episodes)
    contents = None if config_path.startswith("course") else table_of_contents(folder, report)
    if contents:
        return _by_contents(folder, report, contents, config)
    return _folders(folder, report, config, config_path)


def _configuration(folder: Folder, report: Report) -> tuple[dict[str, Any], str]:
    for name in ("course.yaml", "course.yml", "config.yaml", "config.yml", "_config.yml"):
        if name in folder.files:
            source = folder.read(name)
            return (mapping(source.text, name, report) if source else {}), name
    return {}, ""


# --- Sites with a table of contents
def _by_contents(
    folder: Folder, report: Report, contents: Contents, config: dict[str, Any]
) -> Plan:
    """The order that the site itself has: a group is a module, pages below pages follow them."""
    found = Plan(
        index=contents.index or own_page(folder, contents.top),
        config={**contents.config, **config},
        config_path=contents.source,
        bases=(contents.top, "", "static"),
    )
    used = {found.index}
    for entry in contents.entries:
        pages = []
        for each in entry.below():
            if is_markdown(each.path) and each.path in folder.files and each.path not in used:
                used.add(each.path)
                pages.append(PlannedPage(each.path, slug_from(each.path), title=each.title))
            elif each.path and each.path not in used:
                report.file(contents.source).leave_out(
                    f"entry {each.path[:120]}", "it is no Markdown page of this folder"
                )
        if entry.children and len(pages) > 1:
            module = _part(entry, pages)
            taken = sum(child.path.startswith(module.path) for child in found.children)
            module.path += f" {taken + 1}" if taken else ""
            found.children.append(module)
        else:
            found.children += pages
    _unlisted(folder, report, found, contents.source)
    return found


def _part(entry: Entry, pages: list[PlannedPage]) -> PlannedModule:
    """A group's module; a page that leads the group speaks of it."""
    first = pages[0].path
    leads = first == entry.path or is_own_page(first)
    title = entry.title or pages[0].title or title_from(parent(first) or first)
    return PlannedModule(
        f"part:{title}"[:400],
        title,
        slug_from(title),
        own=first if leads else "",
        pages=pages[1:] if leads else pages,
    )


# --- Folders of Markdown
def _folders(folder: Folder, report: Report, config: dict[str, Any], config_path: str) -> Plan:
    top = _content_root(folder)
    found = Plan(
        index=own_page(folder, top),
        config=config,
        config_path=config_path,
        bases=(top, ""),
        jekyll=config_path.startswith("_config"),
    )
    listed = _listed(folder, report, config, config_path, top)
    if listed is not None:
        found.children = listed
        _unlisted(folder, report, found, config_path)
        return found
    for path in _entries(folder, report, top):
        if path in folder.files:
            found.children.append(page_of(path))
            continue
        own = own_page(folder, path)
        pages = _below(folder, report, path)
        if not pages:
            found.children.append(PlannedPage(own, slug_from(path)))
        else:
            found.children.append(
                PlannedModule(path, title_from(path), slug_from(path), own, pages=pages)
            )
    _outside(folder, report, found, top)
    return found


def _outside(folder: Folder, report: Report, found: Plan, top: str) -> None:
    """Pages above the lessons' folder follow them; whatever stands beside it is no lesson."""
    for path in sorted(filter(is_markdown, folder.files), key=natural_key):
        if not top or path.startswith(f"{top}/") or path == found.index:
            continue
        if is_about(path) or is_own_page(path):
            report.file(path).leave_out("page", "it is about the repository, not of the course")
        elif top.startswith(parent(path)) and not path.startswith((".", "_")):
            found.children.append(page_of(path))
        else:
            report.file(path).leave_out("page", f"it stands outside {top}, where the lessons are")


def _content_root(folder: Folder) -> str:
    """Where the lessons begin: a repository often keeps them in one folder of its own."""
    top = ""
    while True:
        here = [path for path in folder.markdown(top) if not is_about(path)]
        lessons = [path for path in here if not is_own_page(path)]
        below = [path for path in folder.subfolders(top) if _may_hold_lessons(folder, path)]
        numbered = [path for path in below if _holds_modules(folder, path)]
        if len(numbered) == 1 and not any(_is_numbered(path) for path in [*lessons, *below]):
            return numbered[0]
        if lessons or len(below) != 1 or (top and here):
            return top
        if here and not folder.markdown(below[0]) and not folder.subfolders(below[0]):
            return top
        nested = below[0]
        # One folder that is a single lesson or module is content itself.
        if _is_numbered(nested):
            return top
        top = nested


def _is_numbered(path: str) -> bool:
    return re.match(r"\d", path.rpartition("/")[2]) is not None


def _holds_modules(folder: Folder, path: str) -> bool:
    """Whether a folder numbers its parts, folders of lessons among them: it is a whole course."""
    below = [each for each in folder.subfolders(path) if _may_hold_lessons(folder, each)]
    return sum(map(_is_numbered, [*folder.markdown(path), *below])) > 1 and any(
        map(_is_numbered, below)
    )


def _may_hold_lessons(folder: Folder, path: str) -> bool:
    name = path.rpartition("/")[2].lower()
    return not name.startswith("_") and name not in TRANSLATIONS and folder.has_markdown(path)


def _entries(folder: Folder, report: Report, under: str) -> list[str]:
    """Lessons and folders of lessons in a folder, in order; the rest is reported."""
    chosen = []
    for path in folder.markdown(under):
        if is_own_page(path) and path == own_page(folder, under):
            continue
        translated = _TRANSLATED.match(PurePosixPath(path).stem)
        if translated and f"{parent(path)}/{translated[1]}.md".lstrip("/") in folder.files:
            report.file(path).leave_out("page", "a translation; import it as a course of its own")
        elif is_about(path):
            report.file(path).leave_out("page", "it is about the repository, not of the course")
        else:
            chosen.append(path)
    for path in folder.subfolders(under):
        if not folder.has_markdown(path):
            continue
        if _may_hold_lessons(folder, path):
            chosen.append(path)
        else:
            report.file(path).leave_out("folder", "translations and site parts are no lessons")
    return sorted(chosen, key=lambda path: _place(folder, path))


def _place(folder: Folder, path: str) -> tuple:
    """Where a page or folder stands: as its front matter says, else by its name."""
    own = path if path in folder.files else own_page(folder, path)
    source = folder.read(own) if own else None
    match = _PLACE.search(source.text[:4000].partition("\n---")[0]) if source else None
    return (match is None, float(match[1]) if match else 0.0, natural_key(path))


def _below(folder: Folder, report: Report, under: str) -> list[PlannedPage]:
    """All lessons below a module's folder; folders in it only give the order."""
    pages: list[PlannedPage] = []
    for path in _entries(folder, report, under):
        if path in folder.files:
            pages.append(page_of(path))
            continue
        own = own_page(folder, path)
        inner = _below(folder, report, path)
        if own:
            pages.append(PlannedPage(own, slug_from(path)))
        if inner and own:
            report.file(own).approximate("folder in a module", "its lessons follow one another")
        pages += inner
    return pages


def _listed(
    folder: Folder, report: Report, config: dict[str, Any], config_path: str, top: str
) -> list[PlannedPage | PlannedModule] | None:
    """The order that course.yaml gives: `lessons: […]` or `modules: [{title, lessons}]`."""
    entries = config.get("modules") or config.get("lessons") or config.get("order")
    if not isinstance(entries, list) or not config_path.startswith(("course", "config")):
        return None
    children: list[PlannedPage | PlannedModule] = []
    seen: set[str] = set()

    def find(name: str, under: str = top) -> str:
        for path in (f"{under}/{name}".strip("/"), f"{top}/{name}".strip("/"), name.strip("/")):
            for candidate in (path, f"{path}.md"):
                known = candidate in folder.folders or candidate in folder.files
                if known and candidate and candidate not in seen:
                    seen.add(candidate)
                    return candidate
        report.problem(f"{name} is listed but not there, or twice", "correct the list", config_path)
        return ""

    for entry in entries:
        if isinstance(entry, dict):
            children += _listed_module(folder, report, entry, find)
        elif isinstance(entry, str | int):
            path = find(str(entry))
            if path in folder.folders and path:
                own, pages = own_page(folder, path), _below(folder, report, path)
                children.append(
                    PlannedModule(path, title_from(path), slug_from(path), own, pages=pages)
                    if pages
                    else PlannedPage(own, slug_from(path))
                )
            elif path and is_markdown(path):
                children.append(page_of(path))
    return [child for child in children if child.path]


def _listed_module(folder: Folder, report: Report, entry: dict, find) -> list[PlannedModule]:
    named = text_of(entry, "path", "folder")
    path = find(named) if named else ""
    under = path if path in folder.folders else ""
    pages = [
        page_of(found)
        for name in list_of(entry, "lessons", "pages")
        if (found := find(name, under)) and is_markdown(found)
    ]
    if not pages and under:
        pages = _below(folder, report, under)
    title = text_of(entry, "title", "name", limit=255) or title_from(path)
    own = own_page(folder, under) if under else ""
    return [
        PlannedModule(
            path or f"module:{title}",
            title,
            slug_from(path or title),
            own if own not in {page.path for page in pages} else "",
            text_of(entry, "summary", limit=300),
            pages,
        )
    ]


def _unlisted(folder: Folder, report: Report, found: Plan, config_path: str) -> None:
    used = {page.path for page in found.pages} | found.own_pages
    for path in folder.files:
        if is_markdown(path) and path not in used and not is_about(path):
            report.file(path).leave_out("page", f"{config_path} does not list it")
