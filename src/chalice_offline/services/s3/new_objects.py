"""What an object is made with, read from the request that makes it, and the writing of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.protocols.form import decode_pairs
from chalice_offline.services.s3.bucket import ENABLED
from chalice_offline.services.s3.checksums import FULL_OBJECT, told_checksums
from chalice_offline.services.s3.conditions import check_write
from chalice_offline.services.s3.encryption import encryption_of, told_encryption
from chalice_offline.services.s3.errors import invalid_argument
from chalice_offline.services.s3.grants import object_grants
from chalice_offline.services.s3.http_dates import http_date_of_ms, ms_of
from chalice_offline.services.s3.lifecycle_dates import expiration_of
from chalice_offline.services.s3.limits import KEY_BYTES, LARGEST_PUT_BYTES, METADATA_BYTES
from chalice_offline.services.s3.object_lock import lock_of
from chalice_offline.services.s3.object_version import NULL_VERSION, STANDARD, ObjectVersion
from chalice_offline.services.s3.rfc2047 import readable
from chalice_offline.services.s3.tag_sets import tags_of_header
from chalice_offline.services.s3.version_ids import new_version_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.s3.bucket import Bucket
    from chalice_offline.services.s3.payload import Payload
    from chalice_offline.services.s3.state import S3State

_SETTINGS = (
    "CacheControl",
    "ContentDisposition",
    "ContentEncoding",
    "ContentLanguage",
    "ContentType",
    "WebsiteRedirectLocation",
)
_DEFAULT_TYPE = "binary/octet-stream"
STORAGE_CLASSES = frozenset(
    {
        STANDARD, "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING",
        "GLACIER", "DEEP_ARCHIVE", "GLACIER_IR",
    }
)  # fmt: skip
ARCHIVES = frozenset({"GLACIER", "DEEP_ARCHIVE"})


def described(context: CallContext, bucket: Bucket, request: Request) -> dict[str, Any]:
    """Return what a request says of the object it makes, as members of ObjectVersion."""
    check_key(request["Key"])
    storage_class = request.get("StorageClass", STANDARD)
    if storage_class not in STORAGE_CLASSES:
        raise AwsError(
            "InvalidStorageClass",
            "The storage class you specified is not valid",
            fields={"StorageClassRequested": storage_class},
        )
    made: dict[str, Any] = {
        "settings": settings_of(context, request),
        "encryption": encryption_of(request, bucket),
    }
    if request.get("Metadata"):
        made["metadata"] = metadata_of(request["Metadata"])
    if "Tagging" in request:
        made["tags"] = tags_of_header(request["Tagging"])
    if storage_class != STANDARD:
        made["storage_class"] = storage_class
    acl = object_grants(request, bucket, context.account_id)
    if acl:
        made["acl"] = acl
    lock = lock_of(request, bucket, context.now_ms)
    if lock:
        made["lock"] = lock
    if context.account_id != bucket.account_id:
        made["owner"] = context.account_id
    return made


def check_no_version(context: CallContext) -> None:
    """Refuse a request that names the version it makes: ids are S3's to give."""
    http = context.http
    if http is not None and "versionId" in http.query:
        for name, value in decode_pairs(http.query):
            if name == "versionId":
                raise invalid_argument(
                    "This operation does not accept a version-id.", "versionId", value
                )


def check_key(key: str) -> None:
    """Refuse a key that is too long."""
    if len(key) > KEY_BYTES // 4 and (size := len(key.encode("utf-8", "replace"))) > KEY_BYTES:
        raise AwsError(
            "KeyTooLongError",
            "Your key is too long",
            fields={"Size": size, "MaxSizeAllowed": KEY_BYTES},
        )


