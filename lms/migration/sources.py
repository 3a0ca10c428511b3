"""Where a course comes from: authors, address and licence, from whatever files name them."""

import json
import re
from collections.abc import Mapping
from configparser import ConfigParser, Error
from typing import Any

from .bundle import CourseBundle
from .context import clean
from .folder import Folder
from .frontmatter import list_of, mapping, section_of, text_of
from .licences import licence_in, licence_named
from .report import Report

CARPENTRIES = {
    "swc": "Software Carpentry",
    "dc": "Data Carpentry",
    "lc": "Library Carpentry",
    "cp": "The Carpentries",
    "incubator": "The Carpentries Incubator",
}
# A line of its own: in a sentence it speaks of somebody else's work.
_COPYRIGHT = re.compile(
    r"^[>*\s]*copyright\s+(?:\(c\)\s*|©\s*|(?=\d{4}))[\d\s,–-]*([^\W\d][^\n(),.<\[]{2,120})",
    re.IGNORECASE | re.MULTILINE,
)


def name_source(bundle: CourseBundle, report: Report, named: Mapping[str, str]) -> None:
    """Let the caller's word count over the folder's; say what neither of them names."""
    for field in ("source_title", "source_url", "source_authors"):
        if named.get(field):
            limit = {"source_title": 255, "source_url": 200, "source_authors": 500}[field]
            setattr(bundle, field, named[field][:limit])
    if named.get("key"):
        bundle.key, bundle.key_is_guess = named["key"][:255], False
    if named.get("licence"):
        bundle.licence_name, bundle.licence_url = licence_named(named["licence"])
    if not bundle.licence_name:
        report.problem(
            "no licence found",
            "name it with --licence, or in course.yaml as licence: {name, url}",
            ".",
        )
    if not bundle.source_url and not bundle.source_authors:
        report.problem(
            "no author or address of the source found",
            "name them with --source-authors and --source-url, or in course.yaml under source",
            ".",
        )
    report.course = bundle.title
    report.source = " · ".join(
        part for part in (bundle.source_title, bundle.source_authors, bundle.source_url) if part
    )
    report.licence = " · ".join(part for part in (bundle.licence_name, bundle.licence_url) if part)


def citation_of(folder: Folder, report: Report) -> dict[str, Any]:
    """What the folder's citation file says; empty where there is none."""
    for name in ("CITATION.cff", "citation.cff"):
        source = folder.read(name) if name in folder.files else None
        if source:
            return mapping(source.text, name, report)
    return {}


def find_source(
    bundle: CourseBundle,
    config: Mapping[str, Any],
    citation: Mapping[str, Any],
    folder: Folder,
    report: Report,
) -> None:
    """Fill in the bundle's source and licence. config: the course's settings."""
    given, package = section_of(config, "source"), _package(folder)
    bundle.source_title = text_of(given, "title", limit=255) or bundle.title
    places = (
        text_of(given, "url"),
        text_of(config, "source"),
        text_of(config, "repository", "repo_url"),
        text_of(section_of(config, "repository"), "url"),
        text_of(config, "url", "site_url"),
        text_of(citation, "url", "repository-code"),
        text_of(section_of(package, "repository"), "url") or text_of(package, "repository"),
        _cloned_from(folder),
    )
    bundle.source_url = next((url for place in places if (url := address_of(place))), "")
    bundle.source_authors = _authors(given, config, citation, package, folder)[:500]
    licence = section_of(config, "licence") or section_of(config, "license")
    name = text_of(licence, "name") or text_of(config, "licence", "license")
    found = licence_named(name or text_of(citation, "license"))
    if not found[0]:
        found = _licence_file(folder)
    bundle.licence_name = (found[0] or name)[:255]
    bundle.licence_url = address_of(text_of(licence, "url") or found[1])


def _package(folder: Folder) -> dict[str, Any]:
    """The `package.json` that many repositories of Markdown keep for their tools."""
    source = folder.read("package.json") if "package.json" in folder.files else None
    try:
        found = json.loads(source.text) if source else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _cloned_from(folder: Folder) -> str:
    """The address a repository was cloned from, without anybody's password."""
    git = ConfigParser(strict=False, interpolation=None)
    try:
        git.read_string((folder.root / ".git" / "config").read_text("utf-8")[:20_000])
        url = git.get('remote "origin"', "url", fallback="")
    except (OSError, ValueError, Error):
        return ""
    return re.sub(r"//[^/@]*@", "//", url)


def address_of(url: str) -> str:
    """An address as readers can follow it; empty for anything else."""
    if re.fullmatch(r"[\w.-]+/[\w.-]+", url):  # Jekyll's `repository: owner/name`
        url = f"https://github.com/{url}"
    url = re.sub(r"^git@([\w.-]+):", r"https://\1/", url.removeprefix("git+"))
    url = url.removesuffix(".git")
    return url if re.match(r"https?://[^\s]+$", url) and len(url) <= 200 else ""


def _licence_files(folder: Folder) -> list[str]:
    return [
        path
        for path in folder.files
        if "/" not in path and re.match(r"(licen[cs]e|copying)(\.|$|-)", path, re.IGNORECASE)
    ]


def _licence_file(folder: Folder) -> tuple[str, str]:
    for path in _licence_files(folder):
        source = folder.read(path)
        found = licence_in(source.text) if source else ("", "")
        if found[0]:
            return found
    return "", ""


def _authors(
    given: Mapping[str, Any],
    config: Mapping[str, Any],
    citation: Mapping[str, Any],
    package: Mapping[str, Any],
    folder: Folder,
) -> str:
    named = list_of(given, "authors", "author")
    named = named or list_of(config, "authors", "author", "site_author")
    if not named and isinstance(citation.get("authors"), list):
        named = [
            " ".join(
                part
                for part in (
                    text_of(person, "given-names"),
                    text_of(person, "family-names", "name"),
                )
                if part
            )
            for person in citation["authors"]
            if isinstance(person, Mapping)
        ]
    if not named:
        carpentry = CARPENTRIES.get(text_of(config, "carpentry"))
        named = [carpentry] if carpentry else []
    if not named:
        author = text_of(package, "author") or text_of(section_of(package, "author"), "name")
        named = [re.sub(r"\s*[<(].*", "", author)]
    if not any(named):
        named = _copyright_holder(folder)
    return ", ".join(name for name in named if name)


def _copyright_holder(folder: Folder) -> list[str]:
    for path in _licence_files(folder):
        source = folder.read(path)
        match = _COPYRIGHT.search(source.text) if source else None
        if match:
            return [clean(match[1]).strip()]
    return []
