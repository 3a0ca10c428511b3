from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PlannerConfig(AppConfig):
    name = "lms.planner"
    label = "planner"
    verbose_name = _("Planner")

    def ready(self) -> None:
        from lms.progress.dates import dates_from

        from . import selectors

        dates_from(selectors.dates_for)
