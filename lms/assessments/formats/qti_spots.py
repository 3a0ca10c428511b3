"""Where an item of QTI lets students mark a spot of a picture."""

from collections.abc import Mapping
from xml.etree.ElementTree import Element

from django.utils.translation import gettext as _

from lms.assessments.rules.questions import (
    Area,
    Hotspot,
    Kind,
    Question,
    Shape,
)

from .archive import picture_size
from .package import LeftOut
from .qti_processing import (
    Response,
    Value,
    branches,
    children,
    coordinates,
    number,
    score_in,
    text_of,
)
from .qti_reading import Reading, key_of

# (name, shape, coordinates, what marking it leads to)
_Spot = tuple[str, str, tuple[float, ...], Mapping[str, Value]]


def hotspot(reading: Reading, interaction: Element) -> tuple[Kind, Question]:
    response = reading.response(interaction)
    if response.cardinality != "single" and len(response.correct) > 1:
        raise LeftOut(_("Several spots of a picture are right together. Write it anew."))
    spots: list[_Spot] = []
    for one in reading.parts(interaction, "hotspotchoice"):
        name = one.get("identifier", "")
        value: Value = name if response.cardinality == "single" else (name,)
        outcomes = reading.marking.outcomes_of({response.identifier: value})
        at = coordinates(one.get("coords"))
        spots.append((name, one.get("shape", ""), at, outcomes))
    reading.notes.add(_("The spots to choose from are not drawn here: students mark any place."))
    return _spots(reading, interaction, spots)


def select_point(reading: Reading, interaction: Element) -> tuple[Kind, Question]:
    response = reading.response(interaction)
    if response.cardinality != "single" and len(response.areas) > 1:
        raise LeftOut(_("Several spots of a picture are right together. Write it anew."))
    return _spots(reading, interaction, _areas_by_rule(reading) or _areas_mapped(reading, response))


def _areas_by_rule(reading: Reading) -> list[_Spot]:
    """Areas that the rules ask for and give points for."""
    spots: list[_Spot] = []
    for place, branch in enumerate(branches(reading.marking.rules), start=1):
        area = children(branch)[0]
        if area.tag == "inside":
            outcomes = reading.marking.outcomes_of_branch(branch)
            at = coordinates(area.get("coords"))
            spots.append((f"k{place}", area.get("shape", ""), at, outcomes))
    return spots if any(score_in(one[3]) > 0 for one in spots) else []


def _areas_mapped(reading: Reading, response: Response) -> list[_Spot]:
    spots: list[_Spot] = []
    for place, (shape, at, worth) in enumerate(response.areas, start=1):
        # What is shown for it, where its middle is in it.
        xs, ys = (at[:1], at[1:2]) if shape == "circle" else (at[::2], at[1::2])
        middle = (sum(xs) / max(1, len(xs)), sum(ys) / max(1, len(ys)))
        outcomes = reading.marking.outcomes_of({response.identifier: middle})
        spots.append((f"k{place}", shape, at, {**outcomes, "SCORE": worth}))
    return spots


def _spots(
    reading: Reading,
    interaction: Element,
    spots: list[_Spot],
) -> tuple[Kind, Question]:
    picture = next(
        (one for one in interaction.iter() if one.tag in ("object", "img", "picture")), None
    )
    if picture is None:
        raise LeftOut(_("It has no picture."))
    key = reading.picture_key(picture.get("data") or picture.get("src") or "")
    if key is None:
        raise LeftOut(
            _("Its picture is missing, too large, or no PNG, JPEG, GIF or WebP. Add it anew.")
        )
    size = picture_size(reading.pictures[key][1])
    width = int(number(picture.get("width"))) or (size[1] if size else 0)
    height = int(number(picture.get("height"))) or (size[2] if size else 0)
    alt = picture.get("alt") or text_of(picture)
    if not alt:
        alt = _("A picture to mark a spot in")
        reading.notes.add(_("The picture had no description. Write what is seen in it."))
    none = reading.marking.outcomes_of({})
    reading.most = max((score_in(one[3]) for one in spots), default=0.0)
    if reading.most <= 0:
        raise LeftOut(_("It names no right answer: it is a survey, or marked elsewhere."))
    always = reading.always([none, *(one[3] for one in spots)])
    areas = []
    for place, (name, shape, at, outcomes) in enumerate(spots, start=1):
        form, points = _area(reading, shape, at, width, height)
        credit = max(0, reading.percent(score_in(outcomes), reading.most))
        said = reading.said(reading.new(outcomes, always))
        areas.append(Area(key_of(name, f"k{place}"), form, points, credit, said))
    # Its own words for the picture are not part of the text.
    prompt = reading.stem(interaction)
    return Kind.HOTSPOT, Hotspot(
        prompt=prompt or alt,
        picture=key,
        alt=alt,
        width=width,
        height=height,
        areas=tuple(areas),
        explanation=reading.explanation(always, [none]),
    )


def _area(
    reading: Reading, shape: str, at: tuple[float, ...], width: int, height: int
) -> tuple[Shape, tuple[int, ...]]:
    points = tuple(round(one) for one in at)
    if shape == "circle":
        return Shape.CIRCLE, points
    if shape == "rect":
        return Shape.RECTANGLE, points
    if shape == "default":
        return Shape.RECTANGLE, (0, 0, width, height)
    if shape == "ellipse" and len(points) == 4:
        reading.notes.add(_("An ellipse became a rectangle around it."))
        x, y, across, down = points
        return Shape.RECTANGLE, (x - across, y - down, x + across, y + down)
    if len(points) >= 8 and points[:2] == points[-2:]:
        points = points[:-2]
    return Shape.POLYGON, points
