"""Pages of students about their certificates, and the public check of a code."""

from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from lms.common import clock, throttle
from lms.common.errors import Gone, NotFound

from . import actions, selectors
from .document import hours
from .forms import CodeForm
from .models import Certificate

PER_PAGE = 24
# Codes can't be guessed (74 random bits); who tries should cost the rest of us nothing.
CHECKS_A_MINUTE = 60
# The worker makes a PDF within seconds. After this long it is down, and the reader's own request
# makes it: a certificate can be had whenever the site answers.
PATIENCE = timedelta(seconds=20)


@require_safe
@login_required
@never_cache
def certificates(request: HttpRequest) -> HttpResponse:
    """Who may see it: the signed-in person, their own certificates."""
    rows = selectors.certificates_of(request.user)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "certificates/list.html", {"page": page})


@require_safe
@login_required
@never_cache
def of_course(request: HttpRequest, course_id: int) -> HttpResponse:
    """To one's own certificate of a course. Who may see it: its student. 404 without one.

    The worker issues it within seconds of the last lesson; whoever comes sooner, or while the
    worker is down, gets it issued here. Issuing writes one row; the PDF stays the worker's.
    """
    enrolment = selectors.enrolment_in(request.user, course_id)
    row = actions.issue(enrolment, at=clock.now()) if enrolment else None
    if row is None:
        raise NotFound(_("There is no certificate of yours for this course yet."))
    return redirect("certificates:certificate", certificate_id=row.pk)


@require_safe
@login_required
@never_cache
def certificate(request: HttpRequest, certificate_id: UUID) -> HttpResponse:
    """Who may see it: its student, and those who manage its provider's certificates."""
    row = selectors.certificate_for(request.user, certificate_id)
    context = {
        "certificate": row,
        "content": row.content,
        "hours": hours(row.content.minutes),
        "ready": not _being_prepared(row),
        "own": row.student_id == request.user.pk,
        "linkedin_url": _linkedin_url(row),
    }
    return render(request, "certificates/certificate.html", context)


@require_safe
@login_required
@never_cache
def pdf(request: HttpRequest, certificate_id: UUID) -> HttpResponseBase:
    """The file. Who may see it: its student, and those who manage its provider's certificates.

    A revoked certificate is not handed out any more: 410.
    """
    row = selectors.certificate_for(request.user, certificate_id)
    if not row.is_valid:
        raise Gone(_("This certificate was revoked, so it can't be downloaded any more."))
    if _being_prepared(row):
        return redirect("certificates:certificate", certificate_id=row.pk)
    if not _is_made(row):
        actions.make_pdf(row)
    name = slugify(row.content.course, allow_unicode=True)[:80] or row.code
    return FileResponse(
        row.pdf.open("rb"),
        as_attachment=True,
        filename=f"certificate-{name}.pdf",
        content_type="application/pdf",
    )


@require_safe
@never_cache
def verify(request: HttpRequest) -> HttpResponse:
    """The form for a code, and where it leads. Who may see it: anybody."""
    if "code" not in request.GET:
        return _form(request, CodeForm())
    form = CodeForm(request.GET)
    if not form.is_valid():
        return _form(request, form, status=404)
    throttle.count("certificates.check", throttle.address_of(request), limit=CHECKS_A_MINUTE)
    try:
        found = selectors.verify(form.cleaned_data["code"])
    except NotFound:
        return _form(request, form, unknown=form.cleaned_data["code"], status=404)
    return redirect("certificates:verification", code=found.code)


@require_safe
@never_cache
def verification(request: HttpRequest, code: str) -> HttpResponse:
    """Whether the certificate with this code stands. Who may see it: anybody, on any host."""
    throttle.count("certificates.check", throttle.address_of(request), limit=CHECKS_A_MINUTE)
    try:
        found = selectors.verify(code)
    except NotFound:
        return _form(request, CodeForm(initial={"code": code}), unknown=code, status=404)
    if code != found.code:
        return redirect("certificates:verification", code=found.code)
    content = found.content
    context = {"certificate": found, "content": content, "hours": hours(content.minutes)}
    return _unlisted(render(request, "certificates/verification.html", context))


@require_safe
def legacy_verification(request: HttpRequest, number: str) -> HttpResponse:
    """The address printed on certificates of the legacy system. Who may see it: anybody."""
    return redirect(reverse("certificates:verify") + "?" + urlencode({"code": number}))


def _form(
    request: HttpRequest, form: CodeForm, *, unknown: str = "", status: int = 200
) -> HttpResponse:
    context = {"form": form, "unknown": unknown}
    return _unlisted(render(request, "certificates/verify.html", context, status=status))


def _unlisted(response: HttpResponse) -> HttpResponse:
    """People's names are for those who hold a code, not for search engines."""
    response["X-Robots-Tag"] = "noindex"
    return response


def _is_made(row: Certificate) -> bool:
    name = row.pdf.name
    return bool(name and row.pdf.storage.exists(name))


def _being_prepared(row: Certificate) -> bool:
    """Whether the worker may still be at it."""
    return not row.pdf and clock.now() - row.issued_at < PATIENCE


def _linkedin_url(row: Certificate) -> str:
    """Opens LinkedIn's form for a certification, filled in. https://addtoprofile.linkedin.com/"""
    content = row.content
    return "https://www.linkedin.com/profile/add?" + urlencode(
        {
            "startTask": "CERTIFICATION_NAME",
            "name": content.course,
            "organizationName": content.provider,
            "issueYear": content.completed_on.year,
            "issueMonth": content.completed_on.month,
            "certUrl": content.url,
            "certId": content.code,
        }
    )
