"""What is held of the account itself. Its row stays, with nothing in it that says whose it was:
what stays elsewhere points to it."""

from functools import partial
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from lms.accounts import actions
from lms.accounts.holdings import PROOF, hold


def _end(batch: list[Any], person: Any) -> None:
    for session in batch:
        session.end()


def _with_picture(batch: list[Any], person: Any) -> None:
    """Wagtail leaves the file of its own picture of a person."""
    for row in batch:
        if name := row.avatar.name:
            transaction.on_commit(partial(row.avatar.storage.delete, name))
        row.delete()


def _picture(user: Any) -> list[Any]:
    if not user.picture:
        return []
    ending = user.picture.name.rpartition(".")[2]
    return [(f"picture.{ending}", user.picture)]


def _make_nobody(batch: list[Any], person: Any) -> None:
    for user in batch:
        actions.make_nobody(user)


hold(
    "accounts.Consent",
    "person",
    ("version__document", ("version__number", _("version")), "how", "at"),
    stays=PROOF,
    label=_("your consents"),
)
hold(
    "usersessions.UserSession",
    "user",
    ("created_at", "last_seen_at", ("ip", _("IP address")), ("user_agent", _("device"))),
    label=_("devices you are signed in on"),
    forget=_end,
)
hold(
    "mfa.Authenticator",
    "user",
    (("type", _("kind")), ("created_at", _("made")), ("last_used_at", _("last used"))),
    label=_("second factors and passkeys"),
)
hold(
    "socialaccount.SocialAccount",
    "user",
    (
        ("provider", _("service")),
        ("uid", _("their number of you")),
        ("extra_data", _("what they told us")),
    ),
    label=_("connected services"),
)
hold("accounts.User_groups", "user", (("group__name", _("group")),), label=_("groups of authors"))
hold(
    "accounts.User_user_permissions",
    "user",
    (("permission__name", _("right")),),
    label=_("rights of your own"),
)
hold(
    "wagtailusers.UserProfile",
    "user",
    ("preferred_language", "current_time_zone", "submitted_notifications",
     "approved_notifications", "rejected_notifications", "theme"),
    label=_("preferences of authors"),
    forget=_with_picture,
)  # fmt: skip
hold(
    "account.EmailAddress",
    "user",
    ("email", "verified", "primary"),
    label=_("your e-mail addresses"),
)
hold(
    "accounts.User",
    "pk",
    ("email", "name", "headline", "biography", "language", "time_zone", "date_joined",
     "last_login", "is_staff", "is_superuser"),
    label=_("your account and profile"),
    reach=lambda person, rows: rows.filter(pk=person.pk),
    files=_picture,
    left=lambda rows: rows.filter(erased_at=None),
    forget=_make_nobody,
)  # fmt: skip
