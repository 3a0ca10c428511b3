"""Why something about a lesson plan is refused, said so that people know what to do next."""

from django.utils.translation import gettext_lazy as _

from lms.common.errors import Conflict


class TooManySteps(Conflict):
    """`details`: {"limit": steps a plan may have}."""

    code = "TOO_MANY_STEPS"
    message = _("A plan has no room for more steps. Please make a second one.")


class Template(Conflict):
    code = "PLAN_IS_TEMPLATE"
    message = _("A template is given to nobody. Start a plan from it, and give that.")
