"""Homework, each student's work on it, what they handed in, and what was said about it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lms.accounts.models import validate_time_zone
from lms.common.states import Machine
from lms.files.formats import ending_of, format_of
from lms.files.models import Upload
from lms.tenants.scope import TenantModel

from . import rules
from .rules import Standing, Terms
from .states import HOMEWORK, MARKING, WORK, Marked, State, WorkState
from .uploads import HANDED_IN, WithUpload

LONGEST_TEXT = 2_000_000  # bytes of UTF-8; a form with more is refused before it is read
LONGEST_NOTE = 500  # characters
LONGEST_FEEDBACK = 50_000  # characters
MOST_POINTS = Decimal("9999.99")


class Kind(models.TextChoices):
    """What is handed in. It decides the form."""

    CHECKMARK = "checkmark", _("Checkmark")
    TEXT = "text", _("Text")
    LINK = "link", _("Link")
    FILE = "file", _("File")
    AUDIO = "audio", _("Audio")
    VIDEO = "video", _("Video")
    AUDIO_OR_VIDEO = "audio_or_video", _("Audio or video")


# The kinds for which a file is sent, and as what.
FILES = {Kind(name): purpose for name, purpose in HANDED_IN.items()}


class Grading(models.TextChoices):
    POINTS = "points", _("Points")
    COMPLETION = "completion", _("Complete or incomplete")


class LatePolicy(models.TextChoices):
    ACCEPT = rules.ACCEPT, _("Accept late work")
    PENALTY = rules.PENALTY, _("Accept late work, with a penalty")
    CUT_OFF = rules.CUT_OFF, _("Accept nothing after the deadline")


class Resubmission(models.TextChoices):
    NEVER = rules.NEVER, _("Only once")
    UNTIL_GRADED = rules.UNTIL_GRADED, _("Again until it is graded as complete")
    ALWAYS = rules.ALWAYS, _("Again at any time")


class SecondMarker(models.TextChoices):
    NONE = "none", _("None: one marker is enough")
    SOME = "some", _("Where a marker asks for one")
    EVERY = "every", _("For every submission")


class Homework(TenantModel):
    """A piece of homework of a course. `points` is the most there is to get."""

    machine: ClassVar[Machine] = HOMEWORK

    course = models.ForeignKey(
        "courses.CoursePage",
        verbose_name=_("course"),
        on_delete=models.CASCADE,
        related_name="homework",
    )
    lesson = models.ForeignKey(
        "courses.LessonPage",
        verbose_name=_("lesson"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="homework",
    )
    title = models.CharField(_("title"), max_length=200)
    instructions = models.TextField(_("instructions"), blank=True, max_length=20_000)
    kind = models.CharField(
        _("what is handed in"), max_length=20, choices=Kind.choices, default=Kind.TEXT
    )
    state = models.CharField(_("state"), max_length=20, choices=State.choices, default=State.DRAFT)
    required = models.BooleanField(_("required to complete the course"), default=True)
    needs_grading = models.BooleanField(_("counts as done only once it is graded"), default=False)
    grading = models.CharField(
        _("grading"), max_length=20, choices=Grading.choices, default=Grading.COMPLETION
    )
    points = models.DecimalField(
        _("points"),
        max_digits=6,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01")), MaxValueValidator(MOST_POINTS)],
    )
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    time_zone = models.CharField(
        _("time zone"), max_length=64, default="UTC", validators=[validate_time_zone]
    )
    late_policy = models.CharField(
        _("late work"), max_length=20, choices=LatePolicy.choices, default=LatePolicy.ACCEPT
    )
    grace_minutes = models.PositiveIntegerField(
        _("grace in minutes"), default=0, validators=[MaxValueValidator(60 * 24 * 30)]
    )
    penalty_per_day = models.DecimalField(
        _("penalty per day, in percent"),
        max_digits=5,
        decimal_places=2,
        default=Decimal(0),
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))],
    )
    resubmission = models.CharField(
        _("handing in again"),
        max_length=20,
        choices=Resubmission.choices,
        default=Resubmission.UNTIL_GRADED,
    )
    # As it is written (rules.read_rubric); with one, `points` is what its best levels come to.
    rubric = models.TextField(_("rubric"), blank=True, max_length=10_000)
    anonymous = models.BooleanField(_("hide students' names while marking"), default=False)
    second_marker = models.CharField(
        _("second marker"),
        max_length=10,
        choices=SecondMarker.choices,
        default=SecondMarker.NONE,
    )
    open_marking = models.BooleanField(_("two markers see each other's marks"), default=False)
    tolerance = models.DecimalField(
        _("points they may be apart"),
        max_digits=6,
        decimal_places=2,
        default=Decimal(0),
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(MOST_POINTS)],
    )
    # Who decides where two differ; without one, whoever may set homework.
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("who decides where they differ"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    everybody = models.BooleanField(_("for everybody in the course"), default=True)
    release_at = models.DateTimeField(_("hand out at"), null=True, blank=True)
    assigned_at = models.DateTimeField(_("handed out"), null=True, blank=True)

    class Meta:
        verbose_name = _("homework")
        verbose_name_plural = _("homework")
        constraints = [
            models.CheckConstraint(
                condition=Q(points=None) | Q(points__gt=0), name="homework_points_positive"
            ),
            models.CheckConstraint(
                condition=Q(penalty_per_day__gte=0, penalty_per_day__lte=100),
                name="homework_penalty_percent",
            ),
        ]
        indexes = [
            models.Index(fields=["provider", "course", "state"], name="homework_course"),
            models.Index(fields=["provider", "state", "release_at"], name="homework_release"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        """Whether students see it."""
        return self.state == State.ASSIGNED

    def terms(self, extended_to: Any = None) -> Terms:
        """The terms for a student with that extension, or none."""
        return Terms(
            due_at=self.due_at,
            grace=timedelta(minutes=self.grace_minutes),
            late_policy=self.late_policy,
            penalty_per_day=self.penalty_per_day,
            extended_to=extended_to,
        )

    @property
    def criteria(self) -> tuple[rules.Criterion, ...]:
        """The rubric's; none without one."""
        return rules.read_rubric(self.rubric)

    def is_marked_twice(self, work: "Work | None") -> bool:
        """Whether two mark what that student hands in."""
        if self.second_marker == SecondMarker.SOME:
            return work is not None and work.twice
        return self.second_marker == SecondMarker.EVERY

    @property
    def takes_file(self) -> bool:
        return self.kind in FILES

    @property
    def is_recorded(self) -> bool:
        """Whether sound or film is handed in."""
        return self.kind in (Kind.AUDIO, Kind.VIDEO, Kind.AUDIO_OR_VIDEO)

    @property
    def is_checkmark(self) -> bool:
        return self.kind == Kind.CHECKMARK


