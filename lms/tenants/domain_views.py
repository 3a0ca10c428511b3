"""The screen on which a school's admins bring host names of their own."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic.edit import FormView
from wagtail.admin import messages

from lms.common.errors import DomainError

from . import domains
from .forms import DomainForm
from .hosts import provider_origin
from .house import HouseScreen
from .limits import has_feature
from .models import Domain, Feature


class DomainsView(HouseScreen, FormView):
    """The names a school has, their records and states; one more by a form, and under `do` what
    can be done with one (`domain`): check, primary, remove. Without `domain`, primary is the name
    the school came with."""

    template_name = "tenants/admin/domains.html"
    form_class = DomainForm
    page_title = gettext_lazy("Domains")
    header_icon = "globe"
    success_url = reverse_lazy("domains")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        names = domains.domains_of(provider=self.provider, actor=self.request.user)
        return super().get_context_data(
            names=[(name, domains.records_of(name)) for name in names],
            first_address=provider_origin(self.provider, own_domain=False),
            main_address=provider_origin(self.provider),
            is_in_plan=has_feature(self.provider, Feature.OWN_DOMAIN),
            plan_url=reverse("plan"),
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        deed = {"check": self._check, "primary": self._make_primary, "remove": self._remove}.get(
            request.POST.get("do", "")
        )
        if deed is None:
            return super().post(request, *args, **kwargs)
        try:
            deed(self._chosen())
        except DomainError as error:
            messages.error(request, str(error.message))
        return HttpResponseRedirect(str(self.success_url))

    def form_valid(self, form: DomainForm) -> HttpResponse:
        try:
            domains.claim(
                provider=self.provider,
                hostname=form.cleaned_data["hostname"],
                actor=self.request.user,
            )
        except (ValidationError, DomainError) as error:
            form.add_error("hostname", getattr(error, "messages", None) or str(error.message))
            return self.form_invalid(form)
        messages.success(self.request, _("Entered. Now make the records shown with it."))
        return super().form_valid(form)

    def _chosen(self) -> Domain | None:
        """Raises NotFound."""
        key = self.request.POST.get("domain")
        if not key:
            return None
        return domains.domain_of(provider=self.provider, domain_id=key, actor=self.request.user)

    def _check(self, domain: Domain | None) -> None:
        if domain is None:
            return
        found = domains.check_now(domain, actor=self.request.user)
        if found.problem:
            messages.warning(self.request, found.problem_in_words)
        else:
            messages.success(self.request, _("%(name)s works.") % {"name": found.shown})

    def _make_primary(self, domain: Domain | None) -> None:
        domains.make_primary(provider=self.provider, domain=domain, actor=self.request.user)
        messages.success(self.request, _("Your school has a new main address."))

    def _remove(self, domain: Domain | None) -> None:
        if domain is None:
            return
        domains.remove(domain, actor=self.request.user)
        messages.success(self.request, _("%(name)s is removed.") % {"name": domain.shown})
