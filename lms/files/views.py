"""Files for their authors. Students' files are served by `lms.progress`, which knows lessons."""

from django.http import Http404, HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe
from taggit.models import TaggedItem

from .models import Media
from .permissions import may_handle
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
def tag_names(request: HttpRequest) -> JsonResponse:
    """JSON list of tags that begin with `term` and are in use where the asker may look. Wagtail's
    own view knows every tag of the installation: those have one table, and no owner.

    Who may see it: whoever may enter the Wagtail admin.
    """
    term = request.GET.get("term", "")
    used = TaggedItem.objects.filter(tag__name__istartswith=term)
    names = used.order_by("tag__name").values_list("tag__name", flat=True).distinct()
    return JsonResponse(list(names[:TAGS]) if term else [], safe=False)
