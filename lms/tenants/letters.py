"""Mail from a school to a person: in its name, in their language, with times in their zone."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from lms.common.mail import compose
from lms.tenants.models import Provider
from lms.tenants.selectors import sender_of


def write_to(person: Any, template: str, context: Mapping[str, Any], *, provider: Provider) -> None:
    """Send `template` (lms.common.mail) with `context` and `person`; nothing to who has no account
    any more."""
    if not person.is_active:
        return
    with timezone.override(person.time_zone):
        compose(
            template,
            {**context, "person": person},
            to=person.email,
            language=person.language,
            sender=sender_of(provider),
        ).send()
