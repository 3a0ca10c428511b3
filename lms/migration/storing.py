"""Files of a course → rows, once per content; what was stored is taken back on failure."""

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

from django.core.files.base import ContentFile, File
from wagtail.models import Collection

from lms.files.models import Document, Image, Media

from .assets import content, digest
from .bundle import Asset, AssetKind, CourseBundle
from .models import ImportedItem
from .report import Report

KINDS = {
    AssetKind.IMAGE: (ImportedItem.Kind.IMAGE, "image"),
    AssetKind.DOCUMENT: (ImportedItem.Kind.DOCUMENT, "document"),
    AssetKind.AUDIO: (ImportedItem.Kind.RECORDING, "recording"),
    AssetKind.VIDEO: (ImportedItem.Kind.RECORDING, "recording"),
}


class Files:
    """Stores a bundle's files in a collection. `stored` is (storage, name) of each new file."""

    def __init__(self, collection: Collection, actor: Any, report: Report):
        self.collection = collection
        self.actor = actor
        self.report = report
        self.stored: list[tuple[Any, str]] = []
        # Path in the folder → (SHA-256, primary key)
        self.digests: dict[str, str] = {}
        self.ids: dict[str, int] = {}

    def store_all(self, bundle: CourseBundle, progress: Callable[[int, int, str], None]) -> None:
        """Every file, or the row it already has."""
        for number, (path, asset) in enumerate(bundle.assets.items(), start=1):
            progress(number, len(bundle.assets), path)
            self.digests[path] = digest(asset.file)
            self.ids[path] = self._row(asset, self.digests[path]).pk

    def take_back(self) -> None:
        """Delete what was stored: the transaction that knew of it is gone."""
        while self.stored:
            storage, name = self.stored.pop()
            storage.delete(name)

    def _row(self, asset: Asset, sha256: str) -> Any:
        kind, field = KINDS[asset.kind]
        known = ImportedItem.objects.filter(course_key="", kind=kind, source=sha256).first()
        row = getattr(known, field) if known else None
        if row is not None:
            self.report.outcome["files already there"] += 1
            return row
        row = self._new(asset)
        item = known or ImportedItem(course_key="", kind=kind, source=sha256)
        setattr(item, field, row)
        item.save()
        self.report.outcome["new files"] += 1
        return row

    def _new(self, asset: Asset) -> Any:
        title = (asset.title or PurePosixPath(asset.path).stem)[:255]
        common = {"title": title, "collection": self.collection, "uploaded_by_user": self.actor}
        name, data = content(asset)
        with asset.file.open("rb") as stream:
            file = File(stream, name=name) if data is None else ContentFile(data, name=name)
            if asset.kind == AssetKind.IMAGE:
                row: Any = Image(**common, file=file, description=asset.title[:255])
                row._set_image_file_metadata()
            elif asset.kind == AssetKind.DOCUMENT:
                row = Document(**common, file=file)
                row._set_document_file_metadata()
            else:
                row = Media(**common, file=file, type=str(asset.kind))
            try:
                row.save()
            finally:
                # The file is stored before the row: it must go even if the row never came.
                if row.file._committed:
                    self.stored.append((row.file.storage, row.file.name))
        return row
