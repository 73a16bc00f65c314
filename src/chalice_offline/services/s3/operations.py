"""Every operation of S3, by AWS's name for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.kernel import Service
from chalice_offline.services.s3 import (
    acls,
    bucket_notifications,
    bucket_settings,
    buckets,
    complete_multipart,
    copy_object,
    cors,
    delete_object,
    get_object,
    lifecycle,
    lifecycle_rules,
    list_objects,
    list_uploads,
    list_versions,
    locking,
    multipart,
    named_settings,
    policies,
    post_object,
    put_object,
    restore,
    tagging,
    versioning,
    website,
)
from chalice_offline.services.s3 import setting_checks as checks
from chalice_offline.services.s3.access import guarded
from chalice_offline.services.s3.bucket_settings import Setting
from chalice_offline.services.s3.named_settings import NamedSetting
from chalice_offline.services.s3.renewal import renewed
from chalice_offline.services.s3.replication_checks import check_replication
from chalice_offline.services.s3.state import S3State
from chalice_offline.services.s3.website_checks import check_website

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.core.kernel import Kernel, Operation

_CORS = Setting(
    "cors",
    "CORSConfiguration",
    missing=("NoSuchCORSConfiguration", "The CORS configuration does not exist"),
    check=checks.check_cors,
)
_ENCRYPTION = Setting(
    "encryption",
    "ServerSideEncryptionConfiguration",
    told_as="ServerSideEncryptionConfiguration",
    default={
        "Rules": [
            {
                "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
                "BucketKeyEnabled": False,
            }
        ]
    },
    check=checks.check_encryption,
)
_OWNERSHIP = Setting(
    "ownership",
    "OwnershipControls",
    told_as="OwnershipControls",
    missing=(
        "OwnershipControlsNotFoundError",
        "The bucket ownership controls were not found",
    ),
    check=checks.check_ownership,
)
_PUBLIC_ACCESS = Setting(
    "public_access",
    "PublicAccessBlockConfiguration",
    told_as="PublicAccessBlockConfiguration",
    missing=(
        "NoSuchPublicAccessBlockConfiguration",
        "The public access block configuration was not found",
    ),
    check=checks.check_public_access,
)
_WEBSITE = Setting(
    "website",
    "WebsiteConfiguration",
    missing=(
        "NoSuchWebsiteConfiguration",
        "The specified bucket does not have a website configuration",
    ),
    check=check_website,
)
_REPLICATION = Setting(
    "replication",
    "ReplicationConfiguration",
    told_as="ReplicationConfiguration",
    missing=(
        "ReplicationConfigurationNotFoundError",
        "The replication configuration was not found",
    ),
    check=check_replication,
)
_LOGGING = Setting("logging", "BucketLoggingStatus", check=checks.check_logging)
_ACCELERATE = Setting("accelerate", "AccelerateConfiguration", check=checks.check_accelerate)
_PAYER = Setting(
    "payer",
    "RequestPaymentConfiguration",
    default={"Payer": "BucketOwner"},
    check=checks.check_payer,
)
_OBJECT_LOCK = Setting(
    "object_lock",
    "ObjectLockConfiguration",
    told_as="ObjectLockConfiguration",
    missing=(
        "ObjectLockConfigurationNotFoundError",
        "Object Lock configuration does not exist for this bucket",
    ),
    check=checks.check_object_lock,
)
_ANALYTICS = NamedSetting(
    "analytics", "AnalyticsConfiguration", "AnalyticsConfigurationList", ("StorageClassAnalysis",)
)
_INVENTORY = NamedSetting(
    "inventory",
    "InventoryConfiguration",
    "InventoryConfigurationList",
    ("Destination", "Schedule"),
    mismatch="IdMismatch",
    check=checks.check_inventory,
)
_METRICS = NamedSetting("metrics", "MetricsConfiguration", "MetricsConfigurationList")
_TIERING = NamedSetting(
    "tiering",
    "IntelligentTieringConfiguration",
    "IntelligentTieringConfigurationList",
    ("Tierings",),
)

_PLAIN: dict[str, Operation] = {
    "AbortMultipartUpload": multipart.abort_multipart_upload,
    "CompleteMultipartUpload": complete_multipart.complete_multipart_upload,
    "CopyObject": copy_object.copy_object,
    "CreateBucket": buckets.create_bucket,
    "CreateMultipartUpload": multipart.create_multipart_upload,
    "DeleteBucket": buckets.delete_bucket,
    "DeleteBucketAnalyticsConfiguration": named_settings.delete(_ANALYTICS),
    "DeleteBucketCors": bucket_settings.delete(_CORS),
    "DeleteBucketEncryption": bucket_settings.delete(_ENCRYPTION),
    "DeleteBucketIntelligentTieringConfiguration": named_settings.delete(_TIERING),
    "DeleteBucketInventoryConfiguration": named_settings.delete(_INVENTORY),
    "DeleteBucketLifecycle": lifecycle_rules.delete_bucket_lifecycle,
    "DeleteBucketMetricsConfiguration": named_settings.delete(_METRICS),
    "DeleteBucketOwnershipControls": bucket_settings.delete(_OWNERSHIP),
    "DeleteBucketPolicy": policies.delete_bucket_policy,
    "DeleteBucketReplication": bucket_settings.delete(_REPLICATION),
    "DeleteBucketTagging": tagging.delete_bucket_tagging,
    "DeleteBucketWebsite": bucket_settings.delete(_WEBSITE),
    "DeleteObject": delete_object.delete_object,
    "DeleteObjectTagging": tagging.delete_object_tagging,
    "DeleteObjects": delete_object.delete_objects,
    "DeletePublicAccessBlock": bucket_settings.delete(_PUBLIC_ACCESS),
    "GetBucketAccelerateConfiguration": bucket_settings.get(_ACCELERATE),
    "GetBucketAcl": acls.get_bucket_acl,
    "GetBucketAnalyticsConfiguration": named_settings.get(_ANALYTICS),
    "GetBucketCors": bucket_settings.get(_CORS),
    "GetBucketEncryption": bucket_settings.get(_ENCRYPTION),
    "GetBucketIntelligentTieringConfiguration": named_settings.get(_TIERING),
    "GetBucketInventoryConfiguration": named_settings.get(_INVENTORY),
    "GetBucketLifecycleConfiguration": lifecycle_rules.get_bucket_lifecycle_configuration,
    "GetBucketLocation": buckets.get_bucket_location,
    "GetBucketLogging": bucket_settings.get(_LOGGING),
    "GetBucketMetricsConfiguration": named_settings.get(_METRICS),
    "GetBucketNotificationConfiguration": (
        bucket_notifications.get_bucket_notification_configuration
    ),
    "GetBucketOwnershipControls": bucket_settings.get(_OWNERSHIP),
    "GetBucketPolicy": policies.get_bucket_policy,
    "GetBucketPolicyStatus": policies.get_bucket_policy_status,
    "GetBucketReplication": bucket_settings.get(_REPLICATION),
    "GetBucketRequestPayment": bucket_settings.get(_PAYER),
    "GetBucketTagging": tagging.get_bucket_tagging,
    "GetBucketVersioning": versioning.get_bucket_versioning,
    "GetBucketWebsite": bucket_settings.get(_WEBSITE),
    "GetObject": get_object.get_object,
    "GetObjectAcl": acls.get_object_acl,
    "GetObjectAttributes": get_object.get_object_attributes,
    "GetObjectLegalHold": locking.get_object_legal_hold,
    "GetObjectLockConfiguration": bucket_settings.get(_OBJECT_LOCK),
    "GetObjectRetention": locking.get_object_retention,
    "GetObjectTagging": tagging.get_object_tagging,
    "GetObjectTorrent": get_object.get_object_torrent,
    "GetWebsiteDocument": website.get_website_document,
    "GetPublicAccessBlock": bucket_settings.get(_PUBLIC_ACCESS),
    "HeadBucket": buckets.head_bucket,
    "HeadObject": get_object.head_object,
    "ListBucketAnalyticsConfigurations": named_settings.list_all(_ANALYTICS),
    "ListBucketIntelligentTieringConfigurations": named_settings.list_all(_TIERING),
    "ListBucketInventoryConfigurations": named_settings.list_all(_INVENTORY),
    "ListBucketMetricsConfigurations": named_settings.list_all(_METRICS),
    "ListBuckets": buckets.list_buckets,
    "ListMultipartUploads": list_uploads.list_multipart_uploads,
    "ListObjectVersions": list_versions.list_object_versions,
    "ListObjects": list_objects.list_objects,
    "ListObjectsV2": list_objects.list_objects_v2,
    "ListParts": multipart.list_parts,
    "OptionsObject": cors.options_object,
    "PostObject": post_object.post_object,
    "PutBucketAccelerateConfiguration": bucket_settings.put(_ACCELERATE),
    "PutBucketAcl": acls.put_bucket_acl,
    "PutBucketAnalyticsConfiguration": named_settings.put(_ANALYTICS),
    "PutBucketCors": bucket_settings.put(_CORS),
    "PutBucketEncryption": bucket_settings.put(_ENCRYPTION),
    "PutBucketIntelligentTieringConfiguration": named_settings.put(_TIERING),
    "PutBucketInventoryConfiguration": named_settings.put(_INVENTORY),
    "PutBucketLifecycleConfiguration": lifecycle_rules.put_bucket_lifecycle_configuration,
    "PutBucketLogging": bucket_settings.put(_LOGGING),
    "PutBucketMetricsConfiguration": named_settings.put(_METRICS),
    "PutBucketNotificationConfiguration": (
        bucket_notifications.put_bucket_notification_configuration
    ),
    "PutBucketOwnershipControls": bucket_settings.put(_OWNERSHIP),
    "PutBucketPolicy": policies.put_bucket_policy,
    "PutBucketReplication": bucket_settings.put(_REPLICATION),
    "PutBucketRequestPayment": bucket_settings.put(_PAYER),
    "PutBucketTagging": tagging.put_bucket_tagging,
    "PutBucketVersioning": versioning.put_bucket_versioning,
    "PutBucketWebsite": bucket_settings.put(_WEBSITE),
    "PutObject": put_object.put_object,
    "PutObjectAcl": acls.put_object_acl,
    "PutObjectLegalHold": locking.put_object_legal_hold,
    "PutObjectLockConfiguration": bucket_settings.put(_OBJECT_LOCK),
    "PutObjectRetention": locking.put_object_retention,
    "PutObjectTagging": tagging.put_object_tagging,
    "PutPublicAccessBlock": bucket_settings.put(_PUBLIC_ACCESS),
    "RestoreObject": restore.restore_object,
    "SelectObjectContent": get_object.select_object_content,
    "UploadPart": multipart.upload_part,
    "UploadPartCopy": multipart.upload_part_copy,
}

OPERATIONS: Mapping[str, Operation] = {
    name: guarded(name, operation) for name, operation in _PLAIN.items()
}


def service(kernel: Kernel) -> Service:
    """Return S3 with what the kernel's storage holds of it."""
    state = S3State(kernel)
    lifecycle.catch_up(state)
    return Service("s3", state, OPERATIONS, complete=cors.complete, renew=renewed)
