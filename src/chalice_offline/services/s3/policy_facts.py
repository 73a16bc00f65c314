"""What is known of a request under the condition keys of policies.

Service authorization reference, "Actions, resources, and condition keys for Amazon S3", and IAM
user guide, "AWS global condition context keys". Who calls from which network, and in which role, is
not known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from chalice_offline.services.s3.http_dates import iso_seconds

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request
    from chalice_offline.services.common.policy_conditions import Facts
    from chalice_offline.services.s3.bucket import Bucket
    from chalice_offline.services.s3.state import S3State

_MEMBERS = {
    "s3:x-amz-acl": "ACL",
    "s3:x-amz-copy-source": "CopySource",
    "s3:x-amz-grant-full-control": "GrantFullControl",
    "s3:x-amz-grant-read": "GrantRead",
    "s3:x-amz-grant-read-acp": "GrantReadACP",
    "s3:x-amz-grant-write": "GrantWrite",
    "s3:x-amz-grant-write-acp": "GrantWriteACP",
    "s3:x-amz-metadata-directive": "MetadataDirective",
    "s3:x-amz-server-side-encryption": "ServerSideEncryption",
    "s3:x-amz-server-side-encryption-aws-kms-key-id": "SSEKMSKeyId",
    "s3:x-amz-server-side-encryption-customer-algorithm": "SSECustomerAlgorithm",
    "s3:x-amz-storage-class": "StorageClass",
    "s3:x-amz-website-redirect-location": "WebsiteRedirectLocation",
    "s3:object-lock-mode": "ObjectLockMode",
    "s3:object-lock-legal-hold": "ObjectLockLegalHoldStatus",
    "s3:prefix": "Prefix",
    "s3:delimiter": "Delimiter",
    "s3:max-keys": "MaxKeys",
    "s3:versionid": "VersionId",
    "s3:if-match": "IfMatch",
    "s3:if-none-match": "IfNoneMatch",
}
_HEADERS = {"aws:referer": "referer", "aws:useragent": "user-agent"}
_EXISTING, _ASKED = "s3:existingobjecttag/", "s3:requestobjecttag/"


def facts_of(
    s3: S3State, context: CallContext, bucket: Bucket, account: str | None, request: Request
) -> Facts:
    """Return what answers for a request's condition keys; their names know no case."""

    def facts(key: str) -> list[str] | None:
        name = key.lower()
        member = _MEMBERS.get(name)
        if member is not None:
            return [str(request[member])] if member in request else []
        header = _HEADERS.get(name)
        if header is not None:
            value = None if context.http is None else context.http.headers.get(header)
            return [] if value is None else [value]
        if name.startswith(_EXISTING):
            return _chosen(_existing_tags(s3, bucket, request), key[len(_EXISTING) :])
        if name.startswith(_ASKED):
            return _chosen(_asked_tags(request), key[len(_ASKED) :])
        if name == "s3:requestobjecttagkeys":
            return list(_asked_tags(request))
        plain = {
            # An emulator speaks plain HTTP; it stands for an endpoint that does not.
            "aws:securetransport": "true",
            "aws:currenttime": iso_seconds(context.now_ms),
            "aws:epochtime": str(context.now_ms // 1000),
            "aws:principalaccount": account,
            "aws:resourceaccount": bucket.account_id,
            "s3:resourceaccount": bucket.account_id,
        }
        if name not in plain:
            return None
        known = plain[name]
        return [] if known is None else [known]

    return facts


def _chosen(tags: dict[str, str], key: str) -> list[str]:
    return [tags[key]] if key in tags else []


def _existing_tags(s3: S3State, bucket: Bucket, request: Request) -> dict[str, str]:
    if "Key" not in request:
        return {}
    objects, version_id = s3.objects(bucket), request.get("VersionId")
    key = request["Key"]
    found = objects.newest(key) if version_id is None else objects.version(key, version_id)
    return {} if found is None else found.tags


def _asked_tags(request: Request) -> dict[str, str]:
    """Return the tags that a request brings, in a header field or as a document."""
    tagging = request.get("Tagging")
    if isinstance(tagging, str):
        return dict(parse_qsl(tagging, keep_blank_values=True))
    pairs = (tagging or {}).get("TagSet") or ()
    return {tag["Key"]: tag["Value"] for tag in pairs}
