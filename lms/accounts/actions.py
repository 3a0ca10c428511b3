"""Writes to people's accounts. What allauth's own pages write (passwords, addresses, second
factors) is allauth's; everything else is here.
"""

from collections.abc import Iterable
from typing import Any

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from wagtail.users.models import UserProfile

from lms.accounts import selectors
from lms.accounts.models import User, normalise_email
from lms.common import clock
from lms.common.errors import Conflict, Forbidden

PROFILE_FIELDS = frozenset({"name", "headline", "biography", "time_zone", "language"})


def _may_change(actor: User | None, user: User) -> bool:
    """The person, an operator, or nobody at all: a command at the machine."""
    return actor is None or actor.pk == user.pk or actor.is_superuser


@transaction.atomic
def create_person(
    email: str,
    name: str,
    password: str | None = None,
    *,
    actor: User | None,
    verified: bool = False,
    **profile: Any,
) -> User:
    """An account made for somebody: by an operator, an importer, the demo (`actor` None: a command
    at the machine). Registering oneself is allauth's business.

    Without `password` the person chooses one by "Forgot your password?". `verified`: the maker
    knows that the address is theirs; otherwise the first sign-in asks for a code sent there.
    `profile`: PROFILE_FIELDS, is_staff, is_superuser. Raises Conflict where the address is taken,
    Forbidden for an actor who is no operator.
    """
    if actor is not None and not actor.is_superuser:
        raise Forbidden
    email = normalise_email(email)
    if selectors.is_email_taken(email, except_by=User()):
        raise Conflict(_("There is an account with this e-mail address already."))
    user = User.objects.create_user(email, password, name=name, **profile)
    EmailAddress.objects.create(user=user, email=email, primary=True, verified=verified)
    return user


@transaction.atomic
def create_people(people: Iterable[User]) -> dict[str, User]:
    """`create_person` for many, unsaved `people` without passwords, in a few queries: {address: the
    account}. Who got an account in the meantime keeps theirs, unchanged; those made here are among
    `people`. The caller has seen to who may, and that none is taken.
    """
    made = {person.email: person for person in people}
    for person in made.values():
        person.set_unusable_password()
    User.objects.bulk_create(made.values(), ignore_conflicts=True)
    found = selectors.people_by_email(made)
    EmailAddress.objects.bulk_create(
        EmailAddress(user=person, email=email, primary=True, verified=False)
        for email, person in made.items()
        if found[email].pk == person.pk
    )
    return found


@transaction.atomic
def update_profile(user: User, *, actor: User | None, **changes: Any) -> User:
    """Change PROFILE_FIELDS, checked as in a form. Wagtail's copy of them follows.

    Raises ValidationError for a bad value, Forbidden for an actor who is neither the person nor an
    operator, TypeError for any other field.
    """
    if not _may_change(actor, user):
        raise Forbidden
    if unknown := changes.keys() - PROFILE_FIELDS:
        raise TypeError(f"not a part of the profile: {', '.join(sorted(unknown))}")
    for field, value in changes.items():
        setattr(user, field, value)
    user.clean_fields(exclude={field.name for field in User._meta.fields} - changes.keys())
    user.save(update_fields=list(changes))
    for preferences in UserProfile.objects.filter(user=user):
        preferences.save()  # fills itself from the person: see signals.py
    return user


@transaction.atomic
def change_picture(user: User, picture: ContentFile | None, *, actor: User | None) -> User:
    """Put `picture` (made by pictures.square) in the place of the old one, or none.

    The old file goes when the change is certain. Raises Forbidden as update_profile.
    """
    if not _may_change(actor, user):
        raise Forbidden
    storage, old = user.picture.storage, user.picture.name
    user.picture = picture or ""
    user.save(update_fields=["picture"])
    if old:
        transaction.on_commit(lambda: storage.delete(old))
    return user


@transaction.atomic
def change_email(user: User, email: str, *, actor: User) -> User:
    """An operator gives the account another address; the person confirms it at the next sign-in.

    Every older address stops working at once. Raises Conflict where the address is taken,
    Forbidden for an actor who is no operator.
    """
    if not actor.is_superuser:
        raise Forbidden
    email = normalise_email(email)
    if selectors.is_email_taken(email, except_by=user):
        raise Conflict(_("There is an account with this e-mail address already."))
    user.email = email
    user.save(update_fields=["email"])
    EmailAddress.objects.filter(user=user).delete()
    EmailAddress.objects.create(user=user, email=email, primary=True, verified=False)
    return user


@transaction.atomic
def shut(user: User) -> None:
    """Nobody signs in to this account any more, and who is signed in is not any longer."""
    user.is_active = False
    user.set_unusable_password()
    user.save(update_fields=["is_active", "password"])
    for session in UserSession.objects.filter(user=user):
        session.end()


@transaction.atomic
def make_nobody(user: User) -> None:
    """Take everything out of an account that says whose it was; the row stays, for what points to
    it. The caller has seen to who may (lms.privacy)."""
    storage, picture = user.picture.storage, user.picture.name
    shut(user)
    # RFC 2606 keeps this name from ever being anybody's.
    user.email = f"erased-{user.pk.hex}@erased.invalid"
    with translation.override(settings.LANGUAGE_CODE):
        user.name = _("Former member")
    user.picture, user.biography, user.headline = "", "", ""
    user.time_zone, user.language = "UTC", settings.LANGUAGE_CODE
    user.is_staff = user.is_superuser = False
    user.last_login = user.leaves_on = None
    user.erased_at = clock.now()
    user.save()
    if picture:
        transaction.on_commit(lambda: storage.delete(picture))
