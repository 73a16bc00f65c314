"""Step Functions' numbers, each with its source."""

from __future__ import annotations

# Developer guide, "Step Functions service quotas".
DATA_BYTES_MAX = 262_144  # input or result of a state, task or execution
HISTORY_EVENTS_MAX = 25_000
EXECUTION_MS_MAX = 365 * 24 * 3600 * 1000
EXPRESS_MS_MAX = 5 * 60 * 1000
DEFINITION_BYTES_MAX = 1_048_576
NAME_MAX = 80
TAGS_MAX = 50
# Same page: executions that have ended are kept for 90 days.
KEPT_MS = 90 * 24 * 3600 * 1000
VERSIONS_MAX = 1_000
ALIASES_MAX = 100
VARIABLE_NAME_MAX = 80

# API reference, GetActivityTask: the poll is held open for 60 seconds.
ACTIVITY_POLL_MS = 60_000
# Recorded on AWS: a wait whose delay is longer is refused (24,855 days are a Java int of seconds).
WAIT_DAYS_MAX = 24_855

# Developer guide, "Error handling", Retry: the defaults of its fields.
RETRY_INTERVAL_S = 1
RETRY_ATTEMPTS = 3
RETRY_BACKOFF = 2.0

# Developer guide, "Map state processing modes": inline, and child executions of a distributed Map.
MAP_INLINE_CONCURRENCY = 40
MAP_DISTRIBUTED_CONCURRENCY = 10_000
LABEL_MAX = 40
# Recorded on AWS: what MaxItems may be at most.
ITEMS_MAX = 100_000_000

# API reference: maxResults of the lists, and of GetExecutionHistory.
LISTED_DEFAULT = 100
LISTED_MAX = 1_000

# StartSyncExecution, billingDetails: duration in steps of 100 ms, memory in steps of 64 MB.
BILLED_STEP_MS = 100
BILLED_MEMORY_MB = 64

# Ours: what is kept for whoever watches an execution, and of each Map Run's children that have
# ended. AWS keeps both for 90 days; a Map over millions of items is to run in flat memory here.
VISITS_KEPT = 1_000
CHILDREN_KEPT = 1_000

# API reference, RedriveExecution: how long after its end, and with how many events at most.
REDRIVABLE_MS = 14 * 24 * 3600 * 1000
REDRIVABLE_EVENTS = 24_999

# Developer guide, "Call HTTPS APIs in Step Functions workflows": how long a request may take.
HTTP_TASK_MS = 60_000
