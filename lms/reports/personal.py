"""What figures and reports hold about a person. Files of reports are about others: not told."""

from django.utils.translation import gettext_lazy as _

from lms.accounts.holdings import acted, hold

hold(
    "reports.ActiveLearner",
    "user",
    (("provider__name", _("school")), ("day", _("day"))),
    label=_("days on which you learnt"),
    stays=_("How many people learnt on a day stays; which of them you were has no name any more."),
)
hold(
    "reports.Recipient",
    "user",
    (("mailing__course__title", _("course")), "stopped_at"),
    label=_("reports you get by mail"),
)
hold(
    "reports.Export",
    "user",
    (("course__title", _("course")), "first", "last", "by", "asked_at"),
    label=_("reports you asked for"),
)
acted("reports.Mailing", "created_by", (("course__title", _("course")), "rhythm"))
