"""What every template may ask: whose site this is, and whether the reader teaches or helps to."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from home.branding import brand_of, data_url, drawn_from, style_url
from home.rules import brand_css
from home.selectors import may_author
from lms.teaching.selectors import has_desk


def site(request: HttpRequest) -> dict[str, Any]:
    """`site_brand`, `brand_css_url`, `can_author`, `has_desk`: found when used, remembered between
    requests.

    A preview (`request.brand_draft`, an unsaved Provider) shows what nobody has saved yet.
    """
    provider = getattr(request, "provider", None)
    draft = getattr(request, "brand_draft", None)
    user = getattr(request, "user", None)

    def css_url() -> str:
        if draft is None:
            return style_url(brand_of(provider))
        return data_url(brand_css(drawn_from(draft).style), "text/css")

    return {
        "site_brand": SimpleLazyObject(lambda: drawn_from(draft) if draft else brand_of(provider)),
        "brand_css_url": SimpleLazyObject(css_url),
        "can_author": SimpleLazyObject(lambda: user is not None and may_author(user)),
        "has_desk": SimpleLazyObject(lambda: user is not None and has_desk(user, host=provider)),
    }
