"""What can happen to questions and assessments."""

from django.utils.translation import gettext_lazy as _

from lms.events import Event

QUESTION_CREATED = Event("question.created", _("A question was written."), routine=True)
QUESTION_CHANGED = Event("question.changed", _("A question was changed."), routine=True)
QUESTION_ARCHIVED = Event("question.archived", _("A question was put away."), routine=True)
QUESTION_RESTORED = Event("question.restored", _("A question was taken back."), routine=True)
CREATED = Event("assessment.created", _("An assessment was written."), routine=True)
CHANGED = Event("assessment.changed", _("An assessment was changed."), routine=True)
PUBLISHED = Event("assessment.published", _("An assessment was published."), routine=True)
WITHDRAWN = Event("assessment.withdrawn", _("An assessment was withdrawn."), routine=True)
STARTED = Event("attempt.started", _("A student began an attempt."), routine=True)
SUBMITTED = Event("attempt.submitted", _("An attempt was handed in."), routine=True)
MARKED = Event("attempt.marked", _("An answer was marked."), routine=True)
GRADED = Event("attempt.graded", _("An attempt was graded."), routine=True)
REGRADED = Event("attempt.regraded", _("A grade was changed by marking anew."))
ALLOWED = Event("assessment.allowed", _("A student was given other terms."))
