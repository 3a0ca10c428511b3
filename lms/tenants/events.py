from django.utils.translation import gettext_lazy as _

from lms.events import Event

MEMBER_ADDED = Event("tenants.member_added", _("Somebody was given a role at a provider."))
MEMBER_REMOVED = Event("tenants.member_removed", _("Somebody lost a role at a provider."))
INSTRUCTOR_APPROVED = Event(
    "tenants.instructor_approved", _("An instructor may publish without a moderator.")
)
APPROVAL_WITHDRAWN = Event(
    "tenants.approval_withdrawn", _("An instructor has to ask a moderator again to publish.")
)
STAFF_INVITED = Event("tenants.staff_invited", _("Somebody was invited to work at a provider."))
INVITATION_RENEWED = Event(
    "tenants.invitation_renewed", _("An invitation of staff got a new link; the old one ended.")
)
INVITATION_WITHDRAWN = Event(
    "tenants.invitation_withdrawn", _("An invitation of staff was taken back.")
)
INVITATION_ACCEPTED = Event(
    "tenants.invitation_accepted", _("Somebody accepted to work at a provider.")
)
INVITATION_DECLINED = Event(
    "tenants.invitation_declined", _("An invitation to work at a provider was declined.")
)
NO_PLACE_LEFT = Event(
    "tenants.no_place_left", _("Somebody who was invited found the provider's plan full.")
)
PROVIDER_OPENED = Event("tenants.provider_opened", _("A provider was created."))
PROVIDER_MOVED = Event("tenants.provider_moved", _("A provider was let in, stopped or closed."))
TIER_CHANGED = Event("tenants.tier_changed", _("A provider was given another tier."))
BRAND_CHANGED = Event("tenants.brand_changed", _("A provider changed how it looks."))
LIMIT_NEAR = Event(
    "tenants.limit_near", _("A provider has used most of what its tier allows."), routine=True
)
PORTAL_OPENED = Event("tenants.portal_opened", _("A provider closed its site to all but members."))
PORTAL_CLOSED = Event("tenants.portal_closed", _("A provider opened its site to everybody again."))
PROVIDER_APPLIED = Event("tenants.provider_applied", _("Somebody signed up as a provider."))
DOMAIN_CLAIMED = Event("tenants.domain_claimed", _("A school entered a name of its own."))
DOMAIN_VERIFIED = Event("tenants.domain_verified", _("A school proved that a name is its own."))
DOMAIN_FAILING = Event("tenants.domain_failing", _("A school's name has lost its DNS records."))
DOMAIN_GIVEN_UP = Event(
    "tenants.domain_given_up", _("A name was not proven in time; nobody looks any more.")
)
DOMAIN_LOST = Event("tenants.domain_lost", _("A name was proven by another school."))
DOMAIN_REMOVED = Event("tenants.domain_removed", _("A school gave a name up."))
MAIN_ADDRESS_CHANGED = Event(
    "tenants.main_address_changed", _("A school's main address was changed.")
)
STAFF_SIGNED_IN = Event("tenants.staff_signed_in", _("Somebody who works here signed in."))
STAFF_SIGN_IN_FAILED = Event(
    "tenants.staff_sign_in_failed",
    _("Somebody tried to sign in as one who works here, and failed."),
)
STAFF_ACCOUNT_CHANGED = Event(
    "tenants.staff_account_changed",
    _("Somebody who works here changed their password, e-mail address or second factor."),
)
AUDIT_EXPORTED = Event("tenants.audit_exported", _("Somebody downloaded the audit."))
