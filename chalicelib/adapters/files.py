"""S3."""

from __future__ import annotations

from typing import Any

from chalicelib.adapters.errors import aws_errors


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

    def write(self, key: str, body: bytes) -> None:
        """Write a JSON object."""
        with aws_errors("PutObject"):
            self._client.put_object(
                Bucket=self._bucket, Key=key, Body=body, ContentType="application/json"
            )
