"""What search engines are told of each host: from the listings, never from the page tree."""

from typing import Any

from django.contrib.sitemaps import Sitemap
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from lms.courses.details import listing_url
from lms.courses.models import CourseListing
from lms.courses.selectors import visible_listings
from lms.tenants.models import Provider


class HostSitemap(Sitemap):
    """A sitemap of the host a request came to."""

    limit = 10_000

    def __init__(self, request: HttpRequest) -> None:
        self.provider: Provider | None = request.provider  # type: ignore[attr-defined]
        self.protocol = request.scheme


class Courses(HostSitemap):
    def items(self) -> QuerySet[CourseListing]:
        rows = visible_listings(self.provider).only("path", "updated_at")
        return rows.order_by("-published_at", "-pk")

    def location(self, item: Any) -> str:
        return listing_url(item, self.provider)

    def lastmod(self, item: Any) -> Any:
        return item.updated_at


class Pages(HostSitemap):
    """The front page, the catalogue and, on the marketplace, the schools."""

    def items(self) -> list[str]:
        paths = ["/", reverse("search:catalogue")]
        if self.provider is None:
            ids = visible_listings().order_by().values("provider")
            schools = Provider.objects.filter(pk__in=ids)
            paths += [f"/{slug}/" for slug in schools.values_list("page__slug", flat=True)]
        return paths

    def location(self, item: Any) -> str:
        return str(item)


def sitemaps_of(request: HttpRequest) -> dict[str, Any]:
    """The sitemaps of this host by section."""
    return {"pages": Pages(request), "courses": Courses(request)}
