"""Writes: setting homework, handing in, giving feedback, exceptions. In the provider's scope.

Lock order: the student's work, then (by way of lms.progress) the enrolment.
"""

from .exceptions import end_override, extend, override
from .handing_in import save_draft, submit, unmark
from .marking import (
    MOST_PHRASES,
    ask_second,
    comment,
    decide,
    drop_comment,
    drop_phrase,
    drop_spoken,
    finish,
    give_up,
    keep_phrase,
    release,
    release_all,
    save_marking,
    see_news,
    take_back,
    take_news,
)
from .setting import (
    also_for,
    assign,
    assign_due,
    change,
    choose,
    create,
    delete,
    group_changed,
    withdraw,
)
from .shared import file_refused, settle, settle_course

__all__ = [
    "MOST_PHRASES",
    "also_for",
    "ask_second",
    "assign",
    "assign_due",
    "change",
    "choose",
    "comment",
    "create",
    "decide",
    "delete",
    "drop_comment",
    "drop_phrase",
    "drop_spoken",
    "end_override",
    "extend",
    "file_refused",
    "finish",
    "give_up",
    "group_changed",
    "keep_phrase",
    "override",
    "release",
    "release_all",
    "save_draft",
    "save_marking",
    "see_news",
    "settle",
    "settle_course",
    "submit",
    "take_back",
    "take_news",
    "unmark",
    "withdraw",
]
