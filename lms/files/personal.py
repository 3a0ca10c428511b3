"""What is held of the files a person sent. What schools use of them stays with the school."""

from typing import Any

from django.db.models import Exists, OuterRef
from django.db.models.deletion import PROTECT
from django.utils.translation import gettext_lazy as _

from lms.accounts.holdings import Rows, acted, hold
from lms.files.actions import remove_upload
from lms.files.models import Upload

SENT = ("title", "created_at")


def _unused(rows: Rows) -> Rows:
    """Without what others hold on to: material of courses, pictures of questions."""
    for relation in Upload._meta.related_objects:
        if relation.on_delete is PROTECT:
            using = relation.related_model._default_manager
            rows = rows.exclude(Exists(using.filter(**{relation.field.name: OuterRef("pk")})))
    return rows


def _remove(batch: list[Any], person: Any) -> None:
    for upload in batch:
        remove_upload(upload)


def _file(upload: Any) -> list[Any]:
    return [(f"uploads/{upload.pk}-{upload.name}", upload.file)] if upload.file else []


hold(
    "files.Upload",
    "owner",
    ("name", "size", "purpose", "content_type", "created_at"),
    label=_("files you sent"),
    stays=_("Your files go. Material that you gave to a school's courses stays there."),
    files=_file,
    left=_unused,
    forget=_remove,
)
for model in ("files.Image", "files.Document", "files.Media"):
    acted(model, "uploaded_by_user", SENT)
