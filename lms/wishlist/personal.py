"""What the wishlist holds about a person."""

from django.utils.translation import gettext_lazy as _

from lms.accounts.holdings import hold

hold("wishlist.Wish", "person", ("course__title", "created_at"), label=_("your wishlist"))
