"""Writes: the front end's address, and tokens that open a draft for a quarter of an hour."""

from typing import Any

from django.core import signing
from django.db import transaction
from wagtail.models import Page

from lms.common.errors import Forbidden, NotFound
from lms.courses.tree import provider_id_at
from lms.events import emit
from lms.tenants.models import Provider
from lms.tenants.permissions import Code, require
from lms.tenants.scope import provider_scope

from . import events
from .models import FrontEnd
from .selectors import PREVIEW_SALT, preview_url


@transaction.atomic
def set_front_end(provider: Provider, *, preview_url: str, actor: Any) -> FrontEnd:
    """Note where the provider's front end shows drafts; "" for nowhere. Raises Forbidden."""
    require(actor, Code.CHANGE_SETTINGS, provider)
    with provider_scope(provider):
        row, _created = FrontEnd.objects.update_or_create(
            provider=provider, defaults={"preview_url": preview_url}
        )
        emit(events.FRONT_END_CHANGED, row, actor=actor, preview_url=preview_url)
    return row


def preview_address(page: Page, *, actor: Any) -> str:
    """Where the front end shows the page's newest draft, with a token for it.

    For whoever may edit the page. Raises Forbidden, and NotFound where no front end is set up.
    """
    if not page.permissions_for_user(actor).can_edit():
        raise Forbidden
    provider_id = provider_id_at(page)
    template = preview_url(provider_id)
    if not template:
        raise NotFound
    token = signing.dumps([page.pk, str(provider_id)], salt=PREVIEW_SALT)
    return template.replace("{token}", token).replace("{id}", str(page.pk))
