"""Students' pages: the homework of a course, one piece of it, handing in, and the files."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from lms.common import clock, throttle
from lms.common.errors import Conflict, Forbidden, Invalid, TooLarge
from lms.enrolments.models import Enrolment
from lms.enrolments.selectors import Way
from lms.enrolments.views import explain_closed
from lms.files.actions import take_in
from lms.files.errors import NotUsable
from lms.tenants.limits import LimitReached
from lms.tenants.requests import HouseRequest

from . import actions, rules, selectors, uploads
from .errors import AlreadySubmitted, TooLate
from .forms import SubmissionForm, TextField
from .models import FILES, Kind
from .permissions import may_mark
from .selectors import HomeworkAccess

# Nobody hands in more often; a script that does should cost the rest of us nothing.
DEEDS_A_MINUTE = 30
DRAFTS_A_MINUTE = 60


@require_safe
@explain_closed
@never_cache
def course(request: HouseRequest, course_id: int) -> HttpResponse:
    """The homework of a course. Who may see it: those enrolled, and the provider's staff."""
    access, tasks = selectors.course_tasks(
        request.user, course_id, host=request.provider, now=clock.now()
    )
    context = {
        "course": access.course,
        "access": access,
        "marks": may_mark(request.user, access.course),
        "waiting": [task for task in tasks if task.is_open],
        "others": [task for task in tasks if not task.is_open],
    }
    return render(request, "homework/course.html", context)


@require_safe
@explain_closed
@never_cache
def homework(request: HouseRequest, course_id: int, homework_id: int) -> HttpResponse:
    """One piece of homework. Who may see it: those it is for, and the provider's staff."""
    now = clock.now()
    access = _access(request, course_id, homework_id)
    page = _page(request, access)
    work = access.task.work
    if work is not None and work.has_news and request.method == "GET":
        actions.see_news(work, at=now)
    return page


@require_POST
@explain_closed
def submit(request: HouseRequest, course_id: int, homework_id: int) -> HttpResponse:
    """Hand in. Who may: those it is for. What can't be taken comes back as it was typed."""
    access, enrolment = _own(request, course_id, homework_id)
    throttle.count("homework.submit", str(request.user.pk), limit=DEEDS_A_MINUTE)
    form = SubmissionForm(request.POST, request.FILES, homework=access.homework, owner=request.user)
    if not form.is_valid():
        return _page(request, access, form=form, status=422)
    try:
        _hand_in(request, access, enrolment, form.cleaned_data)
    except (Invalid, NotUsable, TooLarge, LimitReached) as refused:
        form.add_error("files" if "files" in form.fields else None, str(refused.message))
        return _page(request, access, form=form, status=422)
    except (TooLate, AlreadySubmitted) as refused:
        return _page(request, access, form=form, refused=refused, status=refused.status)
    done = access.homework.is_checkmark
    messages.success(request, _("Marked as done.") if done else _("You have handed it in."))
    return redirect("homework:homework", course_id, homework_id)


def _hand_in(
    request: HouseRequest, access: HomeworkAccess, enrolment: Enrolment, typed: dict[str, Any]
) -> None:
    homework, now = access.homework, clock.now()
    given = typed.pop("files", None)
    if given is not None:
        purpose = FILES[Kind(homework.kind)].name
        typed["upload"], *_more = take_in(
            given, owner=request.user, provider=access.course.provider, purpose=purpose, at=now
        )
    actions.submit(homework, enrolment, actor=request.user, at=now, **typed)


@require_POST
@explain_closed
def unmark(request: HouseRequest, course_id: int, homework_id: int) -> HttpResponse:
    """Take a checkmark back. Who may: those it is for."""
    access, enrolment = _own(request, course_id, homework_id)
    throttle.count("homework.submit", str(request.user.pk), limit=DEEDS_A_MINUTE)
    actions.unmark(access.homework, enrolment, actor=request.user, at=clock.now())
    messages.success(request, _("The mark is taken back."))
    return redirect("homework:homework", course_id, homework_id)


