"""S3."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalicelib.adapters.errors import aws_errors, error_code
from chalicelib.domain.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Iterator

_REPLACED = frozenset({"PreconditionFailed", "NoSuchKey"})


@dataclass(frozen=True, slots=True)
class Found:
    """An object as it was read, whole. `etag` names this content."""

    content: bytes = field(repr=False)
    etag: str


class FileTooLarge(DomainError):  # noqa: N818 - what it is
    """There is such an object, and it is too large to be read."""

    def __init__(self, key: str, limit: int, etag: str) -> None:
        super().__init__(f"{key} is larger than {limit} bytes")
        self.etag = etag


class Files:
    """One bucket."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def read(self, key: str) -> bytes:
        """Return an object's bytes."""
        with aws_errors("GetObject"):
            body: bytes = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        return body

    def find(self, key: str, limit: int) -> Found | None:
        """Return an object, None when there is none; FileTooLarge when it has more than `limit`.

        Needs the leave to list the bucket: without it S3 forbids what is not there.
        """
        return self._find(key, limit, ("NoSuchKey",))

    def read_at_most(self, key: str, limit: int) -> bytes | None:
        """Return an object's bytes, None when there is none; FileTooLarge beyond `limit`.

        For functions without the leave to list the bucket: forbidden is not there.
        """
        found = self._find(key, limit, ("NoSuchKey", "AccessDenied"))
        return None if found is None else found.content

    def _find(self, key: str, limit: int, missing: tuple[str, ...]) -> Found | None:
        with aws_errors("GetObject"):
            try:
                reply = self._client.get_object(Bucket=self._bucket, Key=key)
            except ClientError as error:
                if error_code(error) in missing:
                    return None
                raise
            content: bytes = reply["Body"].read(limit + 1)
        if len(content) > limit:
            raise FileTooLarge(key, limit, reply["ETag"])
        return Found(content, reply["ETag"])

    def link(self, key: str, seconds: int) -> str:
        """Return a URL by which whoever has it may fetch an object, as a file to be saved."""
        wanted = {"Bucket": self._bucket, "Key": key, "ResponseContentDisposition": "attachment"}
        url: str = self._client.generate_presigned_url("get_object", wanted, ExpiresIn=seconds)
        return url

    def delete(self, key: str) -> None:
        """Delete an object; one that is not there is fine."""
        with aws_errors("DeleteObject"):
            self._client.delete_object(Bucket=self._bucket, Key=key)

    def upload_form(self, key: str, type_: str, most_bytes: int, seconds: int) -> dict[str, Any]:
        """Return a form ({"url", "fields"}) by which whoever has it may upload one object.

        A form and no URL for PUT: only a form's policy can say how large the object may be.
        """
        conditions = [["content-length-range", 1, most_bytes], {"Content-Type": type_}]
        form: dict[str, Any] = self._client.generate_presigned_post(
            self._bucket,
            key,
            Fields={"Content-Type": type_},
            Conditions=conditions,
            ExpiresIn=seconds,
        )
        return form

    def write(self, key: str, body: bytes, type_: str = "application/json") -> None:
        """Write an object, of JSON unless another content type is named."""
        with aws_errors("PutObject"):
            self._client.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType=type_)

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin with `prefix`, in their order."""
        request: dict[str, Any] = {"Bucket": self._bucket, "Prefix": prefix}
        while True:
            with aws_errors("ListObjectsV2"):
                reply = self._client.list_objects_v2(**request)
            for found in reply.get("Contents", []):
                yield found["Key"]
            if not reply.get("IsTruncated"):
                return
            request["ContinuationToken"] = reply["NextContinuationToken"]

    def copy(self, key: str, to: str, etag: str) -> bool:
        """Copy an object over whatever is at `to`; up to 5 GB.

        False when it has not the content of that ETag any more.
        """
        source = {"Bucket": self._bucket, "Key": key}
        with aws_errors("CopyObject"):
            try:
                self._client.copy_object(
                    Bucket=self._bucket, Key=to, CopySource=source, CopySourceIfMatch=etag
                )
            except ClientError as error:
                if error_code(error) in _REPLACED:
                    return False
                raise
        return True

    def discard(self, key: str, etag: str) -> bool:
        """Delete an object as long as it has the content of that ETag: False when it has not.

        (Amazon S3 user guide, "How to perform conditional deletes".)
        """
        with aws_errors("DeleteObject"):
            try:
                self._client.delete_object(Bucket=self._bucket, Key=key, IfMatch=etag)
            except ClientError as error:
                if error_code(error) in _REPLACED:
                    return False
                raise
        return True
