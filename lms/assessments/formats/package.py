"""What every reader returns, and how it tells a teacher what came over."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from django.utils.translation import gettext as _

from lms.assessments.rules.questions import Kind, Question, QuestionError, read, write

MOST_QUESTIONS = 2000
LONGEST_TITLE = 200
ONE = Decimal(1)


class FormatError(ValueError):
    """The file as a whole can't be read; the message tells a teacher why and what to do."""


class LeftOut(ValueError):
    """One question can't come over; the message tells a teacher why. `line` of a text file."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.line = line


class Outcome(StrEnum):
    WHOLE = "whole"
    CHANGED = "changed"  # it came over, but not all of it or not as it was
    LEFT_OUT = "left_out"


@dataclass(frozen=True, slots=True)
class Entry:
    """What became of one item. `notes` are sentences; `line` is where it stands in a text file."""

    identifier: str
    title: str
    outcome: Outcome
    notes: tuple[str, ...] = ()
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """`entries` in the order of the file; `notes` are about the file as a whole."""

    entries: tuple[Entry, ...] = ()
    notes: tuple[str, ...] = ()

    def count(self, outcome: Outcome) -> int:
        return sum(entry.outcome == outcome for entry in self.entries)


@dataclass(frozen=True, slots=True)
class Imported:
    """A question as it goes in and out. Texts name pictures as `picture:KEY`; `pictures` has for
    each KEY a file name and the file. `identifier` is the other program's, or empty.
    """

    identifier: str
    title: str
    tags: tuple[str, ...]
    kind: Kind
    question: Question
    points: Decimal = ONE
    pictures: Mapping[str, tuple[str, bytes]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Package:
    questions: tuple[Imported, ...]
    report: Report


@dataclass(slots=True)
class Notes:
    """Sentences about one item, each once, in the order they came up."""

    sentences: dict[str, None] = field(default_factory=dict)

    def add(self, sentence: str) -> None:
        self.sentences.setdefault(sentence)

    def entry(self, identifier: str, title: str, line: int | None = None) -> Entry:
        outcome = Outcome.CHANGED if self.sentences else Outcome.WHOLE
        return Entry(identifier, title, outcome, tuple(self.sentences), line)


def checked(kind: Kind, question: Question) -> Question:
    """The question, as the platform would keep it. Raises LeftOut."""
    try:
        return read(kind, write(question))
    except QuestionError as problem:
        raise LeftOut(explained(problem)) from problem


def explained(problem: QuestionError) -> str:
    """What is wrong with a question, for whoever wrote it."""
    sentences = {
        ("prompt", "empty"): _("The question has no text. Write one."),
        ("choices", "nothing right"): _("No choice is right. Mark at least one as right."),
        ("choices", "no full credit"): _("No choice earns all of the points. Let one earn 100 %."),
        ("choices", "too few or many"): _("There must be 2 to 100 choices."),
        ("choices", "empty"): _("A choice has no text. Write one, or take the choice out."),
        ("accepted", "nothing right"): _("No answer earns points. Let at least one do so."),
        ("accepted", "empty"): _("An accepted answer has no text. Write one, or take it out."),
        ("accepted", "too few or many"): _("There must be 1 to 100 accepted answers."),
        ("accepted", "negative"): _("A tolerance is negative. Write how far an answer may be off."),
        ("pairs", "too few or many"): _("There must be 2 to 100 pairs."),
        ("pairs", "empty"): _("A pair lacks one of its sides. Write both."),
        ("items", "too few or many"): _("There must be 2 to 100 things to put in order."),
        ("items", "empty"): _("A thing to put in order has no text. Write one."),
        ("blanks", "too few or many"): _("There must be 1 to 100 gaps."),
        ("blanks", "nothing right"): _("A gap has no right answer. Mark one as right."),
        ("blanks", "empty"): _("A gap has an answer without text. Write one, or take it out."),
        ("areas", "no full credit"): _("No area earns all of the points. Let one earn 100 %."),
        ("areas", "too few or many"): _("There must be 1 to 100 areas."),
        ("areas", "points"): _("An area of the picture has no proper outline. Draw it again."),
    }
    by_reason = {
        "too long": _("A text is too long. Shorten it."),
        "control character": _("A text holds a character that can't be shown. Take it out."),
        "not a percentage": _("What an answer is worth must lie between −100 % and 100 %."),
        "size": _("A number is too large. Write a smaller one."),
        "twice the same": _("Two parts have the same name. Give each its own."),
    }
    return sentences.get((problem.field, problem.reason)) or by_reason.get(
        problem.reason, _("The question is not complete. Compare it with the examples.")
    )


def title_of(text: str) -> str:
    """A title for a question that has none: the beginning of its text."""
    words = " ".join(text.split())
    return words if len(words) <= 80 else f"{words[:79].rsplit(' ', 1)[0]}…"


def tags_of(names: Iterable[str]) -> tuple[str, ...]:
    """Each once, without what can't be a tag."""
    clean = (" ".join(name.split())[:100] for name in names)
    return tuple(dict.fromkeys(name for name in clean if name))


def keys(number: int) -> list[str]:
    """Keys for the parts of a question whose format has none."""
    return [f"k{position}" for position in range(1, number + 1)]
