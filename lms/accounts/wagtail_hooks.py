"""People in the Wagtail admin."""

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from wagtail import hooks

from lms.accounts.models import User


@hooks.register("get_avatar_url")
def picture_of(user: User | str | None, size: int) -> str:
    """The person's own picture, or a neutral one: no address ever goes to Gravatar.

    What the system did has nobody behind it, and one of Wagtail's reports only has a name.
    """
    neutral = static("wagtailadmin/images/default-user-avatar.png")
    return getattr(user, "picture_url", "") or neutral


@hooks.register("register_account_menu_item")
def own_profile(request: HttpRequest) -> dict[str, str]:
    return {
        "url": reverse("accounts:profile"),
        "label": _("Profile and security"),
        "help_text": _("Name, picture, language, time zone, password, two-factor sign-in."),
    }