class HomeworkGroup(TenantModel):
    """Homework is for a group: for its members now, and for who joins it."""

    homework = models.ForeignKey(Homework, on_delete=models.CASCADE, related_name="for_groups")
    group = models.ForeignKey("enrolments.Group", on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("group with homework")
        verbose_name_plural = _("groups with homework")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "homework", "group"], name="homework_group_once"
            ),
        ]
        indexes = [models.Index(fields=["provider", "group"], name="homework_of_group")]

    def __str__(self) -> str:
        return f"{self.homework_id} for {self.group_id}"


class Attachment(WithUpload, TenantModel):
    """Material that comes with a piece of homework."""

    homework = models.ForeignKey(Homework, on_delete=models.CASCADE, related_name="attachments")

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")

    def __str__(self) -> str:
        return self.filename


def code_of(enrolment_id: UUID) -> str:
    """What stands for a student where names are hidden."""
    return enrolment_id.hex[:6].upper()


class Work(TenantModel):
    """A student's work on one piece of homework: where it stands, what was agreed with them, and
    the draft they are writing. Without a row, nothing has happened yet.
    """

    machine: ClassVar[Machine] = WORK

    homework = models.ForeignKey(Homework, on_delete=models.CASCADE, related_name="works")
    enrolment = models.ForeignKey(
        "enrolments.Enrolment", on_delete=models.CASCADE, related_name="homework_works"
    )
    state = models.CharField(
        _("state"), max_length=20, choices=WorkState.choices, default=WorkState.PENDING
    )
    # The standing submission, and when it came; none once it was taken back.
    latest = models.ForeignKey(
        "Submission", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    submitted_at = models.DateTimeField(_("submitted"), null=True, blank=True)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    # For homework that is not for everybody.
    chosen = models.BooleanField(_("for this student"), default=False)
    extended_to = models.DateTimeField(_("extended to"), null=True, blank=True)
    overridden_at = models.DateTimeField(_("set as completed"), null=True, blank=True)
    overridden_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    # Where the homework leaves it to the markers.
    twice = models.BooleanField(_("has a second marker"), default=False)
    override_reason = models.CharField(_("reason"), max_length=LONGEST_NOTE, blank=True)
    # What was added to feedback that the student has: when last, since when no mail has told them
    # of it, and when they last looked at something new.
    news_at = models.DateTimeField(_("added to"), null=True, blank=True)
    news_unsent_since = models.DateTimeField(_("not told since"), null=True, blank=True)
    seen_at = models.DateTimeField(_("seen"), null=True, blank=True)
    draft = models.TextField(_("draft"), blank=True)
    draft_saved_at = models.DateTimeField(_("draft saved"), null=True, blank=True)

    class Meta:
        verbose_name = _("student's work")
        verbose_name_plural = _("students' work")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "homework", "enrolment"], name="homework_one_work_each"
            ),
        ]
        indexes = [
            models.Index(fields=["provider", "enrolment", "done_at"], name="homework_done"),
            models.Index(fields=["provider", "homework", "state"], name="homework_work_state"),
            models.Index(
                fields=["provider", "news_unsent_since"],
                condition=Q(news_unsent_since__isnull=False),
                name="homework_news",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.enrolment_id} on {self.homework_id}"

    @property
    def is_graded(self) -> bool:
        return self.state == WorkState.GRADED

    @property
    def has_news(self) -> bool:
        """Whether something was added to the feedback that the student has not seen."""
        return self.news_at is not None and (self.seen_at is None or self.seen_at < self.news_at)

    @property
    def is_submitted(self) -> bool:
        return self.state != WorkState.PENDING

    def standing(self, terms: Terms, now: Any) -> Standing:
        return rules.standing(
            graded=self.is_graded,
            submitted_at=self.submitted_at,
            overridden=self.overridden_at is not None,
            terms=terms,
            now=now,
        )


class Submission(WithUpload, TenantModel):
    """What was handed in once. Each is kept; `number` counts them from 1. With `names_hidden`, its
    file goes by a neutral name.
    """

    machine: ClassVar[Machine] = MARKING
    names_hidden = False

    # Nothing that was handed in goes by the way: its file would be left behind.
    work = models.ForeignKey(Work, on_delete=models.PROTECT, related_name="submissions")
    number = models.PositiveIntegerField(_("number"))
    marked = models.CharField(
        _("marked"), max_length=10, choices=Marked.choices, default=Marked.OPEN
    )
    submitted_at = models.DateTimeField(_("submitted"))
    withdrawn_at = models.DateTimeField(_("taken back"), null=True, blank=True)
    text = models.TextField(_("text"), blank=True)
    link = models.URLField(_("link"), max_length=1000, blank=True)

    class Meta:
        verbose_name = _("submission")
        verbose_name_plural = _("submissions")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "work", "number"], name="homework_submission_number"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.number}"

    @property
    def is_marked_by_both(self) -> bool:
        return self.marked in (Marked.APART, Marked.AGREED)

    @property
    def filename(self) -> str:
        name = super().filename
        if not name or not self.names_hidden:
            return name
        # An ending that we know says nothing of anybody.
        ending = ending_of(name) if format_of(name) else "bin"
        return f"submission-{code_of(self.work.enrolment_id)}-{self.number}.{ending}"


