"""The tables of contents that site generators keep: mkdocs.yml, _toc.yml, myst.yml, _quarto.yml,
SUMMARY.md (mdBook, GitBook) and Sphinx's toctrees, as one list of entries."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from .folder import Folder, parent
from .frontmatter import mapping, section_of, text_of
from .report import Report

_LINK = re.compile(r"^(\s*)(?:[-*+]|\d+\.)?\s*\[([^\]]*)\]\(<?([^)>]*)>?\)\s*$")
_TOCTREE = re.compile(r"^(`{3,}|:{3,})\{toctree\}[^\n]*\n(.*?)^\1", re.MULTILINE | re.DOTALL)


@dataclass(slots=True)
class Entry:
    """A line of a table of contents: a page, a group of entries, or a page with others below it."""

    title: str = ""
    path: str = ""
    children: list["Entry"] = field(default_factory=list)

    def below(self) -> Iterator["Entry"]:
        """This entry and all below it, in reading order."""
        yield self
        for child in self.children:
            yield from child.below()


@dataclass(slots=True)
class Contents:
    """A table of contents: the file it stands in, where its paths begin, what the file says."""

    source: str
    top: str = ""
    config: dict[str, Any] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    # The course's own page, where that is no README or index.
    index: str = ""


def table_of_contents(folder: Folder, report: Report) -> Contents | None:
    """The folder's table of contents; None where it has none that names pages of the folder."""
    for read in (_mkdocs, _jupyter_book, _myst, _quarto, _summary, _toctree):
        found = read(folder, report)
        known = [_resolve(folder, found.top, entry) for entry in found.entries] if found else []
        if any(known):
            return found
    return None


def _resolve(folder: Folder, top: str, entry: Entry) -> bool:
    """Let paths name files of the folder; whether any does. Addresses elsewhere lose theirs."""
    known = False
    for each in entry.below():
        if not each.path:
            continue
        name = PurePosixPath(f"{top}/{each.path.lstrip('/')}".lstrip("/"))
        path = re.sub(r"[^/]+/\.\./", "", str(name))
        candidates = (path, f"{path}.md", f"{path}/index.md", f"{path}/README.md", f"{path}.qmd")
        each.path = next((name for name in candidates if name in folder.files), each.path)
        known = known or each.path in folder.files
    return known


def _settings(folder: Folder, report: Report, *names: str) -> tuple[str, dict[str, Any]]:
    for name in names:
        source = folder.read(name) if name in folder.files else None
        if source:
            return name, mapping(source.text, name, report)
    return "", {}


def _mkdocs(folder: Folder, report: Report) -> Contents | None:
    name, config = _settings(folder, report, "mkdocs.yml", "mkdocs.yaml")
    if not name:
        return None
    config = {"title": config.get("site_name"), **config}
    top = text_of(config, "docs_dir") or "docs"
    return Contents(name, top.strip("./"), config, _nested(config.get("nav")))


def _nested(items: Any) -> list[Entry]:
    """MkDocs' list: `page.md`, `Title: page.md` or `Title: [entries]`."""
    found = []
    for item in items if isinstance(items, list) else []:
        pairs = item.items() if isinstance(item, dict) else [("", item)]
        for title, value in pairs:
            if isinstance(value, list):
                found.append(Entry(str(title), "", _nested(value)))
            elif isinstance(value, str):
                found.append(Entry(str(title), value))
    return found


def _jupyter_book(folder: Folder, report: Report) -> Contents | None:
    tops = {parent(path) for path in folder.files if PurePosixPath(path).name == "_toc.yml"}
    for top in sorted(tops, key=len):
        name, toc = _settings(folder, report, f"{top}/_toc.yml".lstrip("/"))
        config = _settings(folder, report, f"{top}/_config.yml".lstrip("/"))[1]
        if toc.get("root"):
            index = f"{top}/{toc['root']}".lstrip("/")
            return Contents(name, top, config, _grouped(toc), f"{index.removesuffix('.md')}.md")
    return None


def _myst(folder: Folder, report: Report) -> Contents | None:
    name, config = _settings(folder, report, "myst.yml")
    project = section_of(config, "project")
    return Contents(name, "", project, _grouped({"children": project.get("toc")})) if name else None


def _quarto(folder: Folder, report: Report) -> Contents | None:
    name, config = _settings(folder, report, "_quarto.yml")
    book = section_of(config, "book")
    return Contents(name, "", book, _grouped(book)) if name else None


def _grouped(group: dict[str, Any]) -> list[Entry]:
    """Groups in groups, under the names that Jupyter Book, MyST and Quarto have for them."""
    found = []
    for name in ("parts", "chapters", "sections", "children"):
        items = group.get(name)
        for item in items if isinstance(items, list) else []:
            each = item if isinstance(item, dict) else {"file": item}
            title = text_of(each, "caption", "title", "part", "text")
            path = text_of(each, "file", "href")
            if not path and title.endswith((".md", ".qmd")):
                title, path = "", title
            found.append(Entry(title, path, _grouped(each)))
    return found


def _summary(folder: Folder, _report: Report) -> Contents | None:
    path = next((name for name in ("src/SUMMARY.md", "SUMMARY.md") if name in folder.files), "")
    source = folder.read(path) if path else None
    if source is None:
        return None
    roots: list[Entry] = []
    part = roots
    # The entries that are open, with their indentation.
    open_entries: list[tuple[int, list[Entry]]] = []
    for line in source.text.split("\n")[1:]:
        heading = re.match(r"#+\s+(.+?)\s*$", line)
        link = _LINK.match(line)
        if heading:
            roots.append(Entry(heading[1]))
            part, open_entries = roots[-1].children, []
        elif link:
            indent = len(link[1].expandtabs(4))
            open_entries = [each for each in open_entries if each[0] < indent]
            entry = Entry(link[2].replace("`", ""), link[3])
            (open_entries[-1][1] if open_entries else part).append(entry)
            open_entries.append((indent, entry.children))
    entries = [each for each in roots if each.path or each.children]
    return Contents(path, parent(path), _book_toml(folder), entries)


def _book_toml(folder: Folder) -> dict[str, Any]:
    source = folder.read("book.toml") if "book.toml" in folder.files else None
    try:
        return section_of(tomllib.loads(source.text) if source else {}, "book")
    except (ValueError, RecursionError):
        return {}


def _toctree(folder: Folder, _report: Report) -> Contents | None:
    """The toctrees of the uppermost index page; `:caption:` names a part."""
    paths = [path for path in folder.files if PurePosixPath(path).name == "index.md"]
    path = min(paths, key=lambda each: (each.count("/"), each), default="")
    source = folder.read(path) if path else None
    entries: list[Entry] = []
    for _fence, body in _TOCTREE.findall(source.text if source else ""):
        options = dict(re.findall(r"^:(\w+):[ \t]*(.*)$", body, re.MULTILINE))
        lines = [line.strip() for line in body.split("\n")]
        pages = [line for line in lines if line and not line.startswith((":", "#", "---"))]
        named = [re.match(r"(?:(.*?)\s*<)?([^<>]+)>?$", page) for page in pages]
        found = [Entry(each[1] or "", each[2]) for each in named if each]
        caption = options.get("caption", "").strip("\"'")
        entries += [Entry(caption, "", found)] if caption and found else found
    return Contents(path, parent(path), {}, entries) if entries else None
