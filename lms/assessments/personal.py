"""What assessments hold about a person. Written answers and files go; points stay."""

from typing import Any

from django.db.models import Q
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext_lazy as _

from lms.accounts.holdings import RECORD, Rows, acted, hold
from lms.assessments.models import QuestionKind, Response
from lms.files.actions import remove_upload

TITLE = ("candidate__assessment__title", _("assessment"))
ANSWERED = ("attempt__candidate__assessment__title", _("assessment"))
QUESTION = ("given__question__title", _("question"))
FILE = ("upload__name", _("file"))
# Answered in the student's own words; a choice among others says nothing of who chose.
WRITTEN = (QuestionKind.ESSAY, QuestionKind.FILE, QuestionKind.SHORT, QuestionKind.BLANKS)


def _in_own_words(rows: Rows) -> Rows:
    return rows.filter(
        (Q(given__kind__in=WRITTEN) & ~Q(answer={}))
        | ~Q(late=None)
        | ~Q(comment="")
        | Q(upload__isnull=False)
    )


def _answers(batch: list[Any], person: Any) -> None:
    rows = Response.objects.filter(pk__in=[row.pk for row in batch])
    # As marked by a person: a regrade must not mark the empty answer anew.
    rows.filter(given__kind__in=WRITTEN).update(answer={}, marked_at=Coalesce("marked_at", Now()))
    rows.update(late=None, comment="", upload=None)
    for row in batch:
        if row.upload is not None:
            remove_upload(row.upload)


hold(
    "assessments.Response",
    "attempt__candidate__enrolment__student",
    (ANSWERED, QUESTION, "answer", "late", FILE, "points", "comment", "saved_at"),
    stays=_("Points and choices stay without your name; what you wrote and sent goes."),
    left=_in_own_words,
    forget=_answers,
    label=_("your answers"),
)
hold(
    "assessments.Attempt",
    "candidate__enrolment__student",
    (TITLE, "number", "state", "started_at", "submitted_at", "points", "score", "comment"),
    stays=RECORD,
    blank={"comment": ""},
    label=_("your attempts"),
)
hold(
    "assessments.Candidate",
    "enrolment__student",
    (
        "assessment__title",
        "extra_time",
        "extra_attempts",
        "opens_at",
        "closes_at",
        "score",
        "done_at",
    ),
    stays=RECORD,
    blank={"extra_time": 0, "extra_attempts": 0},
    label=_("your assessments"),
)
acted("assessments.Version", "made_by", (("question__title", _("question")), "made_at"))
acted("assessments.Response", "marked_by", (ANSWERED, "marked_at"), label=_("answers you marked"))
