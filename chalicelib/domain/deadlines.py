"""How long everybody has. All instants are integer milliseconds since the epoch.

The numbers fit together, and change only together:

    0 s         the webhook arrived
    80 s        the last moment at which a queue worker may begin a call to the point of sale
    90 s        target: from here on the sweep decides what is undecided. A call takes at most
                CALL_SECONDS, so no worker is inside one any more
    150 s       hard limit: sweeps come every 60 s, so one always falls between 90 s and 150 s

Partners give up later than that: DoorDash after 3 to 8 minutes, Uber Eats after 11.5.
"""

from __future__ import annotations

CONNECT_SECONDS = 2
READ_SECONDS = 5
CALL_SECONDS = CONNECT_SECONDS + READ_SECONDS

LAST_POS_CALL_MS = 80_000
DECIDE_MS = 90_000
REPUBLISH_MS = 60_000
"""After this long without an answer to the partner, the sweep publishes the decision again."""

RECORD_DAYS = 14
"""How long an order is remembered: partners reuse ids 48 hours after pick-up at the earliest,
and scheduled orders come days ahead."""


def may_call_pos(received_ms: int, now_ms: int) -> bool:
    """Say whether a call begun now is over before anyone else may decide the order."""
    return now_ms - received_ms < LAST_POS_CALL_MS


def is_overdue(received_ms: int, now_ms: int) -> bool:
    """Say whether it is the sweep's turn to decide the order."""
    return now_ms - received_ms >= DECIDE_MS


def backoff_seconds(attempt: int, cap: int) -> int:
    """Return how long the queue should hold a message back after its `attempt`-th delivery."""
    return int(min(2 ** max(attempt - 1, 0), cap))
