"""Who sets homework and who marks it: by their role at the course's provider."""

from typing import Any

from lms.tenants.permissions import Code, can


def may_set(user: Any, row: Any) -> bool:
    """Whether `user` writes and hands out homework at the row's provider."""
    return bool(user.is_authenticated and can(user, Code.SET_HOMEWORK, row))


def may_decide(user: Any, homework: Any) -> bool:
    """Whether `user` decides where two markers of `homework` differ: the one it names, or whoever
    may set homework."""
    return may_set(user, homework) and homework.decided_by_id in (None, user.pk)


def may_mark(user: Any, row: Any) -> bool:
    """Whether `user` reads and marks what students of the row's provider hand in."""
    return bool(user.is_authenticated and can(user, Code.MARK_HOMEWORK, row))
