"""How django-allauth meets our accounts: what a new person is made of, how mail looks, whom Google
may let in, how secrets of the second factor are kept.
"""

import base64
import hashlib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.core.mail import EmailMessage
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.translation import gettext as _

from lms.accounts import consents, languages
from lms.accounts.models import How, User
from lms.common import clock, mail


class AccountAdapter(DefaultAccountAdapter):
    """Registering by e-mail address, and all mail about an account."""

    def new_user(self, request: HttpRequest) -> User:
        """An account in the language its page was read in."""
        return User(language=languages.active())

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Take name and time zone over from the form."""
        user.name = form.cleaned_data["name"]
        user.time_zone = form.cleaned_data["time_zone"]
        saved = super().save_user(request, user, form, commit)
        if commit:
            consents.agree(user, form.agreed, how=How.SIGNED_UP, at=clock.now())
        return saved

    def render_mail(
        self,
        template_prefix: str,
        email: str | list[str],
        context: dict[str, Any],
        headers: dict[str, str] | None = None,
    ) -> EmailMessage:
        """Every message has one template: see lms.common.mail."""
        return mail.compose(
            f"{template_prefix}.txt",
            {
                **context,
                "reset_hours": settings.PASSWORD_RESET_TIMEOUT // 3600,
                "security_url": self.request.build_absolute_uri(reverse("accounts:security")),
            },
            to=email,
            request=self.request,
            headers=headers,
        )

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("accounts:security")


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """Signing in with Google."""

    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None):
        """Raises Http404 where no keys are set: the door does not exist then."""
        try:
            return super().get_provider(request, provider, client_id)
        except SocialApp.DoesNotExist as missing:
            raise Http404 from missing

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> User:
        """Who needs no form, because Google told everything, is asked on the next page."""
        user = super().save_user(request, sociallogin, form)
        if form is not None:
            consents.agree(user, form.agreed, how=How.SIGNED_UP, at=clock.now())
        return user

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict) -> User:
        user = super().populate_user(request, sociallogin, data)
        parts = (data.get("first_name"), data.get("last_name"))
        name = data.get("name") or " ".join(part for part in parts if part)
        user.name = name[: User._meta.get_field("name").max_length]
        return user

    def get_signup_form_initial_data(self, sociallogin: SocialLogin) -> dict[str, Any]:
        return {**super().get_signup_form_initial_data(sociallogin), "name": sociallogin.user.name}

    def can_authenticate_by_email(self, login: SocialLogin, email: str) -> bool:
        """May Google's word that `email` is theirs open an account that exists already?

        Only where Google runs the mailbox: Gmail, or a Workspace domain (`hd`). For any other
        address its check may be years old and the address somebody else's by now.
        https://developers.google.com/identity/gsi/web/guides/verify-google-id-token
        """
        return email.endswith("@gmail.com") or bool(login.account.extra_data.get("hd"))


class MFAAdapter(DefaultMFAAdapter):
    """Secrets of authenticator apps and recovery codes are encrypted with a key made from
    SECRET_KEY, so that a copy of the database alone does not hold them. SECRET_KEY_FALLBACKS
    still open what older keys closed.
    """

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return _("Passkey %(number)d") % {"number": number}

    def encrypt(self, text: str) -> str:
        return self._box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return self._box().decrypt(encrypted_text.encode()).decode()

    def _box(self) -> MultiFernet:
        return MultiFernet(
            Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"mfa:" + force_bytes(key)).digest()))
            for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
        )
