"""What a school would look like with values nobody has saved: its page, a course, mail, paper."""

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from wagtail.models import Page

from lms.certificates import document
from lms.certificates.actions import verification_url
from lms.certificates.content import Content, Picture
from lms.common import clock
from lms.common.mail import compose
from lms.courses.models import CoursePage
from lms.tenants.models import Provider
from lms.tenants.selectors import rendition_url, sender_of

from .models import ProviderPage

SAMPLE_CODE = "SAMPLE"


@dataclass(frozen=True, slots=True)
class Preview:
    """A whole HTML page, and what stands above it: [(label, value)]."""

    html: str
    head: list[tuple[str, str]] = field(default_factory=list)


def front(draft: Provider, request: HttpRequest) -> Preview:
    """The school's own front page."""
    page = ProviderPage.objects.get(provider=draft.pk)
    page.provider = draft
    return _page(page, draft, request)


def course(draft: Provider, request: HttpRequest) -> Preview:
    """Its newest course; without any, its front page."""
    page = _newest_course(draft)
    return _page(page, draft, request) if page else front(draft, request)


def mail(draft: Provider, request: HttpRequest) -> Preview:
    """What a student gets with a certificate."""
    content = _sample(draft)
    context = {"content": content, "url": content.url}
    template, to = "certificates/emails/issued.txt", "student@example.org"
    message = compose(template, context, to=to, sender=sender_of(draft))
    head = [(_("From"), message.from_email), (_("Subject"), str(message.subject))]
    if message.reply_to:
        head.insert(1, (_("Answers go to"), ", ".join(message.reply_to)))
    return Preview(str(message.alternatives[0][0]), head)


def certificate(draft: Provider, request: HttpRequest) -> Preview:
    """A certificate of the newest course."""
    size = "max-1200x1200|format-png|preserve-svg"
    addresses = {name: rendition_url(getattr(draft, name), size) for name in ("logo", "signature")}
    return Preview(document.html(_sample(draft), lambda picture: addresses[picture.sha256]))


KINDS = {"front": front, "course": course, "mail": mail, "certificate": certificate}


def _page(page: Page, draft: Provider, request: HttpRequest) -> Preview:
    answer = page.make_preview_request(request, extra_request_attrs={"brand_draft": draft})
    return Preview(answer.content.decode())


def _newest_course(draft: Provider) -> CoursePage | None:
    rows = CoursePage.objects.filter(provider=draft.pk, live=True)
    return rows.order_by("-first_published_at", "-pk").first()


def _sample(draft: Provider) -> Content:
    """What a certificate of the school would say. Its pictures are called by their fields."""
    page = _newest_course(draft)
    return Content(
        code=SAMPLE_CODE,
        url=verification_url(SAMPLE_CODE),
        language=page.language if page else get_language() or settings.LANGUAGE_CODE,
        student=_("Amina Warsame"),
        course=page.title if page else _("Your first course"),
        summary=page.summary if page else "",
        instructors=(),
        provider=draft.name,
        primary_colour=draft.primary_colour,
        accent_colour=draft.accent_colour,
        logo=_picture("logo", draft.logo),
        signatory=draft.signatory or draft.name,
        signature=_picture("signature", draft.signature) if draft.signatory else None,
        completed_on=clock.now().date(),
        minutes=90,
        grade=None,
        minimum_grade=None,
        design=draft.certificate_design,
        signatory_title=draft.signatory_title if draft.signatory else "",
    )


def _picture(name: str, image: Any) -> Picture | None:
    return None if image is None else Picture(name, "image/png")
