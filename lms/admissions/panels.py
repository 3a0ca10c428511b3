"""What the ways in show at the desk's front page."""

from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from lms.courses.desk_panels import Panel, Reader, Row
from lms.tenants.permissions import Code

from .models import JoinRequest
from .states import Asked

ROWS = 5
NOTE = 100  # characters of a note; the page of requests has all of it


def requests(reader: Reader) -> Panel | None:
    """Who asks to join, the newest on top: two queries."""
    where = reader.where(Code.MANAGE_STUDENTS)
    found = JoinRequest.objects.filter(course__in=where, state=Asked.PENDING)
    count = found.count()
    rows = []
    for one in (
        found.select_related("student", "course").order_by("-created_at", "-pk")[:ROWS]
        if count
        else ()
    ):
        url = reverse("admissions_desk:requests", args=[one.course_id])
        note = Truncator(one.note).chars(NOTE)
        rows.append(Row(str(one.student), url, one.course.title, note, one.created_at))
    url = reverse("admissions_desk:pending")
    return Panel("requests", _("Requests to join"), "user-plus", count, rows, url)
