"""Tags for the account pages."""

from django import template
from django.forms import BoundField
from django.utils.translation import gettext as _

register = template.Library()


@register.filter
def without_placeholder(field: BoundField) -> BoundField:
    """allauth repeats each label as a placeholder, which vanishes as one types and reads twice."""
    field.field.widget.attrs.pop("placeholder", None)
    return field


# In this order: Edge and Opera call themselves Chrome too, Chrome calls itself Safari, and phones
# name the system they descend from.
BROWSERS = {
    "Edg": "Edge",
    "OPR": "Opera",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "Chrome": "Chrome",
    "CriOS": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "CrOS": "ChromeOS",
    "Windows": "Windows",
    "Mac OS": "macOS",
    "Linux": "Linux",
}


@register.filter
def device(user_agent: str) -> str:
    """Browser and system in a few words, to tell one's own devices apart."""
    browser = next((name for mark, name in BROWSERS.items() if mark in user_agent), None)
    system = next((name for mark, name in SYSTEMS.items() if mark in user_agent), None)
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or user_agent[:60] or _("Unknown device")
