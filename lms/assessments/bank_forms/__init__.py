"""Questions as they are typed: a form for each kind, with rows of answers, pairs, areas. What they
make of it is the JSON that rules.questions reads; what that refuses is said at the field."""

from .base import QuestionForm
from .fields import Exact, TagsField
from .kinds import FORMS, typed, unchecked
from .reasons import REASONS
from .rows import rearranged

__all__ = [
    "FORMS",
    "REASONS",
    "Exact",
    "QuestionForm",
    "TagsField",
    "rearranged",
    "typed",
    "unchecked",
]
