"""Kinesis's numbers, each with its source."""

from __future__ import annotations

KIB = 1024
MIB = 1024 * 1024

# API reference, PutRecord: data and partition key together. UpdateMaxRecordSize raises it.
RECORD_KIB_DEFAULT = 1024
# API reference, PutRecords: the whole request, partition keys included.
REQUEST_BYTES = 10 * MIB

# Developer guide, "Quotas and limits", per shard and second.
WRITTEN_BYTES_PER_SECOND = MIB
WRITTEN_RECORDS_PER_SECOND = 1_000
READS_PER_SECOND = 5
READ_BYTES_PER_SECOND = 2 * MIB
# API reference, GetRecords.
READ_BYTES_MAX = 10 * MIB
READ_RECORDS_MAX = 10_000
# API reference, GetShardIterator: an iterator lives for five minutes.
ITERATOR_MS = 300_000
# API reference, ListShards: so does its token.
TOKEN_MS = 300_000

# Developer guide, "Change the data retention period".
RETENTION_HOURS_MIN = 24
RETENTION_HOURS_MAX = 8_760

# Same guide, "Choose the data stream capacity mode": what an on-demand stream begins with.
ON_DEMAND_SHARDS = 4
# "Quotas and limits": shards of an account in a region; three regions have more.
SHARDS_PER_ACCOUNT = 6_000
SHARDS_PER_ACCOUNT_LARGE = 20_000
LARGE_REGIONS = frozenset({"us-east-1", "us-west-2", "eu-west-1"})
ON_DEMAND_STREAMS = 50
# API reference, UpdateShardCount: "You can't scale up to more than 10,000 shards in a stream".
SHARDS_PER_STREAM = 10_000
# Same page, and "Choose the data stream capacity mode": changes within 24 hours.
SCALINGS_PER_DAY = 10
MODE_CHANGES_PER_DAY = 2
DAY_MS = 86_400_000
CONSUMERS_PER_STREAM = 20
TAGS_PER_STREAM = 50

LIST_STREAMS_DEFAULT = 100
DESCRIBED_SHARDS_DEFAULT = 100
LISTED_SHARDS_DEFAULT = 1_000
LISTED_CONSUMERS_DEFAULT = 100

# API reference, SubscribeToShard: a subscription lasts five minutes, and one consumer may call
# again for a shard five seconds after.
SUBSCRIPTION_MS = 300_000
SUBSCRIBE_AGAIN_MS = 5_000
# How often an empty event says that a subscription is alive: AWS gives no number, clients see five
# seconds.
HEARTBEAT_MS = 5_000

# How long a stream or consumer is CREATING, UPDATING or DELETING. On AWS it takes from a few
# seconds to minutes; here it takes long enough that a program that does not wait is found out.
CHANGE_MS = 500
# How often expired records are cleared away. What has expired is not read in any case.
CLEARING_MS = 60_000

HASH_KEY_MAX = 2**128 - 1

METRICS = (
    "IncomingBytes", "IncomingRecords", "OutgoingBytes", "OutgoingRecords",
    "WriteProvisionedThroughputExceeded", "ReadProvisionedThroughputExceeded",
    "IteratorAgeMilliseconds",
)  # fmt: skip


def shards_per_account(region: str) -> int:
    """Return how many shards an account may have in a region."""
    return SHARDS_PER_ACCOUNT_LARGE if region in LARGE_REGIONS else SHARDS_PER_ACCOUNT
