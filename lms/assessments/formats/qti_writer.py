"""Questions as a content package of QTI 3.0 or 2.1.

What QTI has no words for (units, numbers of words…) stands in outcome variables with defaults of
their own: other programs keep or pass over them, `read_qti` takes them up again.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from django.utils.translation import gettext as _

from lms.assessments.rules.questions import (
    BLANK,
    Accepted,
    Area,
    Blanks,
    Choices,
    Essay,
    FileUpload,
    Hotspot,
    Kind,
    Match,
    Matching,
    Numeric,
    Ordering,
    Shape,
    Short,
    TrueFalse,
)

from .archive import picture_size
from .package import Imported
from .texts import MATHML, elements_of, fit

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
_DATE = (1980, 1, 1, 0, 0, 0)  # the same questions are the same file
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_LOM = "http://ltsc.ieee.org/xsd/LOM"


class Version(StrEnum):
    V2_1 = "2.1"
    V3_0 = "3.0"


@dataclass(frozen=True, slots=True)
class _Dialect:
    items: str  # namespaces
    package: str
    schema: str
    schema_version: str
    item_type: str
    test_type: str
    location: str


_DIALECTS = {
    Version.V2_1: _Dialect(
        "http://www.imsglobal.org/xsd/imsqti_v2p1",
        "http://www.imsglobal.org/xsd/imscp_v1p1",
        "QTIv2.1 Package",
        "1.0.0",
        "imsqti_item_xmlv2p1",
        "imsqti_test_xmlv2p1",
        "http://www.imsglobal.org/xsd/qti/qtiv2p1/imsqti_v2p1.xsd",
    ),
    Version.V3_0: _Dialect(
        "http://www.imsglobal.org/xsd/imsqtiasi_v3p0",
        "http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1",
        "QTI Package",
        "3.0.0",
        "imsqti_item_xmlv3p0",
        "imsqti_test_xmlv3p0",
        "https://purl.imsglobal.org/spec/qti/v3p0/schema/xsd/imsqti_asiv3p0_v1p0.xsd",
    ),
}


def write_qti(
    questions: Iterable[Imported], version: Version = Version.V3_0, *, title: str = ""
) -> bytes:
    """The package. Every kind is carried; pictures go with it."""
    dialect = _DIALECTS[version]
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:

        def put(path: str, data: bytes) -> None:
            archive.writestr(zipfile.ZipInfo(path, _DATE), data, zipfile.ZIP_DEFLATED)

        resources: list[_Resource] = []
        taken: set[str] = set()
        for number, imported in enumerate(questions, start=1):
            item = _Item(imported, version, _name(imported.identifier, number, taken))
            path = f"items/{number:04}/item.xml"
            put(path, item.xml())
            files = []
            for name, data in item.pictures.items():
                put(f"items/{number:04}/{name}", data)
                files.append(f"items/{number:04}/{name}")
            resources.append(_Resource(item.name, path, files, imported.tags))
        test = _test(resources, version, fit(title).strip() or _("Questions"))
        put("test.xml", test)
        put("imsmanifest.xml", _manifest(resources, dialect))
    return held.getvalue()


def identifier_of(key: str) -> str:
    """A key of a part as XML allows it; `key_of` in the reader is the way back."""
    return key if IDENTIFIER.fullmatch(key) and not key.startswith("k_") else f"k_{key}"


def _name(identifier: str, number: int, taken: set[str]) -> str:
    """The item's identifier, or one for it; no two are the same."""
    clean = re.sub(r"[^A-Za-z0-9_.-]", "_", identifier)[:60]
    name = clean if IDENTIFIER.fullmatch(clean) else f"item_{clean or number}"
    while name in taken:
        name = f"{name[:55]}_{number}"
    taken.add(name)
    return name


@dataclass(frozen=True, slots=True)
class _Resource:
    identifier: str
    path: str
    files: Sequence[str]
    tags: Sequence[str]


def _serialised(root: Element) -> bytes:
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="utf-8") + b"\n"


