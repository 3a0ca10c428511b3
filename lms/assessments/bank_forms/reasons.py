"""What is wrong with a question, in words."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ..rules.questions import QuestionError

Text = str | Promise


# What is wrong with a question, by QuestionError's field and reason, or by its reason alone.
REASONS: dict[tuple[str, str] | str, Text] = {
    ("prompt", "empty"): _("What is the question?"),
    ("choices", "too few or many"): _("Give at least two answers, and at most 100."),
    ("choices", "nothing right"): _("Tick the answer that is right."),
    ("choices", "no full credit"): _("Tick one answer that is worth all of the points."),
    ("choices", "right and worth nothing"): _(
        "An answer that is ticked as right is worth more than 0 percent."
    ),
    ("choices", "not a percentage"): _("What an answer is worth goes from −100 to 100 percent."),
    ("accepted", "too few or many"): _("Give at least one answer that is accepted, at most 100."),
    ("accepted", "nothing right"): _("One answer at least has to be worth something."),
    ("accepted", "negative"): _("A tolerance is not below 0."),
    ("units", "first is not 1"): _("The others are measured in the first unit: its size is 1."),
    ("units", "negative"): _("The size of a unit is above 0."),
    ("units", "empty"): _("Give a unit."),
    ("pairs", "too few or many"): _("Give at least two pairs, and at most 100."),
    ("distractors", "too few or many"): _("At most 100 are possible."),
    ("items", "too few or many"): _("Give at least two things to put in order, and at most 100."),
    ("blanks", "too few or many"): _("Put at least one gap into the text: [[the answer]]."),
    ("blanks", "nothing right"): _(
        "What is right for a gap has to be among what one can choose from, and worth something."
    ),
    ("text", "blanks differ"): _(
        "Each gap has to stand in the text just once, such as [[1]], and to have its answer below."
    ),
    ("picture", "empty"): _("Choose the picture to point into."),
    ("picture", "size"): _("The size of this picture could not be found. Send another one."),
    ("alt", "empty"): _("Say what the picture shows, for those who can’t see it."),
    ("areas", "too few or many"): _("Draw at least one area, and at most 100."),
    ("areas", "no full credit"): _("One area at least has to be worth all of the points."),
    ("areas", "points"): _(
        "An area is not whole: a circle has a middle and a radius, a rectangle two corners, a "
        "polygon three corners or more."
    ),
    ("most_words", "size"): _("This is fewer words than are to be written at least."),
    "empty": _("This must not be empty."),
    "too long": _("This is too long."),
    "nothing right": _("Nothing is right here."),
    "no full credit": _("Nothing here is worth all of the points."),
    "too few or many": _("These are too few or too many."),
    "not a percentage": _("What an answer is worth goes from 0 to 100 percent."),
    "negative": _("This must not be below 0."),
    "twice the same": _("The same is here twice."),
    "first is not 1": _("The first of them has to be 1."),
    "blanks differ": _("The gaps in the text are not those below."),
    "size": _("This number is too large or too small."),
    "points": _("These points can’t be drawn."),
    "key": _("This part of the question is damaged. Remove it and write it once more."),
    "missing": _("Something is missing here."),
    "unknown": _("This is not known here."),
    "wrong type": _("This can’t be read."),
    "not a list": _("This can’t be read."),
    "not an object": _("This can’t be read."),
    "control character": _("Characters that can’t be seen are not allowed here."),
}  # fmt: skip


def reason(problem: QuestionError) -> Text:
    """What is wrong, in words."""
    own = REASONS.get((problem.field, problem.reason))
    return own or REASONS.get(problem.reason) or _("This is no question yet.")
