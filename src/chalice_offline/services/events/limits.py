"""EventBridge's numbers, each with its source.

The 300 rules of a bus and the 100 buses of an account are left out: both are quotas that AWS
raises on request.
"""

from __future__ import annotations

# Service model of PutEvents: "the total entry size must be less than 1MB" (2026-01-29; 256 KB
# until then). The model does not say whether the sum or each entry counts; recorded for 256 KB:
# the sum, with one entry refused at 256 KB of detail.
TOTAL_ENTRY_SIZE_BYTES = 1_048_576

# Service model, PutEventsRequestEntry.DetailType: "with a maximum of 128 characters".
DETAIL_TYPE_CHARACTERS = 128

# Service model of PutEvents: nested JSON "up to 1000 levels deep" and 64-bit integers.
DETAIL_LEVELS = 1_000
INTEGER_RANGE = range(-(2**63), 2**63)

# User guide, "Calculating PutEvents event entry size": 14 bytes for Time when it is given.
TIME_ENTRY_BYTES = 14

# Service quotas, "Targets per rule"; recorded: LimitExceededException at seven.
TARGETS_PER_RULE = 5

# Service model, PutPermission: "The permission policy on the event bus cannot exceed 10 KB".
POLICY_BYTES = 10_240

# Service quotas, "Concurrent replays"; recorded: LimitExceededException at the eleventh.
ACTIVE_REPLAYS = 10

# Service model: the most a page can hold, which is also what comes without Limit.
PAGE_SIZE = 100

# User guide, "How EventBridge retries delivering events": up to 185 times over 24 hours with
# exponential backoff and jitter. The curve is not published; this one spends 24 hours on 185.
DEFAULT_RETRIES = 185
DEFAULT_EVENT_AGE_SECONDS = 86_400
FIRST_RETRY_MS = 1_000
LONGEST_RETRY_MS = 600_000

# User guide, "API destinations": a request must be answered within 5 seconds, and at most 300
# requests go out per second unless the destination says otherwise.
HTTP_TIMEOUT_MS = 5_000
DEFAULT_INVOCATION_RATE = 300

# AWS authorizes a connection in the background; how long that takes is not published.
AUTHORIZATION_DELAY_MS = 5_000

# Our own: AWS lets an event go round between buses for ever, which here would be one instant.
BUS_HOPS = 50
