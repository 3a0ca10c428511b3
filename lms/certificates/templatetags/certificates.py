"""`{% load certificates %}{% certificates_of user %}` for the dashboard and the profile, whose apps
know nothing of certificates.
"""

from typing import Any

from django import template

from lms.certificates import selectors

register = template.Library()


@register.inclusion_tag("certificates/_of_person.html")
def certificates_of(person: Any, limit: int = 3) -> dict[str, Any]:
    """The person's newest certificates, `limit` of them. One query; draws nothing for none."""
    rows = list(selectors.certificates_of(person)[: limit + 1])
    return {"certificates": rows[:limit], "more": len(rows) > limit}
