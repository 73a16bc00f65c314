"""Access control lists: read from canned names, header fields and bodies.

User guide, "Access control list (ACL) overview" and "Controlling ownership of objects".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.s3.errors import (
    access_denied,
    invalid_argument,
    invalid_request,
)
from chalice_offline.services.s3.identities import (
    ALL_USERS,
    AUTHENTICATED_USERS,
    GROUPS,
    LOG_DELIVERY,
    group_grantee,
    user_grantee,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.services.s3.bucket import Bucket

Grant = dict[str, Any]

ENFORCED = "BucketOwnerEnforced"
_BOTH = frozenset({"private", "public-read", "public-read-write", "authenticated-read"})
_BUCKETS = _BOTH | {"log-delivery-write"}
_OBJECTS = _BOTH | {"aws-exec-read", "bucket-owner-read", "bucket-owner-full-control"}
_GROUP_GRANTS = {
    "public-read": ((ALL_USERS, "READ"),),
    "public-read-write": ((ALL_USERS, "READ"), (ALL_USERS, "WRITE")),
    "authenticated-read": ((AUTHENTICATED_USERS, "READ"),),
    "log-delivery-write": ((LOG_DELIVERY, "WRITE"), (LOG_DELIVERY, "READ_ACP")),
}
_PERMISSIONS = {
    "GrantFullControl": "FULL_CONTROL",
    "GrantRead": "READ",
    "GrantReadACP": "READ_ACP",
    "GrantWrite": "WRITE",
    "GrantWriteACP": "WRITE_ACP",
}
_GRANTEE = re.compile(r'\s*(id|uri|emailAddress)\s*=\s*"?([^",]*)"?\s*', re.IGNORECASE)
_CANONICAL = re.compile(r"[0-9a-f]{64}")
_HARMLESS = ("private", "bucket-owner-full-control")


def ownership_of(bucket: Bucket) -> str:
    """Return who owns what others write: "BucketOwnerEnforced" when lists are off."""
    controls = bucket.settings.get("ownership")
    return controls["Rules"][0]["ObjectOwnership"] if controls else "ObjectWriter"


def bucket_grants(request: Mapping[str, Any], account_id: str) -> list[Grant]:
    """Return the list that a request's header fields ask for on a bucket; [] for the default."""
    return _given(request, _BUCKETS, account_id, account_id)


def object_grants(request: Mapping[str, Any], bucket: Bucket, account_id: str) -> list[Grant]:
    """Return the list that a request's header fields ask for on an object; [] for the default."""
    if "ACL" not in request and not _has_header_grants(request):
        return []
    canned = request.get("ACL")
    if canned is not None and canned not in _OBJECTS:
        raise invalid_argument("", "x-amz-acl", canned)
    if ownership_of(bucket) == ENFORCED and (
        canned not in _HARMLESS or _has_header_grants(request)
    ):
        raise lists_not_supported()
    grants = _given(request, _OBJECTS, account_id, bucket.account_id)
    check_not_public(bucket, grants)
    return grants


def default_grants(account_id: str) -> list[Grant]:
    """Return the list that gives the owner everything and nobody else anything."""
    return [{"Grantee": user_grantee(account_id), "Permission": "FULL_CONTROL"}]


def policy_grants(policy: Mapping[str, Any], account_id: str) -> list[Grant]:
    """Return the list of a request's body."""
    owner = policy.get("Owner")
    grants = policy.get("Grants")
    if owner is None or grants is None or "ID" not in owner:
        raise malformed_acl()
    if owner["ID"] != user_grantee(account_id)["ID"]:
        if not _CANONICAL.fullmatch(owner["ID"]):
            raise invalid_argument("Invalid id", "CanonicalUser/ID", owner["ID"])
        raise access_denied()
    return [_policy_grant(grant) for grant in grants]


def asked_grants(
    request: Mapping[str, Any], *, of_bucket: bool, owner: str, bucket_owner: str
) -> list[Grant]:
    """Return the list of a PutBucketAcl or PutObjectAcl, however it is given."""
    has_body = "AccessControlPolicy" in request
    has_fields = "ACL" in request or _has_header_grants(request)
    if has_body and has_fields:
        raise AwsError("UnexpectedContent", "This request does not support content")
    if has_body:
        return policy_grants(request["AccessControlPolicy"], owner)
    if not has_fields:
        raise AwsError(
            "MissingSecurityHeader",
            "Your request was missing a required header",
            fields={"MissingHeaderName": "x-amz-acl"},
        )
    kinds = _BUCKETS if of_bucket else _OBJECTS
    return _given(request, kinds, owner, bucket_owner) or default_grants(owner)


