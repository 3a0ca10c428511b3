"""The certificate on paper: content → HTML → PDF. Nothing else decides what the PDF holds, so the
same content gives the same bytes (of the same release of WeasyPrint and the fonts).
"""

import hashlib
import math
import os
from collections.abc import Callable

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import ngettext

from lms.courses.languages import is_right_to_left

from . import ornament, pictures, rules
from .content import Content, Picture

# Where a font has to be subset by fontTools (colour emoji), it is stamped with the time of day
# unless this is set (https://reproducible-builds.org/specs/source-date-epoch/).
os.environ.setdefault("SOURCE_DATE_EPOCH", "0")

COLUMN = 225  # millimetres between the margins; templates/documents/certificate.css has it too

# The platform's own colours, for schools that set none (static/css/foundation.css has them too).
PRIMARY, ACCENT = "#0b5d66", "#f0643c"


def html(content: Content, show: Callable[[Picture], str] = pictures.data_uri) -> str:
    """The document, complete in itself: pictures are data: URIs, fonts are the machine's.

    It is written in the course's language where the interface has it, else in English; what people
    wrote stays in their own. `show` gives the address of a picture. Raises PictureLost.
    """
    language = content.language if content.language in dict(settings.LANGUAGES) else "en"
    with translation.override(language):
        return render_to_string("documents/certificate.html", _context(content, language, show))


def pdf(content: Content) -> bytes:
    """A tagged A4 page (PDF/UA-1). Nothing is fetched, from the network or from disk.

    Raises PictureLost.
    """
    # Only the worker needs it; web processes are spared its time to load and its memory.
    from PIL import ImageFile
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    # WeasyPrint makes Pillow take cut-off pictures, and so would the checks of uploads.
    ImageFile.LOAD_TRUNCATED_IMAGES = False

    page = HTML(string=html(content), url_fetcher=URLFetcher(allowed_protocols=["data"]))
    identifier = hashlib.sha256(content.code.encode()).digest()[:16]
    return page.write_pdf(pdf_variant="pdf/ua-1", pdf_identifier=identifier)


def hours(minutes: int) -> str:
    """A course's length in words, in the active language: whole minutes below an hour, then hours
    to the half.
    """
    if minutes < 60:
        return ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes}
    halves = round(minutes / 30)
    count = f"{halves / 2:g}"
    # "1.5 hours" is plural: grammar goes by the number rounded up.
    return ngettext("%(count)s hour", "%(count)s hours", math.ceil(halves / 2)) % {"count": count}


def _context(content: Content, language: str, show: Callable[[Picture], str]) -> dict[str, object]:
    import segno  # heavy

    right_to_left = is_right_to_left(language)

    def text(value: str, **box: float) -> dict[str, object]:
        size, measure = rules.fit(value, **box)
        return {
            "text": value,
            # As text: numbers would be written with the language's decimal sign.
            "size": f"{size:g}",
            "inset": f"{(COLUMN - measure) / 2:.1f}",
            "dir": "rtl" if rules.reads_right_to_left(value, default=right_to_left) else "ltr",
        }

    return {
        "content": content,
        "language": language,
        "dir": "rtl" if right_to_left else "ltr",
        "primary": rules.readable_on_white(content.primary_colour or PRIMARY),
        # Lines and the seal, not words: WCAG asks 3:1 of graphics.
        "accent": rules.readable_on_white(content.accent_colour or ACCENT, ratio=3),
        "provider": text(content.provider, width=180, height=13, largest=22, smallest=9),
        "student": text(content.student, width=COLUMN, height=23, largest=44, smallest=10),
        "course": text(content.course, width=COLUMN, height=23, largest=27, smallest=8),
        "summary": text(content.summary, width=190, height=13, largest=11.5, smallest=7),
        "signatory": text(content.signatory, width=62, height=8, largest=11, smallest=3.5),
        "address": content.url.split("://", 1)[-1],
        "hours": hours(content.minutes) if content.minutes else "",
        "grade": "" if content.grade is None else f"{content.grade.normalize():f}",
        "logo": show(content.logo) if content.logo else "",
        "signature": show(content.signature) if content.signature else "",
        "qr": segno.make(content.url, error="m", micro=False).svg_inline(
            border=0, omitsize=True, svgclass=None, lineclass=None, dark="#1b1f1f"
        ),
        "rosette": ornament.rosette(content.code),
        "scallop": ornament.scallop(),
    }
