"""Everything a house has, as one zip that needs no program of ours to be read."""

import tempfile
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from django.core.files.base import File
from django.template.loader import render_to_string
from django.utils.html import escape

from lms.certificates.models import Certificate
from lms.common import clock
from lms.common.packing import Packing, to_json
from lms.courses.models import CoursePage, LessonPage
from lms.courses.rendering import render_body
from lms.files.models import Upload
from lms.files.states import State
from lms.tenants.models import Membership, Provider

from .belongings import FILES, files_of, pages_of, people_of, private_models
from .models import HouseExport

# Progress is written after so many parts.
STEP = 50


def write(export: HouseExport) -> None:
    """Make the export's file. In the house's scope; memory does not grow with the house."""
    provider = export.provider
    pages = pages_of(provider)
    sent = Upload.objects.filter(state=State.READY).order_by("pk")
    count = sum(files_of(provider, model).count() for model in FILES) + sent.count()
    export.total = len(private_models()) + 2 * pages.count() + count + Certificate.objects.count()
    export.save(update_fields=["total"])

    def packed() -> None:
        export.done += 1
        if export.done % STEP == 0:
            export.save(update_fields=["done"])

    with tempfile.TemporaryFile() as file:
        packing = Packing(file, packed)
        told = {"provider": provider, "at": clock.now()}
        packing.add("README.txt", [render_to_string("home/export_readme.txt", told).encode()])
        packing.add_rows("school.jsonl", [_fields(provider)])
        packing.add_rows("people.jsonl", _people(provider))
        for model in private_models():
            rows = model._default_manager.order_by("pk").iterator(chunk_size=1000)
            packing.add_rows(f"rows/{model._meta.label}.jsonl", map(_fields, rows))
        for page in pages.order_by("path").specific().iterator(chunk_size=50):
            _add_page(packing, page)
        for model in FILES:
            folder = f"files/{model._meta.verbose_name_plural}"
            for row in files_of(provider, model).iterator(chunk_size=100):
                name = PurePosixPath(row.file.name).name
                packing.add_file(f"{folder}/{row.pk}-{name}", row.file, title=row.title)
        for upload in sent.select_related("blob").iterator(chunk_size=100):
            name = f"files/uploads/{upload.pk}-{upload.name}"
            packing.add_file(name, upload.file, title=upload.name)
        for certificate in Certificate.objects.exclude(pdf="").iterator(chunk_size=100):
            packing.add_file(f"certificates/{certificate.code}.pdf", certificate.pdf)
        packing.close()
        export.size = file.tell()
        file.seek(0)
        export.file.save(f"{provider.slug}-{export.pk}.zip", File(file), save=False)
    export.done, export.finished_at = export.total, clock.now()
    export.save(update_fields=["done", "finished_at", "file", "size"])


def _people(provider: Provider) -> Iterator[dict[str, Any]]:
    for user in people_of(provider).iterator(chunk_size=1000):
        roles = Membership.objects.filter(user=user).order_by("role").values_list("role", flat=True)
        yield {"id": user.pk, "name": user.name, "email": user.email, "roles": list(roles)}


def _add_page(packing: Packing, page: Any) -> None:
    """The page as it stands, and what has been written since; lessons in words as well."""
    below = page.url_path.strip("/").partition("/")[2] or "index"
    content = page.serializable_data()
    if page.has_unpublished_changes and (latest := page.get_latest_revision()):
        content["latest_draft"] = latest.content
    packing.add(f"pages/{below}.json", [to_json(content, indent=1).encode()], title=page.title)
    if isinstance(page, LessonPage):
        course = CoursePage.objects.ancestor_of(page).first()
        words = render_body(course, page, draft=True).html if course else ""
        title = escape(page.title)
        html = f'<!doctype html><meta charset="utf-8"><title>{title}</title><h1>{title}</h1>{words}'
        packing.add(f"pages/{below}.html", [html.encode()], title=page.title)


def _fields(row: Any) -> dict[str, Any]:
    """Every column of a row. Of a file, its name in the storage."""
    values = {field.attname: field.value_from_object(row) for field in row._meta.concrete_fields}
    return {name: getattr(value, "name", value) for name, value in values.items()}
