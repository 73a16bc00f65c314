"""Lambda's numbers, each with its source."""

from __future__ import annotations

# AWS Lambda developer guide, "Lambda quotas".
SYNCHRONOUS_PAYLOAD_BYTES = 6 * 1024 * 1024
ASYNCHRONOUS_PAYLOAD_BYTES = 1024 * 1024  # 256 KB until October 2025
RESPONSE_PAYLOAD_BYTES = 6_291_556  # recorded on AWS: 6 MiB and 100 bytes

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
# How long a mapping waits after a failure when the queue has no visibility timeout. AWS backs off
# without publishing how.
SQS_BACK_OFF_MS = 1_000
# botocore model, ScalingConfig.
SQS_MAXIMUM_CONCURRENCY = range(2, 1_001)

# botocore model, CreateEventSourceMapping.
STREAM_BATCH_DEFAULT = 100
STREAM_BATCH_MAX = 10_000

# How long a mapping waits before it offers a failed stream batch again. AWS backs off without
# publishing how; one second, doubling, up to a minute keeps a blocked shard visible.
STREAM_RETRY_MS_FIRST = 1_000
STREAM_RETRY_MS_MAX = 60_000

# Developer guide, "Event filtering": five filters a mapping (a quota that AWS raises on request).
FILTERS_MAX = 5
