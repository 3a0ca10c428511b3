"""Who hears of what, by mail: those who asked for a report, or are sent it regularly."""

from django.conf import settings
from django.core import signing
from django.urls import reverse

from lms.tenants.letters import write_to
from lms.tenants.permissions import Code, can

from .models import Export, Recipient

SALT = "lms.reports.stop"


def send_ready(export: Export) -> None:
    """Tell the person that their file can be downloaded."""
    _send("ready" if export.mailing_id is None else "regular", export)


def send_failed(export: Export) -> None:
    """Tell the person that their file could not be made, while they may have it tried again."""
    if can(export.user, Code.VIEW_PROGRESS, export.course):
        _send("failed", export)


def _send(name: str, export: Export) -> None:
    if not export.user.is_active:
        return
    base = settings.FLEDGE_BASE_URL
    context = {
        "export": export,
        "course": export.course,
        "url": base + reverse("reports_desk:export", args=[export.course_id, export.pk]),
    }
    if export.mailing_id is not None:
        rows = Recipient.objects.filter(mailing=export.mailing_id, user=export.user)
        mine = rows.filter(stopped_at=None).first()
        if mine is None:  # stopped, or taken off the list, while it was made
            return
        context["stop_url"] = base + stop_path(mine)
    write_to(export.user, f"reports/emails/{name}.txt", context, provider=export.course.provider)


def stop_path(recipient: Recipient) -> str:
    """Where the recipient stops the report, without signing in."""
    key = signing.dumps([str(recipient.provider_id), recipient.pk], salt=SALT)
    return reverse("reports_desk:stop", args=[key])
