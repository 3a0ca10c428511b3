"""A review may go without an action: with its author's account, with its house."""

from typing import Any

from django.db.models.signals import post_delete
from django.dispatch import receiver

from lms.courses.actions import ratings_changed
from lms.tenants.scope import provider_scope

from .models import Review


@receiver(post_delete, sender=Review)
def review_went(instance: Review, **kwargs: Any) -> None:
    with provider_scope(instance.provider_id):
        ratings_changed(instance.course_id)
