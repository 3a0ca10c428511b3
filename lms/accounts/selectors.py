"""Reads about people."""

from collections.abc import Collection

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession

from lms.accounts.models import User, normalise_email


def person_by_email(email: str) -> User | None:
    """The person with this address, in any spelling of it."""
    return User.objects.filter(email=normalise_email(email)).first()


def people_by_email(emails: Collection[str]) -> dict[str, User]:
    """{address: the person who signs in with it}, for those of `emails` (in their normal spelling)
    that somebody has: the account's own, or a further one that was confirmed."""
    further = EmailAddress.objects.filter(email__in=emails, verified=True).select_related("user")
    found = {address.email: address.user for address in further}
    return found | {user.email: user for user in User.objects.filter(email__in=emails)}


def is_email_taken(email: str, *, except_by: User) -> bool:
    """Whether anybody but `except_by` (saved or not) has this address, confirmed or not."""
    email = normalise_email(email)
    accounts = User.objects.filter(email=email).exclude(pk=except_by.pk)
    addresses = EmailAddress.objects.filter(email=email).exclude(user_id=except_by.pk)
    return accounts.exists() or addresses.exists()


def has_verified_email(user: User) -> bool:
    """Whether the person has shown that the address they sign in with is theirs."""
    return EmailAddress.objects.filter(user=user, email=user.email, verified=True).exists()


def security_overview(user: User) -> dict[str, object]:
    """What guards the account: {has_password, email_verified, totp, passkeys, recovery_codes
    (unused ones, None before any were made), connections, sessions}. The numbers are counts."""
    authenticators = list(Authenticator.objects.filter(user=user))
    kinds = [authenticator.type for authenticator in authenticators]
    codes = next(
        (row for row in authenticators if row.type == Authenticator.Type.RECOVERY_CODES), None
    )
    return {
        "has_password": user.has_usable_password(),
        "email_verified": has_verified_email(user),
        "totp": Authenticator.Type.TOTP in kinds,
        "passkeys": kinds.count(Authenticator.Type.WEBAUTHN),
        "recovery_codes": len(codes.wrap().get_unused_codes()) if codes else None,
        "connections": SocialAccount.objects.filter(user=user).count(),
        "sessions": len(UserSession.objects.purge_and_list(user)),
    }
