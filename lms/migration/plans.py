"""What a layout comes to: the lessons and modules to be, and what file names say of them."""

import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from django.utils.text import slugify

from .folder import Folder, is_markdown

OWN_PAGES = {"readme", "index", "0-readme", "00-readme", "_index"}
# Files about a repository rather than of a course; at its top.
ABOUT = {
    "license",
    "licence",
    "copying",
    "code_of_conduct",
    "code-of-conduct",
    "conduct",
    "contributing",
    "contributors",
    "changelog",
    "changes",
    "history",
    "news",
    "security",
    "support",
    "authors",
    "citation",
    "codeowners",
    "governance",
    "maintainers",
    "pull_request_template",
    "issue_template",
    "troubleshooting_repo",
    "claude",
    "agents",
    "acknowledgements",
    "acknowledgments",
    "translations",
    "links",
    "maintenance",
    "reviewing",
    "toc",
    "todo",
}


@dataclass
class PlannedPage:
    """A lesson to be: its file, and what the layout says of it."""

    path: str
    slug: str
    required: bool = True
    # What a table of contents calls it: counts where the page itself says nothing.
    title: str = ""


@dataclass
class PlannedModule:
    """A module to be; `own` is the file that speaks of the module itself."""

    path: str
    title: str
    slug: str
    own: str = ""
    summary: str = ""
    pages: list[PlannedPage] = field(default_factory=list)


@dataclass
class Plan:
    """What a folder holds. `index` is the page of the course itself.

    bases, flat: how links are resolved (`links.Links`). jekyll: whether Liquid is to be read.
    """

    children: list[PlannedPage | PlannedModule] = field(default_factory=list)
    index: str = ""
    config: dict[str, Any] = field(default_factory=dict)
    config_path: str = ""
    bases: tuple[str, ...] = ("",)
    flat: bool = False
    jekyll: bool = False
    # Sets of reference links that the site generator adds to every page.
    shared: list[str] = field(default_factory=list)

    @property
    def own_pages(self) -> set[str]:
        """The pages that speak of the course or of a module: they may be titles alone."""
        owned = {child.own for child in self.children if isinstance(child, PlannedModule)}
        return {self.index, *owned}

    @property
    def pages(self) -> list[PlannedPage]:
        """Every lesson to be, in order."""
        return [
            page
            for child in self.children
            for page in (child.pages if isinstance(child, PlannedModule) else [child])
        ]


def page_of(path: str) -> PlannedPage:
    """A lesson to be, from its file."""
    return PlannedPage(path, slug_from(path))


def own_page(folder: Folder, under: str) -> str:
    """The file that speaks of a folder itself; empty where there is none."""
    own = [path for path in folder.markdown(under) if is_own_page(path)]
    # An index page is the page itself; a README beside it is for the repository's visitors.
    own.sort(key=lambda path: "index" not in PurePosixPath(path).stem.lower())
    return own[0] if own else ""


def is_own_page(path: str) -> bool:
    """Whether a file speaks of its folder, as a README or an index does."""
    return PurePosixPath(path).stem.lower() in OWN_PAGES


def is_about(path: str) -> bool:
    """Whether a file at the top is about the repository rather than of the course."""
    return "/" not in path and PurePosixPath(path).stem.lower() in ABOUT


def title_from(path: str) -> str:
    """`3-core_modules` reads "Core modules"."""
    name = PurePosixPath(path).name
    stem = PurePosixPath(name).stem if is_markdown(name) else name
    words = re.sub(r"^\d+(?:\.\d+)*[-_. ]*(?=\S)", "", stem)
    words = " ".join(re.split(r"[-_\s]+", words)).strip() or stem
    return words[:1].upper() + words[1:]


def slug_from(path: str) -> str:
    """A page's address from its file name, without number and extension."""
    return slugify(title_from(path), allow_unicode=True)[:200]
