from django import template

register = template.Library()


@register.filter
def signed(number: int) -> str:
    """A change with its sign: +5, −3, 0."""
    return f"{number:+d}".replace("-", "\u2212") if number else "0"
