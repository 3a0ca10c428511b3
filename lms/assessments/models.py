"""The bank of questions, assessments made of them, and what students answer."""

from datetime import timedelta
from decimal import Decimal
from hashlib import sha256
from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lms.accounts.models import validate_time_zone
from lms.common.states import Machine
from lms.files.models import Upload
from lms.tenants.scope import TenantModel

from .rules import sitting
from .rules.questions import Kind, Question, read
from .rules.sitting import Window
from .states import ASSESSMENT, ATTEMPT, AttemptState, State

MOST_POINTS = Decimal("9999.99")
POSITIVE = [MinValueValidator(Decimal("0.01")), MaxValueValidator(MOST_POINTS)]


class QuestionKind(models.TextChoices):
    """rules.questions.Kind, with what people call them."""

    SINGLE = Kind.SINGLE, _("Single choice")
    MULTIPLE = Kind.MULTIPLE, _("Multiple choice")
    TRUE_FALSE = Kind.TRUE_FALSE, _("True or false")
    SHORT = Kind.SHORT, _("Short answer")
    NUMERIC = Kind.NUMERIC, _("Number")
    MATCHING = Kind.MATCHING, _("Matching")
    ORDERING = Kind.ORDERING, _("Ordering")
    BLANKS = Kind.BLANKS, _("Fill in the blanks")
    HOTSPOT = Kind.HOTSPOT, _("Point in a picture")
    ESSAY = Kind.ESSAY, _("Essay")
    FILE = Kind.FILE, _("File")


class Method(models.TextChoices):
    HIGHEST = sitting.Method.HIGHEST, _("The best attempt")
    LATEST = sitting.Method.LATEST, _("The last attempt")
    FIRST = sitting.Method.FIRST, _("The first attempt")
    AVERAGE = sitting.Method.AVERAGE, _("The average of all attempts")


class FeedbackWhen(models.TextChoices):
    GRADED = sitting.Feedback.GRADED, _("As soon as the attempt is graded")
    CLOSED = sitting.Feedback.CLOSED, _("After the closing time")
    NEVER = sitting.Feedback.NEVER, _("Never")


class Tag(TenantModel):
    """A word by which questions are found and drawn."""

    name = models.CharField(_("name"), max_length=60)

    class Meta:
        verbose_name = _("tag of questions")
        verbose_name_plural = _("tags of questions")
        constraints = [
            models.UniqueConstraint(fields=["provider", "name"], name="assessments_tag_name"),
        ]

    def __str__(self) -> str:
        return self.name


class BankQuestion(TenantModel):
    """A question in a provider's bank. What it asks is its `current` version."""

    title = models.CharField(_("title"), max_length=200)
    kind = models.CharField(_("kind"), max_length=20, choices=QuestionKind.choices)
    points = models.DecimalField(
        _("points"), max_digits=6, decimal_places=2, default=Decimal(1), validators=POSITIVE
    )
    tags = models.ManyToManyField(Tag, through="Tagging", related_name="questions")
    current = models.ForeignKey(
        "Version", null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    changed_at = models.DateTimeField(_("changed"))
    archived_at = models.DateTimeField(_("put away"), null=True, blank=True)

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        indexes = [
            models.Index(fields=["provider", "archived_at", "-changed_at"], name="question_bank"),
        ]

    def __str__(self) -> str:
        return self.title


class Tagging(TenantModel):
    """A question has a tag."""

    question = models.ForeignKey(BankQuestion, on_delete=models.CASCADE, related_name="taggings")
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="taggings")

    class Meta:
        verbose_name = _("tag of a question")
        verbose_name_plural = _("tags of a question")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "question", "tag"], name="assessments_tagged_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.question_id}: {self.tag_id}"


class Version(TenantModel):
    """What a question asked at a time. Never changed: attempts keep the version they were given."""

    question = models.ForeignKey(BankQuestion, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(_("number"))
    kind = models.CharField(_("kind"), max_length=20, choices=QuestionKind.choices)
    data = models.JSONField(_("question"))  # rules.questions
    made_at = models.DateTimeField(_("made"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        verbose_name = _("version of a question")
        verbose_name_plural = _("versions of a question")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "question", "number"], name="assessments_version_number"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.question_id} v{self.number}"

    @property
    def content(self) -> Question:
        """Raises QuestionError for data nobody wrote through an action."""
        if "_content" not in self.__dict__:
            self.__dict__["_content"] = read(self.kind, self.data)
        content: Question = self.__dict__["_content"]
        return content

    @property
    def by_hand(self) -> bool:
        return self.kind in (Kind.ESSAY, Kind.FILE)


class Picture(TenantModel):
    """A picture of a question; its texts call it `picture:<key>`."""

    question = models.ForeignKey(BankQuestion, on_delete=models.CASCADE, related_name="pictures")
    key = models.CharField(_("key"), max_length=64)
    # Nothing that was sent goes by the way: its bytes would be left behind.
    upload = models.ForeignKey(Upload, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("picture of a question")
        verbose_name_plural = _("pictures of a question")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "question", "key"], name="assessments_picture_key"
            ),
        ]

    def __str__(self) -> str:
        return self.key


