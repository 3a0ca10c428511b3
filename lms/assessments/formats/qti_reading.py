"""One item of QTI 2 or 3 being read: its texts and pictures, what is right, what is said then."""

import posixpath
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from urllib.parse import quote
from xml.etree.ElementTree import Element, SubElement

from django.utils.translation import gettext as _

from lms.assessments.rules.questions import (
    KEY,
    MOST_PARTS,
    Kind,
    Question,
)

from .archive import LARGEST_PICTURE, LARGEST_TEXT, beside, picture_size
from .package import ONE, FormatError, LeftOut, Notes
from .qti_processing import (
    Marking,
    Response,
    Unknown,
    Value,
    branches,
    children,
    number,
    standard,
    tidied,
)
from .texts import parse_xml, to_markdown

Build = Callable[["Reading"], tuple[Kind, Question]]
ReadFile = Callable[[str, int], "bytes | None"]


FEEDBACK = {"modalfeedback", "feedbackinline", "feedbackblock"}


ASIDE = {"rubricblock", "templateblock", "templateinline", "stylesheet", "cataloginfo"}


MOST_FEEDBACK = 300
MOST_IN_PASSAGE = 20_000  # elements
GAPS = {"textentryinteraction", "inlinechoiceinteraction"}


def key_of(identifier: str, otherwise: str) -> str:
    """The key behind an identifier: see `identifier_of` in the writer."""
    key = identifier.removeprefix("k_")
    return key if KEY.fullmatch(key) else otherwise


@dataclass(slots=True, eq=False)
class Feedback:
    outcome: str
    identifier: str
    show: bool
    element: Element
    choice: str = ""  # the choice it stands in
    used: bool = False
    text: str | None = None  # once it is read

    def is_shown(self, outcomes: Mapping[str, Value]) -> bool:
        value = outcomes.get(self.outcome)
        values = value if isinstance(value, tuple) else (value,)
        return (self.identifier in values) == self.show


@dataclass(frozen=True, slots=True, eq=False)
class Passage:
    """A text that several items share; `path` is the file it stands in."""

    path: str
    element: Element


@dataclass(slots=True)
class Source:
    """Where an item stands, and how to get at the files beside it."""

    path: str
    read: ReadFile
    # Marking rules that the package brings along, by the last part of their names.
    templates: Mapping[str, Element] = field(default_factory=dict)
    # What the test shows with the item.
    passages: tuple[Passage, ...] = ()


def interactions(root: Element) -> list[Element]:
    """What an item asks for, in the order of its text; not what is only shown at times."""
    found: list[Element] = []
    pending = [one for one in reversed(children(root)) if one.tag == "itembody"]
    while pending:
        one = pending.pop()
        if one.tag.endswith("interaction") and one.tag != "endattemptinteraction":
            found.append(one)
        elif one.tag not in FEEDBACK and one.tag not in ASIDE:
            pending += reversed(children(one))
    asking = [one for one in found if one.tag != "mediainteraction"]
    return asking or found


