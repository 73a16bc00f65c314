"""What each bucket configuration must be, in S3's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.context import DEFAULT_REGION
from chalice_offline.core.errors import AwsError
from chalice_offline.services.s3.bucket import ENABLED, SUSPENDED
from chalice_offline.services.s3.errors import invalid_argument, invalid_request, malformed_xml
from chalice_offline.services.s3.field_names import is_field_name
from chalice_offline.services.s3.grants import ENFORCED, default_grants
from chalice_offline.services.s3.limits import CORS_RULES, RETENTION_DAYS, RETENTION_YEARS
from chalice_offline.services.s3.object_lock import MODES

if TYPE_CHECKING:
    from chalice_offline.services.s3.bucket import Bucket
    from chalice_offline.services.s3.state import S3State

_METHODS = ("GET", "PUT", "HEAD", "POST", "DELETE")
_ALGORITHMS = ("AES256", "aws:kms", "aws:kms:dsse")


def check_cors(_s3: S3State, _bucket: Bucket, value: dict[str, Any]) -> None:
    """Rules name methods S3 has, and at most one wildcard an origin."""
    rules = value["CORSRules"]
    if not rules:
        raise malformed_xml()
    if len(rules) > CORS_RULES:
        raise invalid_request(
            f"The number of CORS rules should not exceed allowed limit of {CORS_RULES} rules."
        )
    for rule in rules:
        for method in rule["AllowedMethods"]:
            if method not in _METHODS:
                raise invalid_request(
                    f"Found unsupported HTTP method in CORS config. Unsupported method is {method}"
                )
        _check_wildcards("AllowedOrigin", rule["AllowedOrigins"])
        _check_wildcards("AllowedHeader", rule.get("AllowedHeaders", ()))
        _check_names("AllowedHeader", rule.get("AllowedHeaders", ()))
        for header in rule.get("ExposeHeaders", ()):
            if "*" in header:
                raise invalid_request(
                    f'ExposeHeader "{header}" contains wildcard. We currently do not support '
                    "wildcard for ExposeHeader."
                )
        _check_names("ExposeHeader", rule.get("ExposeHeaders", ()))


def _check_names(what: str, names: Any) -> None:
    for name in names:
        if name and not is_field_name(name):
            raise invalid_request(f'{what} "{name}" contains invalid character.')


def _check_wildcards(what: str, texts: Any) -> None:
    for text in texts:
        if text.count("*") > 1:
            raise invalid_request(f'{what} "{text}" can not have more than one wildcard.')


def check_encryption(_s3: S3State, _bucket: Bucket, value: dict[str, Any]) -> None:
    """One rule with an algorithm S3 has; a key only for KMS."""
    rules = value["Rules"]
    if len(rules) != 1:
        raise malformed_xml()
    default = rules[0].get("ApplyServerSideEncryptionByDefault")
    if not default:
        return
    if default.get("SSEAlgorithm") not in _ALGORITHMS:
        raise malformed_xml()
    if default["SSEAlgorithm"] == "AES256" and "KMSMasterKeyID" in default:
        raise invalid_argument(
            "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or "
            "aws:kms:dsse",
            "ApplyServerSideEncryptionByDefault",
        )


def check_ownership(_s3: S3State, bucket: Bucket, value: dict[str, Any]) -> None:
    """One rule; lists must be the default ones before they are switched off."""
    rules = value["Rules"]
    if len(rules) != 1:
        raise malformed_xml()
    ownership = rules[0]["ObjectOwnership"]
    if ownership not in ("BucketOwnerPreferred", "ObjectWriter", ENFORCED):
        raise malformed_xml()
    acl = bucket.settings.get("acl")
    if ownership == ENFORCED and acl and acl != default_grants(bucket.account_id):
        raise AwsError(
            "InvalidBucketAclWithObjectOwnership",
            "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
        )


def check_accelerate(_s3: S3State, bucket: Bucket, value: dict[str, Any]) -> None:
    """Enabled or Suspended, for buckets without periods."""
    if "." in bucket.name:
        raise invalid_request(
            "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names"
        )
    if value.get("Status") not in (ENABLED, SUSPENDED):
        raise malformed_xml()


def check_payer(_s3: S3State, _bucket: Bucket, value: dict[str, Any]) -> None:
    """The owner or the requester."""
    if value["Payer"] not in ("Requester", "BucketOwner"):
        raise malformed_xml()


def check_logging(s3: S3State, bucket: Bucket, value: dict[str, Any]) -> None:
    """The target is a bucket of the same account and region."""
    enabled = value.get("LoggingEnabled")
    if not enabled:
        return
    name = enabled.get("TargetBucket", "")
    target = s3.buckets.get(name)
    if target is None or target.account_id != bucket.account_id:
        raise AwsError(
            "InvalidTargetBucketForLogging",
            "The target bucket for logging does not exist",
            fields={"TargetBucket": name},
        )
    if target.region != bucket.region:
        fields = {"TargetBucketLocation": target.region}
        if bucket.region != DEFAULT_REGION:  # recorded
            fields["SourceBucketLocation"] = bucket.region
        raise AwsError(
            "CrossLocationLoggingProhibitted",
            "Cross S3 location logging not allowed. ",
            status=403,
            fields=fields,
        )


def check_object_lock(_s3: S3State, bucket: Bucket, value: dict[str, Any]) -> None:
    """Locks need versions; a default has a mode and one positive period."""
    if value.get("ObjectLockEnabled") != ENABLED:
        raise malformed_xml()
    if bucket.versioning != ENABLED:
        raise AwsError(
            "InvalidBucketState",
            "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
            status=409,
        )
    rule = value.get("Rule")
    if rule is None:
        return
    retention = rule.get("DefaultRetention") or {}
    days, years = retention.get("Days"), retention.get("Years")
    if retention.get("Mode") not in MODES or (days is None) == (years is None):
        raise malformed_xml()
    if (days is not None and days <= 0) or (years is not None and years <= 0):
        raise invalid_argument("Default retention period must be a positive integer value.")
    if (days or 0) > RETENTION_DAYS or (years or 0) > RETENTION_YEARS:
        raise invalid_argument("Default retention period too large")


def check_public_access(_s3: S3State, _bucket: Bucket, value: dict[str, Any]) -> None:
    """What is not named is off."""
    if not value:
        raise malformed_xml()
    for member in (
        "BlockPublicAcls",
        "IgnorePublicAcls",
        "BlockPublicPolicy",
        "RestrictPublicBuckets",
    ):
        value.setdefault(member, False)


_INVENTORY_FIELDS = frozenset(
    {
        "Size", "LastModifiedDate", "StorageClass", "ETag", "IsMultipartUploaded",
        "ReplicationStatus", "EncryptionStatus", "ObjectLockRetainUntilDate", "ObjectLockMode",
        "ObjectLockLegalHoldStatus", "IntelligentTieringAccessTier", "BucketKeyStatus",
        "ChecksumAlgorithm", "ObjectAccessControlList", "ObjectOwner", "LifecycleExpirationDate",
    }
)  # fmt: skip


def check_inventory(value: dict[str, Any]) -> None:
    """Where the report goes, how often it is written and what it tells."""
    destination = value["Destination"]["S3BucketDestination"]
    if not destination.get("Bucket", "").startswith("arn:"):
        raise AwsError("InvalidS3DestinationBucket", "Invalid bucket ARN.")
    known = (
        destination.get("Format") in ("CSV", "ORC", "Parquet")
        and value["Schedule"].get("Frequency") in ("Daily", "Weekly")
        and value.get("IncludedObjectVersions") in ("All", "Current")
        and set(value.get("OptionalFields", ())) <= _INVENTORY_FIELDS
    )
    if not known:
        raise malformed_xml()
