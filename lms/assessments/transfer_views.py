"""The desk: questions from other programs, and for them (GIFT, QTI). Who may: those who set
assessments at the provider."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.base import ContentFile
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from lms.common import clock
from lms.common.errors import DomainError, NotFound
from lms.files.actions import receive_whole, take_in
from lms.files.forms import UploadField
from lms.files.models import Upload
from lms.tenants.models import Provider
from lms.tenants.requests import HouseRequest

from . import actions, selectors
from .bank_forms import TagsField
from .bank_views import back_to, bank_for, ids_in
from .formats.gift import read_gift
from .formats.gift_writer import carries, write_gift
from .formats.package import Entry, FormatError, Imported, Outcome, Package
from .formats.qti import read_qti
from .formats.qti_writer import Version, write_qti
from .models import BankQuestion, QuestionKind
from .rules.questions import Kind, write
from .uploads import PACKAGE, PICTURE

MOST_AT_ONCE = 500  # exported
ENDINGS = {"gift": "txt", "qti21": "zip", "qti30": "zip"}


class ImportForm(forms.Form):
    """A file of questions, and tags for all of them."""

    file = UploadField(
        PACKAGE,
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "GIFT (.txt, of Moodle and others) or a package of QTI 2.1, 2.2 or 3.0 (.zip)."
        ),
    )
    tags = TagsField(
        label=gettext_lazy("Tags for all of them"),
        required=False,
        help_text=gettext_lazy("With commas between them. Their own tags stay."),
        widget=forms.TextInput(attrs={"list": "known-tags", "autocomplete": "off", "dir": "auto"}),
    )


@dataclass(frozen=True, slots=True)
class Found:
    """An item of the file: what became of it, and the question, where there is one."""

    number: int
    entry: Entry
    question: Imported | None

    @property
    def kind(self) -> str:
        return str(QuestionKind(self.question.kind).label) if self.question else ""


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def import_questions(request: HouseRequest, provider_id: UUID) -> HttpResponse:
    """A file: first what is in it, then, chosen, into the bank."""
    provider = bank_for(request, provider_id)
    form = ImportForm(request.POST or None, request.FILES or None)
    form.fields["file"].belongs(owner=request.user, provider=provider)  # type: ignore[attr-defined]
    context: dict[str, Any] = {
        "bank": provider,
        "form": form,
        "tags": list(selectors.tags_of(provider)[:300]),
    }
    if request.method == "POST" and form.is_valid():
        try:
            (upload,) = take_in(
                form.cleaned_data["file"],
                owner=request.user,
                provider=provider,
                purpose=PACKAGE.name,
                at=clock.now(),
            )
            package = _read(upload)
        except DomainError as refused:
            form.add_error("file", str(refused.message))
        except FormatError as problem:
            form.add_error("file", str(problem))
        else:
            found = list(_found(package))
            if "take" in request.POST:
                return _take(request, provider, found, form.cleaned_data["tags"])
            context |= {
                "upload": upload,
                "found": found,
                "report": package.report,
                "counts": {one.value: package.report.count(one) for one in Outcome},
                "typed_tags": ", ".join(form.cleaned_data["tags"]),
            }
            return render(request, "assessments/desk/import.html", context)
    status = 422 if form.is_bound else 200
    return render(request, "assessments/desk/import.html", context, status=status)


def _read(upload: Upload) -> Package:
    """Raises FormatError."""
    if upload.file is None:
        raise FormatError(_("This file is still being examined. Please try again in a moment."))
    with upload.file.open("rb") as file:
        head = file.read(2_000)
        file.seek(0)
        if head.startswith(b"PK") or head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<?xml"):
            return read_qti(file)
        return read_gift(file.read())


def _found(package: Package) -> Iterator[Found]:
    """The items in the order of the file; those that came over have their question."""
    questions = iter(package.questions)
    for number, entry in enumerate(package.report.entries):
        left = entry.outcome == Outcome.LEFT_OUT
        yield Found(number, entry, None if left else next(questions, None))


def _take(
    request: HouseRequest, provider: Provider, found: list[Found], tags: list[str]
) -> HttpResponse:
    """Put the chosen questions into the bank: all of them, or none."""
    chosen = set(ids_in(request.POST.getlist("question")))
    now, actor = clock.now(), request.user
    taken = [one.question for one in found if one.question and one.number in chosen]
    title = ""
    try:
        with transaction.atomic():
            for question in taken:
                title = question.title[:200] or str(QuestionKind(question.kind).label)
                _keep(provider, question, title, tags, actor=actor, at=now)
    except DomainError as refused:
        text = _("Nothing came over: “%(title)s” can’t be kept. %(why)s")
        messages.error(request, text % {"title": title, "why": refused.message})
        return redirect("assessments_desk:bank_import", provider.pk)
    made = len(taken)
    text = ngettext("%(number)d question came over.", "%(number)d questions came over.", made)
    messages.success(request, text % {"number": made})
    return redirect("assessments_desk:bank", provider.pk)


def _keep(
    provider: Provider, question: Imported, title: str, tags: list[str], *, actor: Any, at: Any
) -> None:
    pictures = {
        key: receive_whole(
            ContentFile(content, name),
            owner=actor,
            provider=provider,
            purpose=PICTURE.name,
            at=at,
        )
        for key, (name, content) in question.pictures.items()
    }
    # A comma would part a tag where tags are typed.
    own = [tag.replace(",", " ")[:60] for tag in question.tags]
    actions.create_question(
        provider,
        title=title,
        kind=question.kind,
        data=write(question.question),
        points=question.points,
        tags=[*tags, *own][: actions.MOST_TAGS],
        pictures=pictures,
        actor=actor,
        at=at,
    )


@login_required
@require_POST
def export(request: HouseRequest, provider_id: UUID) -> HttpResponse:
    """The chosen questions as a file: `format` is gift, qti21 or qti30."""
    provider = bank_for(request, provider_id)
    keys = ids_in(request.POST.getlist("question"))[:MOST_AT_ONCE]
    rows = list(selectors.bank_rows(provider, keys))
    wanted = request.POST.get("format", "")
    if not rows:
        messages.warning(request, _("Choose questions first."))
        return back_to(provider, request.POST.get("query", ""))
    if wanted not in ENDINGS:
        raise NotFound
    questions = [_exported(row, with_pictures=wanted != "gift") for row in rows if row.current]
    if wanted == "gift":
        content = write_gift(one for one in questions if carries(one.kind))
    else:
        version = Version.V2_1 if wanted == "qti21" else Version.V3_0
        content = write_qti(questions, version, title=provider.name)
    name = f"{slugify(provider.name)[:60] or 'questions'}-{wanted}.{ENDINGS[wanted]}"
    kind = "text/plain; charset=utf-8" if wanted == "gift" else "application/zip"
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = content_disposition_header(True, name)
    response["Cache-Control"] = "private, no-store"
    return response


def _exported(row: BankQuestion, *, with_pictures: bool) -> Imported:
    current = row.current
    if current is None:
        raise NotFound
    pictures: dict[str, tuple[str, bytes]] = {}
    if with_pictures:
        for one in row.pictures.select_related("upload__blob"):
            if one.upload.is_ready:
                with one.upload.file.open("rb") as file:
                    pictures[one.key] = (one.upload.name, file.read())
    return Imported(
        identifier=f"question-{row.pk}",
        title=row.title,
        tags=tuple(tag.name for tag in row.tags.all()),
        kind=Kind(row.kind),
        question=current.content,
        points=row.points,
        pictures=pictures,
    )
