"""Server-side encryption as far as callers see it. Nothing is encrypted here; keys are checked."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import make_arn
from chalice_offline.core.errors import AwsError
from chalice_offline.services.s3.errors import access_denied, invalid_argument, invalid_request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.core.context import CallContext
    from chalice_offline.services.s3.bucket import Bucket
    from chalice_offline.services.s3.object_version import ObjectVersion

_AES, _KMS, _KMS_TWICE = "AES256", "aws:kms", "aws:kms:dsse"
_KEY_BYTES = 32
_HEADER = "x-amz-server-side-encryption"
_TOLD = ("ServerSideEncryption", "SSEKMSKeyId", "BucketKeyEnabled", "SSECustomerAlgorithm",
         "SSECustomerKeyMD5")  # fmt: skip


def encryption_of(request: Mapping[str, Any], bucket: Bucket) -> dict[str, Any]:
    """Return how a new object is encrypted: as asked, else as the bucket says."""
    algorithm = request.get("ServerSideEncryption")
    if algorithm and "SSECustomerAlgorithm" in request:
        raise invalid_argument(
            "Server Side Encryption with Customer provided key is incompatible with the "
            "encryption method specified",
            "x-amz-server-side-encryption",
            algorithm,
        )
    customer = customer_key(request)
    if customer:
        return {"SSECustomerAlgorithm": _AES, "SSECustomerKeyMD5": customer}
    if algorithm is not None and algorithm not in (_AES, _KMS, _KMS_TWICE):
        raise invalid_argument(
            "The encryption method specified is not supported",
            "x-amz-server-side-encryption",
            algorithm,
        )
    default = _default_of(bucket)
    if algorithm is None and "SSEKMSKeyId" in request:
        raise invalid_argument(
            "Server Side Encryption with AWS KMS managed key requires HTTP header "
            "x-amz-server-side-encryption : aws:kms",
            "x-amz-server-side-encryption",
            "null",
        )
    if algorithm == _AES and "SSEKMSKeyId" in request:
        raise invalid_argument(
            "Server Side Encryption with AWS KMS managed key requires HTTP header "
            "x-amz-server-side-encryption : aws:kms",
            "x-amz-server-side-encryption",
            algorithm,
        )
    chosen = algorithm or default["SSEAlgorithm"]
    told: dict[str, Any] = {"ServerSideEncryption": chosen}
    if chosen != _AES:
        key = request.get("SSEKMSKeyId") or (
            default.get("KMSMasterKeyID") if default["SSEAlgorithm"] == chosen else None
        )
        told["SSEKMSKeyId"] = _key_arn(key, bucket)
        keyed = request.get("BucketKeyEnabled", default.get("BucketKeyEnabled"))
        if keyed:
            told["BucketKeyEnabled"] = True
    return told


def customer_key(request: Mapping[str, Any], prefix: str = "") -> str:
    """Return the MD5 of the key a client brings (SSE-C), "" without one; refuses a bad one."""
    algorithm = request.get(f"{prefix}SSECustomerAlgorithm")
    key = request.get(f"{prefix}SSECustomerKey")
    md5 = request.get(f"{prefix}SSECustomerKeyMD5")
    if algorithm is None and key is None and md5 is None:
        return ""
    if algorithm is None:
        raise invalid_argument(
            "Requests specifying Server Side Encryption with Customer provided keys must provide "
            "a valid encryption algorithm.",
            _HEADER,
        )
    if algorithm != _AES:
        raise AwsError(
            "InvalidEncryptionAlgorithmError",
            "The Encryption request you specified is not valid. Supported value: AES256.",
            fields={"ArgumentName": _HEADER, "ArgumentValue": algorithm},
        )
    if key is None:
        raise invalid_argument(
            "Requests specifying Server Side Encryption with Customer provided keys must provide "
            "an appropriate secret key.",
            _HEADER,
        )
    raw = _raw(key)
    if len(raw) != _KEY_BYTES:
        raise invalid_argument("The secret key was invalid for the specified algorithm.", _HEADER)
    expected = base64.b64encode(hashlib.md5(raw).digest()).decode()
    if md5 is None:
        raise invalid_argument(
            "Requests specifying Server Side Encryption with Customer provided keys must provide "
            "the client calculated MD5 of the secret key.",
            _HEADER,
        )
    if md5 != expected:
        raise invalid_argument(
            "The calculated MD5 hash of the key did not match the hash that was provided.",
            _HEADER,
        )
    return expected


def _raw(key: str) -> bytes:
    """Return a key's bytes; none of what is no base64."""
    try:
        return base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        return b""


def check_key(request: Mapping[str, Any], version: ObjectVersion, prefix: str = "") -> None:
    """Refuse to read what a client's key encrypted without that key, and anything else with one."""
    key = request.get(f"{prefix}SSECustomerKey")
    if key and (not request.get(f"{prefix}SSECustomerKeyMD5") or len(_raw(key)) != _KEY_BYTES):
        raise _wrong_key()  # a read is told this, too, of a key that cannot be one (recorded)
    given = customer_key(request, prefix)
    needed = version.encryption.get("SSECustomerKeyMD5", "")
    if needed and not given:
        raise invalid_request(
            "The object was stored using a form of Server Side Encryption. The correct parameters "
            "must be provided to retrieve the object."
        )
    if given and not needed:
        raise invalid_request("The encryption parameters are not applicable to this object.")
    if given != needed:
        raise _wrong_key()


def check_not_asked_of_a_read(context: CallContext) -> None:
    """Refuse to read with the header field that says how to encrypt (API reference, GetObject)."""
    http = context.http
    asked = None if http is None else http.headers.get(_HEADER)
    if asked is not None:
        raise invalid_argument(
            f"{_HEADER} header is not supported for this operation.", _HEADER, asked
        )


def _wrong_key() -> AwsError:
    return access_denied(
        "Requests specifying Server Side Encryption with Customer provided keys must provide the "
        "correct secret key."
    )


def told_encryption(encryption: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object's encryption as members of a result."""
    return {name: encryption[name] for name in _TOLD if name in encryption}


def _default_of(bucket: Bucket) -> dict[str, Any]:
    configured = bucket.settings.get("encryption")
    if not configured:
        return {"SSEAlgorithm": _AES}
    rule = configured["Rules"][0]
    default = rule.get("ApplyServerSideEncryptionByDefault") or {"SSEAlgorithm": _AES}
    return {**default, "BucketKeyEnabled": rule.get("BucketKeyEnabled")}


def own_key_arn(bucket: Bucket) -> str:
    """Return the ARN of the account's own key for S3, always the same; KMS here knows none."""
    digest = hashlib.sha256(f"aws/s3 {bucket.account_id} {bucket.region}".encode()).hexdigest()
    key = f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"
    return make_arn("kms", bucket.region, bucket.account_id, f"key/{key}")


def _key_arn(key: str | None, bucket: Bucket) -> str:
    """Return a key's ARN, which is S3's own one without a key."""
    if key is None:
        return own_key_arn(bucket)
    if key.startswith("arn:"):
        return key
    kind = "" if key.startswith("alias/") else "key/"
    return make_arn("kms", bucket.region, bucket.account_id, f"{kind}{key}")
