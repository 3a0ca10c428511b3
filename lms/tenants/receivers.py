"""Signals: forgetting looked-up hosts, and the guard on many-to-many links."""

from collections.abc import Collection
from typing import Any

from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_save
from django.dispatch import receiver
from wagtail.models import Site

from lms.tenants import hosts
from lms.tenants.models import Provider
from lms.tenants.scope import guard


@receiver([post_save, post_delete], sender=Site)
@receiver([post_save, post_delete], sender=Provider)
def forget_hosts(**kwargs: Any) -> None:
    hosts.forget()


@receiver(m2m_changed)
def guard_links(
    action: str, instance: Model, model: type[Model], pk_set: Collection[Any] | None, **kwargs: Any
) -> None:
    if action == "pre_add" and pk_set:
        guard.check_links(instance, model, pk_set)
