"""Retention and legal hold of one object, and the object lock of a bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.errors import AwsError
from chalice_offline.services.s3.errors import malformed_xml
from chalice_offline.services.s3.object_lock import (
    check_change,
    missing_configuration,
    retention_of,
)

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.s3.bucket import Bucket
    from chalice_offline.services.s3.object_version import ObjectVersion
    from chalice_offline.services.s3.state import S3State


def put_object_retention(s3: S3State, context: CallContext, request: Request) -> Result:
    """Set how long a version is kept; a period under way can be made longer, rarely shorter."""
    bucket, version = _lockable(s3, request, "PUT")
    if "Retention" not in request:
        raise malformed_xml()
    wanted = retention_of(request["Retention"], context.now_ms)
    bypass = bool(request.get("BypassGovernanceRetention"))
    check_change(version, wanted, context.now_ms, bypass=bypass)
    hold = version.lock.get("hold")
    version.lock = {**wanted, "hold": hold} if hold else wanted
    s3.objects(bucket).update(version)
    return {}


def get_object_retention(s3: S3State, _context: CallContext, request: Request) -> Result:
    """Tell how long a version is kept."""
    _, version = _lockable(s3, request, "GET")
    if "mode" not in version.lock:
        raise _no_lock()
    return {
        "Retention": {
            "Mode": version.lock["mode"],
            "RetainUntilDate": version.lock["until_ms"] / 1000,
        }
    }


def put_object_legal_hold(s3: S3State, _context: CallContext, request: Request) -> Result:
    """Hold a version, or let it go."""
    status = request.get("LegalHold", {}).get("Status")
    if status not in ("ON", "OFF"):
        raise malformed_xml()
    bucket, version = _lockable(s3, request, "PUT")
    version.lock = {**version.lock, "hold": status}
    s3.objects(bucket).update(version)
    return {}


def get_object_legal_hold(s3: S3State, _context: CallContext, request: Request) -> Result:
    """Tell whether a version is held."""
    _, version = _lockable(s3, request, "GET")
    if "hold" not in version.lock:
        raise _no_lock()
    return {"LegalHold": {"Status": version.lock["hold"]}}


def _lockable(s3: S3State, request: Request, method: str) -> tuple[Bucket, ObjectVersion]:
    bucket = s3.find_bucket(request)
    if not bucket.locks_objects:
        raise missing_configuration()
    return bucket, s3.find_object(bucket, request, method)


def _no_lock() -> AwsError:
    return AwsError(
        "NoSuchObjectLockConfiguration",
        "The specified object does not have a ObjectLock configuration",
        status=404,
    )
