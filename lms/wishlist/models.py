"""Courses people would like to take. A wish is its person's, across schools, and names no provider,
like an account: every read names the person.
"""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Wish(models.Model):
    """It stays when the course is unpublished, and goes with the course itself."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="wishes"
    )
    course = models.ForeignKey(
        "courses.CoursePage", on_delete=models.CASCADE, related_name="wishes"
    )
    created_at = models.DateTimeField(_("wished"))

    class Meta:
        verbose_name = _("wish")
        verbose_name_plural = _("wishes")
        constraints = [
            models.UniqueConstraint(fields=["person", "course"], name="wish_once"),
        ]
        indexes = [models.Index(fields=["person", "-created_at"], name="wish_newest")]

    def __str__(self) -> str:
        return f"{self.person_id}: {self.course_id}"
