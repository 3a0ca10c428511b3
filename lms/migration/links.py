"""Where a link or an image of a lesson leads."""

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from .folder import Folder, parent

SCHEMES = {"http", "https", "mailto", "tel"}
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)


class Kind(StrEnum):
    """What a link leads to."""

    EXTERNAL = "external"
    LESSON = "lesson"
    FILE = "file"
    ANCHOR = "anchor"
    MISSING = "missing"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Target:
    """A resolved link: the address or path, the part after `#`, and why it can't be followed."""

    kind: Kind
    value: str = ""
    fragment: str = ""
    why: str = ""


class Links:
    """Resolves links against the files of a folder and the pages made of them.

    pages: source path → path of the lesson it became part of.
    folders: folder path → path of the lesson that stands for it.
    bases: folders that the course's own site generator flattens into one, tried in turn.
    flat: whether that generator puts all pages side by side, so that a page's name is enough.
    site_url: where the course is published; absolute paths that are not in the folder lead there.
    """

    def __init__(
        self,
        folder: Folder,
        pages: Mapping[str, str],
        folders: Mapping[str, str],
        *,
        bases: Iterable[str] = ("",),
        flat: bool = False,
        site_url: str = "",
    ):
        self.folder = folder
        self.pages = pages
        self.folders = folders
        self.bases = tuple(bases)
        self.site_url = site_url.rstrip("/")
        # Fragments that any link of the course asks for (`fragment_keys`).
        self.wanted: set[str] = set()
        self._by_stem: dict[str, set[str]] = {}
        self._by_name: dict[str, set[str]] = {}
        for path, page in (*pages.items(), *folders.items()):
            self._by_name.setdefault(_published(path), set()).add(page)
        if flat:
            for path, page in pages.items():
                self._by_stem.setdefault(_stem(path), set()).add(page)

    def resolve(self, href: str, source: str) -> Target:
        """Where `href`, written in the file `source`, leads."""
        href = "".join(href.split()) if _SCHEME.match(href.strip()) else href.strip()
        # Browsers skip control characters inside a scheme; so must the test for one.
        bare = re.sub(r"[\x00-\x20\x7f]", "", href)
        scheme = _SCHEME.match(bare)
        if scheme or bare.startswith("//"):
            return self._external(bare, scheme[1].lower() if scheme else "https")
        try:
            parts = urlsplit(href)
            path, fragment = unquote(parts.path), unquote(parts.fragment)
        except ValueError:
            return Target(Kind.MISSING, href, why="the address can't be read")
        if not path:
            return Target(Kind.ANCHOR, fragment=fragment)
        return self._local(path, fragment, source, href)

    def _external(self, href: str, scheme: str) -> Target:
        if scheme not in SCHEMES:
            return Target(Kind.REFUSED, href, why=f"{scheme}: addresses are not followed")
        if href.startswith("//"):
            href = f"https:{href}"
        try:
            valid = bool(urlsplit(href).netloc) or scheme in ("mailto", "tel")
        except ValueError:
            valid = False
        if not valid:
            return Target(Kind.MISSING, href, why="the address can't be read")
        return Target(Kind.EXTERNAL, href)

    def _local(self, path: str, fragment: str, source: str, href: str) -> Target:
        candidates = self._candidates(path, source)
        for candidate in candidates:
            target = self._at(candidate, fragment)
            if target:
                return target
        for candidate in candidates:
            if candidate in self.folder.refused:
                return Target(Kind.REFUSED, path, why=self.folder.refused[candidate])
        pages = self._by_stem.get(_stem(path), set())
        if len(pages) == 1 and PurePosixPath(path).suffix.lower() in ("", ".html", ".md", ".rmd"):
            return Target(Kind.LESSON, next(iter(pages)), fragment)
        published = self._published_page(
            path if path.startswith("/") else next(iter(candidates), "")
        )
        if published:
            return Target(Kind.LESSON, published, fragment)
        if path.startswith("/") and self.site_url:
            root = urlsplit(self.site_url)
            return Target(Kind.EXTERNAL, f"{root.scheme}://{root.netloc}{href}")
        if not candidates:
            return Target(Kind.REFUSED, path, why="it leads out of the course's folder")
        return Target(Kind.MISSING, path, fragment, why="it is not in the course's folder")

    def _published_page(self, path: str) -> str:
        """The page that a site shows at a path: numbers of files and folders do not count."""
        parts = _published(path).split("/")
        for start in range(len(parts)):
            pages = self._by_name.get("/".join(parts[start:]), set())
            if len(pages) == 1 and parts[start:] != [""]:
                return next(iter(pages))
        return ""

    def _candidates(self, path: str, source: str) -> list[str]:
        if path.startswith("/"):
            places = [path.lstrip("/")]
        else:
            places = [posixpath.join(parent(source), path)]
        places += [posixpath.join(base, path.lstrip("/")) for base in self.bases]
        found = []
        for place in places:
            normal = posixpath.normpath(place)
            normal = "" if normal == "." else normal
            outside = normal == ".." or normal.startswith(("../", "/"))
            if not outside and normal not in found:
                found.append(normal)
        return found

    def _at(self, path: str, fragment: str) -> Target | None:
        stem = path.removesuffix(".html").removesuffix(".htm")
        for name in (path, f"{stem}.md", f"{stem}.Rmd"):
            if name in self.pages:
                return Target(Kind.LESSON, self.pages[name], fragment)
        if path in self.folders:
            return Target(Kind.LESSON, self.folders[path], fragment)
        if path in self.folder.files:
            return Target(Kind.FILE, path)
        return None


def _stem(path: str) -> str:
    """`../02-loops/` and `02-loops.html` both name the page `02-loops`."""
    name = path.rstrip("/").rpartition("/")[2]
    return re.sub(r"\.(md|rmd|html?)$", "", name, flags=re.IGNORECASE).lower()


def _published(path: str) -> str:
    """`/en-US/curriculum/core/` and `curriculum/3-core` end alike."""
    parts = [part for part in path.lower().split("/") if part]
    if parts:
        parts[-1] = re.sub(r"\.(md|rmd|html?)$", "", parts[-1])
    return "/".join(re.sub(r"^[0-9]+[-_. ]+", "", part) for part in parts)


def fragment_keys(fragment: str) -> list[str]:
    """Forms in which the anchors of all site generators agree, the most exact first.

    GitHub writes `12-the-web`, MDN `1.2_the_web`, Pandoc `the-web`: letters and digits are what
    they share, and Pandoc drops what comes before the first letter.
    """
    exact = "".join(character for character in fragment.lower() if character.isalnum())
    return [key for key in (exact, exact.lstrip("0123456789")) if key]
