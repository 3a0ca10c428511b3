"""A zip written part by part, in memory for one chunk of one part."""

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Any

from django.core.serializers.json import DjangoJSONEncoder

CHUNK = 1024 * 1024  # bytes


def to_json(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False, indent=indent)


class Packing:
    """A zip in `file`; `manifest` says of each part what it should be. `packed` is called after
    each part."""

    def __init__(self, file: IO[bytes], packed: Callable[[], None]) -> None:
        self.zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, allowZip64=True)
        self.packed = packed
        self.manifest: dict[str, dict[str, Any]] = {}

    def add(self, name: str, chunks: Iterable[bytes], **told: Any) -> None:
        """One part, in memory for one of its chunks."""
        digest, size = hashlib.sha256(), 0
        with self.zip.open(name, "w", force_zip64=True) as part:
            for chunk in chunks:
                part.write(chunk)
                digest.update(chunk)
                size += len(chunk)
        self.manifest[name] = {"bytes": size, "sha256": digest.hexdigest(), **told}
        self.packed()

    def add_rows(self, name: str, rows: Iterable[dict[str, Any]]) -> None:
        """One line of JSON a row."""
        count = 0

        def lines() -> Iterator[bytes]:
            nonlocal count
            for row in rows:
                count += 1
                yield (to_json(row) + "\n").encode()

        self.add(name, lines())
        self.manifest[name]["rows"] = count

    def add_file(self, name: str, file: Any, **told: Any) -> None:
        """A stored file (a FieldFile) as it is; one that is lost is told of, and keeps nobody from
        the rest."""
        try:
            stream = file.storage.open(file.name)
        except OSError:
            self.manifest[name] = {"missing": True, **told}
            self.packed()
            return
        with stream:
            self.add(name, iter(lambda: stream.read(CHUNK), b""), **told)

    def close(self) -> None:
        """With the manifest, the zip is whole."""
        self.add("manifest.json", [json.dumps(self.manifest, indent=1).encode()])
        self.zip.close()
