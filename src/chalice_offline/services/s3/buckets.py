"""CreateBucket, DeleteBucket, HeadBucket, ListBuckets, GetBucketLocation."""

from __future__ import annotations

import base64
import binascii
import re
from ipaddress import AddressValueError, IPv4Address
from typing import TYPE_CHECKING, Any

from chalice_offline.core.context import DEFAULT_REGION
from chalice_offline.core.errors import AwsError
from chalice_offline.services.s3.bucket import ENABLED, Bucket
from chalice_offline.services.s3.errors import invalid_argument, malformed_xml
from chalice_offline.services.s3.grants import ENFORCED, bucket_grants
from chalice_offline.services.s3.identities import owner_of
from chalice_offline.services.s3.lifecycle import forget_bucket
from chalice_offline.services.s3.regions import is_region
from chalice_offline.services.s3.tag_sets import tags_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.s3.state import S3State

# User guide, "General purpose bucket naming rules".
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_BAD_STARTS = ("xn--", "sthree-", "amzn-s3-demo-")
_BAD_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
_EU = "EU"  # an old name of eu-west-1
_OWNERSHIPS = ("BucketOwnerPreferred", "ObjectWriter", ENFORCED)
_MOST_BUCKETS = 10_000
_PAGING = ("MaxBuckets", "ContinuationToken", "Prefix", "BucketRegion")
# New buckets block public access and have no lists of their own (since April 2023).
_BLOCKED = dict.fromkeys(
    ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
)


def create_bucket(s3: S3State, context: CallContext, request: Request) -> Result:
    """Create a bucket; in us-east-1 one's own may be created again."""
    name = request["Bucket"]
    check_name(name)
    configuration = request.get("CreateBucketConfiguration") or {}
    region = _region(context, configuration)
    ownership = request.get("ObjectOwnership", ENFORCED)
    if ownership not in _OWNERSHIPS:
        raise invalid_argument(
            f"Invalid x-amz-object-ownership header: {ownership}", "x-amz-object-ownership"
        )
    acl = bucket_grants(request, context.account_id)
    if acl and ownership == ENFORCED:
        raise AwsError(
            "InvalidBucketAclWithObjectOwnership",
            "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
        )
    tags = tags_of(configuration.get("Tags", ()), of_new_bucket=True)
    present = s3.buckets.get(name)
    if present is not None:
        _check_recreation(present, context, region, tags)
        return {"Location": _location(present), "BucketArn": present.arn}
    bucket = Bucket(name, context.account_id, region, context.now_ms)
    if configuration.get("LocationConstraint") == _EU:
        bucket.settings["location"] = _EU
    bucket.settings["ownership"] = {"Rules": [{"ObjectOwnership": ownership}]}
    bucket.settings["public_access"] = dict(_BLOCKED)
    if acl:
        bucket.settings["acl"] = acl
    if tags:
        bucket.settings["tags"] = tags
    if request.get("ObjectLockEnabledForBucket"):
        bucket.versioning = ENABLED
        bucket.settings["object_lock"] = {"ObjectLockEnabled": ENABLED}
    s3.keep_bucket(bucket)
    return {"Location": _location(bucket), "BucketArn": bucket.arn}


def delete_bucket(s3: S3State, _context: CallContext, request: Request) -> Result:
    """Delete a bucket that is empty."""
    bucket = s3.find_bucket(request)
    if not s3.objects(bucket).is_empty():
        raise _not_empty(bucket)
    s3.remove_bucket(bucket)
    forget_bucket(s3)
    return {}


def head_bucket(s3: S3State, _context: CallContext, request: Request) -> Result:
    """Tell whether a bucket is there, and where."""
    bucket = s3.find_bucket(request)
    return {
        "BucketRegion": bucket.region,
        "AccessPointAlias": False,
        "BucketArn": bucket.arn,
    }


