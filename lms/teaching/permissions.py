"""Who does what at the desk: by their role at the course's provider."""

from typing import Any

from lms.tenants.permissions import Code, can


def may_manage(user: Any, row: Any) -> bool:
    """Announcements, thresholds, and who is in the class."""
    return can(user, Code.MANAGE_STUDENTS, row)
