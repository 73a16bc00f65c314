"""What a delegated call did to objects, read from its request and reply.

Sizes and ETags that the reply does not tell are asked of the storage itself (HeadObject).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from chalice_offline.core.pending import Pending
from chalice_offline.protocols import load_service
from chalice_offline.services.s3.object_event import ObjectEvent
from chalice_offline.services.s3.post_form import object_key
from chalice_offline.services.s3.validation import PRINCIPAL

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.context import CallContext
    from chalice_offline.core.http import HttpRequest, HttpResponse
    from chalice_offline.core.kernel import Kernel, Request
    from chalice_offline.services.s3.service import S3

_EMPTY_ETAG = "d41d8cd98f00b204e9800998ecf8427e"  # MD5 of nothing: what a delete marker has
_ACCEPTED = 202
_NULL_VERSION = "null"


@dataclass(frozen=True, slots=True)
class Observation:
    """One successful call on a bucket that notifies somebody."""

    s3: S3
    context: CallContext
    bucket: str
    key: str
    query: dict[str, str]
    request: HttpRequest
    response: HttpResponse

    @property
    def kernel(self) -> Kernel:
        """The kernel the service runs in."""
        return self.s3.kernel

    @property
    def version_id(self) -> str:
        """The version the reply names; "" in a bucket without versions, and for version null."""
        return _version(self.response.headers.get("x-amz-version-id"))

    def ask(self, operation: str, request: Request) -> dict[str, Any]:
        """Ask the storage about the bucket."""
        reply = self.kernel.deliver(
            "s3",
            operation,
            {"Bucket": self.bucket, **request},
            account_id=self.context.account_id,
            region=self.context.region,
            causes=(self.context.entry,),
            principal=PRINCIPAL,
        )
        return {} if isinstance(reply, Pending) else reply

    def stored(self, key: str = "") -> Stored:
        """Return what the storage holds under the key (the version asked for, if one was)."""
        request: Request = {"Key": key or self.key}
        version_id = _version(self.query.get("versionId"))
        if version_id:
            request["VersionId"] = version_id
        return Stored(self.ask("HeadObject", request))


class Stored:
    """The parts of a HeadObject reply that events tell."""

    def __init__(self, head: dict[str, Any]) -> None:
        self.size: int | None = head.get("ContentLength")
        self.etag: str = head.get("ETag", "").strip('"')
        self.version_id = _version(head.get("VersionId"))
        self.storage_class: str = head.get("StorageClass", "")
        self.restore: str = head.get("Restore", "")


def _version(version_id: str | None) -> str:
    return "" if version_id in (None, _NULL_VERSION) else str(version_id)


# ---- one function per operation -----------------------------------------------------------------


def _put_object(seen: Observation) -> list[ObjectEvent]:
    seen.s3.acls.created(seen)
    decoded = seen.request.headers.get("x-amz-decoded-content-length")
    event = ObjectEvent(
        "s3:ObjectCreated:Put",
        seen.key,
        etag=(seen.response.headers.get("etag") or "").strip('"'),
        size=int(decoded) if decoded else len(seen.request.body),
        version_id=seen.version_id,
        sequencer=seen.s3.next_sequencer(),
        reason="PutObject",
    )
    return [event]


def _created(seen: Observation, how: str, reason: str, key: str = "") -> list[ObjectEvent]:
    seen.s3.acls.created(seen)
    stored = seen.stored(key)
    event = ObjectEvent(
        f"s3:ObjectCreated:{how}",
        key or seen.key,
        etag=stored.etag,
        size=stored.size,
        version_id=stored.version_id,
        sequencer=seen.s3.next_sequencer(),
        reason=reason,
    )
    return [event]


def _copy_object(seen: Observation) -> list[ObjectEvent]:
    return _created(seen, "Copy", "CopyObject")


def _complete_multipart_upload(seen: Observation) -> list[ObjectEvent]:
    return _created(seen, "CompleteMultipartUpload", "CompleteMultipartUpload")


def _post_object(seen: Observation) -> list[ObjectEvent]:
    """An upload by an HTML form, which no operation of the model describes."""
    key = object_key(seen.request)
    return _created(seen, "Post", "POST Object", key) if key else []


def _delete_object(seen: Observation) -> list[ObjectEvent]:
    if seen.response.headers.get("x-amz-delete-marker") == "true" and not seen.query.get(
        "versionId"
    ):
        return [_marked(seen, seen.key, seen.version_id)]
    return [_deleted(seen, seen.key, _version(seen.query.get("versionId")))]


def _delete_objects(seen: Observation) -> list[ObjectEvent]:
    """One event per key that was deleted, those that never were there included (recorded)."""
    events = []
    for deleted in _deleted_entries(seen):
        marker = deleted.get("DeleteMarkerVersionId")
        asked_version = _version(deleted.get("VersionId"))
        if marker and not asked_version:
            events.append(_marked(seen, deleted["Key"], _version(marker)))
        else:
            events.append(_deleted(seen, deleted["Key"], asked_version))
    return events


def _deleted_entries(seen: Observation) -> list[dict[str, Any]]:
    from botocore.parsers import create_parser

    shape = load_service("s3").operation_model("DeleteObjects").output_shape
    reply = {"status_code": seen.response.status, "headers": {}, "body": seen.response.body}
    parsed: dict[str, Any] = create_parser("rest-xml").parse(reply, shape)
    deleted: list[dict[str, Any]] = parsed.get("Deleted", [])
    return deleted


def _marked(seen: Observation, key: str, version_id: str) -> ObjectEvent:
    return ObjectEvent(
        "s3:ObjectRemoved:DeleteMarkerCreated",
        key,
        etag=_EMPTY_ETAG,
        version_id=version_id,
        sequencer=seen.s3.next_sequencer(),
        reason="DeleteObject",
    )


def _deleted(seen: Observation, key: str, version_id: str) -> ObjectEvent:
    return ObjectEvent(
        "s3:ObjectRemoved:Delete",
        key,
        version_id=version_id,
        sequencer=seen.s3.next_sequencer(),
        reason="DeleteObject",
    )


def _changed(seen: Observation, name: str) -> list[ObjectEvent]:
    stored = seen.stored()
    return [ObjectEvent(name, seen.key, etag=stored.etag, version_id=stored.version_id)]


def _put_object_tagging(seen: Observation) -> list[ObjectEvent]:
    return _changed(seen, "s3:ObjectTagging:Put")


def _delete_object_tagging(seen: Observation) -> list[ObjectEvent]:
    return _changed(seen, "s3:ObjectTagging:Delete")


def _put_object_acl(seen: Observation) -> list[ObjectEvent]:
    """An event only when the list is another one than before (recorded on AWS)."""
    return _changed(seen, "s3:ObjectAcl:Put") if seen.s3.acls.changed(seen) else []


def _restore_object(seen: Observation) -> list[ObjectEvent]:
    """Two events at once: the storage gives archived objects back without delay."""
    if seen.response.status != _ACCEPTED:
        return []  # it was restored already, only for a shorter time
    stored = seen.stored()
    asked = ObjectEvent(
        "s3:ObjectRestore:Post",
        seen.key,
        etag=stored.etag,
        size=stored.size,
        version_id=stored.version_id,
        sequencer=seen.s3.next_sequencer(),
        storage_class=stored.storage_class,
    )
    done = replace(
        asked,
        name="s3:ObjectRestore:Completed",
        sequencer=seen.s3.next_sequencer(),
        restored_until_ms=_restored_until_ms(stored.restore),
        is_internal=True,
    )
    return [asked, done]


def _restored_until_ms(restore: str) -> int | None:
    """Read the date of `ongoing-request="false", expiry-date="Fri, 02 Jan 2026 00:00:00 GMT"`."""
    _, found, tail = restore.partition('expiry-date="')
    if not found:
        return None
    return int(parsedate_to_datetime(tail.partition('"')[0]).timestamp()) * 1000


# The operation, as `protocols.detect` names it; "" is the form upload.
OBSERVED: dict[str, Callable[[Observation], list[ObjectEvent]]] = {
    "PutObject": _put_object,
    "CopyObject": _copy_object,
    "CompleteMultipartUpload": _complete_multipart_upload,
    "": _post_object,
    "DeleteObject": _delete_object,
    "DeleteObjects": _delete_objects,
    "PutObjectTagging": _put_object_tagging,
    "DeleteObjectTagging": _delete_object_tagging,
    "PutObjectAcl": _put_object_acl,
    "RestoreObject": _restore_object,
}
