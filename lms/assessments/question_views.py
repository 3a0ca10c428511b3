"""Writing a question of the bank. Who may: those who set assessments at the provider."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST
from PIL import Image, ImageOps, UnidentifiedImageError

from lms.common import clock
from lms.common.errors import DomainError, NotFound
from lms.common.ids import uuids_in
from lms.files.actions import Given, take_in
from lms.files.models import Upload
from lms.tenants.models import Provider
from lms.tenants.requests import HouseRequest

from . import actions, selectors, texts
from .bank_forms import FORMS, QuestionForm, rearranged, typed, unchecked
from .bank_views import bank_for, picture_url
from .models import BankQuestion, QuestionKind, Response, Version
from .rules.papers import options
from .rules.questions import Kind
from .selectors import Sheet
from .uploads import PICTURE


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def new(request: HouseRequest, provider_id: UUID, kind: str) -> HttpResponse:
    """Write a question."""
    provider = bank_for(request, provider_id)
    if kind not in set(Kind):
        raise NotFound
    return _edit(request, provider, Kind(kind), None)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def question(request: HouseRequest, provider_id: UUID, question_id: int) -> HttpResponse:
    """Change a question."""
    provider = bank_for(request, provider_id)
    row = selectors.question_at_desk(provider, question_id)
    return _edit(request, provider, Kind(row.kind), row)


@login_required
@require_POST
def copy(request: HouseRequest, provider_id: UUID, question_id: int) -> HttpResponse:
    """Another question that begins as this one."""
    provider = bank_for(request, provider_id)
    row = selectors.question_at_desk(provider, question_id)
    title = _("%(title)s (copy)") % {"title": row.title[:180]}
    made = actions.copy_question(row, title=title, actor=request.user, at=clock.now())
    messages.success(request, _("This is the copy."))
    return redirect("assessments_desk:question", provider.pk, made.pk)


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture that the texts of a question may show; `upload` is not the question's yet where
    `sent`."""

    key: str
    url: str
    upload: Upload
    sent: bool = False


def _edit(
    request: HouseRequest, provider: Provider, kind: Kind, row: BankQuestion | None
) -> HttpResponse:
    data, problem = _received(request, provider)
    pictures = _pictures(request, provider, row, data)
    deed = data.get("deed", "") if data is not None else ""
    if data is not None and kind == Kind.HOTSPOT:
        _measure(data, pictures)
    told: dict[str, Any] = {
        "kind": kind,
        "provider": provider,
        "owner": request.user,
        "picture_keys": [one.key for one in pictures],
    }
    status = 200
    if data is None:
        fields, there = _begun(request, row)
        form = FORMS[kind](initial=fields, initial_rows=there, **told)
    elif "rows" in data or deed == "pictures":
        fields, there = unchecked(kind, rearranged(data, data.get("rows", "")))
        form = FORMS[kind](initial=fields, initial_rows=there, **told)
    else:
        form = FORMS[kind](data, **told)
        if deed == "preview":
            return _preview(request, form, pictures)
        if form.is_valid() and not problem:
            try:
                saved = _save(request, provider, row, form, pictures)
            except DomainError as refused:
                form.add_error("pictures" if pictures else None, str(refused.message))
            else:
                return _saved(request, provider, saved, deed)
        status = 422
    if problem:
        form.errors.setdefault("pictures", form.error_class([problem]))
    context = {
        "bank": provider,
        "kind": kind,
        "kind_name": QuestionKind(kind).label,
        "kinds": QuestionKind.choices,
        "question": row,
        "form": form,
        "pictures": pictures,
        "addresses": json.dumps({one.key: one.url for one in pictures}),
        "tags": list(selectors.tags_of(provider)[:300]),
    }
    return render(request, "assessments/desk/question.html", context, status=status)


