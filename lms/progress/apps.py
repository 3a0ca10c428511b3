from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProgressConfig(AppConfig):
    name = "lms.progress"
    label = "progress"
    verbose_name = _("Progress")

    def ready(self) -> None:
        from lms.enrolments.opening import done_by

        from . import selectors
        from .dates import course_starts, dates_from

        done_by(selectors.lessons_done)
        dates_from(course_starts)
