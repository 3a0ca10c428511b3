"""The page behind an invitation's link."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from lms.common import clock
from lms.common.errors import Conflict, NotFound

from . import invitations
from .house import choose_house
from .invitations import Standing
from .models import Role, StaffInvitation


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Who invites whom as what, and yes or no. Who may see it: whoever holds the link; to accept,
    the person whose account has the invited address."""
    try:
        found = invitations.by_token(token, host=request.provider)  # type: ignore[attr-defined]
    except NotFound:
        return render(request, "tenants/invitation.html", {"standing": "unknown"}, status=404)
    refusal = ""
    if request.method == "POST":
        try:
            answer = _answer(request, found)
        except Conflict as refused:
            refusal = str(refused.message)
            found = invitations.by_token(token, host=request.provider)  # type: ignore[attr-defined]
        else:
            return answer
    now = invitations.standing(found, user=request.user, at=clock.now())
    context = {"invitation": found, "standing": now.value, "refusal": refusal}
    return render(request, "tenants/invitation.html", context, status=409 if refusal else 200)


def _answer(request: HttpRequest, found: StaffInvitation) -> HttpResponse:
    user: Any = request.user
    if request.POST.get("answer") == "decline":
        invitations.decline(found, user=user if user.is_authenticated else None, at=clock.now())
        return redirect(request.path)
    now = invitations.standing(found, user=user, at=clock.now())
    if now not in (Standing.READY, Standing.DONE):
        return redirect(request.path)  # the page says why not
    invitations.accept(found, user=user, at=clock.now())
    messages.success(request, _("Welcome to %(school)s!") % {"school": found.provider.name})
    if {Role.ADMIN, Role.INSTRUCTOR} & set(found.roles):
        choose_house(request, found.provider)
        return redirect("wagtailadmin_home")
    return redirect("learn:dashboard")