def _manifest(resources: list[_Resource], dialect: _Dialect) -> bytes:
    root = Element("manifest", {"xmlns": dialect.package, "identifier": "MANIFEST"})
    metadata = SubElement(root, "metadata")
    SubElement(metadata, "schema").text = dialect.schema
    SubElement(metadata, "schemaversion").text = dialect.schema_version
    SubElement(root, "organizations")
    held = SubElement(root, "resources")
    test = SubElement(
        held, "resource", {"identifier": "TEST", "type": dialect.test_type, "href": "test.xml"}
    )
    SubElement(test, "file", {"href": "test.xml"})
    for place, one in enumerate(resources, start=1):
        name = f"ITEM_{place}"
        SubElement(test, "dependency", {"identifierref": name})
        resource = SubElement(
            held,
            "resource",
            {"identifier": name, "type": dialect.item_type, "href": one.path},
        )
        if one.tags:
            lom = SubElement(SubElement(resource, "metadata"), "lom", {"xmlns": _LOM})
            general = SubElement(lom, "general")
            for tag in one.tags:
                SubElement(SubElement(general, "keyword"), "string").text = fit(tag)
        for path in (one.path, *one.files):
            SubElement(resource, "file", {"href": path})
    indent(root)
    return _serialised(root)


def _test(resources: list[_Resource], version: Version, title: str) -> bytes:
    make = _Maker(version)
    root = make.root("assessmentTest", identifier="TEST", title=title)
    part = make.add(
        root,
        "testPart",
        identifier="PART",
        navigationMode="nonlinear",
        submissionMode="simultaneous",
    )
    section = make.add(part, "assessmentSection", identifier="SECTION", title="", visible="false")
    for place, one in enumerate(resources, start=1):
        make.add(section, "assessmentItemRef", identifier=f"ITEM_{place}", href=one.path)
    indent(root)
    return _serialised(root)


class _Maker:
    """Elements by their QTI 2 names, in the dialect asked for."""

    def __init__(self, version: Version) -> None:
        self.version = version
        self.dialect = _DIALECTS[version]

    def _name(self, name: str) -> str:
        if self.version == Version.V2_1:
            return name
        return re.sub(r"(?<=[a-z])([A-Z])", lambda found: f"-{found[1].lower()}", name)

    def tag(self, name: str) -> str:
        return name if self.version == Version.V2_1 else f"qti-{self._name(name)}"

    def root(self, name: str, **attributes: Any) -> Element:
        root = Element(self.tag(name), {"xmlns": self.dialect.items})
        root.set("xmlns:xsi", _XSI)
        root.set("xsi:schemaLocation", f"{self.dialect.items} {self.dialect.location}")
        self.set(root, **attributes)
        return root

    def add(self, parent: Element, name: str, text: str = "", **attributes: Any) -> Element:
        element = SubElement(parent, self.tag(name))
        self.set(element, **attributes)
        if text:
            element.text = fit(text)
        return element

    def set(self, element: Element, **attributes: Any) -> None:
        for name, value in attributes.items():
            written = str(value).lower() if isinstance(value, bool) else str(value)
            # Attributes hold no line breaks: a parser would make spaces of them.
            element.set(self._name(name), " ".join(fit(written).split()))


