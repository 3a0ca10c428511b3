"""The page tree that courses stand in: root, marketplace, provider, course, module, lesson."""

from uuid import UUID

from wagtail.models import Page

from lms.tenants.models import Provider


def ancestor_paths(path: str) -> list[str]:
    """The tree paths of a page and of everything above it."""
    return [path[:end] for end in range(Page.steplen, len(path) + 1, Page.steplen)]


def provider_id_at(page: Page) -> UUID | None:
    """The id of the provider whose page is `page` or stands above it; None outside of all."""
    above = Provider.objects.filter(page__path__in=ancestor_paths(page.path))
    return above.values_list("pk", flat=True).first()
