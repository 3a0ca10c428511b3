from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HomeConfig(AppConfig):
    name = "home"
    label = "home"
    verbose_name = _("Shop window")

    def ready(self) -> None:
        from . import fence

        # First of all: forms and filters take their querysets when their modules are imported.
        fence.build()

        from lms.events import subscribe
        from lms.tenants.events import (
            APPROVAL_WITHDRAWN,
            INSTRUCTOR_APPROVED,
            MEMBER_ADDED,
            MEMBER_REMOVED,
        )

        from . import headless
        from .groups import sync_member
        from .redirects import use_own_screens

        for event in (MEMBER_ADDED, MEMBER_REMOVED, INSTRUCTOR_APPROVED, APPROVAL_WITHDRAWN):
            subscribe(event, sync_member)
        use_own_screens()
        headless.declare()
