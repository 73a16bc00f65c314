"""Bucket configurations that are judged, kept and told again: most of them by one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.s3.json_values import plain

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Operation, Request, Result
    from chalice_offline.services.s3.bucket import Bucket
    from chalice_offline.services.s3.state import S3State

Check = Callable[["S3State", "Bucket", dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Setting:
    """One configuration: where it is kept, in which member it comes, and what is told without it.

    `told_as` is the member of the result that holds it; "" spreads it over the result. Without
    `missing` an absent configuration is told as `default`.
    """

    name: str
    member: str
    told_as: str = ""
    missing: tuple[str, str] | None = None
    default: Mapping[str, Any] | None = None
    check: Check | None = None


def put(setting: Setting) -> Operation:
    """Return the operation that replaces the configuration."""

    def operation(s3: S3State, _context: CallContext, request: Request) -> Result:
        bucket = s3.find_bucket(request)
        if setting.member not in request:
            raise missing_body()
        value = plain(request[setting.member])
        if setting.check is not None:
            setting.check(s3, bucket, value)
        keep(s3, bucket, setting.name, value)
        return {}

    return operation


def missing_body() -> AwsError:
    """Return the error for a request whose body is empty (error codes)."""
    return AwsError("MissingRequestBodyError", "Request Body is empty")


def get(setting: Setting) -> Operation:
    """Return the operation that tells the configuration."""

    def operation(s3: S3State, _context: CallContext, request: Request) -> Result:
        bucket = s3.find_bucket(request)
        value = bucket.settings.get(setting.name)
        if value is None:
            if setting.missing is not None:
                raise missing(*setting.missing, bucket)
            value = setting.default or {}
        return {setting.told_as: value} if setting.told_as else dict(value)

    return operation


def delete(setting: Setting) -> Operation:
    """Return the operation that takes the configuration away, if there is one."""

    def operation(s3: S3State, _context: CallContext, request: Request) -> Result:
        forget(s3, s3.find_bucket(request), setting.name)
        return {}

    return operation


def keep(s3: S3State, bucket: Bucket, name: str, value: Any) -> None:
    """Set one configuration of a bucket."""
    bucket.settings[name] = value
    s3.keep_bucket(bucket)


def forget(s3: S3State, bucket: Bucket, name: str) -> None:
    """Take one configuration of a bucket away, if it has it."""
    if bucket.settings.pop(name, None) is not None:
        s3.keep_bucket(bucket)


def missing(code: str, text: str, bucket: Bucket) -> AwsError:
    """Return the error for a configuration a bucket does not have."""
    return AwsError(code, text, status=404, fields={"BucketName": bucket.name})