class _Item:
    """One item being written. `pictures` are the files beside it."""

    def __init__(self, imported: Imported, version: Version, name: str) -> None:
        self.imported = imported
        self.version = version
        self.name = name
        self.points = float(imported.points)
        self.pictures: dict[str, bytes] = {}
        self.make = make = _Maker(version)
        self.root = make.root(
            "assessmentItem",
            identifier=name,
            title=imported.title or name,
            adaptive=False,
            timeDependent=False,
        )
        self.responses: list[Element] = []
        self.outcomes: list[Element] = []
        self.body = Element(make.tag("itemBody"))
        self.rules = Element(make.tag("responseProcessing"))
        self.feedback: list[Element] = []

    def xml(self) -> bytes:
        """The item; its parts stand in the order that the schemas ask for."""
        kind, question = self.imported.kind, self.imported.question
        self._outcome("SCORE", "float", 0.0)
        self._outcome("MAXSCORE", "float", self.points)
        if question.explanation.strip():
            self._outcome("EXPLANATION", "identifier", "shown")
            self._say("EXPLANATION", "shown", question.explanation)
        match question:
            case Choices():
                self._choices(kind, question)
            case TrueFalse():
                self._true_false(question)
            case Short():
                self._short(question)
            case Numeric():
                self._numeric(question)
            case Matching():
                self._matching(question)
            case Ordering():
                self._ordering(question)
            case Blanks():
                self._blanks(question)
            case Hotspot():
                self._hotspot(question)
            case Essay():
                self._essay(question)
            case FileUpload():
                self._file(question)
        self.root.extend([*self.responses, *self.outcomes, self.body])
        if len(self.rules):
            self.root.append(self.rules)
        self.root.extend(self.feedback)
        return _serialised(self.root)

    # --- Pieces

    def _outcome(self, name: str, base_type: str, *values: Any, many: bool = False) -> None:
        cardinality = ("ordered" if values else "multiple") if many else "single"
        declared = Element(self.make.tag("outcomeDeclaration"))
        self.make.set(declared, identifier=name, cardinality=cardinality, baseType=base_type)
        if values:
            default = self.make.add(declared, "defaultValue")
            for value in values:
                text = str(value).lower() if isinstance(value, bool) else str(value)
                self.make.add(default, "value", text)
        self.outcomes.append(declared)

    def _response(
        self, name: str, cardinality: str, base_type: str, correct: Iterable[str] = ()
    ) -> Element:
        declared = Element(self.make.tag("responseDeclaration"))
        self.make.set(declared, identifier=name, cardinality=cardinality, baseType=base_type)
        correct = list(correct)
        if correct:
            right = self.make.add(declared, "correctResponse")
            for value in correct:
                self.make.add(right, "value", value)
        self.responses.append(declared)
        return declared

    def _map(
        self, declared: Element, worths: Iterable[tuple[str, float]], *, bounded: bool = False
    ) -> None:
        mapping = self.make.add(declared, "mapping", defaultValue=0)
        if bounded:
            self.make.set(mapping, lowerBound=0, upperBound=_figure(self.points))
        for key, worth in worths:
            self.make.add(mapping, "mapEntry", mapKey=key, mappedValue=_figure(worth))

    def _say(self, outcome: str, identifier: str, text: str) -> None:
        """Feedback that is shown when `outcome` has the identifier."""
        element = Element(self.make.tag("modalFeedback"))
        self.make.set(element, outcomeIdentifier=outcome, identifier=identifier, showHide="show")
        target = element
        if self.version == Version.V3_0:
            target = self.make.add(element, "contentBody")
        self._put(target, text)
        self.feedback.append(element)

    def _feedback_by_choice(self, parts: Iterable[tuple[str, str]], *, many: bool) -> None:
        """Feedback for each part of a response: (identifier, text)."""
        said = [(name, text) for name, text in parts if text.strip()]
        if not said:
            return
        self._outcome("FEEDBACK", "identifier", many=many)
        setting = self.make.add(self.rules, "setOutcomeValue", identifier="FEEDBACK")
        self.make.add(setting, "variable", identifier="RESPONSE")
        for name, text in said:
            self._say("FEEDBACK", name, text)

    def _put(self, parent: Element, markdown: str) -> None:
        """Markdown as XHTML inside an element."""
        source = elements_of(markdown)
        for element in source.iter():
            self._fit_schema(element)
        parent.text = (parent.text or "") + (source.text or "")
        parent.extend(list(source))

    def _fit_schema(self, element: Element) -> None:
        """What Markdown makes and the schemas don't know is taken out."""
        element.tag = element.tag.replace(f"{{{MATHML}}}", "")
        if element.tag == "math":
            element.set("xmlns", MATHML)
        for name in ("start", "style", "title"):
            element.attrib.pop(name, None)
        if element.tag == "table" and not element.findall("tbody"):
            for head in element.findall("thead"):
                head.tag = "tbody"
        if element.tag == "img":
            source = element.get("src", "")
            key = source.removeprefix("picture:")
            if source.startswith("picture:") and key in self.imported.pictures:
                element.set("src", self._picture(key))

    def _picture(self, key: str) -> str:
        """The path of a picture beside the item."""
        name, data = self.imported.pictures[key]
        size = picture_size(data)
        ending = size[0] if size else name.rpartition(".")[2][:8]
        path = f"pictures/{key}.{ending}"
        self.pictures[path] = data
        return path

    def _prompt(self, markdown: str) -> None:
        self._put(self.body, markdown)

    def _inline(self, parent: Element, markdown: str) -> None:
        """A text for a choice: without the paragraph around it, if there is only one."""
        self._put(parent, markdown)
        if len(parent) == 1 and parent[0].tag == "p" and not (parent.text or "").strip():
            only = parent[0]
            if not (only.tail or "").strip():
                parent.remove(only)
                parent.text = only.text
                parent.extend(list(only))

    def _score(self, parent: Element, worth: float, *, add: bool = False) -> None:
        setting = self.make.add(parent, "setOutcomeValue", identifier="SCORE")
        if add:
            setting = self.make.add(setting, "sum")
            self.make.add(setting, "variable", identifier="SCORE")
        self.make.add(setting, "baseValue", _figure(worth), baseType="float")

    def _score_by(self, name: str) -> None:
        setting = self.make.add(self.rules, "setOutcomeValue", identifier="SCORE")
        self.make.add(setting, name, identifier="RESPONSE")

    def _score_all(self) -> None:
        """All of the points for the right answer as a whole."""
        condition = self.make.add(self.rules, "responseCondition")
        branch = self.make.add(condition, "responseIf")
        match = self.make.add(branch, "match")
        self.make.add(match, "variable", identifier="RESPONSE")
        self.make.add(match, "correct", identifier="RESPONSE")
        self._score(branch, self.points)

    # --- The kinds

    def _choices(self, kind: Kind, question: Choices) -> None:
        many = kind == Kind.MULTIPLE
        names = [identifier_of(one.key) for one in question.choices]
        right = [
            name
            for name, one in zip(names, question.choices, strict=True)
            if (one.credit > 0 if many else one.credit == 100)
        ]
        declared = self._response(
            "RESPONSE",
            "multiple" if many else "single",
            "identifier",
            right if many else right[:1],
        )
        share = 100 / max(1, len(right))
        worths = []
        for name, one in zip(names, question.choices, strict=True):
            credit: float = one.credit
            if many:
                credit = share if credit > 0 else credit or -share
            worths.append((name, credit * self.points / 100))
        self._map(declared, worths, bounded=many)
        if not question.partial or many:
            self._outcome("PARTIAL", "boolean", question.partial)
        self._prompt(question.prompt)
        interaction = self.make.add(
            self.body,
            "choiceInteraction",
            responseIdentifier="RESPONSE",
            shuffle=question.shuffle,
            maxChoices=0 if many else 1,
        )
        for name, one in zip(names, question.choices, strict=True):
            self._inline(self.make.add(interaction, "simpleChoice", identifier=name), one.text)
        if many and not question.partial:
            self._score_all()
        else:
            self._score_by("mapResponse")
        said = [(n, one.feedback) for n, one in zip(names, question.choices, strict=True)]
        self._feedback_by_choice(said, many=many)

    def _true_false(self, question: TrueFalse) -> None:
        right = "true" if question.answer else "false"
        wrong = "false" if question.answer else "true"
        self._response("RESPONSE", "single", "identifier", [right])
        self._prompt(question.prompt)
        interaction = self.make.add(
            self.body,
            "choiceInteraction",
            responseIdentifier="RESPONSE",
            shuffle=False,
            maxChoices=1,
        )
        self.make.add(interaction, "simpleChoice", _("True"), identifier="true")
        self.make.add(interaction, "simpleChoice", _("False"), identifier="false")
        self._score_all()
        self._feedback_by_choice(
            [(right, question.if_right), (wrong, question.if_wrong)], many=False
        )

    def _short(self, question: Short) -> None:
        best = max(question.accepted, key=lambda one: one.credit)
        correct = [best.text] if best.match == Match.EXACT else []
        self._response("RESPONSE", "single", "string", correct)
        self._prompt(question.prompt)
        gap = SubElement(self.body, "p")
        self.make.add(gap, "textEntryInteraction", responseIdentifier="RESPONSE")
        self._accept("RESPONSE", question.accepted, self.points, question.case_sensitive)
        self._outcome("CASE_SENSITIVE", "boolean", question.case_sensitive)

    def _accept(
        self,
        response: str,
        accepted: Sequence[Accepted],
        most: float,
        case_sensitive: bool,
        *,
        add: bool = False,
        identifiers: dict[str, str] | None = None,
    ) -> None:
        """A chain of comparisons, the best first. `identifiers` are those of a list's texts."""
        condition = self.make.add(self.rules, "responseCondition")
        chain = sorted(accepted, key=lambda one: -one.credit)
        for place, one in enumerate(chain):
            branch = self.make.add(condition, "responseElseIf" if place else "responseIf")
            if identifiers is not None:
                test = self.make.add(branch, "match")
                self.make.add(test, "variable", identifier=response)
                self.make.add(test, "baseValue", identifiers[one.text], baseType="identifier")
            elif one.match == Match.PATTERN:
                pattern = pattern_of(one.text, case_sensitive=case_sensitive)
                test = self.make.add(branch, "patternMatch", pattern=pattern)
                self.make.add(test, "variable", identifier=response)
            else:
                test = self.make.add(
                    branch, "stringMatch", caseSensitive=case_sensitive, substring=False
                )
                self.make.add(test, "variable", identifier=response)
                self.make.add(test, "baseValue", one.text, baseType="string")
            self._score(branch, one.credit * most / 100, add=add)
            self._said_in(branch, f"{response}_{place + 1}", one.feedback, add=add)

    def _said_in(self, branch: Element, name: str, text: str, *, add: bool = False) -> None:
        """Feedback that a branch of the rules leads to."""
        if not text.strip():
            return
        if not any(one.get("identifier") == "FEEDBACK" for one in self.outcomes):
            self._outcome("FEEDBACK", "identifier", many=add)
        setting = self.make.add(branch, "setOutcomeValue", identifier="FEEDBACK")
        if add:
            setting = self.make.add(setting, "multiple")
            self.make.add(setting, "variable", identifier="FEEDBACK")
        self.make.add(setting, "baseValue", name, baseType="identifier")
        self._say("FEEDBACK", name, text)

    def _numeric(self, question: Numeric) -> None:
        best = max(question.accepted, key=lambda one: one.credit)
        self._response("RESPONSE", "single", "float", [f"{best.value:f}"])
        if question.units:
            units = [f"{unit.name} {unit.factor:f}" for unit in question.units]
            self._outcome("UNITS", "string", *units, many=True)
            if question.unit_required:
                self._outcome("UNIT_REQUIRED", "boolean", True)
        if question.without_unit:
            self._outcome("WITHOUT_UNIT", "integer", question.without_unit)
        self._prompt(question.prompt)
        gap = SubElement(self.body, "p")
        self.make.add(gap, "textEntryInteraction", responseIdentifier="RESPONSE")
        condition = self.make.add(self.rules, "responseCondition")
        for place, one in enumerate(sorted(question.accepted, key=lambda one: -one.credit)):
            branch = self.make.add(condition, "responseElseIf" if place else "responseIf")
            mode = "relative" if one.relative else "absolute"
            test = self.make.add(
                branch,
                "equal",
                toleranceMode=mode,
                tolerance=f"{one.tolerance:f} {one.tolerance:f}",
            )
            self.make.add(test, "baseValue", f"{one.value:f}", baseType="float")
            self.make.add(test, "variable", identifier="RESPONSE")
            self._score(branch, one.credit * self.points / 100)
            self._said_in(branch, f"RESPONSE_{place + 1}", one.feedback)

    def _matching(self, question: Matching) -> None:
        rights = list(
            dict.fromkeys([*(one.right for one in question.pairs), *question.distractors])
        )
        names = {text: f"right_{place}" for place, text in enumerate(rights, start=1)}
        pairs = [f"{identifier_of(one.key)} {names[one.right]}" for one in question.pairs]
        declared = self._response("RESPONSE", "multiple", "directedPair", pairs)
        self._map(declared, [(pair, self.points / len(pairs)) for pair in pairs])
        self._prompt(question.prompt)
        interaction = self.make.add(
            self.body,
            "matchInteraction",
            responseIdentifier="RESPONSE",
            shuffle=True,
            maxAssociations=len(pairs),
        )
        lefts = self.make.add(interaction, "simpleMatchSet")
        for one in question.pairs:
            choice = self.make.add(
                lefts,
                "simpleAssociableChoice",
                identifier=identifier_of(one.key),
                matchMax=1,
            )
            self._inline(choice, one.left)
        others = self.make.add(interaction, "simpleMatchSet")
        for text, name in names.items():
            choice = self.make.add(
                others, "simpleAssociableChoice", identifier=name, matchMax=len(pairs)
            )
            self._inline(choice, text)
        self._score_by("mapResponse")

    def _ordering(self, question: Ordering) -> None:
        names = [identifier_of(one.key) for one in question.items]
        self._response("RESPONSE", "ordered", "identifier", names)
        self._outcome("PARTIAL", "boolean", question.partial)
        self._prompt(question.prompt)
        interaction = self.make.add(
            self.body, "orderInteraction", responseIdentifier="RESPONSE", shuffle=True
        )
        for name, one in zip(names, question.items, strict=True):
            self._inline(self.make.add(interaction, "simpleChoice", identifier=name), one.text)
        if not question.partial:
            self._score_all()
            return
        # A share for each two that follow one another as they should.
        share = self.points / (len(names) - 1)
        for before, after in pairwise(names):
            condition = self.make.add(self.rules, "responseCondition")
            branch = self.make.add(condition, "responseIf")
            both = self.make.add(branch, "or")
            for place in range(1, len(names)):
                two = self.make.add(both, "and")
                for name, at in ((before, place), (after, place + 1)):
                    match = self.make.add(two, "match")
                    index = self.make.add(match, "index", n=at)
                    self.make.add(index, "variable", identifier="RESPONSE")
                    self.make.add(match, "baseValue", name, baseType="identifier")
            self._score(branch, share, add=True)

    def _blanks(self, question: Blanks) -> None:
        self._outcome("KIND", "identifier", Kind.BLANKS.value)
        self._outcome("CASE_SENSITIVE", "boolean", question.case_sensitive)
        prompt = SubElement(self.body, "div", {"class": "prompt"})
        self._put(prompt, question.prompt)
        text = SubElement(self.body, "div", {"class": "text"})
        self._put(text, question.text)
        most = self.points / len(question.blanks)
        gaps: dict[str, Element] = {}
        by_key = {one.key: one for one in question.blanks}
        for key in BLANK.findall(question.text):
            blank = by_key[key]
            name = identifier_of(key)
            best = max(blank.accepted, key=lambda one: one.credit)
            if blank.choices:
                names = {t: f"choice_{n}" for n, t in enumerate(dict.fromkeys(blank.choices), 1)}
                accepted = [one for one in blank.accepted if one.text in names]
                self._response(name, "single", "identifier", [names[best.text]]
                               if best.text in names else [])  # fmt: skip
                gap = Element(self.make.tag("inlineChoiceInteraction"))
                self.make.set(gap, responseIdentifier=name, shuffle=False)
                for choice, identifier in names.items():
                    self.make.add(gap, "inlineChoice", choice, identifier=identifier)
                self._accept(name, accepted, most, True, add=True, identifiers=names)
            else:
                correct = [best.text] if best.match == Match.EXACT else []
                self._response(name, "single", "string", correct)
                gap = Element(self.make.tag("textEntryInteraction"))
                self.make.set(gap, responseIdentifier=name)
                self._accept(name, blank.accepted, most, question.case_sensitive, add=True)
            gaps[key] = gap
        _fill(text, gaps)
        for gap in gaps.values():  # where the text has no place for one: in program text, say
            SubElement(text, "p").append(gap)

    def _hotspot(self, question: Hotspot) -> None:
        best = max(question.areas, key=lambda one: one.credit)
        x, y = _middle(best)
        self._response("RESPONSE", "single", "point", [f"{x} {y}"])
        self._prompt(question.prompt)
        interaction = self.make.add(
            self.body, "selectPointInteraction", responseIdentifier="RESPONSE", maxChoices=1
        )
        attributes = {"width": str(question.width), "height": str(question.height)}
        if question.picture in self.imported.pictures:
            path = self._picture(question.picture)
        else:
            path = f"pictures/{question.picture}"
        kinds = {"png": "image/png", "gif": "image/gif", "webp": "image/webp"}
        attributes["type"] = kinds.get(path.rpartition(".")[2], "image/jpeg")
        attributes["data"] = path
        picture = SubElement(interaction, "object", attributes)
        picture.text = fit(question.alt)
        condition = self.make.add(self.rules, "responseCondition")
        for place, one in enumerate(sorted(question.areas, key=lambda one: -one.credit)):
            branch = self.make.add(condition, "responseElseIf" if place else "responseIf")
            shape = {Shape.CIRCLE: "circle", Shape.RECTANGLE: "rect", Shape.POLYGON: "poly"}
            inside = self.make.add(
                branch,
                "inside",
                shape=shape[one.shape],
                coords=",".join(map(str, one.points)),
            )
            self.make.add(inside, "variable", identifier="RESPONSE")
            self._score(branch, one.credit * self.points / 100)
            self._said_in(branch, f"AREA_{place + 1}", one.feedback)

    def _essay(self, question: Essay) -> None:
        declared = self._response("RESPONSE", "single", "string")
        if question.starter:
            default = self.make.add(declared, "defaultValue")
            self.make.add(default, "value", question.starter)
        if question.least_words:
            self._outcome("LEAST_WORDS", "integer", question.least_words)
        if question.most_words:
            self._outcome("MOST_WORDS", "integer", question.most_words)
        self._prompt(question.prompt)
        self._rubric(question.notes)
        self.make.add(self.body, "extendedTextInteraction", responseIdentifier="RESPONSE")

    def _file(self, question: FileUpload) -> None:
        self._response("RESPONSE", "single", "file")
        self._prompt(question.prompt)
        self._rubric(question.notes)
        self.make.add(self.body, "uploadInteraction", responseIdentifier="RESPONSE")

    def _rubric(self, notes: str) -> None:
        if not notes.strip():
            return
        rubric = self.make.add(self.body, "rubricBlock", view="scorer")
        target = rubric
        if self.version == Version.V3_0:
            target = self.make.add(rubric, "contentBody")
        self._put(target, notes)