class Reading:
    """One item being read. `most` is what a wholly right answer is worth."""

    def __init__(self, root: Element, source: Source, notes: Notes, *, part: bool) -> None:
        self.root = root
        self.part = part  # it is one of several things that an item asks for
        self.source = source
        self.notes = notes
        self.most = 1.0
        self.pictures: dict[str, tuple[str, bytes]] = {}
        self.keys_of: dict[str, str] = {}
        self.marks: dict[int, str] = {}  # what stands for an element inside of a text
        self.body = next(one for one in children(root) if one.tag == "itembody")
        self._note_what_goes()
        self._bring_passages()
        self.feedback = self._pulled_feedback()
        self.rubrics = self._pulled_asides()
        self.marking = Marking(root, None)

    def _note_what_goes(self) -> None:
        tags = {one.tag for one in self.root.iter() if isinstance(one.tag, str)}
        if self.root.get("adaptive") == "true":
            self.notes.add(_("It led through several steps: here it is one question."))
        if "endattemptinteraction" in tags:
            self.notes.add(_("A button in the question (for a hint) was left out."))
        if "mediainteraction" in tags:
            self.notes.add(_("A recording in the text was left out. Put it into a lesson instead."))
        if "printedvariable" in tags:
            self.notes.add(_("A value that is worked out was left out of the text."))
        if "companionmaterialsinfo" in tags:
            self.notes.add(_("Material beside the question, such as a calculator, was left out."))
        if "include" in tags:
            self.notes.add(_("Text that stands in another file was left out."))

    def _bring_passages(self) -> None:
        """Put the texts that the item shares with others before its own."""
        passages = list(self.source.passages)
        for one in children(self.root):
            if one.tag == "assessmentstimulusref":
                passage = self._stimulus(one.get("href", ""))
                if passage is None:
                    self.notes.add(
                        _(
                            "A text that it shares with other questions is missing in the package, "
                            "or can't be read. Add it to the question."
                        )
                    )
                else:
                    passages.append(passage)
        brought = [self._here(one) for one in passages]
        for place, one in enumerate(brought):
            self.body.insert(place, one)
        if brought:
            self.notes.add(
                _("A text that it shared with other questions is part of its own text now.")
            )

    def _stimulus(self, address: str) -> Passage | None:
        path = beside(self.source.path, address)
        data = self.source.read(path, LARGEST_TEXT) if path is not None else None
        if path is None or data is None:
            return None
        try:
            root = tidied(parse_xml(data, MOST_IN_PASSAGE))
        except FormatError:
            return None
        bodies = [one for one in root.iter() if one.tag == "stimulusbody"]
        return Passage(path, bodies[0]) if bodies else None

    def _here(self, passage: Passage) -> Element:
        """A copy to stand in the item: its pictures are named from there."""
        copy = Element("div")
        copy.text = passage.element.text
        copy.extend(deepcopy(list(passage.element)))
        for parent in list(copy.iter()):
            for one in children(parent):
                if one.tag.endswith("interaction"):
                    remove(parent, one)
        start = posixpath.dirname(self.source.path) or "."
        for one in copy.iter():
            for name in ("src", "data"):
                if name in one.attrib:
                    target = beside(passage.path, one.attrib[name])
                    there = quote(posixpath.relpath(target, start)) if target else ""
                    one.attrib[name] = there
        return copy

    def _pulled(self, root: Element, tags: set[str]) -> list[tuple[Element, str]]:
        """Elements taken out of a tree, each with the identifier of the choice it stood in."""
        found: list[tuple[Element, str]] = []
        pending = [(root, "")]
        for parent, choice in pending:
            if parent.tag in ("simplechoice", "hottext", "simpleassociablechoice"):
                choice = parent.get("identifier", "")
            for child in list(parent):
                if child.tag in tags:
                    remove(parent, child)
                    found.append((child, choice))
                else:
                    pending.append((child, choice))
        return found

    def _pulled_feedback(self) -> list[Feedback]:
        found = self._pulled(self.root, FEEDBACK)
        if len(found) > MOST_FEEDBACK:
            raise LeftOut(_("It has too much feedback. Make it several questions."))
        return [
            Feedback(
                element.get("outcomeidentifier", ""),
                element.get("identifier", ""),
                element.get("showhide", "show") != "hide",
                element,
                choice,
            )
            for element, choice in found
        ]

    def _pulled_asides(self) -> list[Element]:
        """Notes for who marks. What is meant for students stays in the text."""
        rubrics = []
        for element, _choice in self._pulled(self.body, ASIDE):
            if element.tag == "rubricblock":
                rubrics.append(element)
            elif element.tag != "stylesheet":
                self.notes.add(_("A part of the text that is only shown at times was left out."))
        for element in rubrics:
            if "candidate" in element.get("view", ""):
                copy = Element("div")
                copy.extend(list(element))
                copy.text = element.text
                self.body.insert(0, copy)
        return [one for one in rubrics if "candidate" not in one.get("view", "")]

    def markdown(self, element: Element) -> str:
        return to_markdown(element, self.notes, picture=self._picture, special=self._special)

    def _special(self, element: Element) -> str | None:
        mark = self.marks.get(id(element))
        if mark is not None:
            return mark
        if element.tag in (
            "printedvariable",
            "endattemptinteraction",
            "mediainteraction",
            "include",
        ):
            return ""
        return None

    def _picture(self, address: str, _alt: str) -> str | None:
        key = self.picture_key(address)
        return None if key is None else f"picture:{key}"

    def picture_key(self, address: str) -> str | None:
        """The key of a picture beside the item; None and a note if it can't be had."""
        path = beside(self.source.path, address)
        if path is not None and path in self.keys_of:
            return self.keys_of[path]
        data = self.source.read(path, LARGEST_PICTURE) if path is not None else None
        size = picture_size(data) if data else None
        if path is None or data is None or size is None:
            self.notes.add(
                _(
                    "A picture is missing, too large, or no PNG, JPEG, GIF or WebP: its words "
                    "stand in its place. Add it to the question."
                )
            )
            return None
        stem = path.rpartition("/")[2].rpartition(".")[0]
        key = stem if KEY.fullmatch(stem) and stem not in self.pictures else ""
        key = key or f"p{len(self.pictures) + 1}"
        self.keys_of[path] = key
        self.pictures[key] = (f"{stem[:80] or key}.{size[0]}", data)
        return key

    def _rules(self) -> Element | None:
        """The response processing: the item's own, or what a standard template would do."""
        found = [one for one in children(self.root) if one.tag == "responseprocessing"]
        if not found:
            return None
        rules = found[0]
        if children(rules):
            return rules
        address = rules.get("template") or rules.get("templatelocation") or ""
        if not address:
            return None
        kind = standard(address)
        if kind is None:
            brought = self.source.templates.get(address.rstrip("/").rpartition("/")[2])
            if brought is None:
                raise Unknown(address.rpartition("/")[2][:60])
            return brought
        return self._standard(kind, ["RESPONSE"], common_cartridge="CC2_" in address)

    def _standard(
        self, kind: str | None, names: Iterable[str], *, common_cartridge: bool = False
    ) -> Element:
        """The rules of a standard template; by what is declared for each response if it is None."""
        rules = Element("responseprocessing")
        for name in names:
            response = self.marking.responses.get(name)
            if response is None:
                continue
            by = "map_response" if response.mapped else "match_correct"
            if kind == "match_correct" and response.correct:
                by = kind
            if by == "match_correct":
                condition = SubElement(rules, "responsecondition")
                branch = SubElement(condition, "responseif")
                match = SubElement(branch, "match")
                SubElement(match, "variable", identifier=name)
                SubElement(match, "correct", identifier=name)
                SubElement(_added(branch), "basevalue", basetype="float").text = "1"
                if common_cartridge:
                    _set(branch, "FEEDBACKBASIC", "correct")
                    _set(SubElement(condition, "responseelse"), "FEEDBACKBASIC", "incorrect")
            else:
                mapping = "mapresponsepoint" if response.areas else "mapresponse"
                SubElement(_added(rules), mapping, identifier=name)
            if common_cartridge and "FEEDBACK" in self.marking.types:
                said = SubElement(rules, "setoutcomevalue", identifier="FEEDBACK")
                SubElement(said, "variable", identifier=name)
        return rules

    def question(self, build: Build) -> tuple[Kind, Question]:
        self.marking = Marking(self.root, None)
        try:
            rules = self._rules()
            if rules is None or (self.part and not has_own_rules(self.root)):
                rules = self._standard(None, self.marking.responses)
            self.marking = Marking(self.root, rules)
            return build(self)
        except Unknown as unknown:
            self.notes.add(
                _(
                    "Its way to mark is not known here ({name}): the answers that it declares as "
                    "right count. Look at the points."
                ).format(name=unknown)
            )
        except LeftOut:
            if not self.part or not has_own_rules(self.root):
                raise
            self.notes.add(_("Points were given for all parts together: here for each."))
        # Once more, by what the item declares as right.
        for one in self.feedback:
            one.used = False
        self.marks.clear()
        self.marking = Marking(self.root, None)
        self.marking.rules = self._standard(None, self.marking.responses)
        try:
            return build(self)
        except Unknown as still:
            raise LeftOut(_("Its way to mark is not known here.")) from still

    def response(self, interaction: Element) -> Response:
        found = self.marking.responses.get(interaction.get("responseidentifier", ""))
        if found is None:
            raise LeftOut(_("It declares no response: the file is damaged. Export it again."))
        return found

    def outcome(self, name: str) -> Value:
        return self.marking.defaults.get(name)

    def declared_most(self) -> float:
        """What the item says it is worth at most; 0 if it does not."""
        value = self.outcome("MAXSCORE")
        if isinstance(value, float) and value > 0:
            return value
        for one in children(self.root):
            if one.tag == "outcomedeclaration" and one.get("identifier") == "SCORE":
                return max(0.0, number(one.get("normalmaximum")))
        return 0.0

    def percent(self, worth: float, most: float) -> int:
        exact = 100 * worth / most
        whole = int(Decimal(repr(exact)).quantize(ONE, ROUND_HALF_UP))
        if abs(whole - exact) > 0.001 or not -100 <= whole <= 100:
            self.notes.add(_("Some answers were worth a part of a percent: that was rounded."))
        return min(100, max(-100, whole))

    def said(self, shown: Iterable[Feedback]) -> str:
        texts = []
        for one in shown:
            one.used = True
            text = self._text(one)
            if text and text not in texts:
                texts.append(text)
        return "\n\n".join(texts)

    def _text(self, one: Feedback) -> str:
        if one.text is None:
            one.text = self.markdown(one.element)
        return one.text

    def shown(self, outcomes: Mapping[str, Value]) -> list[Feedback]:
        return [one for one in self.feedback if one.is_shown(outcomes)]

    def always(self, every: Iterable[Mapping[str, Value]]) -> list[Feedback]:
        """Feedback that all of these outcomes show."""
        every = list(every)
        return [
            one
            for one in self.feedback
            if not one.choice and all(one.is_shown(outcomes) for outcomes in every)
        ]

    def new(self, outcomes: Mapping[str, Value], always: list[Feedback]) -> list[Feedback]:
        return [one for one in self.shown(outcomes) if one not in always]

    def explanation(
        self, always: list[Feedback], overall: Iterable[Mapping[str, Value]] = ()
    ) -> str:
        """What is shown with the results. Feedback on an answer as a whole has no place of its
        own and becomes part of it."""
        text = self.said(always)
        extra = [
            one
            for outcomes in overall
            for one in self.new(outcomes, always)
            if not one.used and not one.choice
        ]
        more = self.said(extra)
        if more:
            self.notes.add(
                _("Feedback on whole answers is part of the explanation now, which all will see.")
            )
        if any(not one.used and self._text(one) for one in self.feedback):
            self.notes.add(_("Feedback that is only shown at times was left out."))
        return "\n\n".join(filter(None, [text, more]))

    def stem(self, interaction: Element) -> str:
        """The text of the item, with the interaction's prompt in its place."""
        prompts = [one for one in children(interaction) if one.tag == "prompt"]
        self.marks.pop(id(interaction), None)
        div = Element("div")
        for one in prompts:
            div.text = one.text
            div.extend(list(one))
        div.tail = interaction.tail
        for parent in self.body.iter():
            for place, child in enumerate(list(parent)):
                if child is interaction:
                    parent[place] = div
        text = self.markdown(self.body)
        for parent in self.body.iter():
            for place, child in enumerate(list(parent)):
                if child is div:
                    parent[place] = interaction
        return text

    def rubric(self) -> str:
        return "\n\n".join(filter(None, map(self.markdown, self.rubrics)))

    def parts(self, interaction: Element, tag: str) -> list[Element]:
        found = [one for one in interaction.iter() if one.tag == tag]
        if len(found) > MOST_PARTS:
            raise LeftOut(_("It has more than 100 choices or gaps. Make it several questions."))
        return found

    def atoms(self, name: str) -> Iterable[tuple[Element, Element, bool]]:
        """(branch, comparison, whether it alone decides) for each comparison of a response with
        something; `alone` only where what follows does not look at responses again."""
        compare = {"match", "stringmatch", "patternmatch", "equal", "equalrounded"}
        for branch in branches(self.marking.rules):
            parts = children(branch)
            if not parts:
                continue
            plain_rules = not any(
                one.tag in ("mapresponse", "mapresponsepoint", "responsecondition")
                or (one.tag == "variable" and one.get("identifier") in self.marking.responses)
                for rule in parts[1:]
                for one in rule.iter()
            )
            if parts[0].tag in compare:
                if _about(parts[0], name):
                    yield branch, parts[0], plain_rules
                continue
            for one in parts[0].iter():
                if one.tag in compare and _about(one, name):
                    yield branch, one, False


