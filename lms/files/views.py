"""Files for their authors, and uploads for whoever may read them. Files of lessons are served by
`lms.progress`, which knows lessons.
"""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from taggit.models import TaggedItem

from lms.common import clock, throttle
from lms.common.errors import NotFound
from lms.tenants.requests import HouseRequest
from lms.tenants.scope import provider_scope

from . import links, playing
from .models import Media, Upload, house_of
from .permissions import may_handle
from .selectors import readable_upload, shared_upload
from .serving import serve

TAGS = 10
# Each costs the worker a good deal.
AGAIN_A_MINUTE = 6


@require_safe
def recording(request: HttpRequest, pk: int, name: str) -> HttpResponseBase:
    """Who may see it: those who may change or choose the recording in the Wagtail admin."""
    media = get_object_or_404(Media, pk=pk)
    if not may_handle(request.user, media):
        raise Http404
    if redirected := playing.answer(request, media.sha256, house_of(media.collection)):
        return redirected
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


@require_safe
def made(request: HouseRequest, key: str, name: str) -> HttpResponseBase:
    """A file of what was made of a recording. Who may: whoever holds the key (lms.files.playing),
    until it ends. One query: a film comes in hundreds of pieces."""
    row = playing.made_file(key, name, host=request.provider, at=clock.now())
    response = serve(request, row.file, name=row.name, found=row.content_type)
    # The key is the access, and what it opens never changes.
    response["Cache-Control"] = "private, max-age=21600"
    return response


@require_safe
@never_cache
def progress(request: HouseRequest, key: str) -> HttpResponse:
    """How far a recording is prepared, for the page that waits. Who may: whoever holds the key."""
    row = playing.playable_of(key, host=request.provider, at=clock.now())
    return render(request, "files/making.html", {"made": row})


@login_required
@require_POST
def again(request: HouseRequest, key: str) -> HttpResponse:
    """Prepare a recording once more. Who may: whoever holds the key, signed in."""
    throttle.count("files.again", str(request.user.pk), limit=AGAIN_A_MINUTE)
    row = playing.playable_of(key, host=request.provider, at=clock.now())
    playing.try_again(row, actor=request.user, at=clock.now())
    if request.headers.get("X-Requested-With") == "fetch":
        return render(request, "files/making.html", {"made": row})
    back = request.headers.get("Referer", "")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure())
    return redirect(back if safe else "/")


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
