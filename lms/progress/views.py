"""The lesson viewer, lesson files, the dashboard and the learning history."""

import re
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from lms.common import clock
from lms.common.errors import Forbidden, NotFound
from lms.courses.attachments import attachments
from lms.courses.languages import is_right_to_left
from lms.courses.rendering import published_body
from lms.enrolments.models import Enrolment
from lms.enrolments.selectors import LessonAccess, Way, course_for, lesson_for, open_course
from lms.enrolments.views import explain_closed
from lms.files import playing
from lms.files.models import Document, Media
from lms.files.serving import serve
from lms.tenants.requests import HouseRequest

from . import actions, selectors
from .models import LessonProgress
from .viewer import Viewer

POSITION = re.compile(r"position-(\d{1,18})", re.ASCII)


@login_required
@require_safe
def dashboard(request: HouseRequest) -> HttpResponse:
    """Who may see it: anybody signed in, their own."""
    chosen = request.GET.get("show", "in-progress")
    if chosen not in selectors.LISTS:
        raise Http404
    found = selectors.dashboard(request.user, chosen=chosen, number=request.GET.get("page"))
    tabs = [
        {
            "title": label,
            "url": f"{reverse('learn:dashboard')}?show={name}",
            "current": name == chosen,
            "count": found.counts[name],
        }
        for name, (label, _which) in selectors.LISTS.items()
    ]
    return render(request, "progress/dashboard.html", {"dashboard": found, "tabs": tabs})


@login_required
@require_safe
def history(request: HouseRequest) -> HttpResponse:
    """Who may see it: anybody signed in, their own."""
    found = selectors.history(request.user, number=request.GET.get("page"))
    return render(request, "progress/history.html", {"history": found})


@require_safe
@explain_closed
def course(request: HouseRequest, course_id: int) -> HttpResponse:
    """Leads to where the reader left off. Who may: those enrolled, and the provider's staff."""
    access = course_for(request.user, course_id, host=request.provider)
    lessons = access.readable.lessons
    if not lessons:
        context = {"course": access.course, "access": access}
        return render(request, "progress/no_lessons.html", context)
    lesson = lessons[0]
    if access.enrolment:
        completed = selectors.course_progress(access.enrolment, access.curriculum).completed
        lesson = selectors.resume_lesson(access.enrolment, access.readable, completed) or lesson
    return redirect("learn:lesson", access.course.pk, lesson.id)


@require_safe
@explain_closed
def lesson(request: HouseRequest, course_id: int, lesson_id: int) -> HttpResponse:
    """Who may see it: those enrolled, the provider's staff, and anybody for a free preview."""
    access = lesson_for(request.user, course_id, lesson_id, host=request.provider)
    opened: dict[int, LessonProgress] = {}
    if access.enrolment:
        opened = selectors.opened_lessons(access.enrolment)
        opened[lesson_id] = actions.open_lesson(
            access.enrolment, access.lesson, at=clock.now(), known=opened.get(lesson_id)
        )
    body = published_body(access.course, access.lesson)
    context = {
        **_viewer_context(request, access, opened),
        "body": body,
        "rtl": is_right_to_left(access.course.language),
    }
    return render(request, "progress/lesson.html", context)


@require_POST
@explain_closed
def complete(request: HouseRequest, course_id: int, lesson_id: int) -> HttpResponse:
    """Who may: those enrolled. Leads on to the next lesson, or answers htmx with what changed."""
    access, enrolment = _enrolled(request, course_id, lesson_id)
    before = enrolment.completed_at
    actions.complete_lesson(enrolment, access.lesson, actor=request.user, at=clock.now())
    enrolment.refresh_from_db(fields=["completed_at"])
    finished = before is None and enrolment.completed_at is not None
    if access.course.in_order:  # other lessons are open now
        access, enrolment = _enrolled(request, course_id, lesson_id)
    if request.htmx:
        return _changed(request, access, finished=finished)
    _previous, following = access.curriculum.around(lesson_id)
    if finished or following is None or not access.is_open(following):
        here = reverse("learn:lesson", args=[course_id, lesson_id])
        return redirect(f"{here}#completion")
    messages.success(request, _("“%(lesson)s” is done.") % {"lesson": access.entry.title})
    return redirect("learn:lesson", course_id, following.id)