@require_POST
@explain_closed
def draft(request: HouseRequest, course_id: int, homework_id: int) -> HttpResponse:
    """Keep what is being written; sent by the page's script. Who may: those it is for."""
    access, enrolment = _own(request, course_id, homework_id)
    throttle.count("homework.draft", str(request.user.pk), limit=DRAFTS_A_MINUTE)
    text = TextField(required=False).to_python(request.POST.get("text", "")).replace("\x00", "")
    actions.save_draft(access.homework, enrolment, text, at=clock.now())
    return HttpResponse(status=204)


@require_safe
@explain_closed
def attachment(
    request: HouseRequest, course_id: int, homework_id: int, attachment_id: int, name: str
) -> HttpResponseBase:
    """Material of the homework. Who may: whoever sees the homework. `name` is for people."""
    access = _access(request, course_id, homework_id)
    return uploads.send(request, selectors.attachment_for(access, attachment_id))


@require_safe
@explain_closed
def submission_file(
    request: HouseRequest, course_id: int, homework_id: int, submission_id: int, name: str
) -> HttpResponseBase:
    """What a student handed in. Who may: that student, and those who mark."""
    access = _access(request, course_id, homework_id)
    return uploads.send(request, selectors.submission_for(request.user, access, submission_id))


@require_safe
@explain_closed
def feedback_file(
    request: HouseRequest, course_id: int, homework_id: int, feedback_id: int, name: str
) -> HttpResponseBase:
    """What a student was told by voice. Who may: that student, and those who mark."""
    access = _access(request, course_id, homework_id)
    return uploads.send(request, selectors.feedback_for(request.user, access, feedback_id))


def _access(request: HouseRequest, course_id: int, homework_id: int) -> HomeworkAccess:
    return selectors.homework_for(
        request.user, course_id, homework_id, host=request.provider, now=clock.now()
    )


def _own(
    request: HouseRequest, course_id: int, homework_id: int
) -> tuple[HomeworkAccess, Enrolment]:
    """Raises Forbidden for one who reads without a seat."""
    access = _access(request, course_id, homework_id)
    if access.way != Way.ENROLLED or access.enrolment is None:
        raise Forbidden(_("Homework is handed in by students with a seat in the course."))
    return access, access.enrolment


def _page(
    request: HouseRequest,
    access: HomeworkAccess,
    *,
    form: SubmissionForm | None = None,
    refused: Conflict | None = None,
    status: int = 200,
) -> HttpResponse:
    task, row = access.task, access.homework
    submissions = selectors.submissions_of(task.work)
    context: dict[str, Any] = {
        "course": access.course,
        "access": access,
        "task": task,
        "homework": row,
        "attachments": selectors.attachments_of(row),
        "submissions": submissions,
        "standing": next((one for one in submissions if one.withdrawn_at is None), None),
        "form": form or SubmissionForm(homework=row, owner=request.user, initial=_begun(access)),
        "refused": refused,
        "accepts": _accepts(access, submissions),
        "late_now": rules.is_late(task.terms, clock.now()),
        "penalty_now": rules.penalty(task.terms, clock.now()),
    }
    page = render(request, "homework/homework.html", context, status=status)
    if row.is_recorded:
        page["Permissions-Policy"] = settings.RECORDING_POLICY
    return page


def _begun(access: HomeworkAccess) -> dict[str, str]:
    work = access.task.work
    return {"text": work.draft} if work and access.homework.kind == Kind.TEXT else {}


def _accepts(access: HomeworkAccess, submissions: list[Any]) -> bool:
    """Whether the student may hand in now."""
    task, row = access.task, access.homework
    if access.enrolment is None or not rules.accepts(task.terms, clock.now()):
        return False
    if task.work is None or not task.work.is_submitted:
        return True
    if row.is_checkmark:
        return False
    told = submissions[0].told
    return submissions[0].is_refused or rules.may_submit_again(
        row.resubmission, graded=task.work.is_graded, complete=told.complete if told else None
    )
