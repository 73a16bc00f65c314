"""The storage S3 is delegated to, with the rules of versioned buckets that it lacks.

moto 5.2 loses a key's other versions when versioning is suspended, makes no delete marker for a
key that is not there, and does not say that a deleted version was a delete marker. Sources: Amazon
S3 user guide, "Deleting objects from versioning-enabled buckets", "Adding objects to
versioning-suspended buckets" and "Deleting objects from versioning-suspended buckets"; replies
recorded on AWS. Imports moto, so this module is loaded with it.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from moto.s3.exceptions import AccessDeniedByLock
from moto.s3.models import FakeDeleteMarker, FakeKey, S3Backend, s3_backends

_NULL_VERSION = "null"
_SUSPENDED = "Suspended"


def install() -> None:
    """Make moto keep objects in `Storage`, from the next reset of its state on."""
    s3_backends.backend = Storage


class Storage(S3Backend):  # type: ignore[misc] # moto is not followed by the type checker
    """One account's buckets."""

    def put_object(self, bucket_name: str, key_name: str, *rest: Any, **options: Any) -> Any:
        """Store an object; while versioning is suspended it replaces version "null" alone."""
        bucket = self.get_bucket(bucket_name)
        if getattr(bucket, "versioning_status", None) != _SUSPENDED:
            return super().put_object(bucket_name, key_name, *rest, **options)
        versions = bucket.keys.getlist(key_name, [])
        # Taken out of the way first: what moto finds under the key it throws away.
        dict.pop(bucket.keys, key_name, None)
        try:
            stored = super().put_object(bucket_name, key_name, *rest, **options)
        except BaseException:
            dict.__setitem__(bucket.keys, key_name, versions)
            raise
        kept, replaced = _split(versions)
        _dispose(replaced)
        bucket.keys.setlist(key_name, [*kept, stored])
        return stored

    def delete_object(
        self,
        bucket_name: str,
        key_name: str,
        version_id: str | None = None,
        bypass: bool = False,
    ) -> tuple[bool, dict[str, Any]]:
        """Delete an object, or put a delete marker over it where there are versions."""
        bucket = self.get_bucket(bucket_name)
        status = getattr(bucket, "versioning_status", None)
        if not status:
            deleted: tuple[bool, dict[str, Any]] = super().delete_object(
                bucket_name, key_name, version_id=version_id, bypass=bypass
            )
            return deleted
        if version_id is None:
            return True, _mark_deleted(bucket, key_name, is_suspended=status == _SUSPENDED)
        return _delete_version(bucket, key_name, version_id, bypass=bypass)


def _mark_deleted(bucket: Any, key_name: str, *, is_suspended: bool) -> dict[str, Any]:
    versions = bucket.keys.getlist(key_name, [])
    marker = FakeDeleteMarker(key=SimpleNamespace(name=key_name))
    if is_suspended:
        marker._version_id = _NULL_VERSION  # noqa: SLF001 - moto has no other way to say it
        versions, replaced = _split(versions)
        dict.pop(bucket.keys, key_name, None)
        _dispose(replaced)
    bucket.keys.setlist(key_name, [*versions, marker])
    return {"version-id": marker.version_id, "delete-marker": "true"}


def _delete_version(
    bucket: Any, key_name: str, version_id: str, *, bypass: bool
) -> tuple[bool, dict[str, Any]]:
    told = {"version-id": version_id}
    versions = bucket.keys.getlist(key_name, [])
    found = next((each for each in versions if str(each.version_id) == version_id), None)
    if found is None:
        return False, told
    if isinstance(found, FakeKey) and found.is_locked(governance_bypass=bypass):
        raise AccessDeniedByLock
    if isinstance(found, FakeDeleteMarker):
        told["delete-marker"] = "true"
    rest = [each for each in versions if each is not found]
    dict.pop(bucket.keys, key_name)
    _dispose([found])
    if rest:
        bucket.keys.setlist(key_name, rest)
    return True, told


def _split(versions: list[Any]) -> tuple[list[Any], list[Any]]:
    """Return the versions with an id of their own, and version "null" if there is one."""
    kept = [each for each in versions if each.version_id != _NULL_VERSION]
    return kept, [each for each in versions if each.version_id == _NULL_VERSION]


def _dispose(versions: list[Any]) -> None:
    for each in versions:
        if isinstance(each, FakeKey):
            each.dispose()
