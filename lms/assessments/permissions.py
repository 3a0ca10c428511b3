"""Who writes assessments and who marks them: by their role at the course's provider."""

from typing import Any

from lms.tenants.permissions import Code, can


def may_set(user: Any, row: Any) -> bool:
    """Whether `user` writes questions and assessments at the row's provider."""
    return bool(user.is_authenticated and can(user, Code.SET_ASSESSMENTS, row))


def may_mark(user: Any, row: Any) -> bool:
    """Whether `user` reads and marks what students of the row's provider answer."""
    return bool(user.is_authenticated and can(user, Code.MARK_ASSESSMENTS, row))
