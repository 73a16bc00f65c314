"""Deployment packages: zip files, sent along or lying in S3, and what Lambda refuses of them."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.core.storage import Blob
from chalice_offline.services.lambda_ import limits
from chalice_offline.services.lambda_.errors import invalid_parameter
from chalice_offline.services.lambda_.principal import PRINCIPAL

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Kernel, Request


def package_of(kernel: Kernel, context: CallContext, code: Request, operation: str) -> bytes:
    """Return the zip file a request carries or names; raises AwsError when it cannot be used.

    `code` is the Code of CreateFunction, or UpdateFunctionCode's own members.
    """
    if "ZipFile" in code:
        package = bytes(code["ZipFile"])
        _check_upload(package, operation)
    elif code.get("S3Bucket"):
        package = _from_s3(kernel, context, code)
    else:
        raise invalid_parameter("Please provide a source for function code.")
    _check_contents(package)
    return package


def sha256_of(package: bytes) -> str:
    """Return a package's CodeSha256."""
    return base64.b64encode(hashlib.sha256(package).digest()).decode()


def _check_upload(package: bytes, operation: str) -> None:
    encoded_bytes = (len(package) + 2) // 3 * 4
    if encoded_bytes > limits.REQUEST_BYTES:
        raise _too_large(
            f"Request must be smaller than {limits.REQUEST_BYTES} bytes for the {operation} "
            "operation"
        )
    if len(package) > limits.ZIPPED_BYTES:
        raise _too_large(f"Zipped size must be smaller than {limits.ZIPPED_BYTES} bytes")


def _too_large(message: str) -> AwsError:
    return AwsError("RequestEntityTooLargeException", message, status=413)


def _check_contents(package: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(package)) as archive:
            unzipped_bytes = sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile:
        raise invalid_parameter(
            "Could not unzip uploaded file. Please check your file, then try to upload again."
        ) from None
    if unzipped_bytes >= limits.UNZIPPED_BYTES:
        raise invalid_parameter(f"Unzipped size must be smaller than {limits.UNZIPPED_BYTES} bytes")


def _from_s3(kernel: Kernel, context: CallContext, code: Request) -> bytes:
    wanted: dict[str, Any] = {"Bucket": code["S3Bucket"], "Key": code.get("S3Key", "")}
    if code.get("S3ObjectVersion"):
        wanted["VersionId"] = code["S3ObjectVersion"]
    try:
        reply = kernel.deliver(
            "s3",
            "GetObject",
            wanted,
            account_id=context.account_id,
            region=context.region,
            causes=(context.entry,),
            principal=PRINCIPAL,
        )
    except AwsError as error:
        raise invalid_parameter(
            f"Error occurred while GetObject. S3 Error Code: {error.code}. "
            f"S3 Error Message: {error.message}"
        ) from error
    body = reply["Body"] if isinstance(reply, dict) else b""
    return body.read() if isinstance(body, Blob) else bytes(body)
