"""Wagtail keeps preferences of its own for people who author. Language and time zone in them are
ours; there is no hook to say so but the moment they are saved.
"""

from typing import Any

from django.db.models.signals import m2m_changed, post_save, pre_save
from django.dispatch import receiver
from wagtail.users.models import UserProfile

from lms.accounts.models import User


@receiver(pre_save, sender=UserProfile)
def follow_the_person(instance: UserProfile, **kwargs: Any) -> None:
    instance.preferred_language = instance.user.language
    instance.current_time_zone = instance.user.time_zone


# Without a row of theirs Wagtail takes everybody's times to be UTC.


@receiver(m2m_changed, sender=User.groups.through)
def keep_preferences_of_authors(
    instance: Any, action: str, reverse: bool, pk_set: set[Any] | None, **kwargs: Any
) -> None:
    """Whoever joins a group may work in the admin."""
    if action == "post_add":
        joined = User.objects.filter(pk__in=pk_set or ()) if reverse else [instance]
        for user in joined:
            UserProfile.get_for_user(user)


@receiver(post_save, sender=User)
def keep_preferences_of_operators(instance: User, **kwargs: Any) -> None:
    if instance.is_superuser:
        UserProfile.get_for_user(instance)
