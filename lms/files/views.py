"""Files for their authors, and uploads for whoever may read them. Files of lessons are served by
`lms.progress`, which knows lessons.
"""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe
from taggit.models import TaggedItem

from lms.common import clock
from lms.common.errors import NotFound
from lms.tenants.requests import HouseRequest
from lms.tenants.scope import provider_scope

from . import links
from .models import Media, Upload
from .permissions import may_handle
from .selectors import readable_upload, shared_upload
from .serving import serve

TAGS = 10


@require_safe
def recording(request: HttpRequest, pk: int, name: str) -> HttpResponseBase:
    """Who may see it: those who may change or choose the recording in the Wagtail admin."""
    media = get_object_or_404(Media, pk=pk)
    if not may_handle(request.user, media):
        raise Http404
    return serve(request, media.file, name=media.filename)


@require_safe
def download(request: HouseRequest, upload_id: UUID, name: str) -> HttpResponseBase:
    """Who may: its owner, and those whom the app that uses it lets. Pictures and recordings are
    shown in place, but for `?download`. `name` is for people; the id decides."""
    return _answer(request, readable_upload(request.user, upload_id))


@require_safe
def signed(request: HouseRequest, key: str, name: str) -> HttpResponseBase:
    """Who may: whoever holds the link, until it ends (lms.files.links), on the school's own host or
    the marketplace."""
    provider_id, upload_id = links.opened(key, at=clock.now())
    if request.provider is not None and request.provider.pk != provider_id:
        raise NotFound
    with provider_scope(provider_id):
        return _answer(request, shared_upload(upload_id))


def _answer(request: HouseRequest, upload: Upload) -> HttpResponseBase:
    return serve(
        request,
        upload.file,
        name=upload.name,
        found=upload.content_type,
        attachment="download" in request.GET,
    )


@require_safe
def tag_names(request: HttpRequest) -> JsonResponse:
    """JSON list of tags that begin with `term` and are in use where the asker may look. Wagtail's
    own view knows every tag of the installation: those have one table, and no owner.

    Who may see it: whoever may enter the Wagtail admin.
    """
    term = request.GET.get("term", "")
    used = TaggedItem.objects.filter(tag__name__istartswith=term)
    names = used.order_by("tag__name").values_list("tag__name", flat=True).distinct()
    return JsonResponse(list(names[:TAGS]) if term else [], safe=False)
