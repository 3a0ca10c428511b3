"""The content API (Wagtail's API v2) at /api/cms/v2/, and the screen about it.

Everything here only reads. `docs/developers/headless.md` is its manual.
"""

import hashlib
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.cache import patch_vary_headers
from django.utils.http import http_date, parse_etags
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe
from django.views.generic.edit import FormView
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException
from rest_framework.filters import BaseFilterBackend
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from wagtail.admin import messages
from wagtail.api import APIField
from wagtail.api.v2.filters import (
    AncestorOfFilter,
    ChildOfFilter,
    DescendantOfFilter,
    FieldsFilter,
    LocaleFilter,
    OrderingFilter,
)
from wagtail.api.v2.utils import BadRequestError
from wagtail.api.v2.views import BaseAPIViewSet, PagesAPIViewSet
from wagtail.models import Page, Site

from lms.common.errors import DomainError, Invalid, NotFound
from lms.courses.models import CoursePage
from lms.enrolments.selectors import open_course
from lms.files.models import Document, Image
from lms.reviews.models import Review
from lms.reviews.selectors import shown_in
from lms.tenants.house import HouseScreen
from lms.tenants.limits import has_feature
from lms.tenants.models import Feature
from lms.tenants.scope import provider_scope

from . import actions, selectors
from .forms import FrontEndForm
from .serializers import (
    DETAIL_ONLY,
    Computed,
    ContentSerializer,
    FileSerializer,
    alt,
    download_url,
    exposed,
    renditions,
)

PUBLIC = "public, max-age=60, stale-while-revalidate=300"
PRIVATE = "private, no-store"

# What lists may be filtered and ordered by: columns that every reader of the list is shown.
SORTABLE = {"id", "title", "slug", "first_published_at", "level", "language", "pacing", "starts_on",
            "free_preview", "required"}  # fmt: skip
LONGEST_SEARCH = 100  # characters


class SessionReader(BaseAuthentication):
    """Whoever is signed in on this host. Nothing is written here, so no CSRF token is asked for."""

    def authenticate(self, request: Any) -> tuple[Any, None] | None:
        asked = request._request
        # Visitors' answers are for everybody: they must not touch the session.
        if settings.SESSION_COOKIE_NAME not in asked.COOKIES or not asked.user.is_authenticated:
            return None
        return asked.user, None


class TitleSearch(BaseFilterBackend):
    """`search`: every word stands in the title. Not the full-text index, which has read lessons
    that are closed to the asker."""

    def filter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:
        for word in request.GET.get("search", "")[:LONGEST_SEARCH].split():
            queryset = queryset.filter(title__icontains=word)
        return queryset


class ContentAPI(BaseAPIViewSet):
    """What pages, pictures and documents share: who may ask, errors, caching, CORS."""

    authentication_classes = [SessionReader]
    renderer_classes = [JSONRenderer]
    known_query_parameters = frozenset(
        ["limit", "offset", "fields", "order", "search", "format", "_"]
    )
    # Whether what is answered is for everybody. Views set it to False where it is not.
    public = True

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if any("\x00" in value for value in request.GET.values()):
            raise Invalid
        selectors.require_open(self.host, request.user)
        if request.user.is_authenticated or (self.host and self.host.is_portal):
            self.public = False

    def find_object(self, queryset: Any, request: Any) -> Any:
        if not request.GET.get("id", "0").isdecimal():
            raise NotFound
        return super().find_object(queryset, request)

    @property
    def host(self) -> Any:
        return self.request.provider

    @property
    def site(self) -> Site:
        return Site.find_for_request(self.request._request)

    @classmethod
    def get_body_fields(cls, model: Any) -> list[APIField]:
        return cls._convert_api_fields([*cls.body_fields, *exposed(model)])

    @classmethod
    def get_available_fields(cls, model: Any, db_fields_only: bool = False) -> list[str]:
        """Filters and orders could tell what is not shown, so they are for a few columns only."""
        found = super().get_available_fields(model, db_fields_only=db_fields_only)
        return [name for name in found if name in SORTABLE] if db_fields_only else found

    def handle_exception(self, exc: Exception) -> Any:
        """Refusals in the platform's one shape (lms.common.errors), by its middleware."""
        if isinstance(exc, BadRequestError):
            raise Invalid(str(exc)) from exc
        if isinstance(exc, ValidationError):  # a filter's value that the column can't hold
            raise Invalid(" ".join(exc.messages)) from exc
        if isinstance(exc, Http404):
            raise NotFound from exc
        if isinstance(exc, APIException):
            raise _Refused(exc) from exc
        raise exc

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        if isinstance(response, Response):  # `find` redirects
            response.render()
        public = self.public and response.status_code == 200
        response["Cache-Control"] = PUBLIC if public else PRIVATE
        if public:
            _allow_everywhere(request, response)
            etag = f'"{hashlib.blake2b(response.content, digest_size=16).hexdigest()}"'
            response["ETag"] = etag
            known = parse_etags(request.headers.get("If-None-Match", ""))
            if etag in known or "*" in known:
                return _not_modified(response)
        return response


