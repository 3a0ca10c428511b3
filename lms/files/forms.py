"""A file field that sends in pieces where there is a script, and as a plain file where not."""

import json
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.forms.utils import flatatt
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from .actions import Given
from .models import Upload
from .purposes import Purpose


class UploadInput(forms.FileInput):
    """A file field that static/js/uploads.js makes resumable; the script puts the ids of uploads
    into fields called `<name>-upload`."""

    allow_multiple_selected = True

    def __init__(self, purpose: Purpose, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"accept": purpose.accept, **(attrs or {})})
        self.purpose = purpose
        # Set by the form: whose it will be, and what is there already.
        self.provider_id: Any = ""
        self.owner_id: Any = ""
        self.there: Iterable[Upload] = ()

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Given:
        key = f"{name}-upload"
        ids = data.getlist(key) if hasattr(data, "getlist") else data.get(key, [])
        chosen = files.getlist(name) if hasattr(files, "getlist") else files.get(name, [])
        return Given(files=tuple(chosen), ids=tuple(ids))

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return name not in files and f"{name}-upload" not in data

    def use_required_attribute(self, initial: Any) -> bool:
        return False  # the file may be there already; the server asks

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        told = {
            "url": reverse("files:uploads"),
            "purpose": self.purpose.name,
            "largest": self.purpose.largest,
            "provider": str(self.provider_id),
            "owner": str(self.owner_id),
        }
        given = value.ids if isinstance(value, Given) else ()
        context = {
            "attributes": flatatt({"name": name, **self.build_attrs(self.attrs, attrs)}),
            "name": f"{name}-upload",
            "form": self.attrs.get("form", ""),
            "told": json.dumps(told),
            "texts": json.dumps(texts()),
            "ids": dict.fromkeys([*(str(row.pk) for row in self.there), *given]),
        }
        return render_to_string("files/upload_input.html", context)


def texts() -> dict[str, str]:
    """What the script says, in the reader's language."""
    return {
        "waiting": _("Waiting"),
        "sending": _("Sent to {percent}%"),
        "paused": _("Paused at {percent}%"),
        "lost": _("The connection is lost. It goes on by itself once it is back."),
        "checking": _("Being checked"),
        "quarantined": _("Sent; waiting for the virus scanner"),
        "ready": _("Sent"),
        "failed": _("Something went wrong on our side. Please try again."),
        "tooLarge": _("This file is too large."),
        "signIn": _("You are signed out. Sign in in another tab, then go on here."),
        "unfinished": _("Files are still on their way. Please wait until they are sent."),
        "pause": _("Pause"),
        "resume": _("Go on"),
        "remove": _("Remove"),
        "list": _("Files"),
    }


class UploadField(forms.Field):
    """Files for `purpose`, at most `most`: its value is a Given, for `actions.take_in`.

    Before it is shown, tell it whose the files will be: `form.fields["files"].belongs(…)`.
    """

    widget: UploadInput
    default_error_messages = {
        "required": gettext_lazy("Choose a file."),
        "invalid": gettext_lazy("This file can't be used. Please send it again."),
    }

    def __init__(self, purpose: Purpose, *, most: int = 1, **kwargs: Any) -> None:
        self.most = most
        # Said either way: Django makes a field of several files of every such widget.
        attrs = {"multiple": most > 1}
        super().__init__(widget=UploadInput(purpose, attrs), **kwargs)
        self.widget.attrs["data-most"] = most

    def belongs(self, *, owner: Any, provider: Any, there: Iterable[Upload] = ()) -> None:
        """The files will be `owner`'s at `provider`; those of `there` are sent already."""
        self.widget.owner_id, self.widget.provider_id = owner.pk, provider.pk
        self.widget.there = tuple(there)

    def to_python(self, value: Any) -> Given:
        if not isinstance(value, Given):
            return Given()
        try:
            ids = tuple(dict.fromkeys(str(UUID(one)) for one in value.ids if one))
        except ValueError as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error
        files = tuple(one for one in value.files if isinstance(one, UploadedFile))
        return Given(files=files, ids=ids)

    def validate(self, value: Given) -> None:
        number = len(value.files) + len(value.ids)
        if self.required and not number:
            raise ValidationError(self.error_messages["required"], code="required")
        if number > self.most:
            raise ValidationError(
                ngettext("At most %(most)d file.", "At most %(most)d files.", self.most)
                % {"most": self.most},
                code="too_many",
            )
