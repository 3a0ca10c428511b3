"""What is a house's: the one list that its export and its erasure both go by."""

from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db.models import Model, QuerySet
from wagtail.models import Collection, Page

from lms.files.models import Document, Image, Media
from lms.tenants.models import Membership, Provider
from lms.tenants.scope import TenantModel

from .models import ProviderPage

FILES: tuple[type[Any], ...] = (Image, Document, Media)


def private_models() -> list[type[TenantModel]]:
    """Every model of private rows, whichever app brings it."""
    found = [model for model in apps.get_models() if issubclass(model, TenantModel)]
    return sorted(found, key=lambda model: model._meta.label)


def pages_of(provider: Provider) -> Any:
    """The house's pages, its own front page among them, from the top down."""
    top = ProviderPage.objects.filter(provider=provider).first()
    return Page.objects.descendant_of(top, inclusive=True) if top else Page.objects.none()


def collections_of(provider: Provider) -> QuerySet[Collection]:
    """The collections of its files, from the top down."""
    top = Collection.objects.filter(pk=provider.collection_id).first()
    return top.get_descendants(inclusive=True) if top else Collection.objects.none()


def files_of(provider: Provider, model: type[Model]) -> QuerySet[Any]:
    """Its pictures, documents or recordings (`model` of FILES)."""
    return model._default_manager.filter(collection__in=collections_of(provider)).order_by("pk")


def people_of(provider: Provider) -> QuerySet[Any]:
    """Everybody with a role there, in the scope of the house."""
    ids = Membership.objects.filter(provider=provider).values("user")
    return get_user_model()._default_manager.filter(pk__in=ids).order_by("pk")
