"""Who may do what at a provider: the codes, and the one table of roles.

docs/roles.md is the same matrix in words; tests/properties/test_roles.py holds the two together.
"""

from enum import StrEnum
from typing import Any
from uuid import UUID

from lms.common.errors import Forbidden
from lms.events import SYSTEM
from lms.tenants.models import Membership, Role
from lms.tenants.scope import every_tenant


class Code(StrEnum):
    """Everything that is asked of `can`. Each is about the rows of one provider."""

    AUTHOR_COURSES = "courses.author"
    PUBLISH_COURSES = "courses.publish"
    MODERATE_COURSES = "courses.moderate"
    MANAGE_CATEGORIES = "courses.manage_categories"
    VIEW_STUDENTS = "enrolments.view_students"
    MANAGE_STUDENTS = "enrolments.manage_students"
    VIEW_PROGRESS = "progress.view"
    SET_HOMEWORK = "homework.set"
    MARK_HOMEWORK = "homework.mark"
    SET_ASSESSMENTS = "assessments.set"
    MARK_ASSESSMENTS = "assessments.mark"
    SET_PLANS = "plans.set"
    ANSWER_REVIEWS = "reviews.answer"
    MODERATE_REVIEWS = "reviews.moderate"
    REVOKE_CERTIFICATES = "certificates.revoke"
    SELL = "orders.sell"
    VIEW_SALES = "payments.view_sales"
    REFUND = "payments.refund"
    MANAGE_MEMBERS = "tenants.manage_members"
    CHANGE_SETTINGS = "tenants.change_settings"
    CLOSE = "tenants.close"
    VIEW_AUDIT = "tenants.view_audit"
    LEARN = "learning.learn"


class UnknownCode(LookupError):
    """No such permission code."""


# An instructor who is not approved yet, as a row of the table of its own.
NEW_INSTRUCTOR = "new instructor"

_HELPING = frozenset(
    {
        Code.VIEW_STUDENTS,
        Code.VIEW_PROGRESS,
        Code.MARK_HOMEWORK,
        Code.MARK_ASSESSMENTS,
        Code.LEARN,
    }
)
_TEACHING = _HELPING | {Code.AUTHOR_COURSES, Code.ANSWER_REVIEWS}

ROLE_CODES: dict[str, frozenset[Code]] = {
    Role.ADMIN: frozenset(Code),
    Role.INSTRUCTOR: _TEACHING
    | {
        Code.PUBLISH_COURSES,
        Code.MANAGE_STUDENTS,
        Code.SET_HOMEWORK,
        Code.SET_ASSESSMENTS,
        Code.SET_PLANS,
    },
    NEW_INSTRUCTOR: _TEACHING,
    Role.ASSISTANT: _HELPING,
    Role.STUDENT: frozenset({Code.LEARN}),
}


def can(user: Any, code: str, row: Any) -> bool:
    """Whether `user` may do what `code` says to `row`, by their roles at the row's provider.

    The platform's operator may do everything. Roles are read once per user instance (see
    `forget_roles`). An anonymous or inactive user may nothing.

    Raises UnknownCode, and TypeError when the row names no provider.
    """
    try:
        asked = Code(code)
    except ValueError:
        raise UnknownCode(code) from None
    if not hasattr(row, "provider_id"):
        raise TypeError(f"{row!r} names no provider.")
    if is_operator(user):
        return True
    return any(asked in ROLE_CODES[role] for role in roles_of(user).get(row.provider_id, ()))


def houses_where(user: Any, code: Code) -> list[UUID]:
    """Ids of the providers at which `user` has a role and may do what `code` says."""
    return [
        provider_id
        for provider_id, roles in roles_of(user).items()
        if is_operator(user) or any(code in ROLE_CODES[role] for role in roles)
    ]


def require(actor: Any, code: str, row: Any) -> None:
    """`can`, for actions: what the platform does by itself (SYSTEM) needs no role.

    Raises Forbidden, UnknownCode, TypeError.
    """
    if actor is not SYSTEM and not can(actor, code, row):
        raise Forbidden


def may_enter(user: Any, provider: Any) -> bool:
    """Whether `user` may know what stands on the provider's site. Anybody may, unless it is a
    portal, which is for those with a role there. A course's access asks this first."""
    return not provider.is_portal or can(user, Code.LEARN, provider)


def is_operator(user: Any) -> bool:
    """Whether `user` runs the installation. That is Django's superuser flag, which Django and
    Wagtail obey everywhere already; a second flag beside it could only disagree."""
    return bool(user.is_active and user.is_superuser)


def roles_of(user: Any) -> dict[UUID, frozenset[str]]:
    """{provider id: keys of ROLE_CODES} of an active, signed-in user; else empty."""
    if not (user.is_authenticated and user.is_active):
        return {}
    if (known := user.__dict__.get("_provider_roles")) is None:
        known = user.__dict__["_provider_roles"] = _read_roles(user)
    return known


def forget_roles(user: Any) -> None:
    """Have the next `roles_of` read again: after a change, or in a long-lived socket."""
    user.__dict__.pop("_provider_roles", None)


def _read_roles(user: Any) -> dict[UUID, frozenset[str]]:
    roles: dict[UUID, set[str]] = {}
    with every_tenant("a person's own roles, at whichever provider"):
        rows = Membership.objects.filter(user_id=user.pk)
        for provider_id, role, approved in rows.values_list("provider_id", "role", "approved"):
            key = NEW_INSTRUCTOR if role == Role.INSTRUCTOR and not approved else role
            roles.setdefault(provider_id, set()).add(key)
    return {provider_id: frozenset(keys) for provider_id, keys in roles.items()}
