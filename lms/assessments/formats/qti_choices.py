"""What an item of QTI lets students choose, pair and put in order."""

import re
from collections.abc import Iterable
from xml.etree.ElementTree import Element

from django.utils.translation import gettext as _

from lms.assessments.rules.questions import (
    Choice,
    Choices,
    Item,
    Kind,
    Matching,
    Ordering,
    Pair,
    Question,
    TrueFalse,
)

from .package import LeftOut
from .qti_processing import (
    Response,
    Value,
    number,
    score_in,
)
from .qti_reading import Reading, keys_of

_TRUTHS = {
    ("true", "false"),
    ("richtig", "falsch"),
    ("wahr", "falsch"),
    ("vrai", "faux"),
    ("verdadero", "falso"),
    ("waar", "onwaar"),
    ("صحيح", "خطأ"),
}


def choice(reading: Reading, interaction: Element) -> tuple[Kind, Question]:
    response = reading.response(interaction)
    parts = reading.parts(interaction, "simplechoice")
    prompt = reading.stem(interaction)
    texts = [reading.markdown(one) for one in parts]
    return _chosen(reading, interaction, response, parts, texts, prompt)


def hottext(reading: Reading, interaction: Element) -> tuple[Kind, Question]:
    response = reading.response(interaction)
    parts = reading.parts(interaction, "hottext")
    texts = [reading.markdown(one) for one in parts]
    prompt = reading.markdown(reading.body)
    reading.notes.add(_("Words to be marked in a text became choices below it."))
    return _chosen(reading, interaction, response, parts, texts, prompt)


def _chosen(
    reading: Reading,
    interaction: Element,
    response: Response,
    parts: list[Element],
    texts: list[str],
    prompt: str,
) -> tuple[Kind, Question]:
    names = [one.get("identifier", "") for one in parts]
    shuffle = interaction.get("shuffle") == "true"
    if shuffle and any(one.get("fixed") == "true" for one in parts):
        reading.notes.add(_("Choices that kept their place are shuffled with the others here."))
    most = int(number(interaction.get("maxchoices"), 1.0))
    if response.cardinality == "single" or most == 1:
        return _single(reading, response, names, texts, prompt, shuffle)
    if 0 < most < len(parts):
        reading.notes.add(
            _("Students could mark no more than {number}: here, any number.").format(number=most)
        )
    return _multiple(reading, response, names, texts, prompt, shuffle)


def _single(
    reading: Reading,
    response: Response,
    names: list[str],
    texts: list[str],
    prompt: str,
    shuffle: bool,
) -> tuple[Kind, Question]:
    def given(name: str) -> dict[str, Value]:
        single = response.cardinality == "single"
        return {response.identifier: name if single else (name,)}

    outcomes = {name: reading.marking.outcomes_of(given(name)) for name in names}
    always = reading.always([reading.marking.outcomes_of({}), *outcomes.values()])
    worth = {name: score_in(one) for name, one in outcomes.items()}
    reading.most = max(worth.values(), default=0.0)
    if reading.most <= 0:
        raise LeftOut(_("No choice is right: it is a survey, or marked elsewhere."))
    said = {
        name: reading.said(
            one for one in reading.new(outcomes[name], always) if one.choice in ("", name)
        )
        for name in names
    }
    truth = _truth(reading, names, texts)
    if truth and sorted(value > 0 for value in worth.values()) == [False, True]:
        right = max(names, key=lambda name: worth[name])
        wrong = min(names, key=lambda name: worth[name])
        return Kind.TRUE_FALSE, TrueFalse(
            prompt=prompt,
            answer=right == truth[0],
            if_right=said[right],
            if_wrong=said[wrong],
            explanation=reading.explanation(always),
        )
    return Kind.SINGLE, Choices(
        prompt=prompt,
        choices=tuple(
            Choice(key, text, reading.percent(worth[name], reading.most), said[name])
            for key, name, text in zip(keys_of(names), names, texts, strict=True)
        ),
        shuffle=shuffle,
        partial=reading.outcome("PARTIAL") is not False,
        explanation=reading.explanation(always),
    )


