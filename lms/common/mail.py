"""E-mail: one template per message, sent as text and as HTML.

A message's template extends the variable `layout` and fills the blocks `subject`, `heading`, `body`
(paragraphs parted by blank lines), and where wanted `code`, `action_url` with `action_label`, and
`footnote`. It is rendered three times: into emails/subject.txt, emails/base.txt, emails/base.html.
Values are escaped in HTML and left alone in text.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.utils import formataddr, parseaddr
from smtplib import SMTPDataError, SMTPRecipientsRefused
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

# What sending raises where one address or message is refused, and the next may well be taken.
REFUSED = (SMTPRecipientsRefused, SMTPDataError)


@dataclass(frozen=True, slots=True)
class Sender:
    """In whose name a message speaks. The address it comes from is always the platform's.

    `colour` fills the button under text in `on_colour`; `ink` and `ink_in_the_dark` write the name.
    """

    name: str
    url: str
    from_name: str
    reply_to: str = ""
    logo_url: str = ""
    footer: str = ""
    colour: str = "#0b5d66"
    on_colour: str = "#ffffff"
    ink: str = "#0b5d66"
    ink_in_the_dark: str = "#7fd1c7"


def platform() -> Sender:
    """The installation itself."""
    return Sender(settings.WAGTAIL_SITE_NAME, settings.FLEDGE_BASE_URL, from_name="")


def compose(
    template: str,
    context: Mapping[str, Any],
    *,
    to: str | Iterable[str],
    request: HttpRequest | None = None,
    language: str | None = None,
    headers: Mapping[str, str] | None = None,
    sender: Sender | None = None,
) -> EmailMultiAlternatives:
    """The message in `language` (default: the active one), ready to `send()`.

    It speaks for `sender`; without one for whose site `request` asks, else for the platform.
    Raises TemplateDoesNotExist for an unknown `template`.
    """
    speaking = sender or getattr(request, "mail_sender", None) or platform()
    values = {
        "sender": speaking,
        "sender_name": speaking.name,
        "sender_url": speaking.url,
        **context,
    }
    recipients = [to] if isinstance(to, str) else list(to)
    with translation.override(language or translation.get_language()):
        subject, text, html = (
            render_to_string(template, {**values, "layout": f"emails/{layout}"}, request)
            for layout in ("subject.txt", "base.txt", "base.html")
        )
        from_email = _from(speaking)
    message = EmailMultiAlternatives(
        # A header holds one line; anything else in it would be an injection.
        subject=" ".join(subject.split()),
        body=text.strip() + "\n",
        from_email=from_email,
        to=recipients,
        reply_to=[speaking.reply_to] if speaking.reply_to else [],
        headers=dict(headers or {}),
    )
    message.attach_alternative(html.strip() + "\n", "text/html")
    return message


def _from(sender: Sender) -> str:
    """The platform's address, which its mail server may send from, under the sender's name."""
    if not sender.from_name:
        return settings.DEFAULT_FROM_EMAIL
    name = _("%(school)s via %(platform)s") % {
        "school": " ".join(sender.from_name.split()),
        "platform": settings.WAGTAIL_SITE_NAME,
    }
    return formataddr((name, parseaddr(settings.DEFAULT_FROM_EMAIL)[1]))
