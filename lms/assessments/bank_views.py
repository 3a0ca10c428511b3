"""The bank of questions: its list, what is done with several at once, what a question was before.
Who may: those who set assessments at the provider."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from lms.common import clock
from lms.common.errors import Invalid, NotFound
from lms.files.serving import serve
from lms.tenants.models import Provider
from lms.tenants.requests import HouseRequest

from . import actions, selectors
from .bank_forms import FORMS
from .models import QuestionKind, Version
from .rules.changes import Difference, differences
from .rules.questions import KEY, Kind

PER_PAGE = 50
UNDO = "bank_undo"  # in the session, until the list was shown once


@login_required
@require_safe
@never_cache
def banks(request: HouseRequest) -> HttpResponse:
    """The banks one may write in; straight to it where it is one."""
    rows = selectors.banks_at_desk(request.user, host=request.provider)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    if page.paginator.count == 1:
        return redirect("assessments_desk:bank", page.object_list[0].pk)
    return render(request, "assessments/desk/banks.html", {"page": page})


@login_required
@require_safe
@never_cache
def bank(request: HouseRequest, provider_id: UUID) -> HttpResponse:
    """The questions of a bank, filtered."""
    provider = bank_for(request, provider_id)
    words = request.GET.get("q", "").strip()[:100].replace("\x00", "")
    kind = request.GET.get("kind", "")
    kind = kind if kind in set(Kind) else ""
    chosen = ids_in(request.GET.getlist("tag"))[:10]
    archived = request.GET.get("archived") == "1"
    rows = selectors.bank_of(provider, words=words, kind=kind, tags=chosen, archived=archived)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "bank": provider,
        "page": page,
        "words": words,
        "kind": kind,
        "kinds": QuestionKind.choices,
        "tags": list(selectors.tags_of(provider)[:300]),
        "chosen": chosen,
        "archived": archived,
        "filtered": bool(words or kind or chosen),
        "query": request.GET.urlencode(),
        "undo": request.session.pop(UNDO, None),
    }
    return render(request, "assessments/desk/bank.html", context)


@login_required
@require_POST
def bulk(request: HouseRequest, provider_id: UUID) -> HttpResponse:
    """Put away, take back, tag or untag the chosen questions; it can be undone."""
    provider = bank_for(request, provider_id)
    back = back_to(provider, request.POST.get("query", ""))
    keys = ids_in(request.POST.getlist("question"))[: 2 * PER_PAGE]
    rows = list(selectors.bank_rows(provider, keys))
    if not rows:
        messages.warning(request, _("Choose questions first."))
        return back
    deed = request.POST.get("deed", "")
    names = [
        one for one in request.POST.get("tag", "").replace("\x00", "").split(",") if one.strip()
    ]
    if deed in ("tag", "untag") and not names:
        messages.warning(request, _("Which tag?"))
        return back
    if any(len(name) > 60 for name in names):
        messages.error(request, _("A tag has at most 60 characters."))
        return back
    now, actor = clock.now(), request.user
    changed = []
    for row in rows:
        if deed == "archive":
            done = row.archived_at is None
            actions.archive_question(row, actor=actor, at=now)
        elif deed == "restore":
            done = row.archived_at is not None
            actions.restore_question(row, actor=actor)
        elif deed in ("tag", "untag"):
            wanted = {"add" if deed == "tag" else "drop": names}
            try:
                done = actions.tag_question(row, **wanted, actor=actor)
            except Invalid:
                text = _("“%(title)s” would have more than 20 tags: it is left as it is.")
                messages.error(request, text % {"title": row.title})
                continue
        else:
            raise NotFound
        if done:
            changed.append(row.pk)
    if "undone" in request.POST:
        messages.success(request, _("Undone."))
    else:
        request.session[UNDO] = _undo(deed, changed, ", ".join(names))
    return back


def _undo(deed: str, changed: list[Any], names: str) -> dict[str, Any]:
    """What was done, in words, and the deed that takes it back."""
    number = len(changed)
    told = {
        "archive": ngettext(
            "%(number)d question was put away.", "%(number)d questions were put away.", number
        ),
        "restore": ngettext(
            "%(number)d question was taken back.", "%(number)d questions were taken back.", number
        ),
    }.get(deed) or ngettext(
        "The tags of %(number)d question were changed.",
        "The tags of %(number)d questions were changed.",
        number,
    )
    back = {"archive": "restore", "restore": "archive", "tag": "untag", "untag": "tag"}[deed]
    return {"text": told % {"number": number}, "deed": back, "keys": changed, "tag": names}


@dataclass(frozen=True, slots=True)
class Change:
    """What a version changed; `field` in words."""

    field: str
    difference: Difference


@login_required
@require_safe
@never_cache
def versions(request: HouseRequest, provider_id: UUID, question_id: int) -> HttpResponse:
    """What a question was before, and where it is used."""
    provider = bank_for(request, provider_id)
    row = selectors.question_at_desk(provider, question_id)
    page = Paginator(selectors.versions_of(row), 20).get_page(request.GET.get("page"))
    shown: list[Version] = list(page.object_list)
    before = row.versions.filter(number=shown[-1].number - 1).first() if shown else None
    following = [*shown[1:], before]
    pairs = zip(shown, following, strict=True)
    context = {
        "bank": provider,
        "question": row,
        "page": page,
        "versions": [(one, _changes(Kind(row.kind), one, old)) for one, old in pairs],
        "uses": selectors.uses_of(row),
    }
    return render(request, "assessments/desk/versions.html", context)


def _changes(kind: Kind, version: Version, before: Version | None) -> list[Change]:
    if before is None:
        return []
    shape = FORMS[kind]
    found = []
    for one in differences(before.data, version.data):
        field = shape.base_fields.get(one.field)
        name = shape.ROWS[one.field].heading if one.field in shape.ROWS else field and field.label
        found.append(Change(str(name or one.field), one))
    return found


@login_required
@require_safe
def picture(
    request: HouseRequest, provider_id: UUID, question_id: int, key: str
) -> HttpResponseBase:
    """A picture of a question. Who may see it: those who set or mark assessments there."""
    provider = selectors.house_of_pictures(request.user, provider_id, host=request.provider)
    row = selectors.question_at_desk(provider, question_id)
    if not KEY.fullmatch(key):
        raise NotFound
    upload = selectors.picture_of(row, key).upload
    if not upload.is_ready:
        raise NotFound
    return serve(request, upload.file, name=upload.name, found=upload.content_type)


def bank_for(request: HouseRequest, provider_id: UUID) -> Provider:
    return selectors.bank_at_desk(request.user, provider_id, host=request.provider)


def back_to(provider: Provider, query: str) -> HttpResponse:
    url = reverse("assessments_desk:bank", args=[provider.pk])
    return redirect(f"{url}?{QueryDict(query[:500]).urlencode()}")


def picture_url(version: Version, key: str) -> str:
    """Where a picture of the version's question is seen at the desk."""
    args = [version.provider_id, version.question_id, key]
    return reverse("assessments_desk:picture", args=args)


def ids_in(given: Iterable[str]) -> list[int]:
    """Keys of rows among what was sent."""
    return [int(one) for one in given if one.isdecimal() and one.isascii() and len(one) < 19]
