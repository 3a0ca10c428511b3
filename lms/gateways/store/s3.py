"""Private files in a bucket of S3 or of what speaks like it."""

import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import File
from storages.backends.s3 import S3Storage

from . import Begun, NoSuchParts, Part, StoreFailed

READ_AHEAD = 1024 * 1024  # bytes
# With threads, up to ten parts of 8 MB and a copy of each are in memory.
SENDING = TransferConfig(use_threads=False)
SIGNED = Config(
    signature_version="s3v4",
    # Without being asked, newer clients sign checksums that browsers then would have to send.
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)


class PrivateBucket(S3Storage):
    """`direct` has browsers send large files to the bucket themselves (lms.gateways.store);
    `browser_endpoint` is its address for them, where that is another than the site's.

    What is read is read by ranges: a file is never held, in memory or on the disk.
    """

    def __init__(self, *, direct: bool = True, browser_endpoint: str | None = None, **options: Any):
        super().__init__(**{"transfer_config": SENDING, **options})
        self.client_config: Config = self.client_config.merge(SIGNED)
        if not self.endpoint_url and not self.addressing_style:
            # Else addresses are signed for the one host of all regions, which leads on to the
            # region's: browsers don't follow it there with a PUT.
            self.client_config = self.client_config.merge(
                Config(s3={"addressing_style": "virtual"})
            )
        self.direct = direct
        self.browsers = self
        if browser_endpoint:
            told = {**options, "endpoint_url": browser_endpoint}
            self.browsers = type(self)(direct=direct, **told)

    def _open(self, name: str, mode: str = "rb") -> File:
        if mode != "rb":
            return super()._open(name, mode)
        with answered(name):
            return File(io.BufferedReader(_Ranges(self, name), READ_AHEAD), name=name)

    def begin_parts(self, name: str) -> str:
        with answered():
            answer = self._client.create_multipart_upload(
                **self._named(name), **self._get_write_parameters(name)
            )
        return str(answer["UploadId"])

    def part_url(
        self, name: str, parts_id: str, number: int, *, size: int, lasting: timedelta
    ) -> str:
        asked = {"UploadId": parts_id, "PartNumber": number, "ContentLength": size}
        with answered():
            return str(
                self.browsers._client.generate_presigned_url(
                    "upload_part",
                    Params={**self._named(name), **asked},
                    ExpiresIn=int(lasting.total_seconds()),
                )
            )

    def parts(self, name: str, parts_id: str) -> list[Part]:
        with answered():
            pages = self._client.get_paginator("list_parts").paginate(
                **self._named(name), UploadId=parts_id
            )
            return [
                Part(each["PartNumber"], each["Size"], each["ETag"])
                for page in pages
                for each in page.get("Parts", ())
            ]

    def join_parts(self, name: str, parts_id: str, parts: list[Part]) -> None:
        told = [{"PartNumber": each.number, "ETag": each.tag} for each in parts]
        with answered():
            self._client.complete_multipart_upload(
                **self._named(name), UploadId=parts_id, MultipartUpload={"Parts": told}
            )

    def abort_parts(self, name: str, parts_id: str) -> None:
        with suppress(NoSuchParts), answered():
            self._client.abort_multipart_upload(**self._named(name), UploadId=parts_id)

    def begun_parts(self, folder: str) -> list[Begun]:
        prefix = f"{self._normalize_name(folder)}/"
        before = len(prefix) - len(f"{folder}/")
        with answered():
            pages = self._client.get_paginator("list_multipart_uploads").paginate(
                Bucket=self.bucket_name, Prefix=prefix
            )
            return [
                Begun(each["Key"][before:], each["UploadId"], each["Initiated"])
                for page in pages
                for each in page.get("Uploads", ())
            ]

    def copy(self, source: str, name: str) -> str:
        name = self.get_available_name(name)
        with answered():
            # A managed copy: above 5 GB it goes in parts.
            self.bucket.copy(
                {"Bucket": self.bucket_name, "Key": self._normalize_name(source)},
                self._normalize_name(name),
                ExtraArgs=self._get_write_parameters(name),
                Config=SENDING,
            )
        return name

    @property
    def _client(self) -> Any:
        return self.connection.meta.client

    def _named(self, name: str) -> dict[str, str]:
        return {"Bucket": str(self.bucket_name), "Key": str(self._normalize_name(name))}


class _Ranges(io.RawIOBase):
    """An object, read from wherever one seeks to. Raises FileNotFoundError."""

    def __init__(self, storage: Any, name: str) -> None:
        self.object = storage.bucket.Object(storage._normalize_name(name))
        self.length: int = self.object.content_length  # asks
        self.position = 0
        self.body: Any = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self.position, io.SEEK_END: self.length}[whence]
        if (position := max(0, start + offset)) != self.position:
            self._let_go()
            self.position = position
        return position

    def readinto(self, buffer: Any) -> int:
        if self.position >= self.length:
            return 0
        if self.body is None:
            # Of the very object that was there at first, whatever is written meanwhile.
            answer = self.object.get(Range=f"bytes={self.position}-", IfMatch=self.object.e_tag)
            self.body = answer["Body"]
        data = self.body.read(len(buffer))
        if not data:
            raise OSError(f"{self.object.key} ended at {self.position} of {self.length} bytes.")
        buffer[: len(data)] = data
        self.position += len(data)
        return len(data)

    def _let_go(self) -> None:
        if self.body is not None:
            self.body.close()
            self.body = None

    def close(self) -> None:
        self._let_go()
        super().close()


@contextmanager
def answered(name: str = "") -> Iterator[None]:
    """What the store says, in our words; FileNotFoundError where `name` is missing."""
    try:
        yield
    except ClientError as refused:
        said = refused.response.get("Error", {}).get("Code", "")
        if said == "NoSuchUpload":
            raise NoSuchParts(said) from refused
        if name and said in ("404", "NoSuchKey", "NotFound"):
            raise FileNotFoundError(name) from refused
        raise StoreFailed(str(refused)) from refused
    except BotoCoreError as failed:
        raise StoreFailed(str(failed)) from failed
