"""Pages of people about themselves. Signing in, addresses, passwords and second factors are
allauth's views with our templates.
"""

from collections.abc import Iterable
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.generic import TemplateView
from django.views.generic.edit import FormView
from wagtail.admin.views import account as wagtail_account

from lms.accounts import consents, selectors
from lms.accounts.forms import ProfileForm
from lms.accounts.models import DocumentVersion, How, LegalDocument, User
from lms.accounts.welcome import password_path
from lms.common import clock
from lms.common.errors import Forbidden, TooManyRequests, error_response


class ProfileView(LoginRequiredMixin, FormView):
    """Who may see it: the signed-in person, their own profile only."""

    template_name = "accounts/profile.html"
    form_class = ProfileForm
    success_url = reverse_lazy("accounts:profile")

    def get_form_kwargs(self) -> dict[str, Any]:
        # A row of its own: a refused change must not show in the page's header.
        user = User.objects.get(pk=cast(User, self.request.user).pk)
        return {**super().get_form_kwargs(), "instance": user}

    def form_valid(self, form: ProfileForm) -> HttpResponse:
        user = form.save()
        with translation.override(user.language):
            messages.success(self.request, _("Your profile is saved."))
        return super().form_valid(form)


class SecurityView(LoginRequiredMixin, TemplateView):
    """What guards the account. Who may see it: the signed-in person."""

    template_name = "accounts/security.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = cast(User, self.request.user)
        return {**super().get_context_data(**kwargs), **selectors.security_overview(user)}


class ConsentsView(LoginRequiredMixin, TemplateView):
    """What one has agreed to, and taking back what is optional. Who may see it: the signed-in
    person, their own consents only."""

    template_name = "accounts/consents.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = cast(User, self.request.user)
        return super().get_context_data(
            standings=consents.standings_of(user), history=consents.history_of(user), **kwargs
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user = cast(User, request.user)
        document = LegalDocument.NEWS
        if request.POST.get("do") == "give":
            shown = _shown(request, [consents.version_of(document)])
            consents.agree(user, shown, how=How.CHOSEN, at=clock.now())
            messages.success(request, _("Thank you. You can take it back here at any time."))
        else:
            consents.withdraw(user, document, at=clock.now())
            messages.success(request, _("You have taken it back."))
        return redirect("accounts:consents")


class DocumentsAskedView(LoginRequiredMixin, TemplateView):
    """New versions of what has to be agreed to. Who may see it: the signed-in person."""

    template_name = "accounts/documents_asked.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = consents.asked_of(cast(User, self.request.user))
        return super().get_context_data(asked=asked, next=self._next(), **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        context = self.get_context_data(**kwargs)
        return self.render_to_response(context) if context["asked"] else redirect(context["next"])

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user = cast(User, request.user)
        asked = [one.version for one in consents.asked_of(user)]
        consents.agree(user, _shown(request, asked), how=How.PROMPTED, at=clock.now())
        # What was published meanwhile is asked for again.
        return redirect(request.get_full_path() if consents.asked_of(user) else self._next())

    def _next(self) -> str:
        wanted = self.request.GET.get(REDIRECT_FIELD_NAME, "")
        here = url_has_allowed_host_and_scheme(wanted, allowed_hosts={self.request.get_host()})
        return wanted if here else "/"


def _shown(request: HttpRequest, versions: Iterable[DocumentVersion]) -> list[DocumentVersion]:
    """Those of `versions` that the page showed: nobody agrees to anything else."""
    keys = request.POST.getlist("version")
    return [version for version in versions if str(version.pk) in keys]


@require_safe
def document(request: HttpRequest, document: str, number: int | None = None) -> HttpResponse:
    """A legal document, word for word as it was published. Who may see it: anybody."""
    version = consents.version_of(document, number)
    newest = version if number is None else consents.version_of(document)
    return render(request, "accounts/document.html", {"version": version, "newest": newest})


@never_cache
def welcome(request: HttpRequest, token: str) -> HttpResponseBase:
    """To choosing the first password. Who may: whoever holds the link from their message; others
    are led to having a new one sent."""
    path = password_path(token)
    if path is None:
        messages.info(
            request,
            _(
                "This link was used already, or is too old. If you have no password yet, ask for "
                "another link here."
            ),
        )
        return redirect("account_reset_password")
    return redirect(path)


@never_cache
def staff_sign_in(request: HttpRequest) -> HttpResponseBase:
    """The door of the Wagtail and Django admin, instead of their own sign-in pages, which know no
    second factor and no limits. Who may see it: anybody.

    Somebody signed in who is sent here lacks the right: Forbidden, not the sign-in page again.
    """
    wanted = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}):
        wanted = str(reverse_lazy("wagtailadmin_home"))
    if not request.user.is_authenticated:
        return redirect_to_login(wanted, "account_login")
    if wanted.startswith("/django-admin/"):
        allowed = request.user.is_staff
    else:
        allowed = request.user.has_perm("wagtailadmin.access_admin")
    if not allowed:
        # Wagtail left a message of its own for a page that is never shown.
        list(messages.get_messages(request))
        raise Forbidden(_("This account has no access to the authoring pages."))
    return redirect(wanted)


class AuthorPreferencesView(wagtail_account.AccountView):
    """Wagtail's page of personal preferences, without what people keep in their profile (name,
    picture, language, time zone, password). Who may see it: whoever may enter the Wagtail admin.
    """

    def get_panels(self) -> list[wagtail_account.BaseSettingsPanel]:
        ours = (
            wagtail_account.NameEmailSettingsPanel,
            wagtail_account.AvatarSettingsPanel,
            wagtail_account.LocaleSettingsPanel,
            wagtail_account.ChangePasswordPanel,
        )
        return [panel for panel in super().get_panels() if not isinstance(panel, ours)]


def too_many_requests(request: HttpRequest) -> HttpResponseBase:
    """allauth's answer to a rate limit. Every limit that answers so is counted per minute, so a
    minute is how long to wait."""
    return error_response(request, TooManyRequests(retry_after=60))


def to_profile(request: HttpRequest) -> HttpResponse:
    """/account/ alone. Who may see it: anybody; the profile asks to sign in."""
    return redirect("accounts:profile")
