"""What an item of QTI lets students write into gaps, or drag there: words and numbers."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from xml.etree.ElementTree import Element

from django.utils.translation import gettext as _

from lms.assessments.rules.questions import (
    MOST_PARTS,
    Accepted,
    AcceptedNumber,
    Blank,
    Blanks,
    Kind,
    Match,
    Numeric,
    Question,
    Short,
    Unit,
)

from .package import ONE, LeftOut
from .qti_processing import (
    Response,
    Unknown,
    Value,
    branches,
    children,
    number,
    score_in,
    text_of,
    wildcards_of,
)
from .qti_reading import Feedback, Reading, keys_of, parent_of, remove
from .texts import plain


def entries(reading: Reading, found: list[Element]) -> tuple[Kind, Question]:
    alone = len(found) == 1 and found[0].tag == "textentryinteraction"
    if alone and reading.outcome("KIND") != Kind.BLANKS:
        return _entry(reading, found[0])
    return _several(reading, found)


def _entry(reading: Reading, gap: Element) -> tuple[Kind, Question]:
    response = reading.response(gap)
    reading.marks[id(gap)] = "[[gap]]"
    prompt = reading.markdown(reading.body).strip()
    if prompt.endswith("[[gap]]"):
        prompt = prompt.removesuffix("[[gap]]").strip()
    prompt = prompt.replace("[[gap]]", "_____")
    none = reading.marking.outcomes_of({})
    if response.base_type in ("float", "integer"):
        return Kind.NUMERIC, _numeric(reading, response, prompt, none)
    tries = _words(reading, response)
    worth = [score_in(one.outcomes) for one in tries]
    reading.most = reading.declared_most() or max(worth, default=0.0)
    if max(worth, default=0.0) <= 0:
        raise LeftOut(_("It names no right answer. Write one."))
    reading.most = max(reading.most, *worth)
    always = reading.always([none, *(one.outcomes for one in tries)])
    return Kind.SHORT, Short(
        prompt=prompt,
        accepted=_accepted(reading, tries, always, reading.most),
        case_sensitive=_capitals(reading, [response]),
        explanation=reading.explanation(always, [none]),
    )


def _accepted(
    reading: Reading, tries: "list[_Try]", always: list[Feedback], most: float, base: float = 0.0
) -> tuple[Accepted, ...]:
    return tuple(
        Accepted(
            one.text,
            one.match,
            max(0, reading.percent(score_in(one.outcomes) - base, most)),
            reading.said(reading.new(one.outcomes, always)),
        )
        for one in tries
    )


def _capitals(reading: Reading, responses: list[Response]) -> bool:
    """Whether capitals matter."""
    declared = reading.outcome("CASE_SENSITIVE")
    if isinstance(declared, bool):
        return declared
    says = {
        one.get("casesensitive", "true") != "false"
        for one in (reading.marking.rules.iter() if reading.marking.rules is not None else ())
        if one.tag == "stringmatch"
    }
    says |= {
        capitals
        for response in responses
        for _key, _worth, capitals in response.mapping
        if _uses_mapping(reading)
    }
    says |= {not read[1] for one in _patterns(reading) if (read := wildcards_of(one))}
    if len(says) == 2:
        reading.notes.add(_("Capitals mattered for some answers only: here they don't."))
    return False not in says


def _patterns(reading: Reading) -> list[str]:
    rules = reading.marking.rules
    found = [] if rules is None else [o for o in rules.iter() if o.tag == "patternmatch"]
    return [one.get("pattern", "") for one in found]


def _uses_mapping(reading: Reading) -> bool:
    rules = reading.marking.rules
    return rules is not None and any(one.tag == "mapresponse" for one in rules.iter())


def _words(reading: Reading, response: Response) -> "list[_Try]":
    """The answers that the item compares with, and what each leads to."""
    tries: dict[tuple[str, Match], _Try] = {}

    def probe(text: str) -> None:
        text = " ".join(text.split())
        if text and (text, Match.EXACT) not in tries:
            outcomes = reading.marking.outcomes_of({response.identifier: text})
            tries[text, Match.EXACT] = _Try(text, Match.EXACT, outcomes)

    for branch, atom, alone in reading.atoms(response.identifier):
        if atom.tag == "patternmatch":
            read = wildcards_of(atom.get("pattern", ""))
            if read is None or not alone:
                reading.notes.add(_("A pattern for answers was left out: it is too special."))
                continue
            outcomes = reading.marking.outcomes_of_branch(branch)
            text = read[0]
            tries.setdefault((text, Match.PATTERN), _Try(text, Match.PATTERN, outcomes))
            continue
        for value in atom.iter("basevalue"):
            text = " ".join("".join(value.itertext()).split())
            if text and alone and (text, Match.EXACT) not in tries:
                outcomes = reading.marking.outcomes_of_branch(branch)
                tries[text, Match.EXACT] = _Try(text, Match.EXACT, outcomes)
            else:
                probe(text)
    for key, _worth, _capitals in response.mapping if _uses_mapping(reading) else ():
        probe(key)
    for text in response.correct:
        probe(text)
    return list(tries.values())[:100]


def _numeric(
    reading: Reading, response: Response, prompt: str, none: Mapping[str, Value]
) -> Question:
    tries = _numbers(reading, response)
    worth = [score_in(one.outcomes) for one in tries]
    if max(worth, default=0.0) <= 0:
        raise LeftOut(_("It names no right answer. Write one."))
    reading.most = max([reading.declared_most(), *worth])
    always = reading.always([none, *(one.outcomes for one in tries)])
    units = reading.outcome("UNITS")
    without = reading.outcome("WITHOUT_UNIT")
    return Numeric(
        prompt=prompt,
        accepted=tuple(
            AcceptedNumber(
                one.value,
                one.tolerance,
                one.relative,
                max(0, reading.percent(score_in(one.outcomes), reading.most)),
                reading.said(reading.new(one.outcomes, always)),
            )
            for one in tries
        ),
        units=tuple(_unit(text) for text in units) if isinstance(units, tuple) else (),
        unit_required=reading.outcome("UNIT_REQUIRED") is True,
        without_unit=int(without) if isinstance(without, float) else 0,
        explanation=reading.explanation(always, [none]),
    )


def _numbers(reading: Reading, response: Response) -> "list[_NumberTry]":
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
            outcomes = reading.marking.outcomes_of({response.identifier: float(value)})
        key = (value, tolerance, relative)
        tries.setdefault(key, _NumberTry(value, tolerance, relative, outcomes))

    for branch, atom, alone in reading.atoms(response.identifier):
        if atom.tag in ("stringmatch", "patternmatch"):
            continue
        tolerance, relative = _tolerance(reading, atom)
        texts = ["".join(one.itertext()) for one in atom.iter("basevalue")]
        if any(one.tag == "correct" for one in atom.iter()):
            texts += response.correct
        for text in texts:
            add(text, reading.marking.outcomes_of_branch(branch) if alone else None,
                tolerance, relative)  # fmt: skip
    for low, high in _ranges(reading, response.identifier):
        middle = (low + high) / 2
        outcomes = reading.marking.outcomes_of({response.identifier: float(middle)})
        add(str(middle), outcomes, high - middle)
    for key, _worth, _capitals in response.mapping if _uses_mapping(reading) else ():
        add(key, None)
    if not tries:
        for text in response.correct:
            add(text, None)
    return list(tries.values())[:100]


def _tolerance(reading: Reading, atom: Element) -> tuple[Decimal, bool]:
    if atom.tag == "equalrounded":
        reading.notes.add(_("A rounded comparison became a tolerance."))
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
        reading.notes.add(_("A tolerance differed above and below: the wider counts both ways."))
    return max(abs(value) for value in values if value is not None), mode == "relative"


def _ranges(reading: Reading, name: str) -> Iterable[tuple[Decimal, Decimal]]:
    """`least <= response <= most` in the conditions."""
    for branch in branches(reading.marking.rules):
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
                yield bounds[True], bounds[False]


def _several(reading: Reading, found: list[Element]) -> tuple[Kind, Question]:
    responses = [reading.response(one) for one in found]
    names = [response.identifier for response in responses]
    if len(found) > MOST_PARTS:
        raise LeftOut(_("It has more than 100 choices or gaps. Make it several questions."))
    if len(set(names)) != len(names):
        raise LeftOut(_("Two gaps share one response: the file is damaged. Export it again."))
    keys = keys_of(names)
    for gap, key in zip(found, keys, strict=True):
        reading.marks[id(gap)] = f"[[{key}]]"
    prompt, text = _prompt_and_text(reading)
    none = reading.marking.outcomes_of({})
    base = score_in(none)
    all_tries = [
        _listed(reading, gap, response) if gap.tag == "inlinechoiceinteraction"
        else _typed(reading, response)
        for gap, response in zip(found, responses, strict=True)
    ]  # fmt: skip
    always = reading.always([none, *(one.outcomes for tries in all_tries for one in tries)])
    blanks = []
    mosts = _mosts(reading, [[score_in(one.outcomes) - base for one in t] for t in all_tries])
    right: dict[str, Value] = {}
    for gap, key, response, tries, most in zip(
        found, keys, responses, all_tries, mosts, strict=True
    ):
        accepted = _gap_accepted(reading, gap, response, tries, always, most, base)
        choices: tuple[str, ...] = ()
        if gap.tag == "inlinechoiceinteraction":
            choices = tuple(one.text for one in tries)
        blanks.append(Blank(key, accepted, choices))
        best = max(tries, key=lambda one: score_in(one.outcomes), default=None)
        right[response.identifier] = (
            response.correct_value() if response.correct else best.given if best else None
        )
    full = reading.marking.outcomes_of(right)
    reading.most = reading.declared_most() or score_in(full) or float(len(found))
    return Kind.BLANKS, Blanks(
        prompt=prompt,
        text=text,
        blanks=tuple(blanks),
        case_sensitive=_capitals(
            reading,
            [
                one
                for one, gap in zip(responses, found, strict=True)
                if gap.tag != "inlinechoiceinteraction"
            ],
        ),
        explanation=reading.explanation(always, [full, none]),
    )


def _mosts(reading: Reading, worths: list[list[float]]) -> list[float]:
    """What each gap is worth at most."""
    mosts = [max(worth, default=0.0) for worth in worths]
    share = reading.declared_most() / len(worths)
    if share and all(most <= share * 1.001 for most in mosts):
        return [share if most > 0 else 0.0 for most in mosts]
    if len({round(most, 6) for most in mosts}) > 1:
        reading.notes.add(_("The gaps counted differently: here each counts the same."))
    return mosts


def _gap_accepted(
    reading: Reading,
    gap: Element,
    response: Response,
    tries: "list[_Try]",
    always: list[Feedback],
    most: float,
    base: float,
) -> tuple[Accepted, ...]:
    if most > 0:
        accepted = _accepted(reading, tries, always, most, base)
        if gap.tag == "inlinechoiceinteraction":
            return tuple(one for one in accepted if one.credit > 0 or one.feedback)
        return accepted
    # Points for all gaps together only: each that is declared right earns its share.
    right = set(response.correct) or {key for key, worth, _c in response.mapping if worth > 0}
    reading.notes.add(_("Points were given for all gaps together: here each earns its share."))
    accepted = tuple(
        Accepted(one.text, one.match) for one in tries if one.given in right or one.text in right
    )
    if not accepted:
        raise LeftOut(_("A gap has no right answer. Mark one as right."))
    return accepted


def _listed(reading: Reading, gap: Element, response: Response) -> "list[_Try]":
    tries = []
    for one in children(gap):
        if one.tag != "inlinechoice":
            continue
        name = one.get("identifier", "")
        text = text_of(one) if not len(one) else plain(reading.markdown(one)) or text_of(one)
        outcomes = reading.marking.outcomes_of({response.identifier: name})
        tries.append(_Try(text, Match.EXACT, outcomes, name))
    return tries


def _typed(reading: Reading, response: Response) -> "list[_Try]":
    if response.base_type not in ("float", "integer"):
        return _words(reading, response)
    tries = []
    for one in _numbers(reading, response):
        if one.tolerance:
            reading.notes.add(_("A gap takes the exact number only: its tolerance was left out."))
        text = f"{one.value.normalize():f}" if one.value else "0"
        tries.append(_Try(text, Match.EXACT, one.outcomes))
    return tries


def _prompt_and_text(reading: Reading) -> tuple[str, str]:
    """What is asked, and the text with the gaps: two <div>s as this platform writes them, or
    the paragraphs before the first gap and the rest."""
    divs = {one.get("class"): one for one in children(reading.body) if one.tag == "div"}
    if "prompt" in divs and "text" in divs:
        return reading.markdown(divs["prompt"]), reading.markdown(divs["text"])
    blocks = re.split(r"\n\n(?=\S)", reading.markdown(reading.body))
    first = next((place for place, block in enumerate(blocks) if "[[" in block), len(blocks))
    prompt = "\n\n".join(blocks[:first]).strip()
    return prompt or _("Fill in the gaps."), "\n\n".join(blocks[first:]).strip()


def gap_match(reading: Reading, interaction: Element) -> tuple[Kind, Question]:
    response = reading.response(interaction)
    if reading.parts(interaction, "gapimg"):
        raise LeftOut(_("Pictures are put into its gaps: that is not known here."))
    words = {
        one.get("identifier", ""): plain(reading.markdown(one)) or text_of(one)
        for one in reading.parts(interaction, "gaptext")
    }
    gaps = reading.parts(interaction, "gap")
    if not gaps or not words:
        raise LeftOut(_("It has no gaps, or nothing to fill them with."))
    names = [one.get("identifier", "") for one in gaps]
    keys = keys_of(names)
    for gap, key in zip(gaps, keys, strict=True):
        reading.marks[id(gap)] = f"[[{key}]]"
    for one in reading.parts(interaction, "gaptext"):
        reading.marks[id(one)] = ""
    prompts = [one for one in children(interaction) if one.tag == "prompt"]
    asked = "\n\n".join(map(reading.markdown, prompts))
    for one in [*prompts, *reading.parts(interaction, "gaptext")]:
        remove(parent_of(interaction, one), one)
    prompt, text = _prompt_and_text(reading)
    if asked:
        prompt = asked if prompt == _("Fill in the gaps.") else f"{prompt}\n\n{asked}"
    none = reading.marking.outcomes_of({})

    def given(pairs: Iterable[str]) -> dict[str, Value]:
        return {response.identifier: tuple(pairs) or None}

    base = score_in(none)
    worths = {
        name: {word: reading.marking.score(given([f"{word} {name}"])) - base for word in words}
        for name in names
    }
    mosts = _mosts(reading, [list(worths[name].values()) for name in names])
    right = [pair for pair in response.correct if len(pair.split()) == 2]
    blanks = []
    for key, name, most in zip(keys, names, mosts, strict=True):
        if most > 0:
            credits = {w: reading.percent(worth, most) for w, worth in worths[name].items()}
        else:
            reading.notes.add(
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
    full = reading.marking.outcomes_of(given(right))
    reading.most = score_in(full) or float(len(gaps))
    always = reading.always([none, full])
    return Kind.BLANKS, Blanks(
        prompt=prompt,
        text=text,
        blanks=tuple(blanks),
        explanation=reading.explanation(always, [full, none]),
    )


def slider(reading: Reading, interaction: Element) -> tuple[Kind, Question]:
    response = reading.response(interaction)
    reading.notes.add(_("A slider became a number to be typed."))
    prompt = reading.stem(interaction)
    return Kind.NUMERIC, _numeric(reading, response, prompt, reading.marking.outcomes_of({}))


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


def _decimal(text: str) -> Decimal | None:
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        return None
    return value if value.is_finite() and abs(value.adjusted()) <= 50 else None


def _unit(text: str) -> Unit:
    name, _space, factor = text.rpartition(" ")
    return Unit(name, _decimal(factor) or ONE)
