"""Writes: the bank, assessments, attempts, marks. In the provider's scope.

Lock order: the candidate, then the attempt, then (by way of lms.progress) the enrolment.
"""

from .bank import (
    MOST_TAGS,
    add_pictures,
    archive_question,
    change_question,
    copy_question,
    create_question,
    restore_question,
    set_tags,
    tag_question,
)
from .marking import grade, grade_all, mark_answer, take_late
from .regrading import Changed, Regrade, commit_regrade, preview_regrade
from .setting import PlaceOf, allow, allow_all, change, copy, create, publish, set_places, withdraw
from .shared import settle
from .sitting import close_due, close_if_over, save_answer, start, submit

__all__ = [
    "MOST_TAGS",
    "Changed",
    "PlaceOf",
    "Regrade",
    "add_pictures",
    "allow",
    "allow_all",
    "archive_question",
    "change",
    "change_question",
    "close_due",
    "close_if_over",
    "commit_regrade",
    "copy",
    "copy_question",
    "create",
    "create_question",
    "grade",
    "grade_all",
    "mark_answer",
    "preview_regrade",
    "publish",
    "restore_question",
    "save_answer",
    "set_places",
    "set_tags",
    "settle",
    "start",
    "submit",
    "tag_question",
    "take_late",
    "withdraw",
]
