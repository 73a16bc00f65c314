"""How long everybody has. All instants are integer milliseconds since the epoch.

The numbers fit together, and change only together. The clock of an order starts with its
webhook, or when it is fired after it was held:

    0 s         the webhook arrived
    90 s        target (a partner may want it earlier): no ticket is begun that could not be made
                by now. What certainly is no ticket is denied. What may be one is looked for
    110 s       the same for an order that nobody has tried yet: its wake was lost
    130 s       the last moment at which a ticket that exists may still be printed
    140 s       whose print is still unknown now is denied, voided and shown to staff, also while
                a worker is, or seems to be, inside a call: it may hang until Lambda stops it
    143 s       the same by whoever answers partners, for an order whose wake stands in a queue
    150 s       hard limit

Partners give up later than that: DoorDash after 3 to 8 minutes, Uber Eats after 11.5.
The sweep comes every 60 s and wakes what has been quiet for NUDGE_MS: an order whose wake was
lost in its first second is awake again after 90 s at the latest, and there is time to make it.
"""

from __future__ import annotations

CONNECT_SECONDS = 2
READ_SECONDS = 5
CALL_SECONDS = CONNECT_SECONDS + READ_SECONDS

DECIDE_MS = 90_000
PRINT_LATE_MS = 40_000
"""After the target: how long a ticket that exists may still be printed."""
FIRST_TRY_LATE_MS = 20_000
"""After the target: until when the ticket of an order may still be made that nobody has tried yet.
The sweep is what wakes it, up to 90 s after its webhook, and no partner gives up before 180 s."""
LOOK_ON_MS = 50_000
"""After the target: how long a print whose outcome is unknown is looked for."""

LAST_LOOK_MS = 8_000
"""A look that began just before it was too late, or after that, has this long to succeed."""

QUEUED_MS = 3_000
"""After the last look: how long the wake for it may stand in a queue."""

NUDGE_MS = 30_000
"""Quiet for this long, and the sweep wakes an order that is not finished."""

ANSWER_LEASE_MS = 22_000
"""Longer than the function that answers partners lives (20 s), shorter than its messages stay
away after a crash (30 s)."""

LOOK_AGAIN_SECONDS = 2
"""A lost call may still be on its way: give it this long before looking."""

QUIET_MS = 60_000
"""A ticket that was not found this long after the last call will not appear any more."""

UNDO_HOURS = 24
"""How long a ticket that must not be is tried to be voided before it is left to people."""

WAKES_IN_A_ROW = 13
"""So many times in a row a function wakes itself, then it leaves that to the sweep. Lambda's loop
detection stops what came back to a function 16 times ("Use Lambda recursive loop detection to
prevent infinite loops"); with the waits between them so many last longer than any deadline
(tests/sim/test_friday.py)."""

MAX_WAIT_SECONDS = 900
"""SQS delays a message by at most 15 minutes; whatever is due later is the sweep's to wake."""

RECORD_DAYS = 14
"""How long an order is remembered: partners reuse ids 48 hours after pick-up at the earliest,
and scheduled orders come days ahead."""


def backoff_seconds(attempt: int, cap: int, at_least: int | None = None) -> int:
    """Return how long to wait after the `attempt`-th failure in a row, at least as asked for."""
    return max(int(min(2 ** min(max(attempt - 1, 0), 12), cap)), at_least or 0)
