"""Files for their authors, uploads for whoever sent them, and what was made of recordings for who
has its key. All else is sent by the app that knows who may read it: lessons' files by
`lms.progress`, what is handed in by `lms.homework` and `lms.assessments`.
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
from lms.tenants.requests import HouseRequest

from . import playing
from .models import Media, house_of
from .permissions import may_handle
from .selectors import own_file
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
    """Who may: whoever sent it, before and after something uses it. Pictures and recordings are
    shown in place, but for `?download`. `name` is for people; the id decides."""
    row = own_file(request.user, upload_id)
    return serve(
        request,
        row.file,
        name=row.name,
        found=row.content_type,
        attachment="download" in request.GET,
    )


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
