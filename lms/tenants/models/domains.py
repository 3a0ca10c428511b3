"""Host names that providers bring along."""

import secrets
import uuid
from enum import StrEnum
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from lms.common import clock
from lms.common.states import Machine
from lms.tenants.hostnames import proof_name, shown, skeleton
from lms.tenants.scope import TenantModel
from lms.tenants.states import DOMAIN, DomainState


class Problem(StrEnum):
    """What the last look at the DNS found wrong."""

    NO_PROOF = "no proof"
    WRONG_PROOF = "wrong proof"
    NO_NAME = "no name"
    NO_ADDRESS = "no address"
    ELSEWHERE = "elsewhere"
    SERVER_FAILED = "server failed"
    TIMED_OUT = "timed out"
    TAKEN = "taken"

    @property
    def is_certain(self) -> bool:
        """Whether it tells of the records themselves, not of a server that did not answer."""
        return self not in (Problem.SERVER_FAILED, Problem.TIMED_OUT)


# What is wrong, and what to do next.
IN_WORDS = {
    Problem.NO_PROOF: _(
        "There is no TXT record at %(proof)s yet. Add it as shown here; if you just did, give it "
        "some minutes to spread."
    ),
    Problem.WRONG_PROOF: _(
        "The TXT record at %(proof)s says something else: “%(found)s”. Replace it by the value "
        "shown here."
    ),
    Problem.NO_NAME: _(
        "The TXT record is there, but the DNS knows no name %(host)s. Add the record that points "
        "it here."
    ),
    Problem.NO_ADDRESS: _(
        "The TXT record is there, but %(host)s leads nowhere. Add the record that points it here."
    ),
    Problem.ELSEWHERE: _(
        "The TXT record is there, but %(host)s leads to another server: %(found)s. Replace its "
        "records by the one shown here; if a service such as Cloudflare stands in front of it, "
        "switch its proxy off."
    ),
    Problem.SERVER_FAILED: _(
        "The name servers of %(host)s answer with an error. Ask the company that runs them, and "
        "whether DNSSEC is set up right. We go on trying."
    ),
    Problem.TIMED_OUT: _(
        "The name servers of %(host)s did not answer in time. That often passes by itself; we go "
        "on trying."
    ),
    Problem.TAKEN: _(
        "Another school here has proven that %(host)s is its own. If the name is yours now, have "
        "the old TXT record removed: three days later it is free."
    ),
}


def new_token() -> str:
    """What a school puts into the DNS: 96 random bits."""
    return secrets.token_hex(12)


class Domain(TenantModel):
    """A host name a provider claims. Several may claim one; it is verified for one of them only.

    `hostname` is normalised (`lms.tenants.hostnames`). `is_primary` is what the school wants; the
    name counts once it is verified (`Provider.hostname`). `next_check_at` is empty when nobody
    looks any more; `failing_since` is the first of the looks that found the proof gone.
    """

    machine: ClassVar[Machine] = DOMAIN

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    hostname = models.CharField(_("host name"), max_length=253)
    skeleton = models.CharField(max_length=253, editable=False)
    status = models.CharField(
        _("status"), max_length=16, choices=DomainState.choices, default=DomainState.PENDING
    )
    token = models.CharField(max_length=32, default=new_token, editable=False)
    is_primary = models.BooleanField(_("main address"), default=False)
    problem = models.CharField(_("problem"), max_length=16, blank=True, editable=False)
    found = models.CharField(
        max_length=200, blank=True, editable=False
    )  # what the DNS says instead
    claimed_at = models.DateTimeField(_("entered at"), default=clock.now, editable=False)
    checked_at = models.DateTimeField(_("last checked"), null=True, editable=False)
    verified_at = models.DateTimeField(_("verified at"), null=True, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    next_check_at = models.DateTimeField(default=clock.now, null=True, editable=False)

    class Meta:
        verbose_name = _("domain")
        verbose_name_plural = _("domains")
        ordering = ("claimed_at", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "hostname"], name="domain_claimed_once_a_house"
            ),
            models.UniqueConstraint(
                fields=["provider"],
                condition=models.Q(is_primary=True),
                name="domain_one_primary",
            ),
            # By what it looks like first: the index finds look-alikes as well.
            models.UniqueConstraint(
                fields=["skeleton", "hostname"],
                condition=models.Q(status="verified"),
                name="domain_verified_once",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=DomainState.values), name="domain_status_known"
            ),
        ]

    def __str__(self) -> str:
        return self.hostname

    def save(self, *args: object, **kwargs: object) -> None:
        self.skeleton = skeleton(self.hostname)
        super().save(*args, **kwargs)

    @property
    def shown(self) -> str:
        """The name in its own letters."""
        return shown(self.hostname)

    @property
    def proof(self) -> str:
        """What the TXT record has to say."""
        return f"fledge-verification={self.token}"

    @property
    def problem_in_words(self) -> str:
        """What is wrong and what to do next; empty when nothing is."""
        if not self.problem:
            return ""
        told = {"proof": proof_name(self.hostname), "host": self.shown, "found": self.found}
        return str(IN_WORDS[Problem(self.problem)]) % told

    @property
    def is_working(self) -> bool:
        """Whether visitors reach the school here."""
        return self.status == DomainState.VERIFIED
