"""What a provider's admins are told of plan, domains and team, and invitations to it."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import get_connection
from django.urls import reverse
from django.utils import timezone, translation

from lms.accounts.selectors import person_by_email
from lms.common.mail import compose
from lms.events import SYSTEM, Happened, subscribe

from . import events
from .models import Limit, Membership, Provider, Role, StaffInvitation
from .scope import provider_scope, unfenced
from .selectors import sender_of


def limit_near(happened: Happened) -> None:
    """Most of a limit is used: better heard now than when a student finds the door shut."""
    provider = Provider.objects.select_related("tier", "logo").get(pk=happened.row.pk)
    limit = Limit(happened.data["limit"])
    tell_admins(
        provider,
        "tenants/emails/limit_near.txt",
        {"limit": limit.label, "data": happened.data, "is_storage": limit == Limit.STORAGE},
    )


def domain_verified(happened: Happened) -> None:
    _tell_of_domain(happened, "tenants/emails/domain_verified.txt")


def domain_failing(happened: Happened) -> None:
    _tell_of_domain(happened, "tenants/emails/domain_failing.txt")


def domain_given_up(happened: Happened) -> None:
    _tell_of_domain(happened, "tenants/emails/domain_given_up.txt")


def domain_lost(happened: Happened) -> None:
    _tell_of_domain(happened, "tenants/emails/domain_lost.txt")


def _tell_of_domain(happened: Happened, template: str) -> None:
    """For what the clock found. Whoever pressed a button has seen it."""
    if happened.actor is not SYSTEM:
        return
    provider: Provider = happened.row.provider  # type: ignore[attr-defined]
    context = {"domain": happened.row, "domains_url": _desk(provider, "domains")}
    tell_admins(provider, template, context)


def tell_admins(provider: Provider, template: str, context: dict[str, Any]) -> None:
    """Mail each of the provider's admins, in their own language, with `provider` and `plan_url`."""
    with provider_scope(provider):
        ids = list(Membership.objects.filter(role=Role.ADMIN).values_list("user_id", flat=True))
    told = {
        **context,
        "provider": provider,
        "plan_url": _desk(provider, "plan"),
    }
    sender = sender_of(provider)
    for admin in get_user_model()._default_manager.filter(pk__in=ids, is_active=True):
        compose(template, told, to=admin.email, language=admin.language, sender=sender).send()


def mail_invitations(
    provider: Provider, inviter: Any, sent: Iterable[tuple[StaffInvitation, str]]
) -> None:
    """Mail each its link: in the language and time of who has an account, else the inviter's."""
    messages = []
    for invitation, url in sent:
        with unfenced("the reader's language; nothing of it is shown to the inviter"):
            reader = person_by_email(invitation.email)
        told = {
            "invitation": invitation,
            "provider": provider,
            "inviter": inviter,
            "sender_name": provider.name,
            "url": url,
        }
        language = reader.language if reader else translation.get_language()
        zone = reader.time_zone if reader else timezone.get_current_timezone_name()
        with timezone.override(zone), translation.override(language):
            # Here, not above: names of roles are in the language in force.
            told["roles"] = invitation.role_names
            message = compose("tenants/emails/invitation.txt", told, to=invitation.email)
        message.reply_to = [inviter.email]
        messages.append(message)
    get_connection().send_messages(messages)


def answered(happened: Happened) -> None:
    """Whoever invited hears the answer."""
    row = _invitation(happened)
    if row.invited_by and row.invited_by.is_active:
        told = {"invitation": row, "provider": row.provider, "sender_name": row.provider.name}
        told["accepted"] = happened.event is events.INVITATION_ACCEPTED
        to = row.invited_by
        compose(
            "tenants/emails/invitation_answered.txt",
            {**told, "team_url": _desk(row.provider, "team:index")},
            to=to.email,
            language=to.language,
        ).send()


def no_place_left(happened: Happened) -> None:
    """Somebody wanted to accept, and the plan is full."""
    row = _invitation(happened)
    told = {"invitation": row, "name": happened.data["name"]}
    tell_admins(row.provider, "tenants/emails/no_place_left.txt", told)


def _invitation(happened: Happened) -> StaffInvitation:
    with provider_scope(happened.provider_id):
        rows = StaffInvitation.objects.select_related("provider", "invited_by", "answered_by")
        return rows.get(pk=happened.row.pk)


def _desk(provider: Provider, name: str) -> str:
    return f"{settings.FLEDGE_BASE_URL}{reverse(name)}?house={provider.slug}"


subscribe(events.LIMIT_NEAR, limit_near)
subscribe(events.DOMAIN_VERIFIED, domain_verified)
subscribe(events.DOMAIN_FAILING, domain_failing)
subscribe(events.DOMAIN_GIVEN_UP, domain_given_up)
subscribe(events.DOMAIN_LOST, domain_lost)
subscribe(events.INVITATION_ACCEPTED, answered)
subscribe(events.INVITATION_DECLINED, answered)
subscribe(events.NO_PLACE_LEFT, no_place_left)
