"""Configurations of which a bucket has several, by id: analytics, inventory, metrics, tiering."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.s3.bucket_settings import keep
from chalice_offline.services.s3.errors import malformed_xml
from chalice_offline.services.s3.json_values import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Operation, Request, Result
    from chalice_offline.services.s3.state import S3State

_MOST_TOLD = 100


@dataclass(frozen=True, slots=True)
class NamedSetting:
    """One kind: where it is kept, its member, and what the list of them is called.

    `mismatch` is the code for a document with another id than the request's, where it has its own.
    """

    name: str
    member: str
    listed_as: str
    required: tuple[str, ...] = ()
    mismatch: str | None = None
    check: Callable[[dict[str, Any]], None] | None = None


def put(setting: NamedSetting) -> Operation:
    """Return the operation that adds or replaces one."""

    def operation(s3: S3State, _context: CallContext, request: Request) -> Result:
        bucket = s3.find_bucket(request)
        value = plain(request[setting.member])
        if any(member not in value for member in setting.required):
            raise malformed_xml()
        if value.get("Id") != request["Id"]:
            if setting.mismatch is None:
                raise malformed_xml()
            raise AwsError(
                setting.mismatch, "Document ID does not match the specified configuration ID."
            )
        if setting.check is not None:
            setting.check(value)
        keep(s3, bucket, setting.name, {**_all(bucket, setting), request["Id"]: value})
        return {"StatusCode": 204}

    return operation


def get(setting: NamedSetting) -> Operation:
    """Return the operation that tells one."""

    def operation(s3: S3State, _context: CallContext, request: Request) -> Result:
        found = _all(s3.find_bucket(request), setting).get(request["Id"])
        if found is None:
            raise _missing()
        return {setting.member: found}

    return operation


def delete(setting: NamedSetting) -> Operation:
    """Return the operation that takes one away."""

    def operation(s3: S3State, _context: CallContext, request: Request) -> Result:
        bucket = s3.find_bucket(request)
        present = dict(_all(bucket, setting))
        if present.pop(request["Id"], None) is None:
            raise _missing()
        keep(s3, bucket, setting.name, present)
        return {}

    return operation


def list_all(setting: NamedSetting) -> Operation:
    """Return the operation that tells all of them, a hundred at a time, by id."""

    def operation(s3: S3State, _context: CallContext, request: Request) -> Result:
        present = _all(s3.find_bucket(request), setting)
        after = request.get("ContinuationToken", "")
        found = [value for name, value in sorted(present.items()) if name > after]
        shown = found[:_MOST_TOLD]
        told: Result = {
            "IsTruncated": len(found) > len(shown),
            setting.listed_as: shown or None,
        }
        if after:
            told["ContinuationToken"] = after
        if len(found) > len(shown):
            told["NextContinuationToken"] = shown[-1]["Id"]
        return told

    return operation


def _all(bucket: Any, setting: NamedSetting) -> dict[str, Any]:
    found: dict[str, Any] = bucket.settings.get(setting.name, {})
    return found


def _missing() -> AwsError:
    return AwsError(
        "NoSuchConfiguration", "The specified configuration does not exist.", status=404
    )
