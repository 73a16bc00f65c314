"""Lambda's numbers, each with its source."""

from __future__ import annotations

# AWS Lambda developer guide, "Lambda quotas".
SYNCHRONOUS_PAYLOAD_BYTES = 6 * 1024 * 1024
ASYNCHRONOUS_PAYLOAD_BYTES = 1024 * 1024  # 256 KB until October 2025

# Same page: concurrent executions of an account in a region. PutFunctionConcurrency (API
# reference): at least 100 of them stay with functions that have none reserved.
CONCURRENT_EXECUTIONS = 1_000
UNRESERVED_CONCURRENCY_MIN = 100
# GetAccountSettings (API reference): the storage for deployment packages, 75 GB.
TOTAL_CODE_BYTES = 80_530_636_800
# Developer guide, "Use Lambda recursive loop detection to prevent infinite loops": a function is
# not run again that has run about 16 times in one chain of requests.
TURNS_MAX = 16

# botocore model, PutFunctionEventInvokeConfig.
MAXIMUM_RETRIES_DEFAULT = 2
MAXIMUM_EVENT_AGE_SECONDS_DEFAULT = 21_600

# Developer guide, "How Lambda handles errors and retries with asynchronous invocation":
# one minute before the first retry, two before the second.
RETRY_DELAYS_MS = (60_000, 120_000)
# Same page: throttled events go back to the queue, from 1 second up to 5 minutes apart.
THROTTLE_DELAY_MS_FIRST = 1_000
THROTTLE_DELAY_MS_MAX = 300_000

# Developer guide, "Creating and configuring an Amazon SQS event source mapping".
SQS_BATCH_DEFAULT = 10
SQS_BATCH_MAX = 10_000
SQS_BATCH_MAX_FIFO = 10
SQS_BATCH_MAX_WITHOUT_WINDOW = 10
WINDOW_SECONDS_MAX = 300
BATCH_PAYLOAD_BYTES = 6 * 1024 * 1024
# Same guide, "Configuring scaling behavior": 5 batches at first, up to 300 more a minute.
SQS_CONCURRENCY_FIRST = 5
SQS_CONCURRENCY_MS_PER_STEP = 200
SQS_CONCURRENCY_MAX = 1_250
RECEIVE_MAX = 10
# How long a mapping waits after a failure when the queue has no visibility timeout, and after a
# ReceiveMessage that was refused. AWS backs off without publishing how.
SQS_BACK_OFF_MS = 1_000
# botocore model, ScalingConfig.
SQS_MAXIMUM_CONCURRENCY = range(2, 1_001)

# botocore model, CreateEventSourceMapping.
STREAM_BATCH_DEFAULT = 100
STREAM_BATCH_MAX = 10_000

STREAM_READ_MAX = 1_000  # Amazon DynamoDB API reference, GetRecords; Kinesis gives more
STREAM_RETENTION_SECONDS_MIN = 86_400  # what each stream keeps at least
# Developer guide, "Configuring error handling controls": -1, or 60 seconds to seven days.
RECORD_AGE_SECONDS_MIN = 60
RECORD_AGE_SECONDS_MAX = 604_800
# Same guide, "Stateful processing with tumbling windows": the state of a window.
WINDOW_STATE_BYTES = 1024 * 1024
# How long a mapping is Creating, Updating, Deleting and so on. On AWS it takes up to a minute.
MAPPING_CHANGE_MS = 500
LISTED = 50  # API reference, ListFunctions and its like: items of a page
LAYERS_MAX = 5  # developer guide, "Lambda quotas"
TAGS_MAX = 50  # developer guide, "Using tags on Lambda functions"
LAYER_VERSIONS_MAX = 999_999_999  # as many as have an order when they are listed
MAPPINGS_LISTED = 100  # API reference, ListEventSourceMappings

# How long a mapping waits before it offers a failed stream batch again. AWS backs off without
# publishing how; one second, doubling, up to a minute keeps a blocked shard visible.
STREAM_RETRY_MS_FIRST = 1_000
STREAM_RETRY_MS_MAX = 60_000
STREAM_DOUBLINGS_MAX = 6

# Developer guide, "Event filtering": five filters a mapping (a quota that AWS raises on request).
FILTERS_MAX = 5

# Developer guide, "Lambda quotas": deployment packages and environment variables. The sizes of a
# request and of a zip file are those that AWS names when it refuses more (recorded).
REQUEST_BYTES = 70_167_211
ZIPPED_BYTES = 52_428_800
UNZIPPED_BYTES = 262_144_000
VARIABLES_BYTES = 4096
FUNCTION_NAME_MAX = 64
# Defaults of CreateFunction (API reference).
TIMEOUT_SECONDS_DEFAULT = 3
MEMORY_MB_DEFAULT = 128
EPHEMERAL_MB_DEFAULT = 512

# The runtimes AWS names when it refuses another one, in its order (recorded).
RUNTIMES = (
    "nodejs20.x", "python3.14", "provided.al2023", "python3.12", "python3.13", "nodejs24.x",
    "nodejs22.x", "java25", "python3.10", "python3.11", "java21", "ruby3.3", "ruby3.4", "ruby3.2",
    "python3.8", "python3.9", "java17", "nodejs16.x", "dotnet10", "dotnet8", "java11", "dotnet6",
    "nodejs18.x", "provided.al2", "java8.al2",
)  # fmt: skip
# Developer guide, "Lambda runtimes", deprecated: neither created nor updated any more.
RUNTIMES_DEPRECATED = frozenset(
    {
        "dotnetcore1.0", "dotnetcore2.0", "dotnetcore2.1", "dotnetcore3.1", "dotnet7", "go1.x",
        "java8", "nodejs", "nodejs4.3", "nodejs4.3-edge", "nodejs6.10", "nodejs8.10",
        "nodejs10.x", "nodejs12.x", "nodejs14.x", "provided", "python2.7", "python3.6",
        "python3.7", "ruby2.5", "ruby2.7",
    }
)  # fmt: skip
# Developer guide, "Defined runtime environment variables": the reserved ones.
RESERVED_VARIABLES = frozenset(
    {
        "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
    }
)  # fmt: skip

# Lines of output that wait for somebody to look at CloudWatch Logs; the oldest give way.
LOG_LINES_KEPT = 20_000
# CloudWatch Logs API reference, PutLogEvents: events and bytes of one call, and the bytes that an
# event counts besides its text.
LOG_EVENTS_PER_CALL = 10_000
LOG_BYTES_PER_CALL = 1_048_576
LOG_EVENT_OVERHEAD_BYTES = 26
# API reference, Invoke: LogResult is the last 4 KB.
LOG_RESULT_BYTES = 4096
