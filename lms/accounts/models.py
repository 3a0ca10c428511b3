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
    # Repeated from the erasure that was asked for (lms.privacy): every page says it.
    leaves_on = models.DateTimeField(_("to be erased on"), null=True, editable=False)
    erased_at = models.DateTimeField(_("erased"), null=True, editable=False)

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


class LegalDocument(models.TextChoices):
    """What people agree to. Without the required ones nobody goes on; the others are theirs to
    give and to take back."""

    TERMS = "terms", _("Terms of use")
    PRIVACY = "privacy", _("Privacy notice")
    NEWS = "news", _("News by e-mail")


REQUIRED = (LegalDocument.TERMS, LegalDocument.PRIVACY)


class DocumentVersion(models.Model):
    """A document as it was published, word for word: what people agreed to can be shown for ever.
    Never changed; the highest `number` counts."""

    document = models.CharField(_("document"), max_length=10, choices=LegalDocument.choices)
    number = models.PositiveIntegerField(_("version"))
    title = models.CharField(_("title"), max_length=255)
    text = models.TextField(_("text"))  # HTML as Wagtail's editor stores it
    changes = models.TextField(_("what is new"), max_length=1000, blank=True)
    published_at = models.DateTimeField(_("valid from"))

    class Meta:
        verbose_name = _("version of a document")
        verbose_name_plural = _("versions of documents")
        constraints = [
            models.UniqueConstraint(fields=["document", "number"], name="document_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.document} {self.number}"


class How(models.TextChoices):
    """How a consent came about, or ended."""

    SIGNED_UP = "signed_up", _("When registering")
    PROMPTED = "prompted", _("Asked because of a new version")
    CHOSEN = "chosen", _("On the page of consents")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class Consent(models.Model):
    """What a person said to a version of a document, and when. Rows are only added: the last one
    of a document counts."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="consents")
    version = models.ForeignKey(DocumentVersion, on_delete=models.PROTECT, related_name="consents")
    how = models.CharField(_("how"), max_length=10, choices=How.choices)
    at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        indexes = [models.Index(fields=["person", "-id"], name="consent_newest")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.version_id} {self.how}"