class Assessment(TenantModel):
    """Questions of a course to be answered for a grade."""

    machine: ClassVar[Machine] = ASSESSMENT

    course = models.ForeignKey(
        "courses.CoursePage",
        verbose_name=_("course"),
        on_delete=models.CASCADE,
        related_name="assessments",
    )
    lesson = models.ForeignKey(
        "courses.LessonPage",
        verbose_name=_("lesson"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="assessments",
    )
    title = models.CharField(_("title"), max_length=200)
    instructions = models.TextField(_("instructions"), blank=True, max_length=20_000)
    state = models.CharField(_("state"), max_length=20, choices=State.choices, default=State.DRAFT)
    required = models.BooleanField(_("required to complete the course"), default=True)
    opens_at = models.DateTimeField(_("opens"), null=True, blank=True)
    closes_at = models.DateTimeField(_("closes"), null=True, blank=True)
    time_zone = models.CharField(
        _("time zone"), max_length=64, default="UTC", validators=[validate_time_zone]
    )
    minutes = models.PositiveIntegerField(
        _("time limit in minutes"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(60 * 24 * 7)],
    )
    attempts = models.PositiveIntegerField(
        _("attempts"),
        default=1,
        validators=[MaxValueValidator(100)],
        help_text=_("0: as many as one likes."),
    )
    method = models.CharField(
        _("what counts"), max_length=20, choices=Method.choices, default=Method.HIGHEST
    )
    pass_percent = models.PositiveIntegerField(
        _("passing score in percent"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(100)],
    )
    shuffle = models.BooleanField(_("questions in another order for everybody"), default=False)
    feedback = models.CharField(
        _("answers and feedback are shown"),
        max_length=20,
        choices=FeedbackWhen.choices,
        default=FeedbackWhen.GRADED,
    )
    show_right = models.BooleanField(_("show the right answers too"), default=True)
    published_at = models.DateTimeField(_("published"), null=True, blank=True)

    class Meta:
        verbose_name = _("assessment")
        verbose_name_plural = _("assessments")
        indexes = [
            models.Index(fields=["provider", "course", "state"], name="assessment_course"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_published(self) -> bool:
        return self.state == State.PUBLISHED

    def window(self, candidate: "Candidate | None" = None) -> Window:
        """When and how long: everybody's, or with what was agreed with one student."""
        limit = None if self.minutes is None else timedelta(minutes=self.minutes)
        if candidate is None:
            return Window(self.opens_at, self.closes_at, limit, self.attempts)
        return Window(
            candidate.opens_at or self.opens_at,
            candidate.closes_at or self.closes_at,
            sitting.longer(limit, candidate.extra_time),
            self.attempts + candidate.extra_attempts if self.attempts else 0,
        )


class Place(TenantModel):
    """A place of an assessment: a question, or `draw` questions out of those with all `tags`."""

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="places")
    position = models.PositiveIntegerField(_("position"))
    question = models.ForeignKey(
        BankQuestion, null=True, blank=True, on_delete=models.PROTECT, related_name="places"
    )
    tags = models.ManyToManyField(Tag, through="PlaceTag", related_name="+")
    draw = models.PositiveIntegerField(
        _("how many"), default=1, validators=[MinValueValidator(1), MaxValueValidator(200)]
    )
    points = models.DecimalField(
        _("points each"), max_digits=6, decimal_places=2, default=Decimal(1), validators=POSITIVE
    )

    class Meta:
        verbose_name = _("place in an assessment")
        verbose_name_plural = _("places in an assessment")
        ordering = ["position", "pk"]
        indexes = [
            models.Index(fields=["provider", "assessment", "position"], name="assessment_places"),
        ]

    def __str__(self) -> str:
        return f"{self.assessment_id} #{self.position}"


class PlaceTag(TenantModel):
    """A place draws from questions with a tag."""

    place = models.ForeignKey(Place, on_delete=models.CASCADE, related_name="place_tags")
    tag = models.ForeignKey(Tag, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("tag of a place")
        verbose_name_plural = _("tags of a place")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "place", "tag"], name="assessments_place_tag_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.place_id}: {self.tag_id}"


class Candidate(TenantModel):
    """A student in an assessment: what was agreed with them, and what counts of what they did.
    Without a row, nothing has happened yet. `score` is a percentage.
    """

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="candidates")
    enrolment = models.ForeignKey(
        "enrolments.Enrolment", on_delete=models.CASCADE, related_name="candidacies"
    )
    extra_time = models.PositiveIntegerField(
        _("extra time in percent"), default=0, validators=[MaxValueValidator(400)]
    )
    extra_attempts = models.PositiveIntegerField(
        _("extra attempts"), default=0, validators=[MaxValueValidator(100)]
    )
    opens_at = models.DateTimeField(_("opens"), null=True, blank=True)
    closes_at = models.DateTimeField(_("closes"), null=True, blank=True)
    score = models.DecimalField(
        _("score in percent"), max_digits=7, decimal_places=2, null=True, blank=True
    )
    done_at = models.DateTimeField(_("done"), null=True, blank=True)

    class Meta:
        verbose_name = _("candidate")
        verbose_name_plural = _("candidates")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "assessment", "enrolment"], name="assessments_one_candidate"
            ),
        ]
        indexes = [
            models.Index(fields=["provider", "enrolment", "done_at"], name="assessments_done"),
        ]

    def __str__(self) -> str:
        return f"{self.enrolment_id} in {self.assessment_id}"


