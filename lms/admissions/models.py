"""The ways into a course: invitations, requests, the waitlist, links and codes."""

from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lms.common import clock
from lms.common.states import Machine
from lms.tenants.scope import TenantModel

from . import rules
from .states import BUSY, INVITATION, LIST, REQUEST, WAITLIST, Asked, Invited, Listed, Waiting

LONGEST_TEXT = 1000  # characters of a message, a note, a reply
OPEN_PLACES = (Waiting.WAITING, Waiting.OFFERED)


def _course(related: str) -> Any:
    return models.ForeignKey(
        "courses.CoursePage",
        verbose_name=_("course"),
        on_delete=models.CASCADE,
        related_name=related,
    )


def _student(related: str) -> Any:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("student"),
        on_delete=models.CASCADE,
        related_name=related,
    )


def _by(label: Any) -> Any:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=label,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )


class Invitation(TenantModel):
    """An address that is asked into a course. Who has that address answers, nobody else. Of the
    link only a hash is kept."""

    machine: ClassVar[Machine] = INVITATION

    course = _course("invitations")
    email = models.EmailField(_("e-mail address"))
    name = models.CharField(_("name"), max_length=150, blank=True)
    message = models.CharField(_("message"), max_length=LONGEST_TEXT, blank=True)
    state = models.CharField(
        _("state"), max_length=12, choices=Invited.choices, default=Invited.SENT
    )
    token_hash = models.CharField(max_length=64)
    invited_by = _by(_("invited by"))
    sent_at = models.DateTimeField(_("sent"))
    expires_at = models.DateTimeField(_("valid until"))
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    answered_by = _by(_("answered by"))

    class Meta:
        verbose_name = _("invitation to a course")
        verbose_name_plural = _("invitations to courses")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "course", "email"],
                condition=Q(state=Invited.SENT),
                name="course_invitation_open_once",
            ),
            models.UniqueConstraint(
                fields=["provider", "token_hash"], name="course_invitation_token"
            ),
        ]
        indexes = [
            models.Index(
                fields=["provider", "course", "state", "-sent_at"], name="course_invitation_desk"
            ),
            models.Index(fields=["provider", "email", "state"], name="course_invitation_of"),
            models.Index(fields=["provider", "state", "expires_at"], name="course_invitation_due"),
        ]

    def __str__(self) -> str:
        return f"{self.email} to {self.course_id}"

    def state_at(self, at: datetime) -> str:
        """The clock marks what has expired every minute; this says it at once."""
        if self.state == Invited.SENT and at >= self.expires_at:
            return Invited.EXPIRED
        return self.state

    @property
    def standing(self) -> Invited:
        return Invited(self.state_at(clock.now()))


class JoinRequest(TenantModel):
    """Somebody asks for a seat, with a note; those who teach decide."""

    machine: ClassVar[Machine] = REQUEST

    course = _course("join_requests")
    student = _student("join_requests")
    note = models.CharField(_("note"), max_length=LONGEST_TEXT, blank=True)
    state = models.CharField(
        _("state"), max_length=12, choices=Asked.choices, default=Asked.PENDING
    )
    created_at = models.DateTimeField(_("asked"))
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = _by(_("decided by"))
    reply = models.CharField(_("reply"), max_length=LONGEST_TEXT, blank=True)

    class Meta:
        verbose_name = _("request to join")
        verbose_name_plural = _("requests to join")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "course", "student"],
                condition=Q(state=Asked.PENDING),
                name="join_request_open_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["provider", "course", "state", "-created_at"], name="join_request_desk"
            ),
            models.Index(fields=["provider", "student", "-created_at"], name="join_request_of"),
        ]

    def __str__(self) -> str:
        return f"{self.student_id} to {self.course_id}"


class WaitlistEntry(TenantModel):
    """A place in the line for a course that is full. Keys grow: the line is in their order.

    While a seat is offered it counts as taken (lms.enrolments.models.Seats).
    """

    machine: ClassVar[Machine] = WAITLIST

    course = _course("waitlist")
    student = _student("waitlists")
    state = models.CharField(
        _("state"), max_length=12, choices=Waiting.choices, default=Waiting.WAITING
    )
    joined_at = models.DateTimeField(_("joined"))
    offered_at = models.DateTimeField(_("offered"), null=True, blank=True)
    expires_at = models.DateTimeField(_("to be answered by"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("place on a waitlist")
        verbose_name_plural = _("places on waitlists")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "course", "student"],
                condition=Q(state__in=OPEN_PLACES),
                name="waitlist_open_once",
            ),
        ]
        indexes = [
            models.Index(fields=["provider", "course", "state", "id"], name="waitlist_line"),
            models.Index(fields=["provider", "student", "state"], name="waitlist_of"),
            models.Index(fields=["provider", "state", "expires_at"], name="waitlist_due"),
        ]

    def __str__(self) -> str:
        return f"{self.student_id} for {self.course_id}"

    @property
    def is_offered(self) -> bool:
        """Whether a seat is held for the student now."""
        return bool(
            self.state == Waiting.OFFERED and self.expires_at and clock.now() < self.expires_at
        )