def check_not_public(bucket: Bucket, grants: list[Grant]) -> None:
    """Refuse a list for everybody where public access is blocked."""
    if is_public(grants) and bucket.settings.get("public_access", {}).get("BlockPublicAcls"):
        raise access_denied()


def is_public(grants: list[Grant]) -> bool:
    """Whether a list gives something to everybody."""
    return any(g["Grantee"].get("URI") in (ALL_USERS, AUTHENTICATED_USERS) for g in grants)


def malformed_acl() -> AwsError:
    """Return the error for a list that is none."""
    return AwsError(
        "MalformedACLError",
        "The XML you provided was not well-formed or did not validate against our published schema",
    )


def lists_not_supported() -> AwsError:
    """Return the error of a bucket whose owner owns every object."""
    return AwsError("AccessControlListNotSupported", "The bucket does not allow ACLs")


def _has_header_grants(request: Mapping[str, Any]) -> bool:
    return not _PERMISSIONS.keys().isdisjoint(request)


def _given(
    request: Mapping[str, Any], kinds: frozenset[str], owner: str, bucket_owner: str
) -> list[Grant]:
    canned = request.get("ACL")
    if canned is not None and _has_header_grants(request):
        raise invalid_request("Specifying both Canned ACLs and Header Grants is not allowed")
    if canned is None:
        return [
            {"Grantee": _read_grantee(text, permission), "Permission": permission}
            for member, permission in _PERMISSIONS.items()
            if member in request
            for text in request[member].split(",")
        ]
    if canned not in kinds:
        raise invalid_argument("", "x-amz-acl", canned)
    return _canned(canned, owner, bucket_owner)


def _canned(name: str, owner: str, bucket_owner: str) -> list[Grant]:
    if name == "private":
        return []
    grants = default_grants(owner)
    for uri, permission in _GROUP_GRANTS.get(name, ()):
        grants.append({"Grantee": group_grantee(uri), "Permission": permission})
    if name.startswith("bucket-owner-") and owner != bucket_owner:
        permission = "READ" if name == "bucket-owner-read" else "FULL_CONTROL"
        grants.append({"Grantee": user_grantee(bucket_owner), "Permission": permission})
    return grants


def _read_grantee(text: str, permission: str) -> dict[str, Any]:
    found = _GRANTEE.fullmatch(text)
    if found is None:
        header = f"x-amz-grant-{permission.lower().replace('_', '-')}"
        raise invalid_argument("Argument format not recognized", header, text.strip())
    return _grantee(found[1].lower(), found[2])


def _grantee(kind: str, value: str) -> dict[str, Any]:
    if kind == "uri":
        if value not in GROUPS:
            raise invalid_argument("Invalid group uri", "uri", value)
        return group_grantee(value)
    if kind == "id":
        if not _CANONICAL.fullmatch(value):
            raise invalid_argument("Invalid id", "id", value)
        return {"ID": value, "Type": "CanonicalUser"}
    raise AwsError(
        "UnresolvableGrantByEmailAddress",
        "The e-mail address you provided does not match any account on record.",
        fields={"ArgumentName": "emailAddress", "ArgumentValue": value},
    )


def _policy_grant(grant: Mapping[str, Any]) -> Grant:
    grantee, permission = grant.get("Grantee"), grant.get("Permission")
    if not grantee or permission not in _PERMISSIONS.values():
        raise malformed_acl()
    kind = grantee.get("Type")
    if kind == "Group":
        return {"Grantee": _policy_group(grantee.get("URI", "")), "Permission": permission}
    if kind == "AmazonCustomerByEmail":
        return {"Grantee": _grantee("email", grantee.get("EmailAddress", "")), "Permission": ""}
    if kind != "CanonicalUser" or "ID" not in grantee:
        raise malformed_acl()
    if not _CANONICAL.fullmatch(grantee["ID"]):
        raise invalid_argument("Invalid id", "CanonicalUser/ID", grantee["ID"])
    told = {key: grantee[key] for key in ("ID", "Type")}
    return {"Grantee": told, "Permission": permission}


def _policy_group(uri: str) -> dict[str, Any]:
    if uri not in GROUPS:
        raise invalid_argument("Invalid group uri", "Group/URI", uri)
    return group_grantee(uri)
