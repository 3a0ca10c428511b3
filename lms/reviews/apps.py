from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReviewsConfig(AppConfig):
    name = "lms.reviews"
    label = "reviews"
    verbose_name = _("Reviews")

    def ready(self) -> None:
        from . import notifications, signal_handlers  # noqa: F401 - they subscribe
