"""S3's limits, each with its source."""

from __future__ import annotations

# Amazon S3 user guide, "Enabling and configuring event notifications": 100 per bucket.
CONFIGURATIONS_PER_BUCKET = 100
# Amazon S3 API reference, FilterRule: "the maximum length is 1,024 characters".
FILTER_VALUE_BYTES = 1024
# Amazon S3 user guide, "Supported event types for SQS, SNS, and Lambda".
EVENTS = frozenset(
    {
        "s3:ReducedRedundancyLostObject",
        "s3:ObjectCreated:*",
        "s3:ObjectCreated:Put",
        "s3:ObjectCreated:Post",
        "s3:ObjectCreated:Copy",
        "s3:ObjectCreated:CompleteMultipartUpload",
        "s3:ObjectRemoved:*",
        "s3:ObjectRemoved:Delete",
        "s3:ObjectRemoved:DeleteMarkerCreated",
        "s3:ObjectRestore:*",
        "s3:ObjectRestore:Post",
        "s3:ObjectRestore:Completed",
        "s3:ObjectRestore:Delete",
        "s3:Replication:*",
        "s3:Replication:OperationFailedReplication",
        "s3:Replication:OperationNotTracked",
        "s3:Replication:OperationMissedThreshold",
        "s3:Replication:OperationReplicatedAfterThreshold",
        "s3:LifecycleExpiration:*",
        "s3:LifecycleExpiration:Delete",
        "s3:LifecycleExpiration:DeleteMarkerCreated",
        "s3:LifecycleTransition",
        "s3:IntelligentTiering",
        "s3:ObjectTagging:*",
        "s3:ObjectTagging:Put",
        "s3:ObjectTagging:Delete",
        "s3:ObjectAcl:Put",
        "s3:ObjectAnnotation:*",
        "s3:ObjectAnnotation:Put",
        "s3:ObjectAnnotation:Delete",
        "s3:ObjectRetention:Put",
    }
)
# How contents are kept: beside the object's record, in a row of their own, else in a file.
INLINE_BYTES = 4 * 1024
ROW_BYTES = 64 * 1024
# Amazon S3 user guide, "Amazon S3 multipart upload limits".
SMALLEST_PART_BYTES = 5 * 1024 * 1024
LARGEST_PART_BYTES = 5 * 1024**3
LARGEST_OBJECT_BYTES = 50 * 1024**4
MOST_PARTS = 10_000
# Amazon S3 API reference: at most 1,000 entries in a listing, at most 1,000 keys in DeleteObjects.
MOST_LISTED = 1000
MOST_DELETED = 1000
# Amazon S3 user guide, "Naming Amazon S3 objects": 1,024 bytes of UTF-8.
KEY_BYTES = 1024
# Amazon S3 user guide, "Working with object metadata": 2 kB.
METADATA_BYTES = 2048
# Amazon S3 user guide, "Categorizing your storage using tags".
OBJECT_TAGS = 10
BUCKET_TAGS = 50
TAG_KEY_CHARACTERS = 128
TAG_VALUE_CHARACTERS = 256
# PutBucketPolicy: 20 kB.
POLICY_BYTES = 20 * 1024
# PutBucketLifecycleConfiguration and PutBucketCors.
LIFECYCLE_RULES = 1000
CORS_RULES = 100
# PutBucketReplication.
REPLICATION_RULES = 1000
# Amazon S3 user guide, "(Optional) Configuring a webpage redirect".
ROUTING_RULES = 50
# PutObjectLockConfiguration: at most 100 years.
RETENTION_DAYS = 36_500
RETENTION_YEARS = 100
LARGEST_PUT_BYTES = 5 * 1024**3
# S3's own checksum takes about a second here for 16 MiB, in which nobody else is served; larger
# objects go without one, unless the client sends it.
DEFAULT_CHECKSUM_BYTES = 16 * 1024 * 1024
