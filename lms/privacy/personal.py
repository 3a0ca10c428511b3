"""What Wagtail, its extensions and Django's admin hold about a person, and the rows of this app."""

from functools import partial
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from lms.accounts.holdings import PROOF, Rows, acted, hold
from lms.accounts.models import User


def _with_files(batch: list[Any], person: Any) -> None:
    for row in batch:
        if row.file:
            transaction.on_commit(partial(row.file.storage.delete, row.file.name))
        row.delete()


def _log_of(person: Any, rows: Rows) -> Rows:
    """What was done to the account: the log repeats its name."""
    kind = ContentType.objects.get_for_model(User)
    return rows.filter(content_type=kind, object_id=str(person.pk))


hold(
    "privacy.DataExport",
    "person",
    ("asked_at", "state", "size", "ends_at"),
    label=_("your downloads of this kind"),
)
hold(
    "privacy.Erasure",
    "person",
    ("asked_at", "state", "reason", "due_at", "finished_at"),
    stays=PROOF,
    label=_("erasures of your account"),
)
acted(
    "privacy.Erasure",
    "asked_by",
    ("asked_at", "state"),
    label=_("erasures you asked for"),
    stays=PROOF,
)

hold("wagtailadmin.EditingSession", "user", ("last_seen_at",), label=_("pages you have open"))
hold(
    "wagtailadmin.FormState",
    "user",
    (("last_updated_at", _("last changed")),),
    label=_("states of forms"),
)
hold("wagtailcore.APIToken", "user", ("name", ("created", _("made"))), label=_("keys to the API"))
hold(
    "wagtailcore.PageSubscription",
    "user",
    (("page__title", _("page")),),
    label=_("pages you follow"),
)
hold(
    "wagtailcore.UploadedFile",
    "uploaded_by_user",
    (("file", _("file")),),
    label=_("files half uploaded"),
    forget=_with_files,
)
acted("wagtailcore.Page", "owner", ("title", "first_published_at"), label=_("pages you began"))
acted("wagtailcore.Page", "locked_by", ("title", "locked_at"), label=_("pages you locked"))
acted("wagtailcore.Revision", "user", ("object_str", "created_at"), label=_("pages you wrote"))
acted(
    "wagtailcore.PageLogEntry",
    "user",
    (("timestamp", _("when")), ("action", _("what")), ("label", _("page"))),
    label=_("what you did to pages"),
    stays=PROOF,
)
acted(
    "wagtailcore.ModelLogEntry",
    "user",
    (("timestamp", _("when")), ("action", _("what"))),
    label=_("what you did elsewhere"),
    stays=PROOF,
)
hold(
    "wagtailcore.ModelLogEntry",
    "object_id",
    (("timestamp", _("when")), ("action", _("what"))),
    label=_("what was done to your account"),
    stays=PROOF,
    reach=_log_of,
    blank={"label": ""},
)
acted(
    "admin.LogEntry",
    "user",
    (("action_time", _("when")), ("action_flag", _("what"))),
    label=_("what you did in the operators' admin"),
    stays=PROOF,
)
hold(
    "admin.LogEntry",
    "object_id",
    (("action_time", _("when")), ("action_flag", _("what"))),
    label=_("what operators did to your account"),
    stays=PROOF,
    reach=_log_of,
    blank={"object_repr": ""},
)
acted(
    "wagtailcore.WorkflowState", "requested_by", ("created_at",), label=_("reviews you asked for")
)
acted(
    "wagtailcore.TaskState", "finished_by", ("finished_at", "comment"), label=_("reviews you gave")
)
acted(
    "wagtailcore.Comment",
    "user",
    ("page__title", "text", "created_at"),
    label=_("comments on pages"),
)
acted(
    "wagtailcore.Comment",
    "resolved_by",
    ("page__title", "resolved_at"),
    label=_("comments you resolved"),
)
acted("wagtailcore.CommentReply", "user", ("text", "created_at"), label=_("replies to comments"))
acted(
    "wagtail_localize.StringTranslation",
    "last_translated_by",
    (("data", _("text")), ("updated_at", _("when"))),
    label=_("texts you translated"),
)
acted(
    "wagtail_localize.SegmentOverride",
    "last_translated_by",
    (("updated_at", _("when")),),
    label=_("parts of translations you changed"),
)