def _begun(
    request: HouseRequest, row: BankQuestion | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What stands in the form at first; a new question may be given its tags and points."""
    if row is None or row.current is None:
        given = {
            name: request.GET[name][:300] for name in ("tags", "points") if name in request.GET
        }
        return given, {}
    fields, there = typed(row.current)
    fields |= {
        "title": row.title,
        "points": f"{row.points.normalize():f}",
        "tags": [tag.name for tag in row.tags.all()],
    }
    return fields, there


def _received(request: HouseRequest, provider: Provider) -> tuple[QueryDict | None, str]:
    """(what was sent, with files taken in so that they need not be sent again; what is wrong with
    the files). None for nothing."""
    if request.method != "POST":
        return None, ""
    data = request.POST.copy()
    files = tuple(request.FILES.getlist("pictures"))[:10]
    if not files:
        return data, ""
    try:
        taken = take_in(
            Given(files=files),
            owner=request.user,
            provider=provider,
            purpose=PICTURE.name,
            at=clock.now(),
        )
    except DomainError as refused:
        return data, str(refused.message)
    for upload in taken:
        data.appendlist("pictures-upload", str(upload.pk))
    return data, ""


def _pictures(
    request: HouseRequest, provider: Provider, row: BankQuestion | None, data: QueryDict | None
) -> list[Shown]:
    """The question's pictures, and those sent for it just now, under the keys they will have."""
    found = []
    if row is not None and row.current is not None:
        for one in row.pictures.select_related("upload__blob").order_by("pk"):
            found.append(Shown(one.key, picture_url(row.current, one.key), one.upload))
    used = {one.key for one in found}
    for upload in _uploads(request, provider, data.getlist("pictures-upload") if data else ()):
        key = _free_key(upload.name, used)
        used.add(key)
        found.append(Shown(key, upload.url, upload, sent=True))
    return found


def _uploads(request: HouseRequest, provider: Provider, keys: Iterable[str]) -> list[Upload]:
    wanted = uuids_in(keys)
    rows = Upload.objects.filter(
        provider=provider, owner_id=request.user.pk, purpose=PICTURE.name, attached_at=None
    ).select_related("blob")
    known = rows.in_bulk(wanted[:20])
    return [known[key] for key in dict.fromkeys(wanted) if key in known]


def _free_key(name: str, used: set[str]) -> str:
    stem = slugify(PurePath(name).stem)[:55] or "picture"
    key, number = stem, 1
    while key in used:
        number += 1
        key = f"{stem}-{number}"
    return key


def _measure(data: QueryDict, pictures: list[Shown]) -> None:
    """Put the size of the chosen picture into what was sent; of a drawing, the browser says it."""
    chosen = next((one for one in pictures if one.key == data.get("picture")), None)
    if chosen is None or chosen.upload.file is None:
        return
    try:
        with chosen.upload.file.open("rb") as file, Image.open(file) as image:
            turned = ImageOps.exif_transpose(image)
            data["width"], data["height"] = map(str, turned.size)
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        return


def _save(
    request: HouseRequest,
    provider: Provider,
    row: BankQuestion | None,
    form: QuestionForm,
    pictures: list[Shown],
) -> BankQuestion:
    cleaned = form.cleaned_data
    values: dict[str, Any] = {
        "title": form.title_given,
        "data": form.content,
        "points": cleaned["points"],
        "tags": cleaned["tags"],
        "pictures": {one.key: one.upload for one in pictures if one.sent},
        "actor": request.user,
        "at": clock.now(),
    }
    if row is None:
        return actions.create_question(provider, kind=form.kind, **values)
    actions.change_question(row, **values)
    return row


def _saved(request: HouseRequest, provider: Provider, row: BankQuestion, deed: str) -> HttpResponse:
    messages.success(request, _("“%(title)s” is saved.") % {"title": row.title})
    if deed == "another":
        names = ", ".join(row.tags.order_by("name").values_list("name", flat=True))
        given = urlencode({"tags": names, "points": f"{row.points.normalize():f}"})
        url = reverse("assessments_desk:question_new", args=[provider.pk, row.kind])
        return redirect(f"{url}?{given}")
    if deed == "stay":
        return redirect("assessments_desk:question", provider.pk, row.pk)
    return redirect("assessments_desk:bank", provider.pk)


def _preview(request: HouseRequest, form: QuestionForm, pictures: list[Shown]) -> HttpResponse:
    """The question as students would see it, or what it lacks."""
    context: dict[str, Any] = {"form": form}
    if form.is_valid():
        context["sheet"] = preview_sheet(form.kind, form.content, form.cleaned_data["points"])
        known = {one.key: one.url for one in pictures}
        context["address_of"] = texts.for_templates(lambda key: known.get(key, ""))
    return render(request, "assessments/desk/_preview.html", context)


def preview_sheet(kind: str, data: Any, points: Any, number: int = 1) -> Sheet:
    """A question as it would lie before a student."""
    version = Version(kind=kind, data=data)
    response = Response(place=number - 1, given=version, most=points)
    return Sheet(number, response, version, options(version.content, "preview", number - 1))
