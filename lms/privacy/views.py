"""Pages of people about their own data."""

from typing import Any, cast

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST
from django.views.generic import TemplateView
from django.views.generic.edit import FormView

from lms.accounts.models import User
from lms.common import clock
from lms.common.errors import NotFound
from lms.files.serving import serve

from . import actions, notifications, selectors
from .forms import EraseForm
from .models import DataExport, Erasure
from .states import State


@method_decorator((never_cache, login_required), name="dispatch")
@method_decorator(reauthentication_required(allow_get=True), name="dispatch")
class DataView(TemplateView):
    """Downloads of one's data, and the way to erasure. Who may see it: the signed-in person; asking
    needs the password again."""

    template_name = "privacy/data.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user, now = cast(User, self.request.user), clock.now()
        exports = selectors.exports_of(user)
        return super().get_context_data(
            exports=[{"row": row, "is_ready": row.is_ready(now)} for row in exports],
            is_running=any(row.is_running for row in exports),
            erasure=selectors.erasure_of(user),
            schools=selectors.sole_schools(user),
            export_days=settings.FLEDGE_EXPORT_DAYS,
            erasure_days=settings.FLEDGE_ERASURE_DAYS,
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        actions.ask_for_export(cast(User, request.user), at=clock.now())
        messages.success(
            request,
            _(
                "Your data is being packed. You can leave this page: we write to you when it is "
                "ready."
            ),
        )
        return redirect("privacy:data")


@never_cache
@login_required
@reauthentication_required
def download(request: HttpRequest, export_id: Any) -> HttpResponseBase:
    """The packed data. Who may see it: the person whose it is, after their password, until its time
    is over; its address alone opens nothing."""
    user = cast(User, request.user)
    export = get_object_or_404(DataExport, pk=export_id, person=user)
    if not export.is_ready(clock.now()):
        raise NotFound
    actions.note_download(export, actor=user)
    name = f"{settings.WAGTAIL_SITE_NAME.lower()}-{export.asked_at:%Y-%m-%d}.zip"
    return serve(request, export.file, name=name, attachment=True)


@method_decorator((never_cache, login_required), name="dispatch")
@method_decorator(reauthentication_required(allow_get=True), name="dispatch")
class EraseView(FormView):
    """What goes and what stays, and asking for it. Who may see it: the signed-in person; asking
    needs the password again."""

    template_name = "privacy/erase.html"
    form_class = EraseForm
    success_url = reverse_lazy("privacy:data")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = cast(User, self.request.user)
        held = selectors.held_of(user)
        return super().get_context_data(
            goes=[one for one in held if not one.stays],
            stays=[one for one in held if one.stays],
            schools=selectors.sole_schools(user),
            erasure=selectors.erasure_of(user),
            days=settings.FLEDGE_ERASURE_DAYS,
            audit_days=settings.FLEDGE_AUDIT_DAYS,
            **kwargs,
        )

    def form_valid(self, form: EraseForm) -> HttpResponse:
        user = cast(User, self.request.user)
        actions.ask_for_erasure(user, actor=user, at=clock.now())
        messages.success(self.request, _("We have written to you how to take it back."))
        return super().form_valid(form)

    def form_invalid(self, form: EraseForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=400)


@login_required
@require_POST
def take_back(request: HttpRequest) -> HttpResponse:
    """Stay after all. Who may: the signed-in person, about themselves."""
    erasure = selectors.erasure_of(request.user)
    if erasure is not None:
        actions.take_back(erasure, actor=request.user)
    messages.success(request, _("You stay, and everything with you."))
    return redirect("privacy:data")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def stay(request: HttpRequest, token: str) -> HttpResponse:
    """Stay after all, by the link of the mail. Who may: whoever holds the link. Looking changes
    nothing: programs look at links before people do."""
    try:
        key = notifications.erasure_id_of(token)
    except BadSignature as wrong:
        raise NotFound from wrong
    erasure = Erasure.objects.select_related("person").filter(pk=key).first()
    if erasure is None:
        raise NotFound
    if request.method == "POST" and erasure.state == State.WAITING:
        actions.take_back(erasure, actor=erasure.person)
    return render(request, "privacy/stay.html", {"erasure": erasure, "states": State})