class Mark(WithUpload):
    """What a marker decides: points or a verdict, and words, written or (`upload`) spoken."""

    points = models.DecimalField(_("points"), max_digits=6, decimal_places=2, null=True, blank=True)
    complete = models.BooleanField(_("complete"), null=True, blank=True)
    text = models.TextField(_("feedback"), blank=True, max_length=LONGEST_FEEDBACK)
    # The chosen level of each criterion of the rubric, by its place; null where none is chosen yet.
    levels = models.JSONField(_("levels"), default=list, blank=True)

    class Meta:
        abstract = True

    @property
    def says_something(self) -> bool:
        chosen = any(one is not None for one in self.levels)
        decided = self.points is not None or self.complete is not None
        return chosen or decided or bool(self.text) or self.spoken is not None

    @property
    def spoken(self) -> Upload | None:
        """The recording, as far as there is one that may be heard, now or once it is examined."""
        return None if self.is_refused else self.upload


class Place(models.IntegerChoices):
    """Whose a draft is. What is marked once has the first alone."""

    FIRST = 1, _("First marker")
    SECOND = 2, _("Second marker")
    FINAL = 3, _("Final mark")


class Marking(Mark, TenantModel):
    """A draft of feedback, which no student sees. `version` goes up with every save: who saves over
    a version they have not seen is refused.

    Of two markers each has a place, held by who saved it (`saved_by`), and is done at `done_at`.
    The final mark is what both come to, or what somebody decided, and why (`note`).
    """

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="markings")
    place = models.PositiveSmallIntegerField(_("place"), choices=Place.choices, default=Place.FIRST)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=LONGEST_NOTE, blank=True)
    version = models.PositiveIntegerField(_("version"), default=1)
    saved_at = models.DateTimeField(_("saved"))
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        verbose_name = _("draft of feedback")
        verbose_name_plural = _("drafts of feedback")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "submission", "place"], name="homework_marking_place"
            ),
            models.UniqueConstraint(
                fields=["provider", "submission", "saved_by"],
                condition=Q(place__in=(Place.FIRST, Place.SECOND)),
                name="homework_two_markers",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.submission_id} v{self.version}"

    @property
    def opinion(self) -> rules.Opinion:
        return rules.Opinion(self.points, self.complete)


