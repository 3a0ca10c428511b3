"""The catalogue: one address a wish, so that it can be kept, sent and gone back to."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from lms.courses.freshness import public_page
from lms.courses.languages import language_name
from lms.courses.models import Level
from lms.tenants.models import Provider

from . import selectors
from .query import PACES, PRICES, Query


@public_page
@require_safe
def catalogue(request: HttpRequest) -> HttpResponse:
    """Who may see it: anybody. On a provider's site, its courses only.

    htmx asks for the results alone; without JavaScript the same form loads the page.
    """
    provider = request.provider  # type: ignore[attr-defined]
    query = Query.parse(request.GET.dict())
    found = selectors.results(query, provider)
    path = reverse("search:catalogue")
    context = {
        "query": query,
        "results": found,
        "limit": selectors.LIMIT,
        "groups": _groups(query, selectors.facets(provider), provider),
        "path": path,
        "chips": _chips(query, provider, path),
        "heading": _heading(query, provider),
        "previous_url": query.url(path, before=found.page.previous) if found.page.previous else "",
        "next_url": query.url(path, after=found.page.next) if found.page.next else "",
    }
    part = request.htmx and not request.htmx.history_restore_request  # type: ignore[attr-defined]
    name = "search/_results.html" if part else "search/catalogue.html"
    response = render(request, name, {**context, "part": part})
    if part:
        response["HX-Push-Url"] = query.url(path, after=query.after, before=query.before)
    # Anybody can think up words and cursors: such pages are made anew each time.
    response.public_page = not (query.q or query.after or query.before or len(query.filters) > 2)  # type: ignore[attr-defined]
    return response


@require_safe
def suggest(request: HttpRequest) -> HttpResponse:
    """Titles for what is being typed, as options of a list. Who may see it: anybody."""
    provider = request.provider  # type: ignore[attr-defined]
    words = Query.parse(request.GET.dict()).q
    titles = selectors.suggestions(words, provider) if len(words) > 1 else []
    return render(request, "search/_suggestions.html", {"titles": titles})


def _groups(
    query: Query, facets: selectors.Facets, provider: Provider | None
) -> list[dict[str, Any]]:
    """The filters but the category: their choices, counted while nothing narrows the list."""
    choices: list[tuple[str, str, dict[Any, int], Callable[[Any], Any]]] = [
        ("level", _("Level"), facets.levels, lambda value: Level(value).label),
        ("language", _("Language"), facets.languages, language_name),
        ("price", _("Price"), facets.prices, PRICES.get),
        ("pace", _("Pace"), facets.paces, PACES.get),
    ]
    return [
        {
            "name": name,
            "legend": legend,
            "chosen": getattr(query, name),
            "options": [
                (value, label(value), None if query.filters else number)
                for value, number in counts.items()
                if number or value == getattr(query, name)
            ],
        }
        for name, legend, counts, label in choices
        if name != "price" or provider is None or not provider.is_portal
    ]


def _chips(query: Query, provider: Provider | None, path: str) -> list[dict[str, str]]:
    """The filters in force, each with the address of the same list without it."""
    return [
        {"label": _label(name, value, provider), "url": query.url(path, **{name: ""})}
        for name, value in query.filters.items()
    ]


def _label(name: str, value: str, provider: Provider | None) -> str:
    if name == "q":
        return _("“%(words)s”") % {"words": value}
    if name == "category":
        return selectors.category_name(value, provider) or value
    if name == "level":
        return str(Level(value).label)
    if name == "language":
        return language_name(value)
    return str({**PRICES, **PACES}[value])


def _heading(query: Query, provider: Provider | None) -> str:
    if query.q:
        return _("Courses for “%(words)s”") % {"words": query.q}
    if query.category and (name := selectors.category_name(query.category, provider)):
        return _("%(category)s courses") % {"category": name}
    return _("All courses")
