"""Lifecycle rules at work: once a day, at midnight UTC, a thousand keys at a time.

User guide, "Managing the lifecycle of objects" and "Lifecycle configuration elements".
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from chalice_offline.core.context import CallContext
from chalice_offline.services.s3 import announcements
from chalice_offline.services.s3.http_dates import midnight_after, midnight_in_days
from chalice_offline.services.s3.lifecycle_dates import (
    Rule,
    abort_at,
    applies_to,
    expires_at,
    rules_of,
)
from chalice_offline.services.s3.lifecycle_transitions import transition_of
from chalice_offline.services.s3.object_event import ObjectEvent
from chalice_offline.services.s3.object_version import NULL_VERSION
from chalice_offline.services.s3.pages import raw
from chalice_offline.services.s3.removal import put_marker, remove
from chalice_offline.services.s3.state import sequencer

if TYPE_CHECKING:
    from chalice_offline.services.s3.bucket import Bucket
    from chalice_offline.services.s3.object_version import ObjectVersion
    from chalice_offline.services.s3.state import S3State

_KEYS_AT_A_TIME = 1000
_PRINCIPAL = "s3.amazonaws.com"


def schedule(s3: S3State) -> None:
    """Have the rules act at the next midnight, if there are any."""
    if s3.lifecycle_timer is None and any(rules_of(bucket) for bucket in s3.buckets.values()):
        due_ms = midnight_after(s3.kernel.now_ms + 1)
        s3.lifecycle_timer = s3.kernel.at(due_ms, partial(_begin, s3), owed=False)


def catch_up(s3: S3State) -> None:
    """Have the rules of a file that was opened again act at once: midnights may have passed."""
    if any(rules_of(bucket) for bucket in s3.buckets.values()):
        s3.lifecycle_timer = s3.kernel.at(s3.kernel.now_ms, partial(_begin, s3), owed=False)


def forget_bucket(s3: S3State) -> None:
    """Stop the timer when no bucket has rules any more."""
    if not any(rules_of(bucket) for bucket in s3.buckets.values()):
        s3.kernel.cancel(s3.lifecycle_timer)
        s3.lifecycle_timer = None


def _begin(s3: S3State) -> None:
    s3.lifecycle_timer = None
    for bucket in s3.buckets.values():
        if rules_of(bucket):
            _go_on(s3, bucket, b"")
            _abort_uploads(s3, bucket)
    schedule(s3)


def _go_on(s3: S3State, bucket: Bucket, start: bytes) -> None:
    """Judge the next keys of a bucket, and come back for more."""
    if s3.buckets.get(bucket.name) is not bucket:
        return
    rules = rules_of(bucket)
    for count, newest in enumerate(s3.objects(bucket).scan(start)):
        if count == _KEYS_AT_A_TIME:
            due_ms = s3.kernel.now_ms
            s3.kernel.at(due_ms, partial(_go_on, s3, bucket, raw(newest.key)), owed=False)
            return
        _judge_key(s3, bucket, rules, newest)


def _judge_key(s3: S3State, bucket: Bucket, rules: list[Rule], newest: ObjectVersion) -> None:
    _judge_older(s3, bucket, rules, newest)
    now_ms = s3.kernel.now_ms
    for rule in rules:
        if newest.is_marker:
            if _marker_expires(s3, bucket, rule, newest):
                remove(s3, bucket, newest)
                _tell_expired(s3, bucket, rule, newest, "Delete")
                return
            continue
        due_ms = expires_at(rule, newest)
        if due_ms is None or due_ms > now_ms or not applies_to(rule, newest):
            continue
        if bucket.versioning:
            marker = put_marker(s3, bucket, newest.key, newest)
            _tell_expired(s3, bucket, rule, marker, "DeleteMarkerCreated")
        else:
            remove(s3, bucket, newest)
            _tell_expired(s3, bucket, rule, newest, "Delete")
        return
    _move(s3, bucket, rules, newest, None)


def _judge_older(s3: S3State, bucket: Bucket, rules: list[Rule], newest: ObjectVersion) -> None:
    """Judge what newer versions superseded; a version's age counts from its successor's birth."""
    now_ms = s3.kernel.now_ms
    since_ms = newest.modified_ms
    for position, version in enumerate(list(s3.objects(bucket).older(newest.key))):
        for rule in rules:
            expiration = rule.get("NoncurrentVersionExpiration")
            if not expiration or not applies_to(rule, version):
                continue
            due_ms = midnight_in_days(since_ms, expiration["NoncurrentDays"])
            kept = expiration.get("NewerNoncurrentVersions", 0)
            if due_ms <= now_ms and position >= kept and not _is_locked(version, now_ms):
                remove(s3, bucket, version)
                _tell_expired(s3, bucket, rule, version, "Delete")
                break
        else:
            _move(s3, bucket, rules, version, (since_ms, position))
        since_ms = version.modified_ms


def _is_locked(version: ObjectVersion, now_ms: int) -> bool:
    return version.lock.get("hold") == "ON" or version.lock.get("until_ms", 0) > now_ms


def _marker_expires(s3: S3State, bucket: Bucket, rule: Rule, marker: ObjectVersion) -> bool:
    """Whether a delete marker with nothing under it goes."""
    expiration = rule.get("Expiration") or {}
    if not applies_to(rule, marker) or next(s3.objects(bucket).older(marker.key), None):
        return False
    if expiration.get("ExpiredObjectDeleteMarker"):
        return True
    due_ms = expires_at(rule, marker)
    return due_ms is not None and due_ms <= s3.kernel.now_ms


def _move(
    s3: S3State,
    bucket: Bucket,
    rules: list[Rule],
    version: ObjectVersion,
    superseded: tuple[int, int] | None,
) -> None:
    """Give a version the storage class that its age asks for."""
    if version.is_marker:
        return
    smallest = bucket.settings["lifecycle"]["smallest"]
    found = transition_of(rules, version, superseded, s3.kernel.now_ms, smallest)
    if found is None:
        return
    rule, wanted = found
    before, version.storage_class = version.storage_class, wanted
    s3.objects(bucket).update(version)
    event = _event(version, "s3:LifecycleTransition")
    _tell(s3, bucket, rule, ObjectEvent(
        event.name, event.key, event.etag, event.size, event.version_id, event.sequencer,
        storage_class=before, destination_class=wanted, is_internal=True,
    ))  # fmt: skip


def _abort_uploads(s3: S3State, bucket: Bucket) -> None:
    uploads = s3.uploads(bucket)
    for upload in list(uploads.scan()):
        for rule in rules_of(bucket):
            due_ms = abort_at(rule, upload)
            if due_ms is not None and due_ms <= s3.kernel.now_ms:
                uploads.remove(upload, s3.contents)
                s3.kernel.note(
                    bucket.arn,
                    {"Key": upload.key, "UploadId": upload.upload_id, "Rule": rule["ID"]},
                    (),
                    "multipart upload aborted by a lifecycle rule",
                )
                break


def _tell_expired(
    s3: S3State, bucket: Bucket, rule: Rule, version: ObjectVersion, how: str
) -> None:
    _tell(s3, bucket, rule, _event(version, f"s3:LifecycleExpiration:{how}"))


def _event(version: ObjectVersion, name: str) -> ObjectEvent:
    return ObjectEvent(
        name,
        version.key,
        etag=version.etag,
        size=None if version.is_marker else version.size,
        version_id="" if version.version_id == NULL_VERSION else version.version_id,
        sequencer=sequencer(version.sequence),
        reason="Lifecycle Expiration" if "Expiration" in name else "",
        is_internal=True,
    )


def _tell(s3: S3State, bucket: Bucket, rule: Rule, event: ObjectEvent) -> None:
    """Write down what a rule did, and announce it."""
    kernel = s3.kernel
    entry = kernel.note(
        bucket.arn,
        {"Key": event.key, "VersionId": event.version_id, "Rule": rule["ID"]},
        (),
        event.name.removeprefix("s3:"),
    )
    context = CallContext(
        account_id=bucket.account_id,
        region=bucket.region,
        endpoint="",
        protocol="",
        principal=_PRINCIPAL,
        request_id=kernel.ids.uuid(),
        now_ms=kernel.now_ms,
        entry=entry,
    )
    announcements.announce(s3, context, bucket, event)
