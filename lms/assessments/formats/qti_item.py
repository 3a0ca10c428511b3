"""One item of QTI 2 or 3 as a question.

What an answer is worth is found by asking the item's own response processing (`Marking`); what it
shows then is the answer's feedback. An item whose way to mark is not known counts by the answers
it declares as right, and the report says so.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from xml.etree.ElementTree import Element, SubElement

from django.utils.translation import gettext as _

from lms.assessments.rules.questions import (
    KEY,
    MOST_PARTS,
    Accepted,
    AcceptedNumber,
    Area,
    Blank,
    Blanks,
    Choice,
    Choices,
    Essay,
    FileUpload,
    Hotspot,
    Item,
    Kind,
    Match,
    Matching,
    Numeric,
    Ordering,
    Pair,
    Question,
    Shape,
    Short,
    TrueFalse,
    Unit,
)

from .archive import LARGEST_PICTURE, beside, picture_size
from .package import LONGEST_TITLE, ONE, Entry, Imported, LeftOut, Notes, Outcome, checked, title_of
from .qti_processing import (
    Marking,
    Response,
    Unknown,
    Value,
    branches,
    children,
    coordinates,
    number,
    score_in,
    standard,
    text_of,
    tidied,
    wildcards_of,
)
from .texts import parse_xml, plain, to_markdown

MOST_ELEMENTS = 20_000  # of an item
MOST_IN_ONE = 20
ReadFile = Callable[[str, int], "bytes | None"]

_FEEDBACK = {"modalfeedback", "feedbackinline", "feedbackblock"}
_ASIDE = {"rubricblock", "templateblock", "templateinline", "stylesheet", "cataloginfo"}
_GAPS = {"textentryinteraction", "inlinechoiceinteraction"}
_TRUTHS = {
    ("true", "false"),
    ("richtig", "falsch"),
    ("wahr", "falsch"),
    ("vrai", "faux"),
    ("verdadero", "falso"),
    ("waar", "onwaar"),
    ("صحيح", "خطأ"),
}


def key_of(identifier: str, otherwise: str) -> str:
    """The key behind an identifier: see `identifier_of` in the writer."""
    key = identifier.removeprefix("k_")
    return key if KEY.fullmatch(key) else otherwise


@dataclass(slots=True)
class _Feedback:
    outcome: str
    identifier: str
    show: bool
    element: Element
    choice: str = ""  # the choice it stands in
    used: bool = False

    def is_shown(self, outcomes: Mapping[str, Value]) -> bool:
        value = outcomes.get(self.outcome)
        values = value if isinstance(value, tuple) else (value,)
        return (self.identifier in values) == self.show


@dataclass(slots=True)
class Source:
    """Where an item stands, and how to get at the files beside it."""

    path: str
    read: ReadFile
    # Marking rules that the package brings along, by the last part of their names.
    templates: Mapping[str, Element] = field(default_factory=dict)


def read_items(
    data: bytes, source: Source, *, weight: float | None = None
) -> "list[tuple[Imported | None, Entry]]":
    """The question of an item with what there is to say of it; several, if it asks for several
    things. Raises FormatError for what is no XML.
    """
    root = tidied(parse_xml(data, MOST_ELEMENTS))
    identifier = root.get("identifier") or ""
    title = " ".join((root.get("title") or "").split())[:LONGEST_TITLE].strip()
    reason = _refusal(root)
    if reason:
        return [(None, Entry(identifier, title, Outcome.LEFT_OUT, (reason,)))]
    asked = _interactions(root)
    several = [[one] for one in asked if one.tag not in _GAPS]
    gaps = [one for one in asked if one.tag in _GAPS]
    several += [gaps] if gaps else []
    if len(several) < 2:
        return [_read(root, source, identifier, title, weight, part=False)]
    if len(several) > MOST_IN_ONE:
        reason = _("It asks for too many things at once. Make a question of each.")
        return [(None, Entry(identifier, title, Outcome.LEFT_OUT, (reason,)))]
    order = [{asked.index(one) for one in group} for group in several]
    order.sort(key=min)
    found = []
    for place, kept in enumerate(order, start=1):
        copy = deepcopy(root)
        others = [one for n, one in enumerate(_interactions(copy)) if n not in kept]
        for one in others:
            _remove(_parent(copy, one), one)
        name, called = f"{identifier}-{place}", f"{title} ({place})" if title else ""
        found.append(_read(copy, source, name, called, weight, part=True))
    return found


def _read(
    root: Element, source: Source, identifier: str, title: str, weight: float | None, *, part: bool
) -> "tuple[Imported | None, Entry]":
    notes = Notes()
    if part:
        notes.add(_("It asked for several things at once: each is a question of its own now."))
    try:
        reading = _Reading(root, source, notes, part=part)
        kind, question = reading.question()
        question = checked(kind, question)
    except LeftOut as problem:
        return None, Entry(identifier, title, Outcome.LEFT_OUT, (str(problem),))
    title = title or title_of(plain(question.prompt))
    points = _points(reading.most * (1.0 if weight is None else weight))
    pictures = reading.pictures
    imported = Imported(identifier, title, (), kind, question, points, pictures)
    return imported, notes.entry(identifier, title)


def _interactions(root: Element) -> list[Element]:
    """What an item asks for, in the order of its text; not what is only shown at times."""
    found: list[Element] = []
    pending = [one for one in reversed(children(root)) if one.tag == "itembody"]
    while pending:
        one = pending.pop()
        if one.tag.endswith("interaction") and one.tag != "endattemptinteraction":
            found.append(one)
        elif one.tag not in _FEEDBACK and one.tag not in _ASIDE:
            pending += reversed(children(one))
    asking = [one for one in found if one.tag != "mediainteraction"]
    return asking or found


def _refusal(root: Element) -> str:
    """Why an item can't come over, whatever it asks for; empty if it may."""
    tags = {one.tag for one in root.iter() if isinstance(one.tag, str)}
    if root.tag != "assessmentitem":
        return _("It is no item of QTI 2 or 3.")
    if not any(one.tag == "itembody" for one in children(root)):
        return _("The item has no body.")
    if "templateprocessing" in tags:
        return _("Its numbers are drawn by chance each time. Write a question for some of them.")
    if tags & {"portablecustominteraction", "custominteraction", "customoperator"}:
        return _("It is a program of its own. Write the question anew.")
    return ""