def _truth(reading: Reading, names: list[str], texts: list[str]) -> tuple[str, str] | None:
    """The identifiers of "true" and "false"."""
    if len(names) != 2:
        return None
    if {name.lower() for name in names} == {"true", "false"}:
        return tuple(sorted(names, key=str.lower, reverse=True))  # type: ignore[return-value]
    words = [re.sub(r"[\W_]+", "", text).lower() for text in texts]
    if tuple(words) in _TRUTHS:
        return names[0], names[1]
    return (names[1], names[0]) if tuple(reversed(words)) in _TRUTHS else None


def _marked_together(reading: Reading, response: Response, names: list[str]) -> set[str]:
    """The choices that its rules name together for the most points."""
    best, most = set(), 0.0
    for _branch, atom, _alone in reading.atoms(response.identifier):
        named = {"".join(one.itertext()).strip() for one in atom.iter("basevalue")}
        named &= set(names)
        value = tuple(name for name in names if name in named)
        worth = reading.marking.score({response.identifier: value or None})
        if worth > most:
            best, most = named, worth
    return best


def _multiple(
    reading: Reading,
    response: Response,
    names: list[str],
    texts: list[str],
    prompt: str,
    shuffle: bool,
) -> tuple[Kind, Question]:
    right = set(response.correct) & set(names)
    right = right or {key for key, worth, _capitals in response.mapping if worth > 0}
    right = right & set(names) or _marked_together(reading, response, names)

    def given(chosen: Iterable[str]) -> dict[str, Value]:
        marked = set(chosen)
        return {response.identifier: tuple(name for name in names if name in marked) or None}

    full = reading.marking.outcomes_of(given(right))
    alone = {name: reading.marking.outcomes_of(given([name])) for name in names}
    none = reading.marking.outcomes_of({})
    reading.most = score_in(full)
    if not right or reading.most <= 0:
        raise LeftOut(_("No choice is right: it is a survey, or marked elsewhere."))
    always = reading.always([none, full, *alone.values()])
    shares = [score_in(alone[name]) for name in names if name in right]
    partial = reading.outcome("PARTIAL")
    if not isinstance(partial, bool):
        partial = len(right) == 1 or max(shares) > 0
    share = reading.most / len(right)
    if partial and len(right) > 1 and any(abs(one - share) > 0.01 * share for one in shares):
        reading.notes.add(
            _("The right choices counted differently: here each counts the same. Look at them.")
        )
    credits = {}
    mapped = {key: worth for key, worth, _capitals in response.mapping}
    for name in names:
        if name in right:
            credits[name] = 100
            continue
        if partial:
            cost = reading.most - reading.marking.score(given({*right, name}))
        else:
            cost = -mapped.get(name, 0.0)
        credits[name] = 0
        if abs(cost - share) > 0.01 * share and cost > 0:
            credits[name] = -reading.percent(min(cost, reading.most), reading.most)
        elif partial and cost <= 0:
            reading.notes.add(
                _("Wrong choices cost nothing: here each costs as much as a right one earns.")
            )
    own = {
        name: [
            one
            for one in reading.shown(alone[name])
            if one not in always and name in (one.choice, one.identifier)
        ]
        for name in names
    }
    return Kind.MULTIPLE, Choices(
        prompt=prompt,
        choices=tuple(
            Choice(key, text, credits[name], reading.said(own[name]))
            for key, name, text in zip(keys_of(names), names, texts, strict=True)
        ),
        shuffle=shuffle,
        partial=partial,
        explanation=reading.explanation(always, [full, none, *alone.values()]),
    )


