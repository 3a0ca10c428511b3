"""What authors may not do to a course people study, and what they are told about its seats."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail import hooks
from wagtail.admin import messages
from wagtail.models import Page

from lms.courses.models import CoursePage, LessonPage, ModulePage

from .selectors import courses_with_students, students_now


@hooks.register("before_delete_page")
def keep_studied_courses(request: HttpRequest, page: Page) -> HttpResponse | None:
    """A course somebody is or was enrolled in holds their record: it can't be deleted."""
    return _refuse_deletion(request, [page])


@hooks.register("before_unpublish_page")
def keep_lessons_published(request: HttpRequest, page: Page) -> None:
    """Unpublishing a course closes the shop window; who is enrolled goes on learning."""
    if request.method != "POST" or not _holds_courses(page):
        return
    if request.POST.get("include_descendants"):
        _unpublish_below(page, request.user)
        posted = request.POST.copy()
        del posted["include_descendants"]
        request.POST = posted  # type: ignore[assignment]
    _say_access_stays(request)


@hooks.register("before_bulk_action")
def keep_studied_courses_in_bulk(
    request: HttpRequest, action_type: str, objects: list[Any], action: Any
) -> HttpResponse | None:
    pages = [one for one in objects if isinstance(one, Page)]
    if action_type == "delete":
        return _refuse_deletion(request, pages)
    holders = [page for page in pages if _holds_courses(page)]
    if action_type == "unpublish" and holders:
        if action.cleaned_form.cleaned_data.get("include_descendants"):
            for page in pages:
                _unpublish_below(page, request.user)
            action.cleaned_form.cleaned_data["include_descendants"] = False
        _say_access_stays(request)
    return None


@hooks.register("after_publish_page")
def tell_of_lowered_limit(request: HttpRequest, page: Page) -> None:
    """A limit below the seats given takes none of them away."""
    course = page.specific
    if not isinstance(course, CoursePage) or course.enrolment_limit is None:
        return
    taken = students_now([course]).get(course.pk, 0)
    if taken > course.enrolment_limit:
        messages.warning(
            request,
            ngettext(
                "%(taken)d student is enrolled, more than the limit of %(limit)d. Nobody loses "
                "their seat; new students can enrol once enough have left.",
                "%(taken)d students are enrolled, more than the limit of %(limit)d. Nobody loses "
                "their seat; new students can enrol once enough have left.",
                taken,
            )
            % {"taken": taken, "limit": course.enrolment_limit},
        )


def _refuse_deletion(request: HttpRequest, pages: list[Page]) -> HttpResponse | None:
    studied = courses_with_students(pages)
    if not studied:
        return None
    names = ", ".join(f"“{course.title}”" for course in studied[:5])
    messages.error(
        request,
        _(
            "%(courses)s can't be deleted: students are or were enrolled, and their progress and "
            "certificates need the course. Unpublish it instead; nobody new will find it, and who "
            "is enrolled keeps access."
        )
        % {"courses": names},
    )
    return redirect("wagtailadmin_explore", pages[0].get_parent().pk)


def _holds_courses(page: Page) -> bool:
    """Whether `page` is a course or stands above courses."""
    return not isinstance(page.specific, LessonPage | ModulePage) and (
        CoursePage.objects.filter(path__startswith=page.path).exists()
    )


def _unpublish_below(page: Page, user: Any) -> None:
    """What unpublishing the pages below would do, but for the content of courses."""
    below = page.get_descendants().live()
    if _holds_courses(page):
        below = below.not_type(LessonPage, ModulePage)
    for one in below.specific().iterator():
        if one.permissions_for_user(user).can_unpublish():
            one.unpublish(user=user)


def _say_access_stays(request: HttpRequest) -> None:
    messages.info(
        request, _("Lessons stay as they are: students who are enrolled keep their access.")
    )
