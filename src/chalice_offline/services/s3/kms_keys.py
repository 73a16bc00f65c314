"""Keys of KMS that a request names. Nothing is encrypted with them here, but they must be there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import make_arn, parse_arn
from chalice_offline.core.errors import AwsError
from chalice_offline.services.s3.encryption import own_key_arn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.core.context import CallContext
    from chalice_offline.services.s3.bucket import Bucket
    from chalice_offline.services.s3.object_version import ObjectVersion
    from chalice_offline.services.s3.state import S3State

_PRINCIPAL = "s3.amazonaws.com"
# What KMS calls the states in which a key serves nobody (recorded).
_UNUSABLE = {
    "Disabled": ("KMS.DisabledException", "is disabled."),
    "PendingDeletion": ("KMS.KMSInvalidStateException", "is pending deletion."),
}
_NOT_FOUND = "NotFoundException"
_KEY_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_KEY_ARN = re.compile(r"arn:aws[a-z-]*:kms:.+")


def check_named_key(
    s3: S3State, context: CallContext, bucket: Bucket, request: Mapping[str, Any]
) -> None:
    """Refuse a key that a request names and that cannot be used, as KMS does.

    A bucket's own default is not asked for: with `--data` a bucket outlives its key, which KMS here
    forgets at the end of the process. Keys of other accounts are believed.
    """
    named = request.get("SSEKMSKeyId")
    if not named:
        return
    if _KEY_ARN.fullmatch(named):
        arn = parse_arn(named)
        if arn.account_id != bucket.account_id:
            return
        if arn.region != bucket.region:
            raise AwsError("KMS.NotFoundException", f"Invalid arn {arn.region}")
    try:
        _check_state(_described(s3, context, bucket, named))
    except AwsError as error:
        if error.code != _NOT_FOUND:
            raise
        raise AwsError(f"KMS.{_NOT_FOUND}", _not_found(named, bucket, error)) from error


def check_key_of(s3: S3State, context: CallContext, bucket: Bucket, version: ObjectVersion) -> None:
    """Refuse to read what a key encrypted that cannot be used; one that KMS forgot is believed."""
    arn = version.encryption.get("SSEKMSKeyId")
    if arn is None or arn == own_key_arn(bucket) or parse_arn(arn).account_id != bucket.account_id:
        return
    try:
        _check_state(_described(s3, context, bucket, arn))
    except AwsError as error:
        if error.code != _NOT_FOUND:
            raise


def _described(s3: S3State, context: CallContext, bucket: Bucket, key: str) -> dict[str, Any]:
    described = s3.kernel.deliver(
        "kms",
        "DescribeKey",
        {"KeyId": key},
        account_id=bucket.account_id,
        region=bucket.region,
        causes=(context.entry,),
        principal=_PRINCIPAL,
    )
    assert isinstance(described, dict)
    found: dict[str, Any] = described["KeyMetadata"]
    return found


def _not_found(named: str, bucket: Bucket, error: AwsError) -> str:
    if named.startswith("alias/"):
        return error.message
    if _KEY_ID.fullmatch(named):
        named = make_arn("kms", bucket.region, bucket.account_id, f"key/{named}")
    return f"Key '{named}' does not exist" if ":" in named else f"Invalid keyId '{named}'"


def _check_state(key: Mapping[str, Any]) -> None:
    if key["KeyState"] in _UNUSABLE:
        code, text = _UNUSABLE[key["KeyState"]]
        raise AwsError(code, f"{key['Arn']} {text}")
