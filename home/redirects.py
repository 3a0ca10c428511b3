"""Redirects of a house: at all its names, and at nobody else's."""

from typing import Any

from django.urls import reverse
from wagtail.contrib.redirects import views
from wagtail.contrib.redirects.forms import RedirectForm
from wagtail.contrib.redirects.middleware import RedirectMiddleware
from wagtail.models import Site

from lms.tenants.models import Domain
from lms.tenants.scope.fence import in_force

from .fence import managed_sites


class HouseRedirectMiddleware(RedirectMiddleware):
    """Wagtail's, for houses with several names: redirects are kept with the first."""

    def process_response(self, request: Any, response: Any) -> Any:
        if response.status_code == 404 and getattr(request, "provider", None):
            here = Site.find_for_request(request)
            same = Site.objects.filter(root_page=here.root_page_id)
            request._wagtail_site = same.order_by("pk").first()
        return super().process_response(request, response)


class OwnRedirectForm(RedirectForm):
    """Without "All sites", which would send away the visitors of every house."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if fence := in_force():
            site: Any = self.fields["site"]
            # With the name a house came with, which no admin removes.
            own = Domain.objects.values("hostname")
            site.queryset = managed_sites(fence).exclude(hostname__in=own)
            site.required = True
            site.empty_label = None


def use_own_screens() -> None:
    """Have Wagtail's screens use the form, and offer nobody in a fence to import: a file of
    redirects names no site.
    """
    views.CreateView.form_class = OwnRedirectForm
    views.EditView.form_class = OwnRedirectForm
    everybodys = views.IndexView.header_more_buttons.func

    def header_more_buttons(view: Any) -> list[Any]:
        closed = reverse("wagtailredirects:start_import")
        return [b for b in everybodys(view) if in_force() is None or b.url != closed]

    views.IndexView.header_more_buttons = property(header_more_buttons)