def settings_of(context: CallContext, request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members that come back as they were given."""
    settings = {name: request[name] for name in _SETTINGS if name in request}
    encoding = settings.get("ContentEncoding")
    if encoding == "aws-chunked":  # as boto3 sends nearly all objects
        del settings["ContentEncoding"]
    elif encoding is not None and "aws-chunked" in encoding:
        # How the body travelled, not what it is.
        left = [part for part in encoding.split(",") if part.strip() != "aws-chunked"]
        settings["ContentEncoding"] = ",".join(left).strip()
        if not left:
            del settings["ContentEncoding"]
    redirect = settings.get("WebsiteRedirectLocation")
    if redirect is not None and not redirect.startswith(("/", "http://", "https://")):
        raise AwsError(
            "InvalidRedirectLocation",
            "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.",
        )
    settings.setdefault("ContentType", _DEFAULT_TYPE)
    if context.http is not None:
        expires = dict.get(context.http.headers, "expires")
        if expires is not None:
            settings["Expires"] = expires
    elif "Expires" in request:
        given = request["Expires"]  # botocore's model has a text there, other callers an instant
        is_text = isinstance(given, str)
        settings["Expires"] = given if is_text else http_date_of_ms(ms_of(given))
    return settings


def metadata_of(metadata: Mapping[str, str]) -> dict[str, str]:
    """Return user metadata; names are kept in lower case."""
    size = sum(len(name) + len(value) for name, value in metadata.items())
    if size > METADATA_BYTES:
        raise AwsError(
            "MetadataTooLarge",
            "Your metadata headers exceed the maximum allowed metadata size",
            fields={"Size": size, "MaxSizeAllowed": METADATA_BYTES},
        )
    return {name.lower(): readable(value.strip()) for name, value in metadata.items()}


def write(
    s3: S3State, bucket: Bucket, version: ObjectVersion, newest: ObjectVersion | None
) -> None:
    """Make a version, whose content is kept already, the newest of its key."""
    version.sequence = s3.next_sequence(newest)
    version.modified_ms = s3.kernel.now_ms
    objects = s3.objects(bucket)
    if bucket.versioning == ENABLED:
        version.version_id = new_version_id(s3.kernel.ids, version.sequence)
        objects.add(version, newest)
        return
    version.version_id = NULL_VERSION
    replaced = objects.replace_null(version, newest)
    if replaced is not None:
        s3.contents.drop(replaced)


def told_written(bucket: Bucket, version: ObjectVersion) -> Result:
    """Return what the reply to a write tells of the new version."""
    told: Result = {"ETag": version.quoted_etag, **told_encryption(version.encryption)}
    if version.checksums:
        told.update(told_checksums(version.checksums), ChecksumType=version.checksum_type)
    if bucket.versioning == ENABLED:  # version null is not told (recorded)
        told["VersionId"] = version.version_id
    expiration = expiration_of(bucket, version)
    if expiration:
        told["Expiration"] = expiration
    return told


def check_directive(name: str, value: str) -> None:
    """Refuse a directive of a copy that is neither COPY nor REPLACE."""
    if value not in ("COPY", "REPLACE"):
        raise invalid_argument(f"Unknown {name} directive.", f"x-amz-{name}-directive", value)


def store(
    s3: S3State,
    _context: CallContext,
    bucket: Bucket,
    request: Request,
    made: dict[str, object],
    payload: Payload,
    *,
    whole: bool = True,
) -> ObjectVersion:
    """Write the object that a request describes and brings, unless its conditions forbid it.

    `whole` says that a file holds the object and nothing else.
    """
    if payload.size > LARGEST_PUT_BYTES:
        raise too_large(payload.size)
    newest = s3.objects(bucket).newest(request["Key"])
    check_write(request, newest)
    checksums = {payload.algorithm: payload.checksum} if payload.algorithm else {}
    version = ObjectVersion(
        request["Key"],
        size=payload.size,
        etag=payload.md5,
        checksums=checksums,
        checksum_type=FULL_OBJECT if checksums else "",
        **made,  # type: ignore[arg-type] # members of ObjectVersion, by name
    )
    s3.contents.keep(version, payload.content, whole=whole)
    write(s3, bucket, version, newest)
    return version


def too_large(size: int) -> AwsError:
    """Return the error for an upload larger than one request may bring."""
    return AwsError(
        "EntityTooLarge",
        "Your proposed upload exceeds the maximum allowed size",
        fields={"ProposedSize": size, "MaxSizeAllowed": LARGEST_PUT_BYTES},
    )
