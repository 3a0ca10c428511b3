"""One item of QTI 2 or 3 as a question.

What an answer is worth is found by asking the item's own response processing (`Marking`); what it
shows then is the answer's feedback. An item whose way to mark is not known counts by the answers
it declares as right, and the report says so.
"""

from collections.abc import Callable
from copy import deepcopy
from decimal import ROUND_HALF_UP, Decimal
from xml.etree.ElementTree import Element

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lms.assessments.rules.questions import (
    Essay,
    FileUpload,
    Kind,
    Question,
)

from .package import LONGEST_TITLE, ONE, Entry, Imported, LeftOut, Notes, Outcome, checked, title_of
from .qti_choices import associate, choice, hottext, match, order
from .qti_entries import entries, gap_match, slider
from .qti_processing import (
    children,
    tidied,
)
from .qti_reading import GAPS, Reading, Source, interactions, parent_of, remove
from .qti_spots import hotspot, select_point
from .texts import parse_xml, plain

MOST_ELEMENTS = 20_000  # of an item
MOST_IN_ONE = 20


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
    asked = interactions(root)
    several = [[one] for one in asked if one.tag not in GAPS]
    gaps = [one for one in asked if one.tag in GAPS]
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
        others = [one for n, one in enumerate(interactions(copy)) if n not in kept]
        for one in others:
            remove(parent_of(copy, one), one)
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
        reading = Reading(root, source, notes, part=part)
        kind, question = reading.question(_question)
        question = checked(kind, question)
    except LeftOut as problem:
        return None, Entry(identifier, title, Outcome.LEFT_OUT, (str(problem),))
    title = title or title_of(plain(question.prompt[:400]))
    points = _points(reading.most * (1.0 if weight is None else weight))
    pictures = reading.pictures
    imported = Imported(identifier, title, (), kind, question, points, pictures)
    return imported, notes.entry(identifier, title)


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


def _question(reading: Reading) -> tuple[Kind, Question]:
    found = interactions(reading.root)
    if not found:
        raise LeftOut(_("It asks for nothing: it is a text. Put the text into a lesson."))
    if all(one.tag in GAPS for one in found):
        return entries(reading, found)
    tag = found[0].tag
    build = _BUILD.get(tag)
    if build is None and tag in WITHOUT_LIKE:
        raise LeftOut(str(WITHOUT_LIKE[tag]))
    if build is None:
        raise LeftOut(
            _("Questions of this kind ({kind}) are not known here.").format(
                kind=tag.removesuffix("interaction")
            )
        )
    return build(reading, found[0])


def extended_text(reading: Reading, interaction: Element) -> tuple[Kind, Question]:
    reading.most = reading.declared_most() or 1.0
    response = reading.marking.responses.get(interaction.get("responseidentifier", ""))
    least, most = reading.outcome("LEAST_WORDS"), reading.outcome("MOST_WORDS")
    return Kind.ESSAY, Essay(
        prompt=reading.stem(interaction),
        least_words=int(least) if isinstance(least, float) else 0,
        most_words=int(most) if isinstance(most, float) else 0,
        starter="\n".join(response.default) if response else "",
        notes=reading.rubric(),
        explanation=_by_hand(reading),
    )


def upload(reading: Reading, interaction: Element) -> tuple[Kind, Question]:
    reading.most = reading.declared_most() or 1.0
    return Kind.FILE, FileUpload(
        prompt=reading.stem(interaction), notes=reading.rubric(), explanation=_by_hand(reading)
    )


def drawing(reading: Reading, interaction: Element) -> tuple[Kind, Question]:
    reading.notes.add(_("A drawing is handed in as a file here."))
    return upload(reading, interaction)


def _by_hand(reading: Reading) -> str:
    none = reading.marking.outcomes_of({})
    return reading.explanation(reading.always([none]))


# Kinds of QTI that there is nothing like here, and what to do instead.
WITHOUT_LIKE = {
    "graphicgapmatchinteraction": gettext_lazy(
        "Things are dragged onto a picture: there is no such question here. Number the places in "
        "the picture and ask for pairs."
    ),
    "graphicorderinteraction": gettext_lazy(
        "Places in a picture are put in order: there is no such question here. Number the places "
        "in the picture and ask for their order."
    ),
    "graphicassociateinteraction": gettext_lazy(
        "Places in a picture are joined: there is no such question here. Number the places in the "
        "picture and ask for pairs."
    ),
    "positionobjectinteraction": gettext_lazy(
        "Something is placed onto a picture: there is no such question here. Ask for the spot in "
        "the picture instead."
    ),
}
_BUILD: dict[str, Callable[[Reading, Element], tuple[Kind, Question]]] = {
    "choiceinteraction": choice,
    "hottextinteraction": hottext,
    "gapmatchinteraction": gap_match,
    "matchinteraction": match,
    "associateinteraction": associate,
    "orderinteraction": order,
    "hotspotinteraction": hotspot,
    "selectpointinteraction": select_point,
    "extendedtextinteraction": extended_text,
    "uploadinteraction": upload,
    "drawinginteraction": drawing,
    "sliderinteraction": slider,
}