class EntryLink(TenantModel):
    """A secret link, or a short code to be typed. `code` is either's secret; it is shown to those
    who manage students, who hand it out."""

    course = _course("entry_links")
    code = models.CharField(_("code"), max_length=rules.LONGEST_CODE)
    label = models.CharField(_("label"), max_length=120, blank=True)
    max_uses = models.PositiveIntegerField(_("uses"), null=True, blank=True)
    uses = models.PositiveIntegerField(_("used"), default=0)
    created_at = models.DateTimeField(_("made"))
    created_by = _by(_("made by"))
    expires_at = models.DateTimeField(_("valid until"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("enrolment link")
        verbose_name_plural = _("enrolment links")
        constraints = [
            models.UniqueConstraint(fields=["provider", "code"], name="entry_link_code"),
            models.CheckConstraint(
                condition=Q(max_uses=None) | Q(uses__lte=models.F("max_uses")),
                name="entry_link_used_within",
            ),
        ]
        indexes = [
            models.Index(fields=["provider", "course", "-created_at"], name="entry_link_desk"),
        ]

    def __str__(self) -> str:
        return self.label or self.shown

    @property
    def is_code(self) -> bool:
        return len(self.code) == rules.CODE_LENGTH

    @property
    def shown(self) -> str:
        return rules.shown_code(self.code)

    @property
    def is_used_up(self) -> bool:
        return self.max_uses is not None and self.uses >= self.max_uses

    @property
    def has_expired(self) -> bool:
        return self.expires_at is not None and clock.now() >= self.expires_at

    @property
    def works(self) -> bool:
        return not (self.revoked_at or self.has_expired or self.is_used_up)


class Result(models.TextChoices):
    """What inviting a row would do, and did. Whether there is an account is said to nobody."""

    INVITE = "invite", _("Will be invited")
    INVITED = "invited", _("Invited")
    ENROLLED = "enrolled", _("Enrolled already")
    WAITING = "waiting", _("Has an open invitation already")
    REMOVED = "removed", _("Was removed from the course: restore them there")
    SELF = "self", _("Your own address")
    ERROR = "error", _("Can’t be invited")


class InvitationList(TenantModel):
    """People to invite together. `told` says how a file was read."""

    machine: ClassVar[Machine] = LIST

    course = _course("invitation_lists")
    state = models.CharField(
        _("state"), max_length=12, choices=Listed.choices, default=Listed.CHECKING
    )
    name = models.CharField(_("name"), max_length=120)
    message = models.CharField(_("message"), max_length=LONGEST_TEXT, blank=True)
    days = models.PositiveSmallIntegerField(_("valid for days"))
    actor: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    told = models.JSONField(default=dict)
    total = models.PositiveIntegerField(_("people"))
    created_at = models.DateTimeField(_("handed in"))
    finished_at = models.DateTimeField(_("done"), null=True)

    class Meta:
        verbose_name = _("list of people to invite")
        verbose_name_plural = _("lists of people to invite")
        indexes = [
            models.Index(fields=["provider", "course", "-created_at"], name="invitation_list_desk"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_busy(self) -> bool:
        return self.state in BUSY


class InvitationRow(TenantModel):
    """A row of such a list. Empty `forecast` or `result`: the worker's turn. `problem` is a code of
    lms.admissions.rules with its `value`."""

    batch = models.ForeignKey(InvitationList, on_delete=models.CASCADE, related_name="rows")
    place = models.PositiveIntegerField()
    number = models.PositiveIntegerField()
    email = models.CharField(max_length=rules.LONGEST_EMAIL)
    name = models.CharField(max_length=rules.LONGEST_NAME, blank=True)
    problem = models.CharField(max_length=12, blank=True)
    value = models.CharField(max_length=60, blank=True)
    forecast = models.CharField(max_length=8, choices=Result.choices, blank=True)
    result = models.CharField(max_length=8, choices=Result.choices, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "batch", "place"], name="invitation_row_once"
            ),
        ]
        indexes = [
            models.Index(fields=["provider", "batch", "result", "place"], name="invitation_row_due")
        ]

    def __str__(self) -> str:
        return f"{self.number} of {self.batch_id}"

    @property
    def said(self) -> str:
        """What came or would come of it, in words."""
        return self.get_result_display() or self.get_forecast_display()