@require_POST
@explain_closed
def uncomplete(request: HouseRequest, course_id: int, lesson_id: int) -> HttpResponse:
    """Who may: those enrolled."""
    access, enrolment = _enrolled(request, course_id, lesson_id)
    actions.reopen_lesson(enrolment, access.lesson, actor=request.user)
    if request.htmx:
        return _changed(request, access)
    return redirect("learn:lesson", course_id, lesson_id)


@require_POST
@explain_closed
def report(request: HouseRequest, course_id: int, lesson_id: int) -> HttpResponse:
    """Reading time and playing positions, sent by the viewer's script while the page is seen.

    Who may: those enrolled. Form fields: `seconds`, and `position-<media id>` in seconds.
    """
    access, enrolment = _enrolled(request, course_id, lesson_id)
    actions.report(
        enrolment,
        access.lesson,
        seconds=_number(request.POST.get("seconds", "")),
        positions={
            int(found[1]): _number(str(value))
            for name, value in request.POST.items()
            if (found := POSITION.fullmatch(name))
        },
        recordings=attachments(access.lesson.body).media,
        at=clock.now(),
    )
    return HttpResponse(status=204)


@require_safe
@explain_closed
def file(
    request: HouseRequest, course_id: int, lesson_id: int, kind: str, file_id: int, name: str
) -> HttpResponseBase:
    """A document or recording of a lesson. Who may: whoever may read the lesson, if its published
    body uses the file. `name` is for people; the id decides.

    Recordings play in place, as they were stored or (`?as=`) as they were prepared, and are saved
    (`?download`) where the course allows it. Documents
    were placed to be saved; captions feed the player.
    """
    access = lesson_for(request.user, course_id, lesson_id, host=request.provider)
    used = attachments(access.lesson.body)
    row: Any = None
    if kind == "media" and file_id in used.media:
        row = Media.objects.filter(pk=file_id).first()
    elif kind == "documents" and file_id in used.documents:
        row = Document.objects.filter(pk=file_id).first()
    if row is None:
        raise NotFound
    saving = "download" in request.GET
    if saving and kind == "media" and not access.course.downloadable:
        raise Forbidden(_("The recordings of this course are for playing, not for saving."))
    if kind == "media" and (
        redirected := playing.answer(request, row.sha256, access.course.provider_id)
    ):
        return redirected
    attachment = saving or (kind == "documents" and not row.filename.lower().endswith(".vtt"))
    return serve(request, row.file, name=row.filename, attachment=attachment)


@require_safe
def trailer(request: HouseRequest, course_id: int, name: str) -> HttpResponseBase:
    """A course's trailer. Who may see it: whoever may see the course's page."""
    found = open_course(request.user, course_id, host=request.provider)
    if found.trailer is None:
        raise NotFound
    return serve(request, found.trailer.file, name=found.trailer.filename)


def _enrolled(
    request: HouseRequest, course_id: int, lesson_id: int
) -> tuple[LessonAccess, Enrolment]:
    """Raises Forbidden for one who reads without a seat: nothing is counted for them."""
    access = lesson_for(request.user, course_id, lesson_id, host=request.provider)
    if access.way != Way.ENROLLED or access.enrolment is None:
        raise Forbidden(_("Progress is kept for students with a seat in the course."))
    return access, access.enrolment


def _viewer_context(
    request: HouseRequest,
    access: LessonAccess,
    opened: dict[int, LessonProgress] | None = None,
) -> dict[str, Any]:
    viewer = Viewer.of(access, request, opened)
    return {"course": access.course, "lesson": access.lesson, "viewer": viewer, "access": access}


def _changed(
    request: HouseRequest, access: LessonAccess, *, finished: bool = False
) -> HttpResponse:
    """What a completion changes on the page: the foot of the lesson, its row, the progress; the
    whole page where other lessons open or close by it."""
    if access.course.in_order and not finished:
        return HttpResponse(headers={"HX-Refresh": "true"})
    context = {**_viewer_context(request, access), "finished": finished}
    return render(request, "progress/changed.html", context)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
