"""What the worker does: issue, make PDFs, write to students, and look after what was missed."""

from typing import Any

from django_q.tasks import async_task

from lms.common import clock
from lms.enrolments.models import Enrolment
from lms.tenants.models import Provider
from lms.tenants.scope import provider_scope
from lms.tenants.tasks import in_provider_scope

from . import actions, notifications, selectors
from .models import Certificate

# Of one provider in one run of `issue_missing`; the next run goes on.
BATCH = 500


@in_provider_scope
def issue(provider_id: Any, enrolment_id: Any) -> None:
    """Issue the enrolment's certificate if it is due, and make its PDF."""
    certificate = actions.issue(Enrolment.objects.get(pk=enrolment_id), at=clock.now())
    if certificate is not None and not certificate.pdf:
        actions.make_pdf(certificate)


@in_provider_scope
def tell_of_issue(provider_id: Any, certificate_id: Any) -> None:
    """Write to the student."""
    notifications.send_issued(_certificate(certificate_id))


@in_provider_scope
def tell_of_revocation(provider_id: Any, certificate_id: Any) -> None:
    """Write to the student."""
    notifications.send_revoked(_certificate(certificate_id))


def issue_missing() -> int:
    """Queue what is due and was missed: the queue was down, or a course began to issue certificates
    after students had completed it. Returns how many tasks were queued.
    """
    queued = 0
    for provider in Provider.objects.all():
        with provider_scope(provider):
            waiting = list(selectors.awaiting().values_list("pk", flat=True)[:BATCH])
        for enrolment_id in waiting:
            async_task(issue, str(provider.pk), str(enrolment_id))
        queued += len(waiting)
    return queued


def _certificate(certificate_id: Any) -> Certificate:
    return Certificate.objects.select_related("student", "provider__logo", "enrolment").get(
        pk=certificate_id
    )
