"""Who may call which operation.

The owner of a bucket may do what its policy does not deny; there are no users below an account
here. Others, and callers without credentials, may do what the bucket's policy, else a list (of the
bucket, or of the object), gives them. Links are judged by their signature (`signatures`).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from chalice_offline.core.context import DEFAULT_REGION
from chalice_offline.core.errors import AwsError
from chalice_offline.protocols.form import decode_pairs
from chalice_offline.protocols.s3_documents import REFUSED_BODY
from chalice_offline.services.s3.bucket_policy import POLICY, allows
from chalice_offline.services.s3.errors import access_denied, invalid_argument, no_such_bucket
from chalice_offline.services.s3.grants import ENFORCED, default_grants, ownership_of
from chalice_offline.services.s3.identities import (
    ALL_USERS,
    AUTHENTICATED_USERS,
    canonical_id,
)
from chalice_offline.services.s3.policy_actions import action_of, version_action
from chalice_offline.services.s3.policy_facts import facts_of
from chalice_offline.services.s3.regions import is_region
from chalice_offline.services.s3.signatures import check_link_v2, check_link_v4

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.http import HttpRequest
    from chalice_offline.core.kernel import Operation, Reply, Request
    from chalice_offline.services.s3.bucket import Bucket
    from chalice_offline.services.s3.object_version import ObjectVersion
    from chalice_offline.services.s3.state import S3State

_ANONYMOUS = None
_ACCOUNT = re.compile(r"\d{12}")
_BUCKET, _OBJECT = "bucket", "object"
# What an operation needs on a list, and on whose, and the action a policy calls it by. Those not
# named here are the owner's, and policies call them by their own names.
_NEEDS: dict[str, tuple[str, str, str]] = {
    "ListObjects": (_BUCKET, "READ", "s3:ListBucket"),
    "ListObjectsV2": (_BUCKET, "READ", "s3:ListBucket"),
    "HeadBucket": (_BUCKET, "READ", "s3:ListBucket"),
    "ListObjectVersions": (_BUCKET, "READ", "s3:ListBucketVersions"),
    "ListMultipartUploads": (_BUCKET, "READ", "s3:ListBucketMultipartUploads"),
    "PutObject": (_BUCKET, "WRITE", "s3:PutObject"),
    "PostObject": (_BUCKET, "WRITE", "s3:PutObject"),
    "CopyObject": (_BUCKET, "WRITE", "s3:PutObject"),
    "DeleteObject": (_BUCKET, "WRITE", "s3:DeleteObject"),
    "DeleteObjects": (_BUCKET, "WRITE", "s3:DeleteObject"),
    "CreateMultipartUpload": (_BUCKET, "WRITE", "s3:PutObject"),
    "UploadPart": (_BUCKET, "WRITE", "s3:PutObject"),
    "UploadPartCopy": (_BUCKET, "WRITE", "s3:PutObject"),
    "CompleteMultipartUpload": (_BUCKET, "WRITE", "s3:PutObject"),
    "AbortMultipartUpload": (_BUCKET, "WRITE", "s3:AbortMultipartUpload"),
    "ListParts": (_BUCKET, "WRITE", "s3:ListMultipartUploadParts"),
    "GetBucketAcl": (_BUCKET, "READ_ACP", "s3:GetBucketAcl"),
    "PutBucketAcl": (_BUCKET, "WRITE_ACP", "s3:PutBucketAcl"),
    "GetObject": (_OBJECT, "READ", "s3:GetObject"),
    "HeadObject": (_OBJECT, "READ", "s3:GetObject"),
    "GetObjectAttributes": (_OBJECT, "READ", "s3:GetObjectAttributes"),
    "GetObjectAcl": (_OBJECT, "READ_ACP", "s3:GetObjectAcl"),
    "PutObjectAcl": (_OBJECT, "WRITE_ACP", "s3:PutObjectAcl"),
}
_FREE = frozenset({"CreateBucket", "ListBuckets"})  # any account may; nobody without one
# Whatever a policy says, its bucket's owner may change it.
_OWNERS_ALWAYS = frozenset({"GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy"})
# Each key is allowed or denied for itself (`check_part`).
_JUDGED_BY_KEY = frozenset({"DeleteObjects"})
# They judge the caller themselves.
_UNGUARDED = frozenset({"GetWebsiteDocument", "OptionsObject", "PostObject"})


def guarded(name: str, operation: Operation) -> Operation:
    """Return the operation behind what decides whether the caller may call it."""
    if name in _UNGUARDED:
        return operation

    def call(s3: S3State, context: CallContext, request: Request) -> Reply:
        http = context.http
        if http is not None:
            check_caller(s3, context, http, name, request)
        if "ExpectedBucketOwner" in request:
            _check_owner(s3.find_bucket(request), request["ExpectedBucketOwner"])
        if REFUSED_BODY in request:
            raise AwsError(*request[REFUSED_BODY])
        return operation(s3, context, request)

    return call


def check_caller(
    s3: S3State, context: CallContext, http: HttpRequest, name: str, request: Request
) -> None:
    """Raise AwsError unless the caller is who they say and may call this."""
    authorization = dict.get(http.headers, "authorization")
    if authorization:
        _check_authorization(authorization)
        account: str | None = context.account_id
    else:
        account = context.account_id if _is_signed_link(http, context.now_ms) else _ANONYMOUS
    if name in _FREE:
        if account is _ANONYMOUS:
            raise access_denied()
        return
    bucket = s3.buckets.get(request.get("Bucket", ""))
    if bucket is None:
        raise no_such_bucket(request.get("Bucket", ""))
    if name not in _JUDGED_BY_KEY:
        check_access(s3, context, bucket, account, name, request)


def check_part(
    s3: S3State, context: CallContext, bucket: Bucket, name: str, request: Request
) -> None:
    """Raise AccessDenied when a client may not do what is a part of its request."""
    if context.http is not None:
        account = context.account_id if context.signed else _ANONYMOUS
        check_access(s3, context, bucket, account, name, request)


_SCOPE = re.compile(r"Credential=[^/,]+/\d{8}/([^/,]*)/")


@lru_cache(maxsize=256)
def _region_in(credential: str) -> str | None:
    """Return the region that "Credential=…" names; None when it is none of version 4."""
    scope = _SCOPE.match(credential)
    return None if scope is None else scope[1]


def _check_authorization(field: str) -> None:
    """Refuse a header field that is no signature of either version; the signature is believed."""
    if field.startswith("AWS4-") and "Credential=" in field:
        region = _region_in(field[field.find("Credential=") :].partition(",")[0])
        if region is not None and not is_region(region):
            raise AwsError(
                "AuthorizationHeaderMalformed",
                f"The authorization header is malformed; the region '{region}' is wrong; "
                f"expecting '{DEFAULT_REGION}'",
                fields={"Region": DEFAULT_REGION},
            )
        return
    if not field.startswith("AWS "):
        raise invalid_argument("Unsupported Authorization Type", "Authorization", field)
    if ":" not in field:
        raise invalid_argument(
            "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature",
            "Authorization",
            field,
        )


def check_access(
    s3: S3State,
    context: CallContext,
    bucket: Bucket,
    account: str | None,
    name: str,
    request: Request,
) -> None:
    """Raise AccessDenied when an account, or nobody (None), may not call an operation."""
    is_owner = account == bucket.account_id
    if is_owner and (POLICY not in bucket.settings or name in _OWNERS_ALWAYS):
        return
    kind, permission, action = _NEEDS.get(name) or (_BUCKET, "", action_of(name))
    if kind == _OBJECT and not is_owner and _find(s3, bucket, request) is None:
        # Only who may list a bucket learns that something is not there (API reference, GetObject).
        listing = {"Bucket": bucket.name, "Prefix": request["Key"]}
        check_access(s3, context, bucket, account, "ListObjectsV2", listing)
        return
    if "VersionId" in request:
        action = version_action(action)
    facts = facts_of(s3, context, bucket, account, request)
    said = allows(bucket, account, action, request.get("Key", ""), facts)
    if said is None and permission and not is_owner:
        said = _listed(s3, bucket, account, request, kind, permission)
    if said is False or (not said and not is_owner):
        raise access_denied()
    if not is_owner and name in _OWNERS_ALWAYS:
        # API reference, GetBucketPolicy: allowed, and yet of another account.
        raise AwsError(
            "MethodNotAllowed",
            "The specified method is not allowed against this resource.",
            status=405,
            fields={"ResourceType": "BUCKETPOLICY"},
        )


def _is_signed_link(http: HttpRequest, now_ms: int) -> bool:
    query = http.query
    if "X-Amz-" in query:
        pairs = decode_pairs(query)
        if any(name in ("X-Amz-Algorithm", "X-Amz-Signature") for name, _ in pairs):
            check_link_v4(http, pairs, now_ms)
            return True
    if "AWSAccessKeyId=" in query:
        check_link_v2(http, decode_pairs(query), now_ms)
        return True
    return False


def _listed(
    s3: S3State,
    bucket: Bucket,
    account: str | None,
    request: Request,
    kind: str,
    permission: str,
) -> bool:
    """Whether a list gives what is needed."""
    if ownership_of(bucket) == ENFORCED:
        return False
    grants: list[dict[str, Any]]
    if kind == _BUCKET:
        grants = bucket.settings.get("acl") or default_grants(bucket.account_id)
    else:
        version = _find(s3, bucket, request)
        assert version is not None
        grants = version.acl or default_grants(version.owner or bucket.account_id)
    ignored = bucket.settings.get("public_access", {}).get("IgnorePublicAcls")
    return any(
        grant["Permission"] in (permission, "FULL_CONTROL")
        and _is_for(grant["Grantee"], account, public_too=not ignored)
        for grant in grants
    )


def _find(s3: S3State, bucket: Bucket, request: Request) -> ObjectVersion | None:
    """Return the object that a request names, None when there is none."""
    objects, key, version_id = s3.objects(bucket), request["Key"], request.get("VersionId")
    found = objects.newest(key) if version_id is None else objects.version(key, version_id)
    return None if found is None or found.is_marker else found


def _is_for(grantee: dict[str, Any], account: str | None, *, public_too: bool) -> bool:
    uri = grantee.get("URI")
    if uri == ALL_USERS:
        return public_too
    if account is None:
        return False
    if uri == AUTHENTICATED_USERS:
        return public_too
    return bool(grantee.get("ID") == canonical_id(account))


def _check_owner(bucket: Bucket, expected: str) -> None:
    if not _ACCOUNT.fullmatch(expected):
        raise AwsError(
            "InvalidBucketOwnerAWSAccountID",
            "The value of the expected bucket owner parameter must be an AWS Account ID... "
            f"[{expected}]",
        )
    if expected != bucket.account_id:
        raise access_denied()