def keys_of(names: list[str]) -> list[str]:
    keys = [key_of(name, f"k{place}") for place, name in enumerate(names, start=1)]
    return keys if len(set(keys)) == len(keys) else [f"k{n}" for n in range(1, len(names) + 1)]


def _about(comparison: Element, name: str) -> bool:
    return any(one.get("identifier") == name for one in children(comparison))


def has_own_rules(root: Element) -> bool:
    """Whether an item says itself how it is marked."""
    return any(one.tag == "responseprocessing" and children(one) for one in children(root))


def _added(parent: Element) -> Element:
    """A <sum> that is added to the score."""
    total = SubElement(SubElement(parent, "setoutcomevalue", identifier="SCORE"), "sum")
    SubElement(total, "variable", identifier="SCORE")
    return total


def _set(parent: Element, name: str, value: str) -> None:
    said = SubElement(parent, "setoutcomevalue", identifier=name)
    SubElement(said, "basevalue", basetype="identifier").text = value


def parent_of(root: Element, child: Element) -> Element:
    return next(one for one in root.iter() if child in list(one))


def remove(parent: Element, child: Element) -> None:
    """Take a child out, leaving the text that stood behind it."""
    place = list(parent).index(child)
    if child.tail:
        if place:
            before = parent[place - 1]
            before.tail = (before.tail or "") + child.tail
        else:
            parent.text = (parent.text or "") + child.tail
        child.tail = None
    parent.remove(child)
