"""Forms people fill in about themselves."""

from collections.abc import Iterable
from typing import Any, BinaryIO, cast

from allauth.account import forms as account_forms
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from allauth.socialaccount import forms as social_forms
from django import forms
from django.contrib.auth.hashers import make_password
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from lms.accounts import actions, consents, pictures, time_zones
from lms.accounts.models import REQUIRED, DocumentVersion, LegalDocument, User


class LoginForm(account_forms.LoginForm):
    """E-mail address, password, and whether this device may stay signed in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("E-mail address")
        self.fields["login"].widget.attrs["autocomplete"] = "username webauthn"
        self.fields["remember"].label = _("Keep me signed in on this device")


def _keys(versions: Iterable[DocumentVersion]) -> str:
    return ",".join(str(one.pk) for one in versions)


def _link(version: DocumentVersion) -> SafeString:
    """Its title, leading to its text in a tab of its own: what was typed stays."""
    url = reverse("accounts:document", args=[version.document])
    return format_html('<a href="{}" target="_blank">{}</a>', url, version.title)


class PersonFields(forms.Form):
    """What registering asks for beside the address and the password."""

    name = forms.CharField(
        label=_("Name"),
        max_length=150,
        help_text=_("As it should stand on certificates."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    # The browser fills this in (static/js/accounts/time-zone.js). A plain field: a CharField would
    # refuse some of what is no time zone.
    time_zone = forms.Field(
        required=False, widget=forms.HiddenInput(attrs={"data-time-zone-guess": True})
    )

    # The keys of the versions that were shown: another may be published meanwhile.
    versions = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shown = consents.current_versions()
        self.fields["versions"].initial = _keys(self.shown)
        required = [one for one in self.shown if one.document in REQUIRED]
        if required:
            self.fields["agree"] = forms.BooleanField(
                label=format_html(
                    str(_("I agree to {}.")),
                    format_html_join(str(_(" and ")), "{}", ((_link(one),) for one in required)),
                ),
                error_messages={"required": _("Without this there is no account.")},
            )
        for one in self.shown:
            if one.document == LegalDocument.NEWS:
                self.fields["news"] = forms.BooleanField(
                    label=format_html(str(_("I would like {}.")), _link(one)), required=False
                )

    def clean_versions(self) -> str:
        """Nobody agrees to what they were not shown."""
        keys: str = self.cleaned_data["versions"]
        if keys != _keys(self.shown):
            # The form comes back with what counts now.
            self.data = {**self.data.dict(), "versions": _keys(self.shown), "agree": ""}  # type: ignore[attr-defined]
            # Nobody sees what is said of a hidden field.
            self.add_error(
                None, _("There is a new version of what you agree to. Please look at it again.")
            )
        return keys

    @property
    def agreed(self) -> list[DocumentVersion]:
        """What the person has agreed to, once the form is valid."""
        said = {document: self.cleaned_data.get("agree", False) for document in REQUIRED}
        said[LegalDocument.NEWS] = self.cleaned_data.get("news", False)
        return [one for one in self.shown if said[LegalDocument(one.document)]]

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())

    def clean_time_zone(self) -> str:
        """A guess that is no time zone never stands in the way of registering."""
        guess = self.cleaned_data["time_zone"] or ""
        return guess if time_zones.is_known(guess) else "UTC"


class SignupForm(PersonFields, account_forms.SignupForm):
    """Registering with name, e-mail address and password."""

    field_order = ["name", "email", "password1", "time_zone", "agree", "news"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("E-mail address")

    def clean(self) -> dict[str, Any]:
        """A password must not resemble the name either; allauth knows only the address."""
        super().clean()
        password, name = self.cleaned_data.get("password1"), self.cleaned_data.get("name")
        if password and name:
            try:
                account_forms.get_adapter().clean_password(password, user=User(name=name))
            except forms.ValidationError as error:
                self.add_error("password1", error)
        return self.cleaned_data

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        """Where the address has an account already, hash the password all the same: otherwise the
        quick answer would tell."""
        if self.account_already_exists:
            make_password(self.cleaned_data["password1"])
        return super().try_save(request)


class SocialSignupForm(PersonFields, social_forms.SignupForm):
    """What Google did not tell about a new person."""

    field_order = ["name", "email", "time_zone", "agree", "news"]


class AddPasskeyForm(AddWebAuthnForm):
    """A key that signs in by itself, unless wanted as a second step only."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["passwordless"].initial = True
        self.fields["passwordless"].help_text = _(
            "Leave it off for a key that has neither PIN nor fingerprint reader: it then serves as "
            "the second step after the password."
        )


class ProfileForm(forms.ModelForm):
    """The person's own page: what others see, and how they want to read."""

    picture = forms.FileField(
        label=_("Picture"),
        required=False,
        help_text=_("JPEG, PNG, WebP or GIF, at most 8 MB. It is cut square."),
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,image/gif"}),
    )
    remove_picture = forms.BooleanField(label=_("Remove my picture"), required=False)
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        help_text=_("Dates and times are shown to you in this time zone."),
        widget=forms.Select(attrs={"data-time-zone-select": True}),
    )

    class Meta:
        model = User
        fields = ["name", "headline", "biography", "language", "time_zone"]
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
            "headline": forms.TextInput(attrs={"autocomplete": "organization-title"}),
            "biography": forms.Textarea(attrs={"rows": 6}),
            "language": forms.Select(attrs={"autocomplete": "language"}),
        }

    field_order = ["picture", "remove_picture", *Meta.fields]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone = cast(forms.ChoiceField, self.fields["time_zone"])
        zone.choices = time_zones.choices(self.instance.time_zone)
        if not self.instance.picture:
            del self.fields["remove_picture"]

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())

    def clean_picture(self) -> Any:
        upload: UploadedFile | None = self.cleaned_data["picture"]
        return pictures.square(cast(BinaryIO, upload.file), upload.size or 0) if upload else None

    def save(self, commit: bool = True) -> User:
        """Through the actions; the person is the actor."""
        user = User.objects.get(pk=self.instance.pk)
        changes = {name: self.cleaned_data[name] for name in self.Meta.fields}
        actions.update_profile(user, actor=user, **changes)
        picture = self.cleaned_data["picture"]
        if picture or self.cleaned_data.get("remove_picture"):
            actions.change_picture(user, picture, actor=user)
        return user
