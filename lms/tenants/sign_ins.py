"""Sign-ins of the people who work at a house, and changes to what guards their accounts: only that
it happened. Students' sign-ins are their own affair."""

from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_login_failed
from django.dispatch import receiver

from lms.common.middleware import request_in_hand
from lms.events import SYSTEM, Event, emit

from .events import STAFF_ACCOUNT_CHANGED, STAFF_SIGN_IN_FAILED, STAFF_SIGNED_IN
from .models import STAFF_ROLES, Membership
from .scope import every_tenant


@receiver(account.user_logged_in)
def signed_in(user: Any, **kwargs: Any) -> None:
    _tell_houses(STAFF_SIGNED_IN, user, user, here=True)


@receiver(user_login_failed)
def sign_in_failed(credentials: dict[str, Any], **kwargs: Any) -> None:
    email = credentials.get("email") or credentials.get("username") or ""
    user = get_user_model()._default_manager.filter(email=str(email).strip().lower()).first()
    if user:
        _tell_houses(STAFF_SIGN_IN_FAILED, user, SYSTEM, here=True)


@receiver(mfa.authentication_failed)
def second_factor_failed(user: Any, **kwargs: Any) -> None:
    _tell_houses(STAFF_SIGN_IN_FAILED, user, SYSTEM, here=True)


@receiver([account.password_changed, account.password_set, account.password_reset])
def password_changed(user: Any, **kwargs: Any) -> None:
    _tell_houses(STAFF_ACCOUNT_CHANGED, user, user, what="password")


@receiver(account.email_changed)
def email_changed(user: Any, **kwargs: Any) -> None:
    _tell_houses(STAFF_ACCOUNT_CHANGED, user, user, what="e-mail")


@receiver([mfa.authenticator_added, mfa.authenticator_removed, mfa.authenticator_reset])
def second_factor_changed(user: Any, **kwargs: Any) -> None:
    _tell_houses(STAFF_ACCOUNT_CHANGED, user, user, what="second factor")


def _tell_houses(event: Event, user: Any, actor: Any, *, here: bool = False, **data: Any) -> None:
    """At each house the person works for; with `here`, on a house's own host, at that one alone:
    when somebody comes to one house is no business of another's."""
    house = getattr(request_in_hand.get(), "provider", None) if here else None
    for membership in _employments(user, house):
        emit(event, membership, actor=actor, **data)


def _employments(user: Any, only: Any) -> list[Membership]:
    """One membership a house."""
    with every_tenant("where a person works, to tell those houses of a sign-in"):
        rows = Membership.objects.filter(user=user, role__in=STAFF_ROLES).select_related("user")
        if only is not None:
            rows = rows.filter(provider=only)
        return list({row.provider_id: row for row in rows}.values())