class _Refused(DomainError):
    """What the REST framework refuses: a method, a format."""

    code = "REFUSED"

    def __init__(self, exc: APIException) -> None:
        super().__init__(str(exc.detail))
        self.status = exc.status_code  # type: ignore[misc]


def _allow_everywhere(request: Any, response: HttpResponse) -> None:
    """CORS: pages of these origins may read public answers; no cookie goes with such requests."""
    allowed = settings.FLEDGE_API_ORIGINS
    if "*" in allowed:
        response["Access-Control-Allow-Origin"] = "*"
    elif allowed:
        patch_vary_headers(response, ["Origin"])
        if (origin := request.headers.get("Origin")) in allowed:
            response["Access-Control-Allow-Origin"] = origin


def _not_modified(response: HttpResponse) -> HttpResponse:
    answer = HttpResponse(status=304)
    for name in ("ETag", "Cache-Control", "Vary", "Last-Modified", "Access-Control-Allow-Origin"):
        if name in response:
            answer[name] = response[name]
    return answer


class PagesAPI(ContentAPI, PagesAPIViewSet):
    """Published pages of this host. Lessons are listed by name; their bodies are for readers."""

    base_serializer_class = ContentSerializer
    filter_backends = [
        FieldsFilter,
        ChildOfFilter,
        AncestorOfFilter,
        DescendantOfFilter,
        OrderingFilter,
        LocaleFilter,
        TitleSearch,
    ]
    known_query_parameters = ContentAPI.known_query_parameters | {
        "type", "child_of", "ancestor_of", "descendant_of", "locale",
    }  # fmt: skip
    meta_fields = [
        "type", "detail_url", "html_url", "slug", "search_description", "first_published_at",
        "last_published_at", "locale", "parent",
    ]  # fmt: skip
    detail_only_fields = ["parent", "search_description", *DETAIL_ONLY]

    @classmethod
    def get_detail_default_fields(cls, model: Any) -> list[str]:
        return cls.get_available_fields(model)

    @classmethod
    def get_listing_default_fields(cls, model: Any) -> list[str]:
        return [*cls.listing_default_fields, "locale"]

    def get_base_queryset(self) -> Any:
        return selectors.visible_pages(self.site, self.host)

    def get_queryset(self) -> Any:
        """On the marketplace, what stands in a course is listed when it is asked for by its place:
        nobody wants every lesson of every school."""
        rows = super().get_queryset()
        if self.host is None and not {"child_of", "descendant_of"} & set(self.request.GET):
            rows = rows.filter(depth__lte=selectors.COURSE // Page.steplen)
        if rows.model is CoursePage:
            rows = rows.select_related("cover", "listing").prefetch_related("cover__renditions")
        return rows.select_related("locale")

    def get_object(self) -> Any:
        if not hasattr(self, "_page"):
            self._page, public = selectors.page_for(
                self.request.user, self.kwargs["pk"], site=self.site, host=self.host
            )
            self.public = self.public and public
        return self._page

    def detail_view(self, request: Any, pk: int) -> Any:
        response = super().detail_view(request, pk)
        if published := self.get_object().last_published_at:
            response["Last-Modified"] = http_date(published.timestamp())
        return response


class PreviewAPI(PagesAPI):
    """A page's newest draft, for whoever holds a token from the page editor."""

    public = False
    known_query_parameters = frozenset(["token", "fields", "format", "_"])

    def get_object(self) -> Any:
        if not hasattr(self, "_page"):
            self._page = selectors.draft_for(self.request.GET.get("token", ""), host=self.host)
        self.public = False
        return self._page

    def preview(self, request: Any) -> Any:
        """The shape of the page's detail."""
        return Response(self.get_serializer(self.get_object()).data)

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "draft": True}

    @classmethod
    def get_urlpatterns(cls) -> list[Any]:
        return [path("", cls.as_view({"get": "preview"}), name="listing")]