class Attempt(TenantModel):
    """One try. What was given are its `responses`, made when it begins; the seed says how each is
    laid out. `score` is a percentage.
    """

    machine: ClassVar[Machine] = ATTEMPT

    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="attempts_made")
    number = models.PositiveIntegerField(_("number"))
    state = models.CharField(
        _("state"), max_length=20, choices=AttemptState.choices, default=AttemptState.OPEN
    )
    seed = models.CharField(max_length=32)
    started_at = models.DateTimeField(_("started"))
    ends_at = models.DateTimeField(_("ends"), null=True, blank=True)
    submitted_at = models.DateTimeField(_("submitted"), null=True, blank=True)
    by_clock = models.BooleanField(_("handed in by the clock"), default=False)
    most = models.DecimalField(_("points there are"), max_digits=8, decimal_places=2)
    points = models.DecimalField(_("points"), max_digits=8, decimal_places=2, null=True, blank=True)
    score = models.DecimalField(
        _("score in percent"), max_digits=7, decimal_places=2, null=True, blank=True
    )
    graded_at = models.DateTimeField(_("graded"), null=True, blank=True)
    comment = models.TextField(_("feedback"), blank=True, max_length=50_000)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "candidate", "number"], name="assessments_attempt_number"
            ),
            models.UniqueConstraint(
                fields=["provider", "candidate"],
                condition=Q(state=AttemptState.OPEN),
                name="assessments_one_open_attempt",
            ),
        ]
        indexes = [
            models.Index(fields=["provider", "state", "ends_at"], name="assessments_running"),
        ]

    def __str__(self) -> str:
        return f"{self.candidate_id} #{self.number}"

    @property
    def is_open(self) -> bool:
        return self.state == AttemptState.OPEN

    @property
    def is_graded(self) -> bool:
        return self.state == AttemptState.GRADED


class Response(TenantModel):
    """A question of an attempt and the student's answer to it; `place` counts from 0. `version`
    goes up with every save, so that two windows don't overwrite each other. `late` is what came
    after the end: kept, not counted.
    """

    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="responses")
    place = models.PositiveIntegerField(_("place"))
    given = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="responses")
    most = models.DecimalField(_("points there are"), max_digits=6, decimal_places=2)
    answer = models.JSONField(_("answer"), default=dict, blank=True)  # rules.answers
    version = models.PositiveIntegerField(default=0)
    saved_at = models.DateTimeField(_("saved"), null=True, blank=True)
    late = models.JSONField(_("came too late"), null=True, blank=True)
    upload = models.ForeignKey(
        Upload, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    points = models.DecimalField(_("points"), max_digits=8, decimal_places=2, null=True, blank=True)
    comment = models.TextField(_("feedback"), blank=True, max_length=50_000)
    # By whom and when a person gave the points; a machine's are marked anew at a regrade.
    marked_at = models.DateTimeField(_("marked"), null=True, blank=True)
    marked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    # The version of the question it was marked by last, where that is a later one.
    marked_as = models.ForeignKey(
        Version, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "attempt", "place"], name="assessments_one_answer"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.attempt_id} [{self.place}]"

    @property
    def asked(self) -> Version:
        """The version that decides what the answer is worth."""
        return self.marked_as or self.given

    @property
    def is_marked(self) -> bool:
        return self.points is not None

    @property
    def marked_like(self) -> str:
        """Names the points and the words as they are, so that two markers don't overwrite each
        other's."""
        points = "" if self.points is None else f"{self.points.normalize():f}"
        return sha256(f"{points}|{self.comment}".encode()).hexdigest()[:16]
