"""Forms about the people who work at a house."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from lms.accounts.models import normalise_email
from lms.common.addresses import is_email

from .models import Role

AT_ONCE = 50

WHAT_ROLES_DO = {
    Role.ADMIN: gettext_lazy("Admin: manages the school, its team, courses and students."),
    Role.INSTRUCTOR: gettext_lazy("Instructor: writes and teaches courses."),
    Role.ASSISTANT: gettext_lazy("Teaching assistant: helps students and sees their progress."),
}


class RolesForm(forms.Form):
    """What somebody does at the school."""

    roles = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Roles"),
        choices=[(role.value, text) for role, text in WHAT_ROLES_DO.items()],
        coerce=Role,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one role.")},
    )
    approved = forms.BooleanField(
        label=gettext_lazy("May publish courses without asking an admin"),
        help_text=gettext_lazy(
            "For instructors. Without it they write, and an admin approves what is published."
        ),
        required=False,
    )


class InvitationForm(RolesForm):
    """Whom to invite, as what."""

    emails = forms.CharField(
        label=gettext_lazy("E-mail addresses"),
        help_text=gettext_lazy("One a line, or parted by commas; at most 50 at once."),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 4, "autocapitalize": "none", "spellcheck": "false"}),
    )
    message = forms.CharField(
        label=gettext_lazy("A few words from you"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    field_order = ("emails", "roles", "approved", "message")

    def clean_emails(self) -> list[str]:
        given = [_bare(each) for each in re.split(r"[,;\n]", self.cleaned_data["emails"])]
        emails = list(dict.fromkeys(each for each in given if each))
        if not emails:
            raise ValidationError(self.fields["emails"].error_messages["required"])
        wrong = [each for each in emails if not is_email(each)]
        if wrong:
            shown = ", ".join(each[:60] for each in wrong[:5]) + ("…" if len(wrong) > 5 else "")
            raise ValidationError(
                ngettext(
                    "This is no e-mail address: %(what)s",
                    "These are no e-mail addresses: %(what)s",
                    len(wrong),
                )
                % {"what": shown}
            )
        if len(emails) > AT_ONCE:
            raise ValidationError(
                _("These are %(number)s addresses. Please invite at most %(most)s at once.")
                % {"number": len(emails), "most": AT_ONCE}
            )
        return emails

    def clean_message(self) -> str:
        return str(self.cleaned_data["message"]).strip()


def _bare(text: str) -> str:
    """The address of “Ada Lovelace <ada@example.org>”, as people copy them out of mail programs."""
    found = re.fullmatch(r"[^<>]*<([^<>]+)>", text.strip())
    return normalise_email(found[1] if found else text)


def initial_of(colleague: Any) -> dict[str, Any]:
    return {"roles": [role.value for role in colleague.roles], "approved": colleague.approved}