class ImagesAPI(ContentAPI):
    """Pictures that are seen on the public pages of this host."""

    model = Image
    name = "images"
    base_serializer_class = FileSerializer
    filter_backends = [FieldsFilter, OrderingFilter, TitleSearch]
    body_fields = [
        "id",
        "title",
        APIField("alt", serializer=Computed(alt)),
        "width",
        "height",
        APIField("renditions", serializer=Computed(renditions)),
    ]
    listing_default_fields = ["id", "type", "detail_url", "title", "alt", "renditions"]

    def get_queryset(self) -> Any:
        rows = selectors.visible_images(self.site, self.host)
        return rows.prefetch_related("renditions")


class DocumentsAPI(ContentAPI):
    """Documents of the lessons the reader may read: free previews, for visitors."""

    model = Document
    name = "documents"
    base_serializer_class = FileSerializer
    filter_backends = [FieldsFilter, OrderingFilter, TitleSearch]
    body_fields = [
        "id",
        "title",
        "filename",
        APIField("bytes", serializer=Computed(lambda row, context: row.get_file_size())),
        APIField("download_url", serializer=Computed(download_url)),
    ]
    listing_default_fields = [
        "id", "type", "detail_url", "title", "filename", "bytes", "download_url",
    ]  # fmt: skip

    def get_queryset(self) -> Any:
        return selectors.readable_documents(self._lessons())

    def get_serializer(self, rows: Any, **kwargs: Any) -> Any:
        self._rows = list(rows) if kwargs.get("many") else [rows]
        return super().get_serializer(self._rows if kwargs.get("many") else rows, **kwargs)

    def get_serializer_context(self) -> dict[str, Any]:
        places = selectors.places_of(self._rows, self._lessons())
        return {**super().get_serializer_context(), "places": places}

    def _lessons(self) -> Any:
        return selectors.readable_lessons(self.request.user, self.site, self.host)


class ReviewsAPI(ContentAPI):
    """What is said of a course (`course`, its id) that the reader may know of, the newest first."""

    model = Review
    name = "reviews"
    filter_backends: list[Any] = []
    known_query_parameters = frozenset(["course", "limit", "offset", "fields", "format", "_"])
    meta_fields = ["type"]
    body_fields = ["id"]
    listing_default_fields = [
        "id", "type", "rating", "text", "author", "written_at", "changed_at", "answer",
        "answered_at",
    ]  # fmt: skip

    def listing_view(self, request: Any) -> Any:
        wanted = request.GET.get("course", "")
        if not wanted.isdecimal() or len(wanted) > 18:
            raise NotFound
        self._course = open_course(request.user, int(wanted), host=self.host)
        with provider_scope(self._course.provider_id):
            return super().listing_view(request)

    def get_queryset(self) -> Any:
        return shown_in(self._course).order_by("-changed_at", "-pk")

    @classmethod
    def get_urlpatterns(cls) -> list[Any]:
        return [path("", cls.as_view({"get": "listing_view"}), name="listing")]


# --- The screen ----------------------------------------------------------------------------------


class FrontEndView(HouseScreen, FormView):
    """Who may see it: those who may change the house's settings."""

    template_name = "api/admin/front_end.html"
    form_class = FrontEndForm
    page_title = gettext_lazy("Your own front end")
    header_icon = "code"

    def get_initial(self) -> dict[str, Any]:
        return {"preview_url": selectors.preview_url(self.provider.pk)}

    def form_valid(self, form: FrontEndForm) -> HttpResponse:
        actions.set_front_end(self.provider, actor=self.request.user, **form.cleaned_data)
        messages.success(self.request, _("The address is saved."))
        return redirect("headless")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page = self.provider.page
        site = page.sites_rooted_here.first()
        root = site.root_url if site else settings.FLEDGE_BASE_URL
        return super().get_context_data(
            address=root + reverse("content_api:pages:listing"),
            in_plan=has_feature(self.provider, Feature.HEADLESS),
            **kwargs,
        )


@require_safe
def preview(request: HttpRequest, page_id: int) -> HttpResponse:
    """To the front end, with a token for the draft. Who may: those who may edit the page."""
    page = get_object_or_404(Page, pk=page_id)
    return redirect(actions.preview_address(page, actor=request.user))
