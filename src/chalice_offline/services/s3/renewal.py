"""A reset of S3: no bucket is left, in storage neither. No notification tells of it."""

from __future__ import annotations

from chalice_offline.services.s3.state import S3State


def renewed(s3: S3State) -> S3State:
    """Return S3 without buckets."""
    for bucket in s3.buckets.values():
        for version in s3.objects(bucket).all():
            s3.contents.drop(version)  # large ones are files
        uploads = s3.uploads(bucket)
        for upload in list(uploads.scan()):
            uploads.remove(upload, s3.contents)
    storage = s3.kernel.storage
    for name in storage.names("s3/"):
        storage.drop(name)
    fresh = S3State(s3.kernel)
    # Versions and events of a key go on in order, also within the same millisecond.
    fresh.last_sequence = s3.last_sequence
    return fresh
