from django import template

from lms.reports.rules import share

register = template.Library()


@register.filter
def signed(number: int) -> str:
    """A change with its sign: +5, −3, 0."""
    return f"{number:+d}".replace("-", "\u2212") if number else "0"


@register.filter
def of(part: int, whole: int) -> int:
    """Percent, rounded; 0 of nothing."""
    return share(part, whole)
