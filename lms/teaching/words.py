"""Why a student is at risk, in words."""

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .rules import Facts, Reason

# {reason: (short, tone of its badge, icon)}
BADGES = {
    Reason.IDLE: (lambda: _("No activity"), "warning", "moon"),
    Reason.OVERDUE: (lambda: _("Overdue"), "danger", "clock-alert"),
    Reason.BEHIND: (lambda: _("Behind"), "warning", "trending-down"),
    Reason.FAILING: (lambda: _("Failing"), "danger", "circle-alert"),
}


def sentence(reason: Reason, facts: Facts, due_title: str, now: datetime) -> str:
    """One reason, with what it is about."""
    if reason == Reason.IDLE:
        since = facts.active_at or facts.enrolled_at
        days = (now - since).days
        if facts.active_at is None:
            text = ngettext(
                "Has not begun in %(days)d day.", "Has not begun in %(days)d days.", days
            )
        else:
            text = ngettext("No activity for %(days)d day.", "No activity for %(days)d days.", days)
        return text % {"days": days}
    if reason == Reason.OVERDUE and facts.due_at is not None:
        day = date_format(timezone.localtime(facts.due_at), "DATE_FORMAT")
        return _("Missed “%(what)s”, which was due on %(day)s.") % {"what": due_title, "day": day}
    if reason == Reason.BEHIND:
        told = {"percent": facts.percent, "median": facts.median}
        return _("Has done %(percent)d %%; half of the class has %(median)d %% or more.") % told
    grade = f"{facts.grade or 0:.0f}"
    return _("The grade so far is %(grade)s %%.") % {"grade": grade}
