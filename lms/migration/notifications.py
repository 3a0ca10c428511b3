"""What people are told whom a list has added."""

from datetime import datetime

from django.conf import settings

from lms.accounts.welcome import welcome_path
from lms.common.mail import compose
from lms.tenants.hosts import provider_origin

from .models import PeopleImportRow, Result
from .states import State


def write_to_next(list_id: int, *, at: datetime) -> bool:
    """Write to the next person; False when nobody is left, or nobody was to be written to.

    The row is claimed first: two workers never write to one person, and one that is killed between
    the two leaves a person unwritten to, who finds the school by signing in or by asking. Where
    sending fails, the row waits for the next try. Needs the scope.
    """
    rows = PeopleImportRow.objects.filter(
        batch=list_id, batch__with_mail=True, batch__state=State.DONE, result=Result.ADDED
    )
    waiting = rows.filter(mailed_at=None, user__is_active=True).order_by("number")
    row = waiting.select_related("user", "provider").first()
    if row is None:
        return False
    if rows.filter(pk=row.pk, mailed_at=None).update(mailed_at=at):
        try:
            _send(row)
        except Exception:
            rows.filter(pk=row.pk).update(mailed_at=None)
            raise
    return True


def _send(row: PeopleImportRow) -> None:
    user, provider = row.user, row.provider
    if user is None:
        return
    site = provider_origin(provider)
    is_new = row.new_account and not user.has_usable_password()
    context = {
        "provider": provider,
        "person": user,
        "is_new": is_new,
        "days": settings.FLEDGE_WELCOME_DAYS,
        "url": site + (welcome_path(user) if is_new else "/"),
        "sender_name": provider.name,
        "sender_url": site + "/",
    }
    message = compose("migration/emails/added.txt", context, to=user.email, language=user.language)
    message.send()
