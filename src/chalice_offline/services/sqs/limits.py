"""Every number SQS enforces, with where it is written.

[API]  Amazon SQS API Reference, as shipped in botocore 1.44
[DG]   Amazon SQS Developer Guide, "Amazon SQS quotas"
[REC]  a reply recorded from AWS
"""

from __future__ import annotations

from typing import Final

# Messages
MESSAGE_SIZE_BYTES: Final = 1_048_576  # [API] SendMessage; [REC] August 2025
MESSAGE_SIZE_BYTES_LOWEST: Final = 1_024  # [API] MaximumMessageSize
BATCH_SIZE_BYTES: Final = 1_048_576  # [API] SendMessageBatch: the entries' sum
BATCH_ENTRIES: Final = 10  # [API] SendMessageBatch
BATCH_ENTRY_ID_LENGTH: Final = 80  # [API] SendMessageBatchRequestEntry.Id
MESSAGE_ATTRIBUTES: Final = 10  # [DG] metadata for messages
ATTRIBUTE_NAME_LENGTH: Final = 256  # [DG] metadata for messages
ATTRIBUTE_TYPE_LENGTH: Final = 256  # [DG] metadata for messages
GROUP_ID_LENGTH: Final = 128  # [API] MessageGroupId, MessageDeduplicationId
DEDUPLICATION_INTERVAL_MS: Final = 300_000  # [API] MessageDeduplicationId: five minutes
RECEIVE_ATTEMPT_INTERVAL_MS: Final = 300_000  # [API] ReceiveRequestAttemptId: five minutes

# Queues
QUEUE_NAME_LENGTH: Final = 80  # [API] CreateQueue, ".fifo" included
DELAY_SECONDS: Final = 900  # [API] DelaySeconds
RETENTION_SECONDS_LOWEST: Final = 60  # [API] MessageRetentionPeriod
RETENTION_SECONDS: Final = 1_209_600  # [API] MessageRetentionPeriod: fourteen days
VISIBILITY_TIMEOUT_SECONDS: Final = 43_200  # [API] VisibilityTimeout: twelve hours
WAIT_TIME_SECONDS: Final = 20  # [API] ReceiveMessageWaitTimeSeconds
RECEIVED_AT_ONCE: Final = 10  # [API] MaxNumberOfMessages
IN_FLIGHT: Final = 120_000  # [API] ReceiveMessage, standard; [DG] FIFO since November 2024
KMS_REUSE_SECONDS_LOWEST: Final = 60  # [API] KmsDataKeyReusePeriodSeconds
KMS_REUSE_SECONDS: Final = 86_400  # [API] KmsDataKeyReusePeriodSeconds
DELETED_RECENTLY_MS: Final = 60_000  # [API] CreateQueue
PURGE_INTERVAL_MS: Final = 60_000  # [API] PurgeQueue

# A changed DeduplicationScope does not count at once [REC]; [API] gives most attributes 60 s.
SCOPE_PROPAGATION_MS: Final = 60_000

# Policies
POLICY_BYTES: Final = 8_192  # [DG] quotas related to policies
POLICY_STATEMENTS: Final = 20  # [DG] quotas related to policies
POLICY_ACTIONS: Final = 7  # [API] AddPermission
LABEL_LENGTH: Final = 80  # [API] AddPermission

# Dead letters
RECEIVE_COUNT: Final = 1_000  # [DG] maxReceiveCount
SOURCE_QUEUES: Final = 10  # [API] RedriveAllowPolicy.sourceQueueArns
MOVED_PER_SECOND: Final = 500  # [API] MaxNumberOfMessagesPerSecond
MOVE_TASKS_LISTED: Final = 10  # [API] ListMessageMoveTasks

# Fair queues [DG] "How Amazon SQS fair queues work"
NOISY_SHARE_PERCENT: Final = 10
NOISY_IN_FLIGHT: Final = 30

# Lists
QUEUES_LISTED: Final = 1_000  # [API] ListQueues, ListDeadLetterSourceQueues
