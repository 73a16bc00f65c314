"""Scheduler's limits and defaults, each with its source."""

from __future__ import annotations

# API reference, RetryPolicy and CreateSchedule: what a target has when it says nothing.
DEFAULT_RETRIES = 185
DEFAULT_EVENT_AGE_SECONDS = 86_400
# User guide, "Managing targets": exponential backoff. The curve is not published; this one
# spends 24 hours on 185 retries.
FIRST_RETRY_MS = 1_000
LONGEST_RETRY_MS = 600_000

# API reference, CreateSchedule: StartDate may lie a little in the past.
START_DATE_GRACE_MS = 5 * 60 * 1000

# API reference, ListSchedules and ListScheduleGroups: the largest MaxResults, and the default.
PAGE_SIZE = 100

# User guide, "Quotas": Input of up to 256 KB.
INPUT_BYTES = 256 * 1024
