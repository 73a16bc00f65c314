"""What a copy is made of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote_plus

from chalice_offline.core.errors import AwsError
from chalice_offline.services.s3.access import check_part
from chalice_offline.services.s3.encryption import check_key
from chalice_offline.services.s3.errors import invalid_argument, invalid_request, no_such_bucket
from chalice_offline.services.s3.new_objects import ARCHIVES

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request
    from chalice_offline.services.s3.bucket import Bucket
    from chalice_offline.services.s3.object_version import ObjectVersion
    from chalice_offline.services.s3.state import S3State


_ENDPOINT = re.compile(r"https?://[^/]+(?=/)")  # recorded: the URL of an object is taken, too


class Source(NamedTuple):
    """What a copy is made of."""

    bucket: Bucket
    version: ObjectVersion
    version_given: bool


def find_source(s3: S3State, request: Request, context: CallContext) -> Source:
    """Return the source of a copy; `Bucket` and `Key` of the request name the target."""
    bucket_name, key, version_id = _read_source(request["CopySource"])
    bucket = s3.buckets.get(bucket_name)
    if bucket is None:
        raise no_such_bucket(bucket_name)
    asked: dict[str, Any] = {"Key": key}
    if version_id is not None:
        asked["VersionId"] = version_id
    check_part(s3, context, bucket, "GetObject", asked)
    try:
        version = s3.find_object(bucket, asked)
    except AwsError as error:
        if error.code == "MethodNotAllowed":
            raise invalid_request(
                "The source of a copy request may not specifically refer to a delete marker by "
                "version id."
            ) from None
        raise
    check_key(request, version, "CopySource")
    if version.storage_class in ARCHIVES and version.restored_until_ms <= context.now_ms:
        raise AwsError(
            "InvalidObjectState",
            "Operation is not valid for the source object's storage class",
            status=403,
            fields={"StorageClass": version.storage_class},
        )
    return Source(bucket, version, version_id is not None)


def _read_source(text: str) -> tuple[str, str, str | None]:
    """Take `bucket/key?versionId=…` apart, with or without a slash or an endpoint in front."""
    path, question, query = text.partition("?versionId=")
    bucket, _, key = _ENDPOINT.sub("", unquote_plus(path)).removeprefix("/").partition("/")
    if bucket.startswith("arn:"):
        raise invalid_argument("Invalid copy source", "x-amz-copy-source", text)
    if not bucket or not key:
        raise invalid_argument(
            "Invalid copy source object key", "x-amz-copy-source", "x-amz-copy-source"
        )
    return bucket, key, query if question else None