def match(reading: Reading, interaction: Element) -> tuple[Kind, Question]:
    response = reading.response(interaction)
    sets = reading.parts(interaction, "simplematchset")
    if len(sets) != 2:
        raise LeftOut(_("It has not two sides to match: the file is damaged."))
    sides = [
        {one.get("identifier", ""): one for one in reading.parts(each, "simpleassociablechoice")}
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
    full = _pair_worth(reading, response)
    prompt = reading.stem(interaction)
    texts = {name: reading.markdown(one) for side in sides for name, one in side.items()}
    left_over = [name for name in sides[0] if name not in lefts]
    if left_over:
        reading.notes.add(_("What belongs to nothing was left out of the sides to match."))
    used = {pair[1] for pair in pairs}
    shown = {texts[name] for name in used}
    distractors = [texts[name] for name in sides[1] if name not in used]
    always = reading.always([full, reading.marking.outcomes_of({})])
    in_order = {name: place for place, name in enumerate(sides[0])}
    pairs.sort(key=lambda pair: in_order[pair[0]])
    return Kind.MATCHING, Matching(
        prompt=prompt,
        pairs=tuple(
            Pair(key, texts[one], texts[other])
            for key, (one, other) in zip(keys_of([p[0] for p in pairs]), pairs, strict=True)
        ),
        distractors=tuple(text for text in dict.fromkeys(distractors) if text not in shown),
        explanation=reading.explanation(always, [full, reading.marking.outcomes_of({})]),
    )


def _pair_worth(reading: Reading, response: Response) -> dict[str, Value]:
    """What all right pairs lead to; says where each is not worth the same."""
    right = response.correct or tuple(key for key, worth, _c in response.mapping if worth > 0)
    pairs = tuple(_pair(text, response.base_type) for text in right)
    full = reading.marking.outcomes_of({response.identifier: pairs or None})
    reading.most = score_in(full)
    if not pairs or reading.most <= 0:
        raise LeftOut(_("It names no right answer: it is a survey, or marked elsewhere."))
    worths = {round(reading.marking.score({response.identifier: (pair,)}), 6) for pair in pairs}
    if worths == {0.0} and len(pairs) > 1:
        reading.notes.add(_("Points were given for all pairs together: here each earns its share."))
    elif len(worths) > 1:
        reading.notes.add(_("The pairs counted differently: here each counts the same."))
    return full


def associate(reading: Reading, interaction: Element) -> tuple[Kind, Question]:
    response = reading.response(interaction)
    texts = {
        one.get("identifier", ""): reading.markdown(one)
        for one in reading.parts(interaction, "simpleassociablechoice")
    }
    full = _pair_worth(reading, response)
    right = response.correct or tuple(key for key, worth, _c in response.mapping if worth > 0)
    pairs = [tuple(pair.split()) for pair in right]
    names = [name for pair in pairs for name in pair]
    if len(set(names)) < len(names) or not set(names) <= set(texts):
        raise LeftOut(_("Some of it belongs to several: here, to one. Write it anew."))
    reading.notes.add(_("Things to pair freely have two sides now: the first, and what fits it."))
    always = reading.always([full, reading.marking.outcomes_of({})])
    return Kind.MATCHING, Matching(
        prompt=reading.stem(interaction),
        pairs=tuple(
            Pair(key, texts[one], texts[other])
            for key, (one, other) in zip(keys_of([p[0] for p in pairs]), pairs, strict=True)
        ),
        distractors=tuple(text for name, text in texts.items() if name not in names),
        explanation=reading.explanation(always, [full, reading.marking.outcomes_of({})]),
    )


def order(reading: Reading, interaction: Element) -> tuple[Kind, Question]:
    response = reading.response(interaction)
    parts = {one.get("identifier", ""): one for one in reading.parts(interaction, "simplechoice")}
    right = [name for name in response.correct if name in parts]
    if sorted(right) != sorted(parts) or len(right) < 2:
        raise LeftOut(_("Only some of it is to be put in order: here, all. Write it anew."))
    full = reading.marking.outcomes_of({response.identifier: tuple(right)})
    other = (*right[:-2], right[-1], right[-2])
    near = reading.marking.outcomes_of({response.identifier: other})
    none = reading.marking.outcomes_of({})
    reading.most = score_in(full)
    if reading.most <= 0:
        raise LeftOut(_("It names no right answer: it is a survey, or marked elsewhere."))
    partial = reading.outcome("PARTIAL")
    if not isinstance(partial, bool):
        partial = score_in(near) > 0
        if partial:
            reading.notes.add(
                _("A part of the order earns points in another way here. Look at the points.")
            )
    always = reading.always([full, near, none])
    prompt = reading.stem(interaction)
    return Kind.ORDERING, Ordering(
        prompt=prompt,
        items=tuple(
            Item(key, reading.markdown(parts[name]))
            for key, name in zip(keys_of(right), right, strict=True)
        ),
        partial=partial,
        explanation=reading.explanation(always, [full, near, none]),
    )


def _pair(text: str, base_type: str) -> str:
    parts = text.split()
    return " ".join(sorted(parts) if base_type == "pair" else parts)
