"""Numbers AWS sets.

Amazon DynamoDB developer guide, "Quotas in Amazon DynamoDB" and "Constraints in Amazon DynamoDB",
and the API reference of each operation.
"""

from __future__ import annotations

KIB = 1024
NAME_LENGTHS = range(3, 256)
HASH_KEY_BYTES = 2048
RANGE_KEY_BYTES = 1024
# A name that is a key, or that an index projects, is shorter than other names.
KEY_NAME_LENGTH = 255
ITEM_BYTES = 400 * KIB
# What an LSI adds: an item and its index entries together.
COLLECTION_BYTES = 10 * 1024**3

LOCAL_INDEXES = 5
GLOBAL_INDEXES = 20
# "Multi-attribute keys", since November 2025: of either type, in a global index.
KEY_PARTS_OF_A_TYPE = 4
PROJECTED_ATTRIBUTES = 100
PROJECTED_ATTRIBUTES_OF_AN_INDEX = 20
UNITS_MOST = 1_000_000_000_000
# What a new table on demand takes at once.
WARM_READ_UNITS = 12_000
WARM_WRITE_UNITS = 4_000
PARTITION_READ_UNITS = 3_000
PARTITION_WRITE_UNITS = 1_000
ACCOUNT_UNITS = 80_000
TABLE_UNITS = 40_000

READ_UNIT_BYTES = 4 * KIB
WRITE_UNIT_BYTES = KIB
PAGE_BYTES = 1024 * KIB
BATCH_BYTES = 16 * 1024 * KIB
BATCH_GET_ITEMS = 100
BATCH_WRITE_ITEMS = 25
BATCH_STATEMENTS = 25
TRANSACTION_ITEMS = 100
TRANSACTION_BYTES = 4 * 1024 * KIB
TOKEN_MS = 10 * 60 * 1000
SEGMENTS = 1_000_000
TABLES_LISTED = 100

TAGS = 50
POLICY_BYTES = 20 * KIB

STREAM_RETENTION_MS = 24 * 3600 * 1000
STREAM_PAGE_RECORDS = 1000
STREAM_PAGE_BYTES = 1024 * KIB
STREAMS_LISTED = 100
BACKUPS_LISTED = 100
ITERATOR_MS = 15 * 60 * 1000

# "TTL": what expired longer ago than this stays.
EXPIRY_OLDEST_SECONDS = 5 * 365 * 24 * 3600
RECOVERY_DAYS = 35
DAY_MS = 24 * 3600 * 1000
