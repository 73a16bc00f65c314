"""Codes and statuses that AWS puts on the wire and the service models do not (or no longer) tell.

Sources: SQS API Reference and botocore's SQS model up to 1.31.80 (legacy codes and statuses),
recordings of SQS's `QueryErrorCode`, and the S3 API Reference, "List of error codes".
"""

from __future__ import annotations

# SQS shape -> code of the query API, which awsQueryCompatible clients see as Error.Code
SQS_LEGACY_CODES = {
    "BatchEntryIdsNotDistinct": "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
    "BatchRequestTooLong": "AWS.SimpleQueueService.BatchRequestTooLong",
    "EmptyBatchRequest": "AWS.SimpleQueueService.EmptyBatchRequest",
    "InvalidBatchEntryId": "AWS.SimpleQueueService.InvalidBatchEntryId",
    "MessageNotInflight": "AWS.SimpleQueueService.MessageNotInflight",
    "PurgeQueueInProgress": "AWS.SimpleQueueService.PurgeQueueInProgress",
    "QueueDeletedRecently": "AWS.SimpleQueueService.QueueDeletedRecently",
    "QueueDoesNotExist": "AWS.SimpleQueueService.NonExistentQueue",
    "QueueNameExists": "QueueAlreadyExists",
    "TooManyEntriesInBatchRequest": "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
    "UnsupportedOperation": "AWS.SimpleQueueService.UnsupportedOperation",
    "InvalidParameterCombinationException": "InvalidParameterCombination",
    "InvalidParameterValueException": "InvalidParameterValue",
    "MissingRequiredParameterException": "MissingParameter",
    "ValidationException": "ValidationError",
    "KmsAccessDenied": "KMS.AccessDeniedException",
    "KmsDisabled": "KMS.DisabledException",
    "KmsInvalidKeyUsage": "KMS.InvalidKeyUsageException",
    "KmsInvalidState": "KMS.InvalidStateException",
    "KmsNotFound": "KMS.NotFoundException",
    "KmsOptInRequired": "KMS.OptInRequired",
    "KmsThrottled": "KMS.ThrottlingException",
}
SQS_SHAPES = {code: shape for shape, code in SQS_LEGACY_CODES.items()}

SQS_STATUS = {"OverLimit": 403, "PurgeQueueInProgress": 403, "ResourceNotFoundException": 404}

# The query API words one message otherwise (recorded).
SQS_QUERY_MESSAGES = {
    "The specified queue does not exist.": (
        "The specified queue does not exist for this wsdl version."
    ),
}

S3_STATUS = {
    "AccessDenied": 403,
    "BucketAlreadyExists": 409,
    "BucketAlreadyOwnedByYou": 409,
    "BucketNotEmpty": 409,
    "ConditionalRequestConflict": 409,
    "InternalError": 500,
    "InvalidAccessKeyId": 403,
    "InvalidObjectState": 403,
    "InvalidRange": 416,
    "MethodNotAllowed": 405,
    "NoSuchBucket": 404,
    "NoSuchBucketPolicy": 404,
    "NotModified": 304,
    "NoSuchKey": 404,
    "NoSuchLifecycleConfiguration": 404,
    "NoSuchTagSet": 404,
    "NoSuchUpload": 404,
    "NoSuchVersion": 404,
    "NotImplemented": 501,
    "PreconditionFailed": 412,
    "RequestTimeTooSkewed": 403,
    "ServiceUnavailable": 503,
    "SignatureDoesNotMatch": 403,
    "SlowDown": 503,
}

# Errors raised by the web framework in front of a JSON service, not by the service: they carry
# its namespace and spell the message with a capital.
FRAMEWORK_CODES = {"SerializationException", "UnknownOperationException"}
FRAMEWORK_NAMESPACE = "com.amazon.coral.service"

# service -> namespace its JSON errors carry in `__type`; the others send the bare name
JSON_NAMESPACES = {
    "sqs": "com.amazonaws.sqs",
    "dynamodb": "com.amazonaws.dynamodb.v20120810",
    "dynamodbstreams": "com.amazonaws.dynamodb.v20120810",
}

# DynamoDB's errors that its framework raises: whose namespace they carry (dynalite's tests,
# recorded from AWS)
DYNAMODB_NAMESPACES = {
    "ValidationException": "com.amazon.coral.validate",
    "AccessDeniedException": FRAMEWORK_NAMESPACE,
}
