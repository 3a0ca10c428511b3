"""People. One person has one account and may study and teach with several providers."""

import uuid
import zoneinfo

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


def normalise_email(email: str) -> str:
    """The one spelling an address is stored and looked up by: trimmed and lower case."""
    return email.strip().lower()


def validate_time_zone(value: str) -> None:
    """Refuse what is not an IANA time zone name. Raises ValidationError."""
    if value not in zoneinfo.available_timezones():
        raise ValidationError(_("“%(value)s” is not a time zone."), params={"value": value})


class UserManager(BaseUserManager["User"]):
    """Creates accounts; looks e-mail addresses up in their normal spelling."""

    def create_user(self, email: str, password: str | None = None, **fields) -> "User":
        """An account with a usable password, or none where `password` is None.

        Raises ValueError without an e-mail address.
        """
        if not email:
            raise ValueError("an account needs an e-mail address")
        user = self.model(email=normalise_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields) -> "User":
        """A platform operator's account."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        """Signing in ignores the case of the address."""
        return self.get(email=normalise_email(username or ""))


class User(AbstractBaseUser, PermissionsMixin):
    """A person's account and the profile others see."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(
        _("e-mail address"),
        unique=True,
        error_messages={"unique": _("There is an account with this e-mail address already.")},
    )
    name = models.CharField(
        _("name"), max_length=150, help_text=_("As it should stand on certificates.")
    )
    picture = models.ImageField(_("picture"), upload_to="pictures/", blank=True)
    biography = models.TextField(_("biography"), max_length=2000, blank=True)
    headline = models.CharField(
        _("headline"),
        max_length=120,
        blank=True,
        help_text=_("A few words under your name, such as “Marine biologist, Mombasa”."),
    )
    time_zone = models.CharField(
        _("time zone"), max_length=64, default="UTC", validators=[validate_time_zone]
    )
    language = models.CharField(
        _("language"), max_length=10, choices=settings.LANGUAGES, default="en"
    )
    is_staff = models.BooleanField(
        _("may open Django's admin"),
        default=False,
        help_text=_("The platform's operators are the superusers; this opens /django-admin/."),
    )
    is_active = models.BooleanField(_("active"), default=True)
    date_joined = models.DateTimeField(_("joined"), default=timezone.now)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name or self.email

    def save(self, *args, **kwargs) -> None:
        self.email = normalise_email(self.email)
        super().save(*args, **kwargs)

    def get_full_name(self) -> str:
        """The whole name. Wagtail and Django's admin ask for it."""
        return self.name or self.email

    def get_short_name(self) -> str:
        """The first word of the name."""
        return self.name.split(" ")[0] if self.name else self.email

    @property
    def initials(self) -> str:
        """One or two letters for the stand-in of a missing picture."""
        words = self.name.split()
        return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper() if words else "?"

    @property
    def picture_url(self) -> str:
        """Where the picture is served; empty without one."""
        return self.picture.url if self.picture else ""
