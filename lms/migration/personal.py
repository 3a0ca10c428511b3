"""What lists of people that a school brought in hold about a person."""

from django.utils.translation import gettext_lazy as _

from lms.accounts.holdings import PROOF, acted, by_address, hold

hold(
    "migration.PeopleImportRow",
    "user",
    (("provider__name", _("school")), ("email", _("e-mail address")), ("name", _("name")),
     ("role", _("role")), ("language", _("language")), ("time_zone", _("time zone"))),
    label=_("lists of people that have you"),
    stays=PROOF,
    blank={"email": "", "name": ""},
    reach=by_address("email", "user"),
)  # fmt: skip
acted("migration.PeopleImport", "actor", ("file_name", "created_at"))
