"""The link in a message to somebody whose account was made for them: it leads to choosing a
password, as "Forgot your password?" does, but lives for days and not for hours.

It opens only an account that nobody has ever used: once there is a password, or somebody has signed
in, it is dead.
"""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.urls import reverse

from lms.accounts.models import User

_signer = TimestampSigner(salt="lms.accounts.welcome")


def welcome_path(user: User) -> str:
    """The address below a site's own."""
    return reverse("accounts:welcome", args=[_signer.sign(str(user.pk))])


def password_path(token: str) -> str | None:
    """Where the holder of `token` chooses a password; None where it is of no use (any more)."""
    try:
        pk = _signer.unsign(token, max_age=settings.FLEDGE_WELCOME_DAYS * 86400)
    except BadSignature:
        return None
    user = User.objects.filter(pk=pk, is_active=True, last_login=None).first()
    if user is None or user.has_usable_password():
        return None
    key = default_token_generator.make_token(user)
    arguments = {"uidb36": user_pk_to_url_str(user), "key": key}
    return reverse("account_reset_password_from_key", kwargs=arguments)
