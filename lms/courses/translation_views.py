"""A course's languages, as its authors see them in the Wagtail admin."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.views.pages.utils import get_valid_next_url_from_request
from wagtail.models import Locale
from wagtail_localize.views.edit_translation import upload_pofile

from lms.common.errors import DomainError

from . import translations
from .models import CoursePage

PO_LIMIT = 2 * 1024 * 1024  # bytes


@require_POST
def upload_texts(request: HttpRequest, translation_id: int) -> HttpResponse:
    """wagtail-localize's upload of a PO file, which trusts that there is one, of some size, with
    its own header. It asks itself who may."""
    file = request.FILES.get("file")
    try:
        if file is None or (file.size or 0) > PO_LIMIT:
            raise KeyError
        return upload_pofile(request, translation_id)
    except KeyError:
        messages.error(request, _("Please choose a PO file that was downloaded here."))
    return redirect(get_valid_next_url_from_request(request) or "wagtailadmin_home")


class CourseLanguages(WagtailAdminTemplateMixin, TemplateView):
    """In which languages a course is there, how far each is, and what can be done about it.

    Who may see it: those who may edit the course. What each button does is asked again.
    """

    template_name = "courses/admin/languages.html"
    page_title = gettext_lazy("Languages")
    header_icon = "wagtail-localize-language"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.course.permissions_for_user(request.user).can_edit():
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def course(self) -> CoursePage:
        return get_object_or_404(CoursePage, pk=self.kwargs["page_id"])

    def get_page_subtitle(self) -> str:
        return self.course.get_admin_display_title()

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        edit = reverse("wagtailadmin_pages:edit", args=[self.course.pk])
        course = {"url": edit, "label": self.get_page_subtitle()}
        return [*self.breadcrumbs_items, course, {"url": "", "label": self.get_page_title()}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        may = translations.may_translate(user, self.course)
        rows = [
            {
                "version": version,
                "may_edit": version.course.permissions_for_user(user).can_edit(),
                "may_publish": version.course.permissions_for_user(user).can_publish(),
            }
            for version in translations.versions(self.course)
        ]
        return super().get_context_data(
            course=self.course,
            rows=rows,
            languages=translations.languages_left(self.course) if may else [],
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        deeds: dict[str, Callable[[], str]] = {
            "translate": self._translate,
            "update": self._update,
            "publish": self._publish,
            "set-free": self._set_free,
        }
        deed = deeds.get(request.POST.get("deed", ""))
        if deed is None:
            raise Http404
        try:
            messages.success(request, deed())
        except DomainError as refused:
            messages.error(request, str(refused.message))
        return redirect("course_languages", self.course.pk)

    def _translate(self) -> str:
        code = self.request.POST.get("language", "")
        locale = get_object_or_404(Locale, language_code=code)
        in_step = self.request.POST.get("kind") != "independent"
        translations.translate_course(self.course, locale, actor=self.request.user, in_step=in_step)
        return _("A draft of the course in %(language)s is there.") % {"language": locale}

    def _update(self) -> str:
        translations.bring_up_to_date(self._version(), actor=self.request.user)
        return _("The translation has what changed in the original.")

    def _publish(self) -> str:
        translations.publish_translation(self._version(), actor=self.request.user)
        return _("The translation is published.")

    def _set_free(self) -> str:
        translations.set_free(self._version(), actor=self.request.user)
        return _("This is an independent course now.")

    def _version(self) -> CoursePage:
        """The translation that is asked for, among the course's own."""
        wanted = self.request.POST.get("course", "")
        for version in translations.versions(self.course):
            if str(version.course.pk) == wanted and version.original:
                return version.course
        raise Http404
