"""What schools hold about who belongs to them."""

from django.utils.translation import gettext_lazy as _

from lms.accounts.holdings import acted, by_address, hold

SCHOOL = ("provider__name", _("school"))

hold(
    "tenants.Membership",
    "user",
    (SCHOOL, "role", "approved", "joined_at"),
    label=_("schools you belong to"),
)
hold(
    "tenants.StaffInvitation",
    "answered_by",
    (SCHOOL, "email", "roles", "message", "state", "sent_at", "answered_at"),
    reach=by_address("email", "answered_by"),
    label=_("invitations to work at schools"),
)
acted(
    "tenants.StaffInvitation", "invited_by", (SCHOOL, "sent_at"), label=_("colleagues you invited")
)
hold(
    "tenants.AuditEntry",
    "person_id",
    (SCHOOL, "at", "event", "address", "agent"),
    stays=_(
        "A school's audit can't be changed by anybody. Entries go by themselves when their time "
        "is over, after a year as a rule."
    ),
    reach=lambda person, rows: rows.filter(person_id=person.pk),
    label=_("what you did, in the audit of schools"),
)
