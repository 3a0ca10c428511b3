"""Reads: what has been earned, whose certificate is whose, and the public check of a code."""

import re
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from lms.common.errors import NotFound
from lms.common.ids import BadCode, normalise_code
from lms.enrolments.models import Enrolment
from lms.grades import selectors as grades
from lms.tenants.permissions import is_operator
from lms.tenants.scope import every_tenant

from .models import Certificate
from .permissions import managed_providers, may_read
from .rules import Grading, Requirement, is_due
from .states import State

# Numbers of the legacy system. They are printed on paper, so they verify here once imported.
LEGACY_NUMBER = re.compile(r"CERT-[0-9]{4}-[A-Z0-9]{8}")


def requirements_of(enrolment: Enrolment) -> list[Requirement]:
    """What the course asks of the student, kind by kind. Apps with graded work add theirs here.

    A course completed once stays completed, whatever is added later: progress decides, over
    lessons and required homework together.
    """
    return [Requirement("lessons and homework", met=enrolment.completed_at is not None)]


def grading_of(enrolment: Enrolment) -> Grading:
    """The student's grade in the course, as the gradebook has it. Without graded work there is
    none to ask for."""
    graded, grade = grades.grade_of(enrolment)
    return Grading(graded=graded, grade=grade)


def has_earned(enrolment: Enrolment) -> bool:
    """Whether the rules of the course are met."""
    course = enrolment.course
    return course.certificate_enabled and is_due(
        requirements_of(enrolment), grading_of(enrolment), course.certificate_minimum_grade
    )


def awaiting() -> QuerySet[Enrolment]:
    """Completed enrolments without a certificate in courses that issue them, oldest first."""
    has_one = Certificate.objects.filter(enrolment_id=OuterRef("pk"))
    return (
        Enrolment.objects.filter(completed_at__isnull=False, course__certificate_enabled=True)
        .filter(~Exists(has_one))
        .order_by("completed_at")
    )


def enrolment_in(student: Any, course_id: int) -> Enrolment | None:
    """The student's own enrolment in a course, in scope."""
    rows = Enrolment.objects.select_related("course")
    return rows.filter(student_id=student.pk, course_id=course_id).first()


def certificates_of(student: Any) -> QuerySet[Certificate]:
    """The student's certificates in scope, the newest first: everywhere on the marketplace, the
    house's on a provider's site.
    """
    return Certificate.objects.filter(student_id=student.pk).order_by("-issued_at", "pk")


def valid_by_seat(student: Any) -> dict[Any, UUID]:
    """{enrolment id: certificate id} of the student's valid ones in scope. One query."""
    rows = certificates_of(student).filter(state=State.ISSUED, enrolment__isnull=False)
    return dict(rows.order_by().values_list("enrolment_id", "pk"))


def certificate_for(user: Any, certificate_id: UUID) -> Certificate:
    """A certificate that `user` may see in full. Raises NotFound."""
    certificate = Certificate.objects.filter(pk=certificate_id).first()
    if certificate is None or not may_read(user, certificate):
        raise NotFound
    return certificate


def managed_by(user: Any) -> QuerySet[Certificate]:
    """The certificates in scope that `user` may revoke, the newest first."""
    rows = Certificate.objects.select_related("provider").order_by("-issued_at", "pk")
    return rows if is_operator(user) else rows.filter(provider_id__in=managed_providers(user))


def matching(rows: QuerySet[Certificate], words: str) -> QuerySet[Certificate]:
    """Those of `rows` whose code, student or course holds every one of `words`."""
    for word in words.split():
        rows = rows.filter(
            Q(code__icontains=word)
            | Q(student__name__icontains=word)
            | Q(student__email__icontains=word)
            | Q(enrolment__course__title__icontains=word)
        )
    return rows


def verify(typed: str) -> Certificate:
    """The certificate with this code, as anybody may check it on any host; revoked ones too.

    Case, spaces and hyphens don't matter. Raises NotFound for a code that was mistyped, tampered
    with or never issued.
    """
    legacy = "".join(typed.split()).upper()
    try:
        code = legacy if LEGACY_NUMBER.fullmatch(legacy) else normalise_code(typed)
    except BadCode as bad:
        raise NotFound from bad
    with every_tenant("a verification code is public: whoever holds it may check it anywhere"):
        certificate = Certificate.objects.filter(code=code).first()
    if certificate is None:
        raise NotFound
    return certificate
