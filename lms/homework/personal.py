"""What homework holds about a person. Words and files of a student's work go; points stay."""

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lms.accounts.holdings import RECORD, Rows, acted, hold
from lms.homework.models import Feedback, Marking, Submission
from lms.homework.uploads import let_go

HOMEWORK = ("work__homework__title", _("homework"))
MARKED = ("submission__work__homework__title", _("homework"))
FILE = ("upload__name", _("file"))


def _with_words(rows: Rows) -> Rows:
    return rows.filter(~Q(text="") | Q(upload__isnull=False))


def _handed_in(batch: list[Any], person: Any) -> None:
    rows = Submission.objects.filter(pk__in=[row.pk for row in batch])
    rows.update(text="", link="", upload=None)
    let_go(batch)


def _told(batch: list[Any], person: Any) -> None:
    Feedback.objects.filter(pk__in=[row.pk for row in batch]).update(text="", upload=None)
    _let_go_unused(batch)


def _drafted(batch: list[Any], person: Any) -> None:
    Marking.objects.filter(pk__in=[row.pk for row in batch]).delete()
    _let_go_unused(batch)


def _let_go_unused(batch: list[Any]) -> None:
    """Feedback and its drafts share a recording: the last of them takes it along."""
    for upload_id, row in {row.upload_id: row for row in batch if row.upload_id}.items():
        using = (model.objects.filter(upload=upload_id).exists() for model in (Feedback, Marking))
        if not any(using):
            let_go([row])


hold(
    "homework.Comment",
    "submission__work__enrolment__student",
    (MARKED, "second", "text"),
    label=_("remarks on your recordings"),
)
hold(
    "homework.Feedback",
    "submission__work__enrolment__student",
    (MARKED, "points", "penalty", "complete", "text", FILE, "released_at"),
    stays=_("Points stay in the school's records without your name; the words go."),
    left=_with_words,
    forget=_told,
    label=_("feedback you got"),
)
hold(
    "homework.Marking",
    "submission__work__enrolment__student",
    (MARKED, "saved_at"),
    label=_("feedback on your work that is being written (when, not what)"),
    forget=_drafted,
)
hold(
    "homework.Submission",
    "work__enrolment__student",
    (HOMEWORK, "number", "submitted_at", "withdrawn_at", "text", "link", FILE),
    stays=_("That and when you handed something in stays without your name; words and files go."),
    left=lambda rows: rows.filter(~Q(text="") | ~Q(link="") | Q(upload__isnull=False)),
    forget=_handed_in,
    label=_("what you handed in"),
)
hold(
    "homework.Work",
    "enrolment__student",
    (
        "homework__title",
        "state",
        "submitted_at",
        "done_at",
        "extended_to",
        "override_reason",
        "draft",
    ),
    stays=RECORD,
    blank={"draft": "", "override_reason": ""},
    label=_("your homework"),
)
hold("homework.Phrase", "author", ("text",), label=_("your reusable comments"))
acted("homework.Homework", "decided_by", ("title",), label=_("homework for which you decided"))
acted(
    "homework.Work",
    "overridden_by",
    ("homework__title", "overridden_at"),
    label=_("homework you set as completed"),
)
acted("homework.Marking", "saved_by", (MARKED, "saved_at"), label=_("feedback you drafted"))
acted("homework.Feedback", "given_by", (MARKED, "released_at"), label=_("feedback you gave"))
acted(
    "homework.Comment", "author", (MARKED, "written_at"), label=_("remarks you made on recordings")
)
