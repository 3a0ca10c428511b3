"""What students tell those who teach them."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from lms.common import clock

from . import support
from .forms import SupportForm

PER_PAGE = 20


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def my_support(request: HttpRequest) -> HttpResponse:
    """One's own learning-support profile, and who looked at it. Who may see it: the signed-in
    person."""
    profile = support.mine(request.user)
    if "forget" in request.POST:
        support.forget(request.user)
        messages.success(request, _("Deleted. Nobody can read it any more."))
        return redirect("my_teachers:support")
    initial = {"needs": profile.needs, "consents": True} if profile else None
    form = SupportForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        support.describe(request.user, at=clock.now(), **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("my_teachers:support")
    looks = Paginator(support.looks_of(request.user), PER_PAGE).get_page(request.GET.get("page"))
    context = {"profile": profile, "form": form, "page": looks}
    status = 422 if form.is_bound else 200
    return render(request, "teaching/my_support.html", context, status=status)
