"""Content packages of QTI 2.0 to 3.0: a zip with imsmanifest.xml, its items, tests and pictures.

    read_qti(bytes or file) -> Package

A single item's XML is read too. Of tests, sections become tags, and what they show with their items
becomes part of each; how they draw, order and time their items is set where the questions are put
into a test here.
"""

import posixpath
from dataclasses import dataclass, field, replace
from typing import IO
from xml.etree.ElementTree import Element

from django.utils.translation import gettext as _

from .archive import LARGEST_TEXT, Archive, beside
from .package import (
    MOST_QUESTIONS,
    Entry,
    FormatError,
    Imported,
    Notes,
    Outcome,
    Package,
    Report,
    tags_of,
)
from .qti_item import Source, read_items
from .qti_processing import children, number, text_of, tidied
from .qti_reading import Passage
from .texts import parse_xml

MANIFEST = "imsmanifest.xml"
# What a rubric of a test is for, where that is no part of its questions (`use`, QTI 3).
ABOUT_THE_TEST = {"instructions", "navigation", "scoring"}


@dataclass(slots=True)
class _Place:
    """An item of the package, and what the manifest and the tests say about it."""

    path: str
    tags: list[str] = field(default_factory=list)
    weight: float | None = None
    passages: list[Passage] = field(default_factory=list)


def read_qti(file: bytes | IO[bytes]) -> Package:
    """The questions of a package. Raises FormatError for what is no package at all."""
    head = file[:4] if isinstance(file, bytes) else _head(file)
    if not head.startswith(b"PK"):
        return _single_file(file if isinstance(file, bytes) else file.read(LARGEST_TEXT + 1))
    return _Reader(Archive(file)).package()


def _head(file: IO[bytes]) -> bytes:
    head = file.read(4)
    file.seek(0)
    return head


def _single_file(data: bytes) -> Package:
    if len(data) > LARGEST_TEXT:
        raise FormatError(_("The file is too large, and no zip archive. Export it as a package."))
    tag = tidied(parse_xml(data)).tag
    if tag != "assessmentitem":
        raise FormatError(
            _("The file is no package (zip) and no item of QTI 2 or 3. Export it as QTI 2.1.")
        )
    found = _items(data, Source("item.xml", lambda path, most: None), _Place("item.xml"))
    return Package(
        tuple(item for item, _entry in found if item is not None),
        Report(tuple(entry for _item, entry in found)),
    )


def _items(data: bytes, source: Source, place: _Place) -> list[tuple[Imported | None, Entry]]:
    name = posixpath.basename(place.path)
    try:
        found = read_items(data, source, weight=place.weight)
    except FormatError as problem:
        return [(None, Entry("", name, Outcome.LEFT_OUT, (str(problem),)))]
    return [
        (
            item and replace(item, tags=tags_of(place.tags)),
            replace(entry, title=entry.title or name),
        )
        for item, entry in found
    ]


