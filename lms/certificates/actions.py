"""Writes: issuing, making the PDF, revoking. They run in the provider's scope."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.urls import reverse

from lms.common.errors import Forbidden, Invalid
from lms.common.ids import verification_code
from lms.common.states import move
from lms.courses.selectors import curriculum
from lms.enrolments.models import Enrolment
from lms.events import SYSTEM, emit

from . import document, events, pictures, selectors
from .content import Content
from .models import LONGEST_REASON, Certificate
from .permissions import may_revoke
from .rules import printable
from .states import REVOKE


def issue(enrolment: Enrolment, *, at: datetime) -> Certificate | None:
    """The enrolment's certificate: the one it has, else a new one if it has been earned, else None.

    However often and however concurrently it is called, one is issued: the database sees to that.
    A revoked certificate is not replaced.
    """
    known = Certificate.objects.filter(enrolment=enrolment).first()
    if known is not None or not selectors.has_earned(enrolment):
        return known
    content = _content(enrolment, verification_code(), at)
    with transaction.atomic():
        certificate, created = Certificate.objects.get_or_create(
            provider=enrolment.provider,
            enrolment=enrolment,
            defaults={
                "student": enrolment.student,
                "code": content.code,
                "issued_at": at,
                "snapshot": content.to_json(),
            },
        )
        if created:
            emit(events.ISSUED, certificate, actor=SYSTEM, code=content.code, course=content.course)
    return certificate


def make_pdf(certificate: Certificate) -> None:
    """Make the PDF from the snapshot and keep it; the same bytes each time.

    Of several that do so at once one keeps its file. Raises PictureLost.
    """
    data = document.pdf(certificate.content)
    field = certificate.pdf
    before, storage = field.name or "", field.storage
    name = storage.save(f"certificates/{certificate.pk}.pdf", ContentFile(data))
    if not Certificate.objects.filter(pk=certificate.pk, pdf=before).update(pdf=name):
        storage.delete(name)
    certificate.refresh_from_db(fields=["pdf"])


def revoke(certificate: Certificate, *, reason: str, actor: Any, at: datetime) -> None:
    """Withdraw a certificate for good. Its verification page shows when and why.

    Raises Forbidden, Invalid without a reason, IllegalMove when it is revoked already.
    """
    if not may_revoke(actor, certificate):
        raise Forbidden
    reason = " ".join(reason.split())
    if not 0 < len(reason) <= LONGEST_REASON:
        raise Invalid(details={"reason": [f"1–{LONGEST_REASON}"]})
    with transaction.atomic():
        move(certificate, REVOKE, revoked_at=at, revocation_reason=reason)
        emit(events.REVOKED, certificate, actor=actor, code=certificate.code, reason=reason)


def verification_url(code: str) -> str:
    """Where everybody can check `code`: on the marketplace, whose address outlives the houses'."""
    return settings.FLEDGE_BASE_URL + reverse("certificates:verification", args=[code])


def _content(enrolment: Enrolment, code: str, at: datetime) -> Content:
    """Everything the certificate will ever show, as it stands now."""
    course, student, provider = enrolment.course, enrolment.student, enrolment.provider
    instructors = tuple(
        printable(person.get_full_name())
        for person in sorted(course.instructors.all(), key=lambda person: person.name)
    )
    signatory, title, signature = _signed(course, instructors)
    return Content(
        code=code,
        url=verification_url(code),
        language=course.language,
        student=printable(student.get_full_name()),
        course=printable(course.title),
        summary=printable(course.summary),
        instructors=instructors,
        provider=printable(provider.name),
        primary_colour=provider.primary_colour,
        accent_colour=provider.accent_colour,
        logo=pictures.keep(provider.logo),
        signatory=signatory,
        signature=pictures.keep(signature),
        completed_on=_day(enrolment.completed_at or at, student),
        minutes=curriculum(course).minutes,
        grade=selectors.grading_of(enrolment).grade,
        minimum_grade=course.certificate_minimum_grade,
        design=provider.certificate_design,
        signatory_title=title,
    )


def _signed(course: Any, instructors: tuple[str, ...]) -> tuple[str, str, Any]:
    """Who signs, as what, and their signature: whom the course names, then whom the school names,
    then an instructor. Nobody's signature stands above another's name."""
    provider = course.provider
    if name := printable(course.certificate_signatory):
        return name, "", course.certificate_signature
    if course.certificate_signature is None and (name := printable(provider.signatory)):
        return name, printable(provider.signatory_title), provider.signature
    return next(iter(instructors), printable(provider.name)), "", course.certificate_signature


def _day(moment: datetime, student: Any) -> date:
    """The day it was where the student lives."""
    return moment.astimezone(ZoneInfo(student.time_zone)).date()