def list_buckets(s3: S3State, context: CallContext, request: Request) -> Result:
    """List the caller's buckets by name."""
    most = request.get("MaxBuckets", _MOST_BUCKETS)
    if not 1 <= most <= _MOST_BUCKETS:
        raise invalid_argument(
            f"Argument max-buckets must be an integer between 1 and {_MOST_BUCKETS}",
            "max-buckets",
            str(most),
        )
    prefix, region = request.get("Prefix", ""), request.get("BucketRegion")
    if region is not None and not is_region(region):
        raise invalid_argument(
            f"Argument value {region} is not a valid AWS Region", "bucket-region"
        )
    after = _read_token(request["ContinuationToken"]) if "ContinuationToken" in request else ""
    found = [
        bucket
        for name, bucket in sorted(s3.buckets.items())
        if name > after
        and name.startswith(prefix)
        and bucket.account_id == context.account_id
        and region in (None, bucket.region)
    ]
    shown = found[:most]
    paged = any(member in request for member in _PAGING)
    told: Result = {
        "Owner": owner_of(context.account_id),
        "Buckets": [_told(bucket, with_region=paged) for bucket in shown],
    }
    if prefix:
        told["Prefix"] = prefix
    if len(found) > len(shown):
        told["ContinuationToken"] = base64.urlsafe_b64encode(shown[-1].name.encode()).decode()
    return told


def get_bucket_location(s3: S3State, _context: CallContext, request: Request) -> Result:
    """Tell a bucket's region; us-east-1 has no name here."""
    bucket = s3.find_bucket(request)
    if bucket.region == DEFAULT_REGION:
        return {"LocationConstraint": ""}
    return {"LocationConstraint": bucket.settings.get("location", bucket.region)}


def check_name(name: str) -> None:
    """Refuse a name no bucket may have."""
    bad = (
        not _NAME.fullmatch(name)
        or ".." in name
        or name.startswith(_BAD_STARTS)
        or name.endswith(_BAD_ENDS)
        or _is_address(name)
    )
    if bad:
        raise AwsError(
            "InvalidBucketName",
            "The specified bucket is not valid.",
            fields={"BucketName": name},
        )


def _is_address(name: str) -> bool:
    try:
        IPv4Address(name)
    except AddressValueError:
        return False
    return True


def _region(context: CallContext, configuration: dict[str, Any]) -> str:
    constraint = configuration.get("LocationConstraint")
    here = context.region
    if constraint is None or constraint == "":
        if configuration and "LocationConstraint" in configuration:
            raise malformed_xml()
        if here != DEFAULT_REGION:
            raise _incompatible("unspecified")
        return DEFAULT_REGION
    region = "eu-west-1" if constraint == _EU else constraint
    if here != DEFAULT_REGION and region != here:
        raise _incompatible(constraint)
    if constraint == DEFAULT_REGION or not is_region(region):
        raise AwsError(
            "InvalidLocationConstraint",
            "The specified location-constraint is not valid",
            fields={"LocationConstraint": constraint},
        )
    return str(region)


def _incompatible(constraint: str) -> AwsError:
    return AwsError(
        "IllegalLocationConstraintException",
        f"The {constraint} location constraint is incompatible for the region specific endpoint "
        "this request was sent to.",
    )


def _check_recreation(
    present: Bucket, context: CallContext, region: str, tags: Mapping[str, str]
) -> None:
    if present.account_id != context.account_id:
        raise AwsError(
            "BucketAlreadyExists",
            "The requested bucket name is not available. The bucket namespace is shared by all "
            "users of the system. Please select a different name and try again.",
            status=409,
            fields={"BucketName": present.name},
        )
    if tags or region != DEFAULT_REGION or present.region != DEFAULT_REGION:
        raise AwsError(
            "BucketAlreadyOwnedByYou",
            "Your previous request to create the named bucket succeeded and you already own it.",
            status=409,
            fields={"BucketName": present.name},
        )


def _location(bucket: Bucket) -> str:
    if bucket.region == DEFAULT_REGION:
        return f"/{bucket.name}"
    return f"http://{bucket.name}.s3.amazonaws.com/"


def _not_empty(bucket: Bucket) -> AwsError:
    if bucket.versioning:
        text = "The bucket you tried to delete is not empty. You must delete all versions in the "
        text += "bucket."
    else:
        text = "The bucket you tried to delete is not empty"
    return AwsError("BucketNotEmpty", text, status=409, fields={"BucketName": bucket.name})


def _told(bucket: Bucket, *, with_region: bool) -> dict[str, Any]:
    told = {
        "Name": bucket.name,
        "CreationDate": bucket.created_ms // 1000,
        "BucketArn": bucket.arn,
    }
    if with_region:
        told["BucketRegion"] = bucket.region
    return told


def _read_token(token: str) -> str:
    try:
        return base64.b64decode(token, b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise invalid_argument(
            "The continuation token provided is incorrect", "continuation-token", token
        ) from None