class Feedback(Mark, TenantModel):
    """What a student was told about a submission. Told anew, it is another row; the latest counts.

    `points` are as given; `penalty` is the percentage that lateness took off them.
    """

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="feedback")
    penalty = models.DecimalField(
        _("penalty in percent"), max_digits=5, decimal_places=2, default=Decimal(0)
    )
    released_at = models.DateTimeField(_("released"))
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        verbose_name = _("feedback")
        verbose_name_plural = _("feedback")
        indexes = [
            models.Index(
                fields=["provider", "submission", "-released_at"], name="homework_feedback_told"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.submission_id} at {self.released_at}"

    @property
    def result(self) -> Decimal | None:
        """The points that count."""
        return None if self.points is None else rules.after_penalty(self.points, self.penalty)


class Comment(TenantModel):
    """A remark at a moment of a recording; the student sees it with the feedback."""

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="comments")
    second = models.DecimalField(_("second"), max_digits=8, decimal_places=1)
    text = models.TextField(_("comment"), max_length=2000)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    written_at = models.DateTimeField(_("written"))

    class Meta:
        verbose_name = _("comment on a recording")
        verbose_name_plural = _("comments on recordings")

    def __str__(self) -> str:
        return self.text


class Phrase(TenantModel):
    """A comment that a marker keeps to use again; theirs alone."""

    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    text = models.CharField(_("comment"), max_length=2000)

    class Meta:
        verbose_name = _("reusable comment")
        verbose_name_plural = _("reusable comments")
        indexes = [
            models.Index(fields=["provider", "author"], name="homework_phrase_author"),
        ]

    def __str__(self) -> str:
        return self.text