def _points(value: float) -> Decimal:
    points = Decimal(repr(value)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    if not 0 < points < 10_000:
        return ONE
    return points.normalize() if points != points.to_integral() else points.to_integral()


class _Reading:
    """One item being read. `most` is what a wholly right answer is worth."""

    def __init__(self, root: Element, source: Source, notes: Notes, *, part: bool) -> None:
        self.root = root
        self.part = part  # it is one of several things that an item asks for
        self.source = source
        self.notes = notes
        self.most = 1.0
        self.pictures: dict[str, tuple[str, bytes]] = {}
        self._keys: dict[str, str] = {}
        self.marks: dict[int, str] = {}  # what stands for an element inside of a text
        self.body = next(one for one in children(root) if one.tag == "itembody")
        self._note_what_goes()
        self.feedback = self._pulled_feedback()
        self.rubrics = self._pulled_asides()
        self.marking = Marking(root, None)

    # --- Taking the item apart

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
        if "include" in tags:
            self.notes.add(_("Text that stands in another file was left out."))

    def _pulled(self, root: Element, tags: set[str]) -> list[tuple[Element, str]]:
        """Elements taken out of a tree, each with the identifier of the choice it stood in."""
        found: list[tuple[Element, str]] = []
        pending = [(root, "")]
        while pending:
            parent, choice = pending.pop()
            if parent.tag in ("simplechoice", "hottext", "simpleassociablechoice"):
                choice = parent.get("identifier", "")
            for child in list(parent):
                if child.tag in tags:
                    _remove(parent, child)
                    found.append((child, choice))
                else:
                    pending.append((child, choice))
        return found

    def _pulled_feedback(self) -> list[_Feedback]:
        found = self._pulled(self.root, _FEEDBACK)
        order = {id(one): place for place, one in enumerate(self.root.iter())}
        found.sort(key=lambda one: order.get(id(one[0]), 0))
        return [
            _Feedback(
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
        for element, _choice in self._pulled(self.body, _ASIDE):
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

    # --- Texts

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
        if path is not None and path in self._keys:
            return self._keys[path]
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
        self._keys[path] = key
        self.pictures[key] = (f"{stem[:80] or key}.{size[0]}", data)
        return key

    # --- What is right

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

    def question(self) -> tuple[Kind, Question]:
        self.marking = Marking(self.root, None)
        try:
            rules = self._rules()
            if rules is None or (self.part and not _own(self.root)):
                rules = self._standard(None, self.marking.responses)
            self.marking = Marking(self.root, rules)
            return self._question()
        except Unknown as unknown:
            self.notes.add(
                _(
                    "Its way to mark is not known here ({name}): the answers that it declares as "
                    "right count. Look at the points."
                ).format(name=unknown)
            )
        except LeftOut:
            if not self.part or not _own(self.root):
                raise
            self.notes.add(_("Points were given for all parts together: here for each."))
        # Once more, by what the item declares as right.
        for one in self.feedback:
            one.used = False
        self.marks.clear()
        self.marking = Marking(self.root, None)
        self.marking.rules = self._standard(None, self.marking.responses)
        try:
            return self._question()
        except Unknown as still:
            raise LeftOut(_("Its way to mark is not known here.")) from still

    def _question(self) -> tuple[Kind, Question]:
        found = _interactions(self.root)
        if not found:
            raise LeftOut(_("It asks for nothing: it is a text. Put the text into a lesson."))
        if all(one.tag in _GAPS for one in found):
            return self._entries(found)
        build = _BUILD.get(found[0].tag)
        if build is None:
            raise LeftOut(
                _("Questions of this kind ({kind}) are not known here.").format(
                    kind=found[0].tag.removesuffix("interaction")
                )
            )
        return build(self, found[0])

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

    # --- Feedback

    def said(self, shown: Iterable[_Feedback]) -> str:
        texts = []
        for one in shown:
            one.used = True
            text = self.markdown(one.element)
            if text and text not in texts:
                texts.append(text)
        return "\n\n".join(texts)

    def shown(self, outcomes: Mapping[str, Value]) -> list[_Feedback]:
        return [one for one in self.feedback if one.is_shown(outcomes)]

    def always(self, every: Iterable[Mapping[str, Value]]) -> list[_Feedback]:
        """Feedback that all of these outcomes show."""
        every = list(every)
        return [
            one
            for one in self.feedback
            if not one.choice and all(one.is_shown(outcomes) for outcomes in every)
        ]

    def new(self, outcomes: Mapping[str, Value], always: list[_Feedback]) -> list[_Feedback]:
        return [one for one in self.shown(outcomes) if one not in always]

    def explanation(
        self, always: list[_Feedback], overall: Iterable[Mapping[str, Value]] = ()
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
        more = self.said(dict.fromkeys(map(id, extra)) and list({id(o): o for o in extra}.values()))
        if more:
            self.notes.add(
                _("Feedback on whole answers is part of the explanation now, which all will see.")
            )
        if any(not one.used and self.markdown(one.element) for one in self.feedback):
            self.notes.add(_("Feedback that is only shown at times was left out."))
        return "\n\n".join(filter(None, [text, more]))

    # --- The kinds

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

    def _parts(self, interaction: Element, tag: str) -> list[Element]:
        found = [one for one in interaction.iter() if one.tag == tag]
        if len(found) > MOST_PARTS:
            raise LeftOut(_("It has more than 100 choices or gaps. Make it several questions."))
        return found

    def choice(self, interaction: Element) -> tuple[Kind, Question]:
        response = self.response(interaction)
        parts = self._parts(interaction, "simplechoice")
        prompt = self.stem(interaction)
        texts = [self.markdown(one) for one in parts]
        return self._chosen(interaction, response, parts, texts, prompt)

    def hottext(self, interaction: Element) -> tuple[Kind, Question]:
        response = self.response(interaction)
        parts = self._parts(interaction, "hottext")
        texts = [self.markdown(one) for one in parts]
        prompt = self.markdown(self.body)
        self.notes.add(_("Words to be marked in a text became choices below it."))
        return self._chosen(interaction, response, parts, texts, prompt)

    def _chosen(
        self,
        interaction: Element,
        response: Response,
        parts: list[Element],
        texts: list[str],
        prompt: str,
    ) -> tuple[Kind, Question]:
        names = [one.get("identifier", "") for one in parts]
        shuffle = interaction.get("shuffle") == "true"
        if shuffle and any(one.get("fixed") == "true" for one in parts):
            self.notes.add(_("Choices that kept their place are shuffled with the others here."))
        most = int(number(interaction.get("maxchoices"), 1.0))
        if response.cardinality == "single" or most == 1:
            return self._single(response, names, texts, prompt, shuffle)
        if 0 < most < len(parts):
            self.notes.add(
                _("Students could mark no more than {number}: here, any number.").format(
                    number=most
                )
            )
        return self._multiple(response, names, texts, prompt, shuffle)

    def _single(
        self, response: Response, names: list[str], texts: list[str], prompt: str, shuffle: bool
    ) -> tuple[Kind, Question]:
        def given(name: str) -> dict[str, Value]:
            single = response.cardinality == "single"
            return {response.identifier: name if single else (name,)}

        outcomes = {name: self.marking.outcomes_of(given(name)) for name in names}
        always = self.always([self.marking.outcomes_of({}), *outcomes.values()])
        worth = {name: score_in(one) for name, one in outcomes.items()}
        self.most = max(worth.values(), default=0.0)
        if self.most <= 0:
            raise LeftOut(_("No choice is right: it is a survey, or marked elsewhere."))
        said = {
            name: self.said(
                one for one in self.new(outcomes[name], always) if one.choice in ("", name)
            )
            for name in names
        }
        truth = self._truth(names, texts)
        if truth and sorted(value > 0 for value in worth.values()) == [False, True]:
            right = max(names, key=lambda name: worth[name])
            wrong = min(names, key=lambda name: worth[name])
            return Kind.TRUE_FALSE, TrueFalse(
                prompt=prompt,
                answer=right == truth[0],
                if_right=said[right],
                if_wrong=said[wrong],
                explanation=self.explanation(always),
            )
        return Kind.SINGLE, Choices(
            prompt=prompt,
            choices=tuple(
                Choice(key, text, self.percent(worth[name], self.most), said[name])
                for key, name, text in zip(_keys(names), names, texts, strict=True)
            ),
            shuffle=shuffle,
            partial=self.outcome("PARTIAL") is not False,
            explanation=self.explanation(always),
        )

    def _truth(self, names: list[str], texts: list[str]) -> tuple[str, str] | None:
        """The identifiers of "true" and "false"."""
        if len(names) != 2:
            return None
        if {name.lower() for name in names} == {"true", "false"}:
            return tuple(sorted(names, key=str.lower, reverse=True))  # type: ignore[return-value]
        words = [re.sub(r"[\W_]+", "", text).lower() for text in texts]
        if tuple(words) in _TRUTHS:
            return names[0], names[1]
        return (names[1], names[0]) if tuple(reversed(words)) in _TRUTHS else None

    def _marked_together(self, response: Response, names: list[str]) -> set[str]:
        """The choices that its rules name together for the most points."""
        best, most = set(), 0.0
        for _branch, atom, _alone in self._atoms(response.identifier):
            named = {"".join(one.itertext()).strip() for one in atom.iter("basevalue")}
            named &= set(names)
            value = tuple(name for name in names if name in named)
            worth = self.marking.score({response.identifier: value or None})
            if worth > most:
                best, most = named, worth
        return best

    def _multiple(
        self, response: Response, names: list[str], texts: list[str], prompt: str, shuffle: bool
    ) -> tuple[Kind, Question]:
        right = set(response.correct) & set(names)
        right = right or {key for key, worth, _capitals in response.mapping if worth > 0}
        right = right & set(names) or self._marked_together(response, names)

        def given(chosen: Iterable[str]) -> dict[str, Value]:
            marked = set(chosen)
            return {response.identifier: tuple(name for name in names if name in marked) or None}

        full = self.marking.outcomes_of(given(right))
        alone = {name: self.marking.outcomes_of(given([name])) for name in names}
        none = self.marking.outcomes_of({})
        self.most = score_in(full)
        if not right or self.most <= 0:
            raise LeftOut(_("No choice is right: it is a survey, or marked elsewhere."))
        always = self.always([none, full, *alone.values()])
        shares = [score_in(alone[name]) for name in names if name in right]
        partial = self.outcome("PARTIAL")
        if not isinstance(partial, bool):
            partial = len(right) == 1 or max(shares) > 0
        share = self.most / len(right)
        if partial and len(right) > 1 and any(abs(one - share) > 0.01 * share for one in shares):
            self.notes.add(
                _("The right choices counted differently: here each counts the same. Look at them.")
            )
        credits = {}
        mapped = {key: worth for key, worth, _capitals in response.mapping}
        for name in names:
            if name in right:
                credits[name] = 100
                continue
            if partial:
                cost = self.most - self.marking.score(given({*right, name}))
            else:
                cost = -mapped.get(name, 0.0)
            credits[name] = 0
            if abs(cost - share) > 0.01 * share and cost > 0:
                credits[name] = -self.percent(min(cost, self.most), self.most)
            elif partial and cost <= 0:
                self.notes.add(
                    _("Wrong choices cost nothing: here each costs as much as a right one earns.")
                )
        own = {
            name: [
                one
                for one in self.shown(alone[name])
                if one not in always and name in (one.choice, one.identifier)
            ]
            for name in names
        }
        return Kind.MULTIPLE, Choices(
            prompt=prompt,
            choices=tuple(
                Choice(key, text, credits[name], self.said(own[name]))
                for key, name, text in zip(_keys(names), names, texts, strict=True)
            ),
            shuffle=shuffle,
            partial=partial,
            explanation=self.explanation(always, [full, none, *alone.values()]),
        )

    # --- Words and numbers

    def _entries(self, found: list[Element]) -> tuple[Kind, Question]:
        if len(found) == 1 and found[0].tag == "textentryinteraction":
            asked = self.outcome("KIND") != Kind.BLANKS
            if asked:
                return self._entry(found[0])
        return self._several(found)

    def _entry(self, gap: Element) -> tuple[Kind, Question]:
        response = self.response(gap)
        self.marks[id(gap)] = "[[gap]]"
        prompt = self.markdown(self.body).strip()
        if prompt.endswith("[[gap]]"):
            prompt = prompt.removesuffix("[[gap]]").strip()
        prompt = prompt.replace("[[gap]]", "_____")
        none = self.marking.outcomes_of({})
        if response.base_type in ("float", "integer"):
            return Kind.NUMERIC, self._numeric(response, prompt, none)
        tries = self._words(response)
        worth = [score_in(one.outcomes) for one in tries]
        self.most = self.declared_most() or max(worth, default=0.0)
        if max(worth, default=0.0) <= 0:
            raise LeftOut(_("It names no right answer. Write one."))
        self.most = max(self.most, *worth)
        always = self.always([none, *(one.outcomes for one in tries)])
        return Kind.SHORT, Short(
            prompt=prompt,
            accepted=self._accepted(tries, always, self.most),
            case_sensitive=self._capitals([response]),
            explanation=self.explanation(always, [none]),
        )

    def _accepted(
        self, tries: "list[_Try]", always: list[_Feedback], most: float, base: float = 0.0
    ) -> tuple[Accepted, ...]:
        return tuple(
            Accepted(
                one.text,
                one.match,
                max(0, self.percent(score_in(one.outcomes) - base, most)),
                self.said(self.new(one.outcomes, always)),
            )
            for one in tries
        )

    def _capitals(self, responses: list[Response]) -> bool:
        """Whether capitals matter."""
        declared = self.outcome("CASE_SENSITIVE")
        if isinstance(declared, bool):
            return declared
        says = {
            one.get("casesensitive", "true") != "false"
            for one in (self.marking.rules.iter() if self.marking.rules is not None else ())
            if one.tag == "stringmatch"
        }
        says |= {
            capitals
            for response in responses
            for _key, _worth, capitals in response.mapping
            if self._uses_mapping()
        }
        says |= {not read[1] for one in self._patterns() if (read := wildcards_of(one))}
        if len(says) == 2:
            self.notes.add(_("Capitals mattered for some answers only: here they don't."))
        return False not in says

    def _patterns(self) -> list[str]:
        rules = self.marking.rules
        found = [] if rules is None else [o for o in rules.iter() if o.tag == "patternmatch"]
        return [one.get("pattern", "") for one in found]

    def _uses_mapping(self) -> bool:
        rules = self.marking.rules
        return rules is not None and any(one.tag == "mapresponse" for one in rules.iter())

    def _words(self, response: Response) -> "list[_Try]":
        """The answers that the item compares with, and what each leads to."""
        tries: dict[tuple[str, Match], _Try] = {}

        def probe(text: str) -> None:
            text = " ".join(text.split())
            if text and (text, Match.EXACT) not in tries:
                outcomes = self.marking.outcomes_of({response.identifier: text})
                tries[text, Match.EXACT] = _Try(text, Match.EXACT, outcomes)

        for branch, atom, alone in self._atoms(response.identifier):
            if atom.tag == "patternmatch":
                read = wildcards_of(atom.get("pattern", ""))
                if read is None or not alone:
                    self.notes.add(_("A pattern for answers was left out: it is too special."))
                    continue
                outcomes = self.marking.outcomes_of_branch(branch)
                text = read[0]
                tries.setdefault((text, Match.PATTERN), _Try(text, Match.PATTERN, outcomes))
                continue
            for value in atom.iter("basevalue"):
                text = " ".join("".join(value.itertext()).split())
                if text and alone and (text, Match.EXACT) not in tries:
                    outcomes = self.marking.outcomes_of_branch(branch)
                    tries[text, Match.EXACT] = _Try(text, Match.EXACT, outcomes)
                else:
                    probe(text)
        for key, _worth, _capitals in response.mapping if self._uses_mapping() else ():
            probe(key)
        for text in response.correct:
            probe(text)
        return list(tries.values())[:100]

    def _atoms(self, name: str) -> Iterable[tuple[Element, Element, bool]]:
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

    def _numeric(self, response: Response, prompt: str, none: Mapping[str, Value]) -> Question:
        tries = self._numbers(response)
        worth = [score_in(one.outcomes) for one in tries]
        if max(worth, default=0.0) <= 0:
            raise LeftOut(_("It names no right answer. Write one."))
        self.most = max([self.declared_most(), *worth])
        always = self.always([none, *(one.outcomes for one in tries)])
        units = self.outcome("UNITS")
        without = self.outcome("WITHOUT_UNIT")
        return Numeric(
            prompt=prompt,
            accepted=tuple(
                AcceptedNumber(
                    one.value,
                    one.tolerance,
                    one.relative,
                    max(0, self.percent(score_in(one.outcomes), self.most)),
                    self.said(self.new(one.outcomes, always)),
                )
                for one in tries
            ),
            units=tuple(_unit(text) for text in units) if isinstance(units, tuple) else (),
            unit_required=self.outcome("UNIT_REQUIRED") is True,
            without_unit=int(without) if isinstance(without, float) else 0,
            explanation=self.explanation(always, [none]),
        )

    def _numbers(self, response: Response) -> "list[_NumberTry]":
        tries: dict[tuple[Decimal, Decimal, bool], _NumberTry] = {}

        def add(
            text: str,
            outcomes: Mapping[str, Value] | None,
            tolerance: Decimal = Decimal(0),
            relative: bool = False,
        ) -> None:
            value = _decimal(text)
            if value is None:
                return
            if outcomes is None:
                outcomes = self.marking.outcomes_of({response.identifier: float(value)})
            key = (value, tolerance, relative)
            tries.setdefault(key, _NumberTry(value, tolerance, relative, outcomes))

        for branch, atom, alone in self._atoms(response.identifier):
            if atom.tag in ("stringmatch", "patternmatch"):
                continue
            tolerance, relative = self._tolerance(atom)
            texts = ["".join(one.itertext()) for one in atom.iter("basevalue")]
            if any(one.tag == "correct" for one in atom.iter()):
                texts += response.correct
            for text in texts:
                add(text, self.marking.outcomes_of_branch(branch) if alone else None,
                    tolerance, relative)  # fmt: skip
        for branch, low, high in self._ranges(response.identifier):
            middle = (low + high) / 2
            outcomes = self.marking.outcomes_of({response.identifier: float(middle)})
            add(str(middle), outcomes, high - middle)
            del branch
        for key, _worth, _capitals in response.mapping if self._uses_mapping() else ():
            add(key, None)
        if not tries:
            for text in response.correct:
                add(text, None)
        return list(tries.values())[:100]

    def _tolerance(self, atom: Element) -> tuple[Decimal, bool]:
        if atom.tag == "equalrounded":
            self.notes.add(_("A rounded comparison became a tolerance."))
            figures = int(number(atom.get("figures")))
            if atom.get("roundingmode") != "decimalPlaces" or not 0 <= figures <= 15:
                raise Unknown(atom.tag)
            return Decimal(5).scaleb(-figures - 1), False
        mode = atom.get("tolerancemode", "exact")
        texts = (atom.get("tolerance") or "").split()
        if atom.tag != "equal" or mode == "exact" or not texts:
            return Decimal(0), False
        values = [_decimal(text) for text in texts]
        if None in values:
            raise Unknown("tolerance")
        if len(set(values)) > 1:
            self.notes.add(_("A tolerance differed above and below: the wider counts both ways."))
        return max(abs(value) for value in values if value is not None), mode == "relative"

    def _ranges(self, name: str) -> Iterable[tuple[Element, Decimal, Decimal]]:
        """`least <= response <= most` in the conditions."""
        for branch in branches(self.marking.rules):
            for both in branch.iter("and"):
                bounds: dict[bool, Decimal] = {}
                for one in children(both):
                    parts = children(one)
                    if one.tag not in ("gt", "gte", "lt", "lte") or len(parts) != 2:
                        continue
                    variable, value = parts
                    if variable.get("identifier") == name and value.tag == "basevalue":
                        bound = _decimal("".join(value.itertext()))
                        if bound is not None:
                            bounds[one.tag in ("gt", "gte")] = bound
                if len(bounds) == 2 and bounds[True] <= bounds[False]:
                    yield branch, bounds[True], bounds[False]

    # --- Gaps

    def _several(self, found: list[Element]) -> tuple[Kind, Question]:
        responses = [self.response(one) for one in found]
        names = [response.identifier for response in responses]
        if len(found) > MOST_PARTS:
            raise LeftOut(_("It has more than 100 choices or gaps. Make it several questions."))
        if len(set(names)) != len(names):
            raise LeftOut(_("Two gaps share one response: the file is damaged. Export it again."))
        keys = _keys(names)
        for gap, key in zip(found, keys, strict=True):
            self.marks[id(gap)] = f"[[{key}]]"
        prompt, text = self._prompt_and_text(found)
        none = self.marking.outcomes_of({})
        base = score_in(none)
        all_tries = [
            self._listed(gap, response) if gap.tag == "inlinechoiceinteraction"
            else self._typed(response)
            for gap, response in zip(found, responses, strict=True)
        ]  # fmt: skip
        always = self.always([none, *(one.outcomes for tries in all_tries for one in tries)])
        blanks = []
        mosts = self._mosts([[score_in(one.outcomes) - base for one in t] for t in all_tries])
        right: dict[str, Value] = {}
        for gap, key, response, tries, most in zip(
            found, keys, responses, all_tries, mosts, strict=True
        ):
            accepted = self._gap_accepted(gap, response, tries, always, most, base)
            choices: tuple[str, ...] = ()
            if gap.tag == "inlinechoiceinteraction":
                choices = tuple(one.text for one in tries)
            blanks.append(Blank(key, accepted, choices))
            best = max(tries, key=lambda one: score_in(one.outcomes), default=None)
            right[response.identifier] = (
                response.correct_value() if response.correct else best.given if best else None
            )
        full = self.marking.outcomes_of(right)
        self.most = self.declared_most() or score_in(full) or float(len(found))
        return Kind.BLANKS, Blanks(
            prompt=prompt,
            text=text,
            blanks=tuple(blanks),
            case_sensitive=self._capitals(
                [
                    one
                    for one, gap in zip(responses, found, strict=True)
                    if gap.tag != "inlinechoiceinteraction"
                ]
            ),
            explanation=self.explanation(always, [full, none]),
        )

    def _mosts(self, worths: list[list[float]]) -> list[float]:
        """What each gap is worth at most."""
        mosts = [max(worth, default=0.0) for worth in worths]
        share = self.declared_most() / len(worths)
        if share and all(most <= share * 1.001 for most in mosts):
            return [share if most > 0 else 0.0 for most in mosts]
        if len({round(most, 6) for most in mosts}) > 1:
            self.notes.add(_("The gaps counted differently: here each counts the same."))
        return mosts

    def _gap_accepted(
        self,
        gap: Element,
        response: Response,
        tries: "list[_Try]",
        always: list[_Feedback],
        most: float,
        base: float,
    ) -> tuple[Accepted, ...]:
        if most > 0:
            accepted = self._accepted(tries, always, most, base)
            if gap.tag == "inlinechoiceinteraction":
                return tuple(one for one in accepted if one.credit > 0 or one.feedback)
            return accepted
        # Points for all gaps together only: each that is declared right earns its share.
        right = set(response.correct) or {key for key, worth, _c in response.mapping if worth > 0}
        self.notes.add(_("Points were given for all gaps together: here each earns its share."))
        accepted = tuple(
            Accepted(one.text, one.match)
            for one in tries
            if one.given in right or one.text in right
        )
        if not accepted:
            raise LeftOut(_("A gap has no right answer. Mark one as right."))
        return accepted

    def _listed(self, gap: Element, response: Response) -> "list[_Try]":
        tries = []
        for one in children(gap):
            if one.tag != "inlinechoice":
                continue
            name = one.get("identifier", "")
            text = text_of(one) if not len(one) else plain(self.markdown(one)) or text_of(one)
            outcomes = self.marking.outcomes_of({response.identifier: name})
            tries.append(_Try(text, Match.EXACT, outcomes, name))
        return tries

    def _typed(self, response: Response) -> "list[_Try]":
        if response.base_type not in ("float", "integer"):
            return self._words(response)
        tries = []
        for one in self._numbers(response):
            if one.tolerance:
                self.notes.add(_("A gap takes the exact number only: its tolerance was left out."))
            text = f"{one.value.normalize():f}" if one.value else "0"
            tries.append(_Try(text, Match.EXACT, one.outcomes))
        return tries

    def _prompt_and_text(self, gaps: list[Element]) -> tuple[str, str]:
        """What is asked, and the text with the gaps: two <div>s as this platform writes them, or
        the paragraphs before the first gap and the rest."""
        divs = {one.get("class"): one for one in children(self.body) if one.tag == "div"}
        if "prompt" in divs and "text" in divs:
            return self.markdown(divs["prompt"]), self.markdown(divs["text"])
        blocks = re.split(r"\n\n(?=\S)", self.markdown(self.body))
        first = next((place for place, block in enumerate(blocks) if "[[" in block), len(blocks))
        prompt = "\n\n".join(blocks[:first]).strip()
        del gaps
        return prompt or _("Fill in the gaps."), "\n\n".join(blocks[first:]).strip()

    def gap_match(self, interaction: Element) -> tuple[Kind, Question]:
        response = self.response(interaction)
        if self._parts(interaction, "gapimg"):
            raise LeftOut(_("Pictures are put into its gaps: that is not known here."))
        words = {
            one.get("identifier", ""): plain(self.markdown(one)) or text_of(one)
            for one in self._parts(interaction, "gaptext")
        }
        gaps = self._parts(interaction, "gap")
        if not gaps or not words:
            raise LeftOut(_("It has no gaps, or nothing to fill them with."))
        names = [one.get("identifier", "") for one in gaps]
        keys = _keys(names)
        for gap, key in zip(gaps, keys, strict=True):
            self.marks[id(gap)] = f"[[{key}]]"
        for one in self._parts(interaction, "gaptext"):
            self.marks[id(one)] = ""
        prompts = [one for one in children(interaction) if one.tag == "prompt"]
        asked = "\n\n".join(map(self.markdown, prompts))
        for one in [*prompts, *self._parts(interaction, "gaptext")]:
            _remove(_parent(interaction, one), one)
        prompt, text = self._prompt_and_text(gaps)
        if asked:
            prompt = asked if prompt == _("Fill in the gaps.") else f"{prompt}\n\n{asked}"
        none = self.marking.outcomes_of({})

        def given(pairs: Iterable[str]) -> dict[str, Value]:
            return {response.identifier: tuple(pairs) or None}

        base = score_in(none)
        worths = {
            name: {word: self.marking.score(given([f"{word} {name}"])) - base for word in words}
            for name in names
        }
        mosts = self._mosts([list(worths[name].values()) for name in names])
        right = [pair for pair in response.correct if len(pair.split()) == 2]
        blanks = []
        for key, name, most in zip(keys, names, mosts, strict=True):
            if most > 0:
                credits = {w: self.percent(worth, most) for w, worth in worths[name].items()}
            else:
                self.notes.add(
                    _("Points were given for all gaps together: here each earns its share.")
                )
                credits = {word: 100 * (f"{word} {name}" in right) for word in words}
            accepted = tuple(
                Accepted(words[word], Match.EXACT, credit)
                for word, credit in credits.items()
                if credit > 0
            )
            if not accepted:
                raise LeftOut(_("A gap has no right answer. Mark one as right."))
            blanks.append(Blank(key, accepted, tuple(words.values())))
        full = self.marking.outcomes_of(given(right))
        self.most = score_in(full) or float(len(gaps))
        always = self.always([none, full])
        return Kind.BLANKS, Blanks(
            prompt=prompt,
            text=text,
            blanks=tuple(blanks),
            explanation=self.explanation(always, [full, none]),
        )

    # --- Pairs and orders

    def match(self, interaction: Element) -> tuple[Kind, Question]:
        response = self.response(interaction)
        sets = self._parts(interaction, "simplematchset")
        if len(sets) != 2:
            raise LeftOut(_("It has not two sides to match: the file is damaged."))
        sides = [
            {one.get("identifier", ""): one for one in self._parts(each, "simpleassociablechoice")}
            for each in sets
        ]
        right = [tuple(pair.split()) for pair in response.correct]
        if not right:
            right = [tuple(key.split()) for key, worth, _c in response.mapping if worth > 0]
        pairs = [
            pair for pair in right if len(pair) == 2 and pair[0] in sides[0] and pair[1] in sides[1]
        ]
        lefts = [pair[0] for pair in pairs]
        if len(set(lefts)) < len(lefts):
            # Each on the other side may still have one.
            sides.reverse()
            pairs = [(one, other) for other, one in pairs]
            lefts = [pair[0] for pair in pairs]
            if len(set(lefts)) < len(lefts):
                raise LeftOut(_("Some of it belongs to several: here, to one. Write it anew."))
        full = self._pair_worth(response)
        prompt = self.stem(interaction)
        texts = {name: self.markdown(one) for side in sides for name, one in side.items()}
        left_over = [name for name in sides[0] if name not in lefts]
        if left_over:
            self.notes.add(_("What belongs to nothing was left out of the sides to match."))
        used = {pair[1] for pair in pairs}
        shown = {texts[name] for name in used}
        distractors = [texts[name] for name in sides[1] if name not in used]
        always = self.always([full, self.marking.outcomes_of({})])
        in_order = {name: place for place, name in enumerate(sides[0])}
        pairs.sort(key=lambda pair: in_order[pair[0]])
        return Kind.MATCHING, Matching(
            prompt=prompt,
            pairs=tuple(
                Pair(key, texts[one], texts[other])
                for key, (one, other) in zip(_keys([p[0] for p in pairs]), pairs, strict=True)
            ),
            distractors=tuple(text for text in dict.fromkeys(distractors) if text not in shown),
            explanation=self.explanation(always, [full, self.marking.outcomes_of({})]),
        )

    def _pair_worth(self, response: Response) -> dict[str, Value]:
        """What all right pairs lead to; says where each is not worth the same."""
        right = response.correct or tuple(key for key, worth, _c in response.mapping if worth > 0)
        pairs = tuple(_pair(text, response.base_type) for text in right)
        full = self.marking.outcomes_of({response.identifier: pairs or None})
        self.most = score_in(full)
        if not pairs or self.most <= 0:
            raise LeftOut(_("It names no right answer: it is a survey, or marked elsewhere."))
        worths = {round(self.marking.score({response.identifier: (pair,)}), 6) for pair in pairs}
        if worths == {0.0} and len(pairs) > 1:
            self.notes.add(
                _("Points were given for all pairs together: here each earns its share.")
            )
        elif len(worths) > 1:
            self.notes.add(_("The pairs counted differently: here each counts the same."))
        return full

    def associate(self, interaction: Element) -> tuple[Kind, Question]:
        response = self.response(interaction)
        texts = {
            one.get("identifier", ""): self.markdown(one)
            for one in self._parts(interaction, "simpleassociablechoice")
        }
        full = self._pair_worth(response)
        right = response.correct or tuple(key for key, worth, _c in response.mapping if worth > 0)
        pairs = [tuple(pair.split()) for pair in right]
        names = [name for pair in pairs for name in pair]
        if len(set(names)) < len(names) or not set(names) <= set(texts):
            raise LeftOut(_("Some of it belongs to several: here, to one. Write it anew."))
        self.notes.add(_("Things to pair freely have two sides now: the first, and what fits it."))
        always = self.always([full, self.marking.outcomes_of({})])
        return Kind.MATCHING, Matching(
            prompt=self.stem(interaction),
            pairs=tuple(
                Pair(key, texts[one], texts[other])
                for key, (one, other) in zip(_keys([p[0] for p in pairs]), pairs, strict=True)
            ),
            distractors=tuple(text for name, text in texts.items() if name not in names),
            explanation=self.explanation(always, [full, self.marking.outcomes_of({})]),
        )

    def order(self, interaction: Element) -> tuple[Kind, Question]:
        response = self.response(interaction)
        parts = {one.get("identifier", ""): one for one in self._parts(interaction, "simplechoice")}
        right = [name for name in response.correct if name in parts]
        if sorted(right) != sorted(parts) or len(right) < 2:
            raise LeftOut(_("Only some of it is to be put in order: here, all. Write it anew."))
        full = self.marking.outcomes_of({response.identifier: tuple(right)})
        other = (*right[:-2], right[-1], right[-2])
        near = self.marking.outcomes_of({response.identifier: other})
        none = self.marking.outcomes_of({})
        self.most = score_in(full)
        if self.most <= 0:
            raise LeftOut(_("It names no right answer: it is a survey, or marked elsewhere."))
        partial = self.outcome("PARTIAL")
        if not isinstance(partial, bool):
            partial = score_in(near) > 0
            if partial:
                self.notes.add(
                    _("A part of the order earns points in another way here. Look at the points.")
                )
        always = self.always([full, near, none])
        prompt = self.stem(interaction)
        return Kind.ORDERING, Ordering(
            prompt=prompt,
            items=tuple(
                Item(key, self.markdown(parts[name]))
                for key, name in zip(_keys(right), right, strict=True)
            ),
            partial=partial,
            explanation=self.explanation(always, [full, near, none]),
        )

    # --- Pictures

    def hotspot(self, interaction: Element) -> tuple[Kind, Question]:
        response = self.response(interaction)
        if response.cardinality != "single" and len(response.correct) > 1:
            raise LeftOut(_("Several spots of a picture are right together. Write it anew."))
        spots = []
        for one in self._parts(interaction, "hotspotchoice"):
            name = one.get("identifier", "")
            value: Value = name if response.cardinality == "single" else (name,)
            outcomes = self.marking.outcomes_of({response.identifier: value})
            at = coordinates(one.get("coords"))
            spots.append((name, one.get("shape", ""), at, outcomes))
        self.notes.add(_("The spots to choose from are not drawn here: students mark any place."))
        return self._spots(interaction, spots)

    def select_point(self, interaction: Element) -> tuple[Kind, Question]:
        response = self.response(interaction)
        if response.cardinality != "single" and len(response.areas) > 1:
            raise LeftOut(_("Several spots of a picture are right together. Write it anew."))
        return self._spots(interaction, self._areas_by_rule() or self._areas_mapped(response))

    def _areas_by_rule(self) -> "list[_Spot]":
        """Areas that the rules ask for and give points for."""
        spots = []
        for place, branch in enumerate(branches(self.marking.rules), start=1):
            area = children(branch)[0]
            if area.tag == "inside":
                outcomes = self.marking.outcomes_of_branch(branch)
                at = coordinates(area.get("coords"))
                spots.append((f"k{place}", area.get("shape", ""), at, outcomes))
        return spots if any(score_in(one[3]) > 0 for one in spots) else []

    def _areas_mapped(self, response: Response) -> "list[_Spot]":
        spots = []
        for place, (shape, at, worth) in enumerate(response.areas, start=1):
            # What is shown for it, where its middle is in it.
            xs, ys = (at[:1], at[1:2]) if shape == "circle" else (at[::2], at[1::2])
            middle = (sum(xs) / max(1, len(xs)), sum(ys) / max(1, len(ys)))
            outcomes = self.marking.outcomes_of({response.identifier: middle})
            spots.append((f"k{place}", shape, at, {**outcomes, "SCORE": worth}))
        return spots

    def _spots(
        self,
        interaction: Element,
        spots: "list[_Spot]",
    ) -> tuple[Kind, Question]:
        picture = next(
            (one for one in interaction.iter() if one.tag in ("object", "img", "picture")), None
        )
        if picture is None:
            raise LeftOut(_("It has no picture."))
        key = self.picture_key(picture.get("data") or picture.get("src") or "")
        if key is None:
            raise LeftOut(
                _("Its picture is missing, too large, or no PNG, JPEG, GIF or WebP. Add it anew.")
            )
        size = picture_size(self.pictures[key][1])
        width = int(number(picture.get("width"))) or (size[1] if size else 0)
        height = int(number(picture.get("height"))) or (size[2] if size else 0)
        alt = picture.get("alt") or text_of(picture)
        if not alt:
            alt = _("A picture to mark a spot in")
            self.notes.add(_("The picture had no description. Write what is seen in it."))
        none = self.marking.outcomes_of({})
        self.most = max((score_in(one[3]) for one in spots), default=0.0)
        if self.most <= 0:
            raise LeftOut(_("It names no right answer: it is a survey, or marked elsewhere."))
        always = self.always([none, *(one[3] for one in spots)])
        areas = []
        for place, (name, shape, at, outcomes) in enumerate(spots, start=1):
            form, points = self._area(shape, at, width, height)
            credit = max(0, self.percent(score_in(outcomes), self.most))
            said = self.said(self.new(outcomes, always))
            areas.append(Area(key_of(name, f"k{place}"), form, points, credit, said))
        # Its own words for the picture are not part of the text.
        prompt = self.stem(interaction)
        return Kind.HOTSPOT, Hotspot(
            prompt=prompt or alt,
            picture=key,
            alt=alt,
            width=width,
            height=height,
            areas=tuple(areas),
            explanation=self.explanation(always, [none]),
        )

    def _area(
        self, shape: str, at: tuple[float, ...], width: int, height: int
    ) -> tuple[Shape, tuple[int, ...]]:
        points = tuple(round(one) for one in at)
        if shape == "circle":
            return Shape.CIRCLE, points
        if shape == "rect":
            return Shape.RECTANGLE, points
        if shape == "default":
            return Shape.RECTANGLE, (0, 0, width, height)
        if shape == "ellipse" and len(points) == 4:
            self.notes.add(_("An ellipse became a rectangle around it."))
            x, y, across, down = points
            return Shape.RECTANGLE, (x - across, y - down, x + across, y + down)
        if len(points) >= 8 and points[:2] == points[-2:]:
            points = points[:-2]
        return Shape.POLYGON, points

    # --- Marked by a person

    def extended_text(self, interaction: Element) -> tuple[Kind, Question]:
        self.most = self.declared_most() or 1.0
        response = self.marking.responses.get(interaction.get("responseidentifier", ""))
        least, most = self.outcome("LEAST_WORDS"), self.outcome("MOST_WORDS")
        return Kind.ESSAY, Essay(
            prompt=self.stem(interaction),
            least_words=int(least) if isinstance(least, float) else 0,
            most_words=int(most) if isinstance(most, float) else 0,
            starter="\n".join(response.default) if response else "",
            notes=self.rubric(),
            explanation=self._by_hand(),
        )

    def upload(self, interaction: Element) -> tuple[Kind, Question]:
        self.most = self.declared_most() or 1.0
        return Kind.FILE, FileUpload(
            prompt=self.stem(interaction), notes=self.rubric(), explanation=self._by_hand()
        )

    def drawing(self, interaction: Element) -> tuple[Kind, Question]:
        self.notes.add(_("A drawing is handed in as a file here."))
        return self.upload(interaction)

    def _by_hand(self) -> str:
        none = self.marking.outcomes_of({})
        return self.explanation(self.always([none]))

    def slider(self, interaction: Element) -> tuple[Kind, Question]:
        response = self.response(interaction)
        self.notes.add(_("A slider became a number to be typed."))
        prompt = self.stem(interaction)
        return Kind.NUMERIC, self._numeric(response, prompt, self.marking.outcomes_of({}))


# (name, shape, coordinates, what marking it leads to)
_Spot = tuple[str, str, tuple[float, ...], Mapping[str, Value]]


@dataclass(slots=True)
class _Try:
    """An answer and what it leads to. `given` is the identifier where it is chosen from a list."""

    text: str
    match: Match
    outcomes: Mapping[str, Value]
    given: str = ""

    def __post_init__(self) -> None:
        self.given = self.given or self.text


@dataclass(slots=True)
class _NumberTry:
    value: Decimal
    tolerance: Decimal
    relative: bool
    outcomes: Mapping[str, Value]


_BUILD: dict[str, Callable[[_Reading, Element], tuple[Kind, Question]]] = {
    "choiceinteraction": _Reading.choice,
    "hottextinteraction": _Reading.hottext,
    "gapmatchinteraction": _Reading.gap_match,
    "matchinteraction": _Reading.match,
    "associateinteraction": _Reading.associate,
    "orderinteraction": _Reading.order,
    "hotspotinteraction": _Reading.hotspot,
    "selectpointinteraction": _Reading.select_point,
    "extendedtextinteraction": _Reading.extended_text,
    "uploadinteraction": _Reading.upload,
    "drawinginteraction": _Reading.drawing,
    "sliderinteraction": _Reading.slider,
}


def _keys(names: list[str]) -> list[str]:
    keys = [key_of(name, f"k{place}") for place, name in enumerate(names, start=1)]
    return keys if len(set(keys)) == len(keys) else [f"k{n}" for n in range(1, len(names) + 1)]


def _pair(text: str, base_type: str) -> str:
    parts = text.split()
    return " ".join(sorted(parts) if base_type == "pair" else parts)


def _about(comparison: Element, name: str) -> bool:
    return any(one.get("identifier") == name for one in children(comparison))


def _decimal(text: str) -> Decimal | None:
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        return None
    return value if value.is_finite() and abs(value.adjusted()) <= 50 else None


def _unit(text: str) -> Unit:
    name, _space, factor = text.rpartition(" ")
    return Unit(name, _decimal(factor) or ONE)


def _own(root: Element) -> bool:
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


def _parent(root: Element, child: Element) -> Element:
    return next(one for one in root.iter() if child in list(one))


def _remove(parent: Element, child: Element) -> None:
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