def pattern_of(text: str, *, case_sensitive: bool) -> str:
    """`*` and `?` as a regular expression of XML Schema; `wildcards_of` is the way back."""
    written = ""
    for letter in text:
        if letter in "*?":
            written += ".*" if letter == "*" else "."
        elif letter in r"\.[](){}+|^$-":
            written += f"\\{letter}"
        elif not case_sensitive and len({letter.lower(), letter.upper()}) == 2:
            other = letter.lower() if letter != letter.lower() else letter.upper()
            written += (
                f"[{letter}{other}]"
                if len(other) == 1 and other.lower() == letter.lower()
                else letter
            )
        else:
            written += letter
    return written


def _figure(value: float) -> str:
    """A number as XML has it, without the noise of floating point."""
    return f"{round(value, 10):.10f}".rstrip("0").rstrip(".") or "0"


def _middle(area: Area) -> tuple[int, int]:
    if area.shape == Shape.CIRCLE:
        return area.points[0], area.points[1]
    xs, ys = area.points[::2], area.points[1::2]
    return sum(xs) // len(xs), sum(ys) // len(ys)


def _fill(parent: Element, gaps: dict[str, Element]) -> None:
    """Put the gaps where the text says `[[key]]`; those placed are taken out of `gaps`."""
    for element in list(parent.iter()):
        for place in range(len(element), -1, -1):
            holder = element if place == 0 else element[place - 1]
            text = (holder.text if place == 0 else holder.tail) or ""
            pieces = BLANK.split(text)
            if len(pieces) == 1:
                continue
            if place == 0:
                holder.text = pieces[0]
            else:
                holder.tail = pieces[0]
            last: Element | None = None
            at = place
            for key, after in zip(pieces[1::2], pieces[2::2], strict=True):
                gap = gaps.pop(key, None)
                if gap is None:
                    after = f"[[{key}]]{after}"
                    if last is not None:
                        last.tail = (last.tail or "") + after
                    elif place == 0:
                        holder.text = (holder.text or "") + after
                    else:
                        holder.tail = (holder.tail or "") + after
                    continue
                gap.tail = after
                element.insert(at, gap)
                last = gap
                at += 1
