"""Object lock: retention, legal holds, and what they forbid (user guide, "Using Object Lock")."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from chalice_offline.services.s3.errors import (
    access_denied,
    invalid_argument,
    invalid_request,
    malformed_xml,
)
from chalice_offline.services.s3.http_dates import MS_PER_DAY, ms_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.core.errors import AwsError
    from chalice_offline.services.s3.bucket import Bucket
    from chalice_offline.services.s3.object_version import ObjectVersion

GOVERNANCE, COMPLIANCE = "GOVERNANCE", "COMPLIANCE"
MODES = (GOVERNANCE, COMPLIANCE)
_DAYS_PER_YEAR = 365


def lock_of(request: Mapping[str, Any], bucket: Bucket, now_ms: int) -> dict[str, Any]:
    """Return a new object's lock: as asked, else the bucket's default."""
    mode, until = request.get("ObjectLockMode"), request.get("ObjectLockRetainUntilDate")
    hold = request.get("ObjectLockLegalHoldStatus")
    asked = mode is not None or until is not None or hold is not None
    if asked and not bucket.locks_objects:
        raise missing_configuration()
    lock: dict[str, Any] = {}
    if hold is not None:
        if hold not in ("ON", "OFF"):
            raise invalid_argument("Legal Hold must be either of 'ON' or 'OFF'")
        lock["hold"] = hold
    if (mode is None) != (until is None):
        raise invalid_argument(
            "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied",
            "x-amz-object-lock-mode" if mode is None else "x-amz-object-lock-retain-until-date",
        )
    if mode is not None and until is not None:
        if mode not in MODES:
            raise invalid_argument("Unknown wormMode directive.", "x-amz-object-lock-mode", mode)
        lock.update(mode=mode, until_ms=_future(ms_of(until), now_ms))
    elif bucket.locks_objects:
        lock.update(_default(bucket, now_ms))
    return lock


def told_lock(lock: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object's lock as members of a result."""
    told: dict[str, Any] = {}
    if "mode" in lock:
        told["ObjectLockMode"] = lock["mode"]
        told["ObjectLockRetainUntilDate"] = lock["until_ms"] / 1000
    if "hold" in lock:
        told["ObjectLockLegalHoldStatus"] = lock["hold"]
    return told


def retention_of(retention: Mapping[str, Any], now_ms: int) -> dict[str, Any]:
    """Return the retention of a PutObjectRetention; {} takes it away."""
    mode, until = retention.get("Mode"), retention.get("RetainUntilDate")
    if mode is None and until is None:
        return {}
    if mode not in MODES or until is None:
        raise malformed_xml()
    return {"mode": mode, "until_ms": _future(ms_of(until), now_ms)}


def check_change(
    version: ObjectVersion, wanted: Mapping[str, Any], now_ms: int, *, bypass: bool
) -> None:
    """Refuse to shorten a retention; governance can be bypassed, compliance cannot."""
    lock = version.lock
    if lock.get("until_ms", 0) <= now_ms:
        return
    extends = wanted.get("until_ms", 0) >= lock["until_ms"] and wanted.get("mode") == lock["mode"]
    if extends or (lock["mode"] == GOVERNANCE and bypass):
        return
    raise protected()


def check_deletion(version: ObjectVersion, now_ms: int, *, bypass: bool) -> None:
    """Refuse to delete a version that is retained or held."""
    lock = version.lock
    if not lock:
        return
    if lock.get("hold") == "ON":
        raise protected()
    if lock.get("until_ms", 0) > now_ms and not (lock["mode"] == GOVERNANCE and bypass):
        raise protected()


def protected() -> AwsError:
    """Return the error for what object lock forbids."""
    return access_denied("Access Denied because object protected by object lock.")


def missing_configuration() -> AwsError:
    """Return the error for a lock in a bucket without object lock."""
    return invalid_request("Bucket is missing Object Lock Configuration")


def _default(bucket: Bucket, now_ms: int) -> dict[str, Any]:
    rule = bucket.settings["object_lock"].get("Rule")
    if not rule:
        return {}
    retention = rule["DefaultRetention"]
    days = retention.get("Days") or retention["Years"] * _DAYS_PER_YEAR
    return {"mode": retention["Mode"], "until_ms": now_ms + days * MS_PER_DAY}


def _future(until_ms: int, now_ms: int) -> int:
    if until_ms <= now_ms:
        raise invalid_argument(
            "The retain until date must be in the future!",
            "RetainUntilDate",
            _java_date(until_ms),
        )
    return until_ms


def _java_date(instant_ms: int) -> str:
    """Spell an instant as Java does on a machine in California, where S3's errors come from."""
    instant = datetime.fromtimestamp(instant_ms // 1000, ZoneInfo("America/Los_Angeles"))
    return f"{instant:%a %b %d %H:%M:%S %Z %Y}"
