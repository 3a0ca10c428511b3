"""The operators' screen on which an account is erased on behalf of its person."""

from typing import Any, cast

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic.edit import FormView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from lms.accounts.models import User
from lms.common import clock
from lms.tenants.permissions import is_operator

from . import actions, selectors
from .errors import IsOperator, OnlyOwner
from .forms import EraseForSomebodyForm


@method_decorator(reauthentication_required(allow_get=True), name="dispatch")
class EraseSomebodyView(WagtailAdminTemplateMixin, FormView):
    """Who may see it: operators; asking needs the password again."""

    template_name = "privacy/admin/erase.html"
    form_class = EraseForSomebodyForm
    page_title = gettext_lazy("Erase an account")
    header_icon = "user"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not is_operator(request.user):
            raise PermissionDenied
        self.person = get_object_or_404(get_user_model(), pk=kwargs["person_id"])
        return super().dispatch(request, *args, **kwargs)

    def get_page_subtitle(self) -> str:
        return str(self.person)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        people = {"url": reverse("wagtailusers_users:index"), "label": _("People")}
        return [*self.breadcrumbs_items, people, {"url": "", "label": self.get_page_title()}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            person=self.person,
            erasure=selectors.erasure_of(self.person),
            schools=selectors.sole_schools(self.person),
            days=settings.FLEDGE_ERASURE_DAYS,
            **kwargs,
        )

    def form_valid(self, form: EraseForSomebodyForm) -> HttpResponse:
        reason = form.cleaned_data["reason"]
        try:
            actions.ask_for_erasure(
                self.person, actor=cast(User, self.request.user), at=clock.now(), reason=reason
            )
        except (IsOperator, OnlyOwner) as refused:
            messages.error(self.request, refused.message)
        else:
            messages.success(self.request, _("Asked for. The person is told, with a way back."))
        return redirect("erase_person", self.person.pk)
