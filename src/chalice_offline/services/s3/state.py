"""What S3 holds: buckets, their objects and their multipart uploads, all in storage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.s3.bucket import Bucket, decode_bucket
from chalice_offline.services.s3.contents import Contents
from chalice_offline.services.s3.errors import (
    INVALID_VERSION,
    invalid_argument,
    method_not_allowed,
    no_such_bucket,
    no_such_key,
    no_such_upload,
    no_such_version,
)
from chalice_offline.services.s3.http_dates import http_date_of_ms
from chalice_offline.services.s3.object_store import ObjectStore
from chalice_offline.services.s3.object_version import NULL_VERSION
from chalice_offline.services.s3.upload_store import UploadStore
from chalice_offline.services.s3.version_ids import is_version_id

if TYPE_CHECKING:
    from chalice_offline.core.kernel import Kernel, Request
    from chalice_offline.core.scheduler import Timer
    from chalice_offline.services.s3.object_version import ObjectVersion
    from chalice_offline.services.s3.upload import Upload

_SEQUENCES_PER_MS = 1 << 20


class S3State:
    """Buckets by name; names are unique over all accounts."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.buckets: dict[str, Bucket] = {}
        self.contents = Contents(kernel.storage)
        self.lifecycle_timer: Timer | None = None
        self._objects: dict[str, ObjectStore] = {}
        self._uploads: dict[str, UploadStore] = {}
        self.last_sequence = 0
        self._kept = kept = kernel.storage.collection("s3/buckets")
        for _, value in kept.items():  # noqa: PERF102 - a collection, which is no dict
            bucket = decode_bucket(value)
            self.buckets[bucket.name] = bucket

    # ---- buckets ------------------------------------------------------------------------------

    def find_bucket(self, request: Request) -> Bucket:
        """Return the bucket a request names."""
        bucket = self.buckets.get(request["Bucket"])
        if bucket is None:
            raise no_such_bucket(request["Bucket"])
        return bucket

    def keep_bucket(self, bucket: Bucket) -> None:
        """Add a bucket, or keep what changed about it."""
        self.buckets[bucket.name] = bucket
        self._kept.put(bucket.name.encode(), bucket.encode())

    def remove_bucket(self, bucket: Bucket) -> None:
        """Remove a bucket, which has no objects, with its unfinished uploads."""
        uploads = self.uploads(bucket)
        for upload in list(uploads.scan()):
            uploads.remove(upload, self.contents)
        self.objects(bucket).drop()
        uploads.drop()
        self._objects.pop(bucket.name, None)
        self._uploads.pop(bucket.name, None)
        self._kept.delete(bucket.name.encode())
        del self.buckets[bucket.name]

    # ---- objects ------------------------------------------------------------------------------

    def objects(self, bucket: Bucket) -> ObjectStore:
        """Return the objects of a bucket."""
        found = self._objects.get(bucket.name)
        if found is None:
            found = ObjectStore(self.kernel.storage, bucket.name)
            self._objects[bucket.name] = found
        return found

    def find_object(
        self, bucket: Bucket, request: Request, method: str = "GET", *, about: bool = False
    ) -> ObjectVersion:
        """Return the object a request names: the version asked for, else the newest.

        `about` says that something about it is asked for, not the object: then a delete marker is
        told as what it is even where no version was named (recorded on AWS).
        """
        key, version_id = request["Key"], request.get("VersionId")
        if version_id is None:
            found = self.objects(bucket).newest(key)
            if found is None:
                raise no_such_key(key)
            if found.is_marker and about:
                raise method_not_allowed(method, "DeleteMarker")
            if found.is_marker:
                error = no_such_key(key)
                error.headers = {
                    "x-amz-delete-marker": "true",
                    "x-amz-version-id": found.version_id,
                }
                raise error
            return found
        found = self.find_version(bucket, key, version_id)
        if found.is_marker:
            raise method_not_allowed(
                method,
                "DeleteMarker",
                allow="DELETE",
                last_modified=http_date_of_ms(found.modified_ms),
                x_amz_delete_marker="true",
                x_amz_version_id=found.version_id,
            )
        return found

    def find_version(self, bucket: Bucket, key: str, version_id: str) -> ObjectVersion:
        """Return a version, which may be a delete marker."""
        found = self.version_or_none(bucket, key, version_id)
        if found is None:
            raise no_such_version(key, version_id)
        return found

    def version_or_none(self, bucket: Bucket, key: str, version_id: str) -> ObjectVersion | None:
        """Return a version or None; raises AwsError for an id that is none."""
        if version_id != NULL_VERSION and (not bucket.versioning or not is_version_id(version_id)):
            raise invalid_argument(INVALID_VERSION, "versionId", version_id)
        return self.objects(bucket).version(key, version_id)

    def next_sequence(self, before: ObjectVersion | None) -> int:
        """Return a number greater than all before: it orders versions and events of a key.

        `before` is the key's newest version, which another process may have written later.
        """
        least = self.kernel.now_ms * _SEQUENCES_PER_MS
        if before is not None and before.sequence >= least:
            least = before.sequence + 1
        self.last_sequence = max(self.last_sequence + 1, least)
        return self.last_sequence

    def next_sequencer(self) -> str:
        """Return the next number as events tell it."""
        return sequencer(self.next_sequence(None))

    # ---- uploads ------------------------------------------------------------------------------

    def uploads(self, bucket: Bucket) -> UploadStore:
        """Return the multipart uploads of a bucket."""
        found = self._uploads.get(bucket.name)
        if found is None:
            found = self._uploads[bucket.name] = UploadStore(self.kernel.storage, bucket.name)
        return found

    def find_upload(self, bucket: Bucket, request: Request) -> Upload:
        """Return the multipart upload a request names."""
        found = self.uploads(bucket).get(request["Key"], request["UploadId"])
        if found is None:
            raise no_such_upload(request["UploadId"])
        return found


def sequencer(sequence: int) -> str:
    """Return a sequence number as events tell it."""
    return f"{sequence:018X}"
