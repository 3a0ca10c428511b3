"""Homework for templates, those of apps below too."""

import json
from datetime import datetime
from typing import Any

from django import template
from django.forms import BoundField
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lms.common import clock
from lms.enrolments.selectors import CourseAccess
from lms.homework import selectors
from lms.homework.models import Homework, Mark
from lms.homework.rules import Standing

register = template.Library()

# {standing: (in the student's words, in the marker's, tone of the badge, icon)}
STANDINGS = {
    Standing.PENDING: (_("To do"), _("Pending"), "info", "circle-dashed"),
    Standing.OVERDUE: (_("Overdue"), _("Overdue"), "danger", "clock-alert"),
    Standing.SUBMITTED: (_("Handed in"), _("Submitted"), "brand", "inbox"),
    Standing.LATE: (_("Handed in late"), _("Late"), "warning", "clock-alert"),
    Standing.GRADED: (_("Graded"), _("Graded"), "success", "circle-check"),
    Standing.COMPLETED: (_("Completed"), _("Completed"), "success", "circle-check"),
}


@register.inclusion_tag("homework/_standing.html")
def standing_badge(standing: str, *, marker: bool = False) -> dict[str, Any]:
    """A badge that says how somebody stands."""
    student, teacher, tone, icon = STANDINGS[Standing(standing)]
    return {"text": teacher if marker else student, "tone": tone, "icon": icon, "name": standing}


@register.inclusion_tag("homework/_due.html")
def due(moment: datetime | None) -> dict[str, Any]:
    """A due date in the reader's time zone, which is named."""
    return {"moment": moment, "zone": get_current_timezone_name()}


@register.simple_tag
def course_homework(access: CourseAccess) -> list[selectors.Task]:
    """The homework of the course somebody reads, as they see it."""
    if access.way == "preview":
        return []
    return selectors.tasks_in(access, now=clock.now())


@register.inclusion_tag("components/recorder.html")
def recorder(kind: str, field: BoundField, used: str = "") -> dict[str, Any]:
    """Recording in the browser for the file field `field`: "audio", "video", "audio_or_video".
    `used` is what is said once a recording is on its way."""
    texts = _recorder_texts()
    if used:
        texts["used"] = used
    return {"kind": kind, "field": field, "texts": json.dumps(texts)}


def _recorder_texts() -> dict[str, str]:
    """What static/js/recorder.js says, in the reader's language."""
    return {
        "denied": gettext(
            "The browser does not let this page use your microphone or camera. Allow it in the "
            "settings beside the page’s address and try again, or choose a file below."
        ),
        "none": gettext(
            "No microphone or camera was found. Plug one in and try again, or choose a file below."
        ),
        "busy": gettext(
            "Another program is using the microphone or camera. Close it and try again."
        ),
        "insecure": gettext(
            "Browsers record on encrypted pages only, whose address begins with https. Please "
            "choose a file below."
        ),
        "failed": gettext("Recording does not work in this browser. Please choose a file below."),
        "microphone": gettext("Microphone {number}"),
        "camera": gettext("Camera {number}"),
        "check": gettext("Say something: the bar moves when you are heard."),
        "silent": gettext("Nothing is heard. Is the microphone muted, or another one chosen?"),
        "recording": gettext("Recording"),
        "paused": gettext("Paused"),
        "stopped": gettext("Recorded: {time}. Listen to it before you use it."),
        "limit": gettext("of at most {time}"),
        "full": gettext("The recording ended here: it has the largest size that can be sent."),
        "gone": gettext("The microphone or camera is gone. What was recorded until then is here."),
        "unsafe": gettext("This browser keeps nothing: stay on this page until it is sent."),
        "unsent": gettext(
            "You have a recording that was not sent. Listen to it, use it or throw it away."
        ),
        "used": gettext("Your recording is being sent. Hand it in below."),
        "stopFirst": gettext("You are still recording. Stop it first, and use what you recorded."),
        "useFirst": gettext("Use your recording or throw it away first."),
        "name": gettext("Recording"),
    }


@register.filter
def moment(second: Any) -> str:
    """Seconds as a player shows them: 83 → 1:23."""
    whole = int(second)
    hours, minutes = divmod(whole // 60, 60)
    clockwork = f"{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"
    return f"{hours}:{clockwork}" if hours else clockwork


@register.simple_tag
def standing_name(standing: str) -> str:
    """A standing in the marker's words."""
    return str(STANDINGS[Standing(standing)][1])


@register.simple_tag
def rubric_of(mark: Mark, homework: Homework) -> list[tuple[Any, Any]]:
    """Each criterion of the rubric with the level that was chosen, or None."""
    criteria = homework.criteria
    if len(criteria) != len(mark.levels):
        return []
    return [
        (criterion, None if place is None else criterion.levels[place])
        for criterion, place in zip(criteria, mark.levels, strict=True)
    ]