class _Reader:
    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self.notes = Notes()
        self.places: dict[str, _Place] = {}
        self.tests: list[str] = []
        self.templates: dict[str, Element] = {}
        self.old: list[str] = []

    def package(self) -> Package:
        manifests = sorted(
            (path for path in self.archive.paths if posixpath.basename(path) == MANIFEST),
            key=lambda path: (path.count("/"), path),
        )
        if manifests:
            self._read_manifest(manifests[0])
        if not self.places and not self.old:
            self._look_for_items(bool(manifests))
        for path in self.tests:
            self._read_test(path)
        questions: list[Imported] = []
        entries: list[Entry] = []
        for path in self.old:
            reason = _("It is written in QTI 1, which is not read. Export it as QTI 2.1 or later.")
            entries.append(Entry("", posixpath.basename(path), Outcome.LEFT_OUT, (reason,)))
        for place in list(self.places.values()):
            if len(entries) >= MOST_QUESTIONS:
                self.notes.add(
                    _("Only the first {number} questions were read. Split the file.").format(
                        number=MOST_QUESTIONS
                    )
                )
                break
            data = self.archive.read(place.path)
            if data is None:
                reason = _("Its file is missing in the package, or too large. Export it again.")
                entries.append(
                    Entry("", posixpath.basename(place.path), Outcome.LEFT_OUT, (reason,))
                )
                continue
            source = Source(place.path, self.archive.read, self.templates, tuple(place.passages))
            for item, entry in _items(data, source, place):
                entries.append(entry)
                if item is not None:
                    questions.append(item)
        if not entries:
            raise FormatError(
                _("The archive holds no items of QTI 2 or 3. Export it as a QTI package again.")
            )
        return Package(tuple(questions), Report(tuple(entries), tuple(self.notes.sentences)))

    def _read_manifest(self, path: str) -> None:
        data = self.archive.read(path)
        if data is None:
            raise FormatError(_("The package's imsmanifest.xml can't be read. Export it again."))
        try:
            manifest = tidied(parse_xml(data))
        except FormatError as problem:
            raise FormatError(
                _("The package's imsmanifest.xml can't be read: {why}").format(why=problem)
            ) from problem
        for resource in manifest.iter("resource"):
            kind = resource.get("type", "").lower()
            href = resource.get("href") or next(
                (one.get("href", "") for one in children(resource) if one.tag == "file"), ""
            )
            if not kind.startswith(("imsqti_", "associatedcontent/imsqti", "webcontent")):
                continue
            target = beside(path, href)
            if target is None:
                if "item" in kind:
                    self.notes.add(
                        _("The package names files outside of itself: they were left out.")
                    )
            elif kind.startswith("imsqti_item"):
                keywords = [text_of(one) for one in resource.iter("keyword")]
                self.places.setdefault(target, _Place(target)).tags += keywords
            elif kind.startswith("imsqti_test"):
                self.tests.append(target)
            elif kind.startswith("imsqti_rptemplate"):
                self._keep_template(target)
            elif kind.startswith("imsqti_xmlv1"):
                self.old.append(target)

    def _keep_template(self, path: str) -> None:
        data = self.archive.read(path)
        if data is None:
            return
        try:
            rules = tidied(parse_xml(data))
        except FormatError:
            return
        if rules.tag == "responseprocessing":
            self.templates[posixpath.basename(path)] = rules

    def _look_for_items(self, has_manifest: bool) -> None:
        """Items of an archive whose manifest names none, or that has none."""
        for path in sorted(self.archive.paths):
            if not path.lower().endswith(".xml") or posixpath.basename(path) == MANIFEST:
                continue
            data = self.archive.read(path)
            try:
                tag = tidied(parse_xml(data)).tag if data else ""
            except FormatError:
                continue
            if tag == "assessmentitem":
                self.places[path] = _Place(path)
            elif tag == "assessmenttest":
                self.tests.append(path)
            elif tag == "questestinterop":
                self.old.append(path)
        if self.places and not has_manifest:
            self.notes.add(_("The archive has no imsmanifest.xml: all items in it were read."))

    def _read_test(self, path: str) -> None:
        data = self.archive.read(path)
        if data is None:
            return
        try:
            root = tidied(parse_xml(data))
        except FormatError:
            self.notes.add(
                _("A test in the package can't be read: its questions have no sections.")
            )
            return
        tags = {one.tag for one in root.iter() if isinstance(one.tag, str)}
        if tags & {"selection", "ordering"}:
            self.notes.add(
                _("The test draws or shuffles its questions: set that in the test here.")
            )
        if tags & {"timelimits", "precondition", "branchrule", "adaptiveselection"}:
            self.notes.add(
                _("The test has time limits or ways through it: set those in the test here.")
            )
        if "testfeedback" in tags:
            self.notes.add(_("What the test says at its end was left out."))
        order: dict[str, None] = {}
        self._walk(root, path, [], [], order)
        # In the order of the test, then what no test names.
        ordered = {target: self.places[target] for target in order if target in self.places}
        self.places = {**ordered, **self.places}

    def _walk(
        self,
        element: Element,
        path: str,
        titles: list[str],
        passages: list[Passage],
        order: dict[str, None],
    ) -> None:
        passages = [*passages, *self._shown_with(element, path)]
        for one in children(element):
            if one.tag == "assessmentsection":
                self._walk(one, path, [*titles, one.get("title", "")], passages, order)
            elif one.tag in ("testpart", "assessmentsectionref"):
                self._walk(one, path, titles, passages, order)
            elif one.tag == "assessmentitemref":
                target = beside(path, one.get("href", ""))
                if target is None:
                    continue
                place = self.places.setdefault(target, _Place(target))
                place.tags += titles
                place.passages += [each for each in passages if each not in place.passages]
                order.setdefault(target)
                for weight in children(one):
                    if weight.tag == "weight" and place.weight is None:
                        place.weight = number(weight.get("value"), 1.0) or None

    def _shown_with(self, element: Element, path: str) -> list[Passage]:
        """What a section shows with each of its items."""
        found = []
        for one in children(element):
            if one.tag != "rubricblock":
                continue
            if "candidate" in one.get("view", "candidate") and one.get("use") not in ABOUT_THE_TEST:
                found.append(Passage(path, one))
            else:
                self.notes.add(
                    _("A section's instructions, or its notes for those who mark, were left out.")
                )
        return found
