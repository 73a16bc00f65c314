"""SNS's numbers, each with its source.

Quotas that AWS raises on request (100,000 topics, 200 filter policies a topic, publishes a
second) are not enforced: an emulator cannot know the account's own.
"""

from __future__ import annotations

KIB = 1024
DAY_MS = 86_400_000

# API_CreateTopic, MaximumMessageSize (2026): 1,024 to 1,048,576 bytes, 256 KiB when not set.
MESSAGE_BYTES_MIN = 1 * KIB
MESSAGE_BYTES_DEFAULT = 256 * KIB
MESSAGE_BYTES_MAX = 1024 * KIB

# Developer guide, "Publishing large messages": above 256 KiB a topic has at most 100
# subscriptions, all of these protocols.
LARGE_MESSAGE_SUBSCRIPTIONS_MAX = 100
LARGE_MESSAGE_PROTOCOLS = ("sqs", "firehose", "lambda")

# API_Publish, Subject: at most 100 characters.
SUBJECT_LENGTH_MAX = 100

# API_Publish, MessageGroupId and MessageDeduplicationId.
FIFO_ID_LENGTH_MAX = 128

# API_PublishBatch.
BATCH_ENTRIES_MAX = 10
BATCH_ENTRY_ID_LENGTH_MAX = 80

# Recorded: "Length of message attribute name must be less than 256 bytes." (256 is accepted).
ATTRIBUTE_NAME_BYTES_MAX = 256

# Developer guide, "Message attributes": raw delivery to SQS carries at most 10; more is a client
# error, so the message goes to the dead-letter queue.
RAW_SQS_ATTRIBUTES_MAX = 10

# API_Publish, MessageDeduplicationId: "the 5 minute minimum deduplication interval".
DEDUPLICATION_WINDOW_MS = 300_000

# Every List operation of the API: "up to 100 topics", "up to 100 subscriptions".
PAGE_SIZE = 100

# API_TagResource: "you can add up to 50 tags".
TAGS_MAX = 50

# API_Subscribe says that confirmation tokens are valid for two days.
TOKEN_VALID_MS = 2 * DAY_MS

# Recorded: GetSubscriptionAttributes still answers after DeleteTopic. The developer guide says
# that such subscriptions go within 48 hours.
ORPHANED_SUBSCRIPTION_KEPT_MS = 2 * DAY_MS

# Developer guide, "Message delivery retries": HTTP requests time out after 15 seconds.
HTTP_TIMEOUT_MS = 15_000

# Developer guide, "Message archiving": 1 to 365 days.
ARCHIVE_DAYS_MIN = 1
ARCHIVE_DAYS_MAX = 365

# API_CreatePlatformApplication and API_CreatePlatformEndpoint.
APPLICATION_NAME_LENGTH_MAX = 256
CUSTOM_USER_DATA_BYTES_MAX = 2048

# API_PutDataProtectionPolicy: at most 30,720 characters.
DATA_PROTECTION_POLICY_LENGTH_MAX = 30_720
