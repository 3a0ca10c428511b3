"""How a course is graded, and what instructors set by hand."""

from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lms.tenants.scope import TenantModel

from . import rules

MOST_POINTS = Decimal("9999.99")
LONGEST_REASON = 500  # characters
SCALE = "A 90\nB 80\nC 70\nD 60\nF 0"


class Mode(models.TextChoices):
    ALL_POINTS = rules.ALL_POINTS, _("All points together")
    WEIGHTED = rules.WEIGHTED, _("Weighted categories")


class Scheme(TenantModel):
    """How a course is graded. Without a row, as a new one says."""

    course = models.OneToOneField(
        "courses.CoursePage", on_delete=models.CASCADE, related_name="grade_scheme"
    )
    mode = models.CharField(
        _("how the grade is made"), max_length=20, choices=Mode.choices, default=Mode.ALL_POINTS
    )
    scale = models.TextField(_("letters"), blank=True, max_length=1000, default=SCALE)
    shown = models.BooleanField(_("students see their grades"), default=True)

    class Meta:
        verbose_name = _("grading scheme")
        verbose_name_plural = _("grading schemes")
        constraints = [
            models.UniqueConstraint(fields=["provider", "course"], name="grades_one_scheme"),
        ]

    def __str__(self) -> str:
        return f"{self.course_id}: {self.mode}"

    @property
    def is_weighted(self) -> bool:
        return self.mode == Mode.WEIGHTED

    @property
    def steps(self) -> tuple[rules.Step, ...]:
        return rules.read_scale(self.scale)


class Category(TenantModel):
    """Items that belong together, with a weight and how many of the lowest are dropped."""

    course = models.ForeignKey(
        "courses.CoursePage", on_delete=models.CASCADE, related_name="grade_categories"
    )
    title = models.CharField(_("title"), max_length=100)
    weight = models.DecimalField(
        _("weight in percent"),
        max_digits=5,
        decimal_places=2,
        default=Decimal(0),
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))],
    )
    drop = models.PositiveIntegerField(
        _("drop the lowest"), default=0, validators=[MaxValueValidator(50)]
    )
    extra = models.BooleanField(_("extra credit"), default=False)
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("category of grades")
        verbose_name_plural = _("categories of grades")
        indexes = [
            models.Index(fields=["provider", "course", "position"], name="grades_categories"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def rule(self) -> rules.Category:
        return rules.Category(self.pk, self.weight, self.drop, self.extra)


class Item(TenantModel):
    """Where a piece of homework or an assessment stands in the gradebook; or, with neither, a
    column of its own with a title and points. Work without a row is in no category.
    """

    course = models.ForeignKey(
        "courses.CoursePage", on_delete=models.CASCADE, related_name="grade_items"
    )
    homework = models.ForeignKey(
        "homework.Homework", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    assessment = models.ForeignKey(
        "assessments.Assessment", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    title = models.CharField(_("title"), max_length=200, blank=True)
    # For homework without points of its own: what there is to get for having it done.
    points = models.DecimalField(
        _("points"),
        max_digits=6,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01")), MaxValueValidator(MOST_POINTS)],
    )
    category = models.ForeignKey(
        Category, null=True, blank=True, on_delete=models.SET_NULL, related_name="items"
    )
    extra = models.BooleanField(_("extra credit"), default=False)
    left_out = models.BooleanField(_("left out"), default=False)

    class Meta:
        verbose_name = _("item of the gradebook")
        verbose_name_plural = _("items of the gradebook")
        constraints = [
            models.UniqueConstraint(fields=["provider", "homework"], name="grades_homework_once"),
            models.UniqueConstraint(
                fields=["provider", "assessment"], name="grades_assessment_once"
            ),
            models.CheckConstraint(
                condition=Q(homework=None) | Q(assessment=None), name="grades_one_source"
            ),
            models.CheckConstraint(
                condition=Q(points=None) | Q(points__gt=0), name="grades_points_positive"
            ),
        ]
        indexes = [
            models.Index(fields=["provider", "course"], name="grades_items"),
        ]

    def __str__(self) -> str:
        return self.title or f"{self.homework_id or self.assessment_id}"


class Kind(models.TextChoices):
    """What an instructor set."""

    POINTS = "points", _("Points")
    EXCUSED = "excused", _("Excused")
    EARNED = "earned", _("What was earned")


class Entry(TenantModel):
    """What an instructor set for a student in an item. Never changed: the latest counts, the
    others are its history.
    """

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="entries")
    enrolment = models.ForeignKey(
        "enrolments.Enrolment", on_delete=models.CASCADE, related_name="grade_entries"
    )
    kind = models.CharField(_("what was set"), max_length=20, choices=Kind.choices)
    points = models.DecimalField(_("points"), max_digits=6, decimal_places=2, null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=LONGEST_REASON, blank=True)
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    set_at = models.DateTimeField(_("set"))

    class Meta:
        verbose_name = _("grade set by hand")
        verbose_name_plural = _("grades set by hand")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind=Kind.POINTS, points__gte=0)
                | (~Q(kind=Kind.POINTS) & Q(points=None)),
                name="grades_points_where_set",
            ),
        ]
        indexes = [
            models.Index(fields=["provider", "enrolment", "item", "-id"], name="grades_entries"),
            models.Index(fields=["provider", "item", "enrolment", "-id"], name="grades_by_item"),
        ]

    def __str__(self) -> str:
        return f"{self.enrolment_id} in {self.item_id}: {self.points or self.kind}"
