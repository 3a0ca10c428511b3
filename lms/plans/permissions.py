"""Who writes lesson plans and gives them to students: by their role at the course's provider."""

from typing import Any

from lms.tenants.permissions import Code, can


def may_plan(user: Any, row: Any) -> bool:
    return bool(user.is_authenticated and can(user, Code.SET_PLANS, row))
