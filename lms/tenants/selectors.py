"""Reads. `members_of` and friends need no scope of the caller's: they enter the provider's."""

from typing import Any
from urllib.parse import urljoin
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import QuerySet

from lms.common.colours import TEXT_CONTRAST, contrast, nearest, text_on
from lms.common.errors import NotFound
from lms.common.mail import Sender
from lms.tenants.hosts import provider_origin
from lms.tenants.models import STAFF_ROLES, Membership, Provider, Role
from lms.tenants.permissions import NEW_INSTRUCTOR, Code, is_operator, require, roles_of
from lms.tenants.scope import Scope, fenced, provider_scope
from lms.tenants.states import State

# What templates/emails/base.html has behind the sender's name, light and dark.
MAIL_GROUNDS = ("#f4f1ec", "#101516")


def members_of(*, provider: Provider, actor: Any, role: Role | None = None) -> list[Membership]:
    """The provider's memberships, people loaded, by name; of one `role` if given.

    Raises Forbidden.
    """
    require(actor, Code.MANAGE_MEMBERS, provider)
    with provider_scope(provider):
        rows = Membership.objects.select_related("user").order_by("user__name", "user_id", "role")
        return list(rows if role is None else rows.filter(role=role))


def providers_of(*, user: Any, staff: bool = False) -> QuerySet[Provider]:
    """Open providers a person belongs to; with `staff`, only where they teach, assist or manage."""
    return Provider.objects.filter(pk__in=_provider_ids(user, staff), status=State.OPEN)


def managed_by(user: Any) -> QuerySet[Provider]:
    """The providers a person is an admin of, in any state, the newest first."""
    ids = [pk for pk, keys in roles_of(user).items() if Role.ADMIN in keys]
    return Provider.objects.filter(pk__in=ids).order_by("-created_at")


def houses_worked_for(user: Any) -> list[tuple[Provider, list[Role]]]:
    """The providers a person works for with their roles there, in any state, by name."""
    roles = {
        pk: [role for role in Role if role in STAFF_ROLES and _holds(role, keys)]
        for pk, keys in roles_of(user).items()
    }
    houses = Provider.objects.filter(pk__in=[pk for pk, held in roles.items() if held])
    return [(house, roles[house.pk]) for house in houses.order_by("name")]


def instructors_of(*, provider: Provider) -> QuerySet[Any]:
    """The provider's approved instructors and admins: people its public pages may name."""
    with provider_scope(provider):
        ids = set(
            Membership.objects.filter(role__in=[Role.INSTRUCTOR, Role.ADMIN])
            .exclude(role=Role.INSTRUCTOR, approved=False)
            .values_list("user_id", flat=True)
        )
    return get_user_model()._default_manager.filter(pk__in=ids, is_active=True)


def first_admin(provider: Provider) -> Any:
    """Who has managed the provider longest. Raises NotFound for one that nobody manages."""
    with provider_scope(provider):
        found = Membership.objects.filter(role=Role.ADMIN).order_by("joined_at", "pk")
        membership = found.select_related("user").first()
    if membership is None:
        raise NotFound
    return membership.user


def scope_of(*, user: Any) -> Scope | None:
    """What a person's requests on the marketplace's own hosts may reach.

    Operators: every provider. Members: the providers they belong to. Visitors: None, so that
    reading private rows is an error and not an empty page.
    """
    if not user.is_authenticated or not user.is_active:
        return None
    if is_operator(user):
        return Scope(None, "the platform's operator")
    return Scope(frozenset(_provider_ids(user, staff=False)))


def fence_around(*, user: Any, house: Provider | None, host: Provider | None) -> Any:
    """The scope of a person's requests to the Wagtail admin, to be entered: the `house` they are
    working in. Who has no desk in an open one finds what is left of those they work for (a student
    of a house is no colleague there), on a provider's host of that one only.

    None for operators, who are not fenced in, and for visitors, who only get to the sign-in page.
    """
    if not user.is_authenticated or not user.is_active or is_operator(user):
        return None
    if house is not None:
        return fenced([house.pk], user.pk)
    working = _provider_ids(user, staff=True)
    return fenced([pk for pk in working if host is None or pk == host.pk], user.pk)


def _holds(role: Role, keys: frozenset[str]) -> bool:
    return role in keys or (role == Role.INSTRUCTOR and NEW_INSTRUCTOR in keys)


def rendition_url(image: Any | None, spec: str) -> str:
    """The address of a picture in one size and format; "" without one or without its file."""
    if image is None:
        return ""
    try:
        return image.get_rendition(spec).url
    except (OSError, ValueError):
        return ""


def logo_of(provider: Provider) -> str:
    """The address of a provider's logo at the header's height; "" without one."""
    return rendition_url(provider.logo, "max-440x96|format-webp|preserve-svg")


def sender_of(provider: Provider) -> Sender:
    """Mail in the provider's name: its logo, colour and words. Answers reach the provider."""
    # Mail programs show neither SVG nor, some of them, WebP.
    drawn = provider.logo is not None and provider.logo.is_svg()
    logo = "" if drawn else rendition_url(provider.logo, "max-480x80|format-png")
    look: dict[str, str] = {}
    if colour := provider.primary_colour:
        look = {
            "colour": colour,
            "on_colour": text_on(colour),
            "ink": nearest(colour, lambda ink: contrast(ink, MAIL_GROUNDS[0]) >= TEXT_CONTRAST),
            "ink_in_the_dark": nearest(
                colour, lambda ink: contrast(ink, MAIL_GROUNDS[1]) >= TEXT_CONTRAST
            ),
        }
    return Sender(
        name=provider.name,
        url=provider_origin(provider) + "/",
        from_name=provider.mail_sender or provider.name,
        reply_to=provider.reply_to or provider.contact_email,
        logo_url=urljoin(settings.FLEDGE_BASE_URL, logo) if logo else "",
        footer=provider.mail_footer,
        **look,
    )


def _provider_ids(user: Any, staff: bool) -> list[UUID]:
    working = {str(role) for role in STAFF_ROLES} | {NEW_INSTRUCTOR}
    roles = roles_of(user)
    return [pk for pk, keys in roles.items() if not staff or keys & working]
