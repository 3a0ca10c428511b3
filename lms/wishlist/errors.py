"""Why the wishlist refuses."""

from django.utils.translation import gettext_lazy as _

from lms.common.errors import Conflict


class TooManyWishes(Conflict):
    code = "TOO_MANY_WISHES"
    message = _("Your wishlist is full. Take some courses off it first.")
