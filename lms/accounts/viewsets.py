"""Operators' pages about people, in the Wagtail admin.

Wagtail's own forms want a first and a last name, and a password somebody else chooses.
"""

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.users.forms import UserCreationForm, UserEditForm
from wagtail.users.views import users

from lms.accounts import actions, selectors
from lms.accounts.models import User, normalise_email

TAKEN = _("There is an account with this e-mail address already.")


class PersonForm(forms.ModelForm):
    """The address is checked against every address anybody signs in with."""

    def clean_email(self) -> str:
        email = normalise_email(self.cleaned_data["email"])
        if selectors.is_email_taken(email, except_by=self.instance):
            raise forms.ValidationError(TAKEN, code="unique")
        return email


class PersonCreationForm(PersonForm, UserCreationForm):
    first_name = None
    last_name = None
    email = forms.EmailField(
        label=_("E-mail address"),
        help_text=_(
            "The person chooses a password by “Forgot your password?” on the sign-in page."
        ),
    )

    class Meta(UserCreationForm.Meta):
        fields = ["email", "name", "is_superuser", "groups"]

    def save(self, commit: bool = True) -> User:
        self.instance.set_unusable_password()
        return super().save(commit)


class PersonEditForm(PersonForm, UserEditForm):
    first_name = None
    last_name = None
    email = forms.EmailField(
        label=_("E-mail address"),
        help_text=_(
            "A new address replaces the old one; the person confirms it at the next sign-in."
        ),
    )

    class Meta(UserEditForm.Meta):
        fields = ["email", "name", "is_superuser", "is_active", "groups"]


class PersonEditView(users.EditView):
    def save_instance(self) -> User:
        user = super().save_instance()
        if "email" in self.form.changed_data:
            actions.change_email(user, user.email, actor=self.request.user)
        return user


class PersonIndexView(users.IndexView):
    page_title = _("People")
    add_item_label = _("Add a person")

    @cached_property
    def search_fields(self) -> list[str]:
        return ["name", "email"]

    @cached_property
    def columns(self) -> list:
        columns = super().columns
        for column in columns:
            if column.name == "name":
                column.sort_key = "name"
            elif column.name == "email":
                column.label = _("E-mail address")
        return columns

    def order_queryset(self, queryset):
        # Wagtail would sort "name" by first and last name.
        if self.ordering in ("name", "-name"):
            return queryset.order_by(self.ordering, "pk")
        return super().order_queryset(queryset)


class PersonViewSet(users.UserViewSet):
    menu_label = _("People")
    index_view_class = PersonIndexView
    edit_view_class = PersonEditView
    create_template_name = "accounts/people/create.html"
    edit_template_name = "accounts/people/edit.html"

    def get_form_class(self, for_update: bool = False) -> type[PersonForm]:
        return PersonEditForm if for_update else PersonCreationForm
