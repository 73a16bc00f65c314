"""S3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalicelib.adapters.errors import aws_errors

if TYPE_CHECKING:
    from collections.abc import Iterator


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

    def read_at_most(self, key: str, limit: int) -> bytes | None:
        """Return an object's bytes; None when there is none, or more than `limit` of them."""
        with aws_errors("GetObject"):
            try:
                reply = self._client.get_object(Bucket=self._bucket, Key=key)
            except ClientError as error:
                # Without the leave to list a bucket, what is not there is forbidden.
                if error.response.get("Error", {}).get("Code") in ("NoSuchKey", "AccessDenied"):
                    return None
                raise
            content: bytes = reply["Body"].read(limit + 1)
        return None if len(content) > limit else content

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

    def exists(self, key: str) -> bool:
        """Say whether there is an object."""
        with aws_errors("HeadObject"):
            try:
                self._client.head_object(Bucket=self._bucket, Key=key)
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") in ("404", "NoSuchKey"):
                    return False
                raise
        return True

    def move(self, key: str, to: str) -> None:
        """Copy an object over whatever is at `to`, then delete it; up to 5 GB."""
        with aws_errors("CopyObject"):
            source = {"Bucket": self._bucket, "Key": key}
            self._client.copy_object(Bucket=self._bucket, Key=to, CopySource=source)
        self.delete(key)
