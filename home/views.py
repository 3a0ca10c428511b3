"""The shop window's pages that are no Wagtail pages: instructors, opening a school, terms."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from wagtail.models import Site

from lms.common import clock
from lms.courses.freshness import public_page
from lms.courses.selectors import instructor_ratings, visible_listings
from lms.tenants.models import Provider
from lms.tenants.selectors import houses_worked_for
from search.query import Query
from search.selectors import page_of

from . import actions, selectors
from .forms import SchoolForm
from .models import InformationPage


@public_page
@require_safe
def instructor(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Who may see it: anybody, of people who teach a course that stands on this site."""
    host = request.provider  # type: ignore[attr-defined]
    person = selectors.instructor(pk, host)
    if person is None:
        raise Http404
    listings = visible_listings(host).filter(instructors=person)
    query = Query.parse(request.GET.dict()).only_page()
    page = page_of(listings, query)
    context = {
        "person": person,
        "schools": [] if host else selectors.schools_of(listings),
        "ratings": instructor_ratings(person, host),
        "page": page,
        "previous_url": query.url(request.path, before=page.previous) if page.previous else "",
        "next_url": query.url(request.path, after=page.next) if page.next else "",
    }
    return render(request, "home/instructor.html", context)


@public_page
@require_safe
def teach(request: HttpRequest) -> HttpResponse:
    """What a school gets here, and the way in. Who may see it: anybody on the marketplace."""
    _marketplace_only(request)
    return render(request, "home/teach.html")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def open_school(request: HttpRequest) -> HttpResponse:
    """Sign-up of a provider. Who may: anybody signed in, on the marketplace."""
    _marketplace_only(request)
    form = SchoolForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            provider = actions.sign_up(**form.cleaned_data, owner=request.user, at=clock.now())
        except ValidationError as refused:  # somebody else was quicker
            form.add_refusals(refused)
        else:
            if provider.is_open:
                messages.success(request, _("Your school is open. Welcome!"))
                return redirect("wagtailadmin_home")
            return redirect("home:schools")
    status = 400 if form.errors else 200
    return render(request, "home/open_school.html", {"form": form}, status=status)


@login_required
@require_safe
def schools(request: HttpRequest) -> HttpResponse:
    """The schools one works for, as what, and what they wait for. Who may see it: anybody signed
    in."""
    _marketplace_only(request)
    return render(request, "home/schools.html", {"schools": houses_worked_for(request.user)})


def _marketplace_only(request: HttpRequest) -> None:
    if request.provider is not None:  # type: ignore[attr-defined]
        raise Http404


@public_page
@require_safe
def terms(request: HttpRequest) -> HttpResponse:
    """Who may see it: anybody."""
    return _legal(request, "terms", _("Terms"))


@public_page
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """Who may see it: anybody."""
    return _legal(request, "privacy", _("Privacy"))


def _legal(request: HttpRequest, name: str, title: str) -> HttpResponse:
    """A provider's text of this name, or the marketplace's information page."""
    host: Any = request.provider  # type: ignore[attr-defined]
    if host is None:
        root = Site.find_for_request(request).root_page
        page = get_object_or_404(InformationPage.objects.child_of(root).live(), slug=name)
        return page.serve(request)
    # Read now: the page is kept, and `host` may be some seconds old.
    text = Provider.objects.values_list(name, flat=True).get(pk=host.pk)
    if not text:
        raise Http404
    return render(request, "home/legal.html", {"title": title, "text": text})
