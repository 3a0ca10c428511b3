from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST

from bench.floor.models import Row


@login_required
@require_POST
@transaction.atomic
def write(request: HttpRequest, place: int) -> HttpResponse:
    """Write one row of who is signed in."""
    answer = {"choice": request.POST.get(f"q{place}")}
    rows = Row.objects.filter(user=request.user, place=place)
    return JsonResponse({"rows": rows.update(answer=answer, saved_at=timezone.now())})


urlpatterns = [path("rows/<int:place>/", write)]
