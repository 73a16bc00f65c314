"""One line of records that are handled in order: a shard, or the share of it that some keys have.

A failed batch blocks its lane until it succeeds, has been tried often enough or is too old. Source:
AWS Lambda developer guide, "How Lambda processes records from stream and queue-based event
sources" and the pages on Kinesis and DynamoDB; counts and documents recorded on AWS.
"""

from __future__ import annotations

import json
from collections import deque
from itertools import accumulate, islice
from typing import TYPE_CHECKING, Protocol

from chalice_offline.core.errors import AwsError
from chalice_offline.services.lambda_ import limits
from chalice_offline.services.lambda_.errors import RECURSIVE_INVOCATION
from chalice_offline.services.lambda_.event_source_mappings.failure_records import (
    RETRIES_EXHAUSTED,
    TOO_OLD,
    failure_record,
    send_failure,
)
from chalice_offline.services.lambda_.event_source_mappings.partial_batch import failed_items
from chalice_offline.services.lambda_.event_source_mappings.settings import UNLIMITED
from chalice_offline.services.lambda_.event_source_mappings.tumbling import window_of
from chalice_offline.services.lambda_.next_try import NextTry
from chalice_offline.services.lambda_.runs import start_run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chalice_offline.core.kernel import Kernel
    from chalice_offline.core.scheduler import Timer
    from chalice_offline.services.lambda_.event_source_mappings.mapping import Mapping
    from chalice_offline.services.lambda_.event_source_mappings.stream_source import Item
    from chalice_offline.services.lambda_.event_source_mappings.tumbling import TumblingWindow
    from chalice_offline.services.lambda_.runs import RunResult


class LaneOwner(Protocol):
    """The shard a lane belongs to."""

    shard_id: str

    def handled(self, items: Sequence[Item]) -> None:
        """Hear of records that are done, one way or another."""
        ...

    def retention_seconds(self) -> int:
        """Return how long the stream keeps records."""
        ...

    def went_on(self) -> None:
        """Hear that a lane has room, or has come to rest."""
        ...


class Lane:
    """Records in order, and the batch that is being tried."""

    def __init__(self, kernel: Kernel, mapping: Mapping, owner: LaneOwner) -> None:
        self._kernel = kernel
        self._mapping = mapping
        self._settings = mapping.settings
        self._function = mapping.function
        self._owner = owner
        self.waiting: deque[Item] = deque()
        self.running = False
        self._active = True
        self._busy = False  # running, or waiting to try again
        self._sizes: deque[int] = deque()  # of the batches a failed one was cut into, next first
        self._retries = 0
        self._throttles = 0
        self._timer: Timer | None = None
        self._failed_request = ""  # the run after which the next try is being waited for
        self._window: TumblingWindow | None = None

    def add(self, item: Item) -> None:
        """Take a record in, behind the others."""
        self.waiting.append(item)

    def offer(self) -> None:
        """Invoke with what waits: at once when the batch is full, else when its window is over."""
        if self._busy or not self._active:
            return
        if not self.waiting:
            self._close_window_later()
            return
        window_seconds = self._settings.window_seconds
        if window_seconds and len(self.waiting) < self._settings.batch_size:
            if self._timer is None:
                self._at(self._kernel.now_ms + window_seconds * 1000)
            return
        self._invoke()

    def stop(self) -> None:
        """Try nothing any more; a run under way ends and counts."""
        self._active = False
        self._kernel.cancel(self._timer)
        self._forget_next_try()

    # ---- timers ----------------------------------------------------------------------------------

    def _at(self, due_ms: int) -> None:
        self._kernel.cancel(self._timer)
        self._timer = self._kernel.at(due_ms, self._due)

    def _due(self) -> None:
        self._timer = None
        self._invoke()
        if not self._busy:
            self._owner.went_on()

    def _again_in(self, delay_ms: int) -> None:
        self._busy = True
        self._at(self._kernel.now_ms + min(delay_ms, limits.STREAM_RETRY_MS_MAX))

    def _again_after(self, result: RunResult, delay_ms: int, records: int | None = None) -> None:
        """Try again after a run that failed, and say when; `records`: so many of them."""
        self._again_in(delay_ms)
        assert self._timer is not None
        next_try = NextTry(self._timer.due_ms, self._retries + 1, records)
        self._failed_request = result.request_id
        self._function.next_tries[result.request_id] = next_try

    def _forget_next_try(self) -> None:
        if self._failed_request:
            self._function.next_tries.pop(self._failed_request, None)
            self._failed_request = ""

    def _close_window_later(self) -> None:
        window = self._window
        if window is not None and self._timer is None:
            due_ms = 0 if window.is_terminated_early else window.end_seconds * 1000
            self._at(max(self._kernel.now_ms, due_ms))

    # ---- invoking --------------------------------------------------------------------------------

    def _invoke(self) -> None:
        self._kernel.cancel(self._timer)
        self._timer = None
        self._busy = False
        self._forget_next_try()
        if not self._active:
            return
        self._drop_expired()
        batch = self._next_batch()
        final = not batch
        if final and not self._may_close_window():
            self._close_window_later()
            return
        self._busy = True
        try:
            start_run(
                self._kernel,
                self._function,
                self._payload(batch, final=final),
                _causes(batch),
                lambda result: self._ended(batch, result),
                qualifier=self._mapping.qualifier,
                retry=self._retries > 0 or bool(self._sizes),
            )
        except AwsError as error:
            if error.code == RECURSIVE_INVOCATION:  # it would go on for ever, also on AWS
                self._report(batch, "RecursiveInvocation", None)
                self._take_off(batch, len(batch))
                self._go_on()
                return
            # Throttled, which is not one of the retries.
            delay_ms = limits.STREAM_RETRY_MS_FIRST * 2**self._throttles
            self._throttles = min(self._throttles + 1, limits.STREAM_DOUBLINGS_MAX)
            self._again_in(delay_ms)
        else:
            self.running = True

    def _next_batch(self) -> list[Item]:
        """Return what is handed over next; nothing when a window is to be closed first."""
        count = self._sizes[0] if self._sizes else self._settings.batch_size
        batch = list(islice(self.waiting, count))
        total = accumulate(len(item.text) for item in batch)
        fitting = sum(1 for size in total if size <= limits.BATCH_PAYLOAD_BYTES)
        batch = batch[: max(1, fitting)]
        if not self._settings.tumbling_seconds or not batch:
            return batch
        if self._window is None:
            self._window = window_of(batch[0], self._settings.tumbling_seconds)
        if self._window.is_terminated_early:
            return []
        return batch[: self._window.leading(batch)]

    def _may_close_window(self) -> bool:
        window = self._window
        if window is None:
            return False
        return (
            window.is_terminated_early or bool(self.waiting) or window.is_over(self._kernel.now_ms)
        )

    def _payload(self, batch: list[Item], *, final: bool) -> bytes:
        records = f'"Records": [{", ".join(item.text for item in batch)}]'
        if self._window is None:
            return f"{{{records}}}".encode()
        arn = self._mapping.source_arn
        more = json.dumps(self._window.event(self._owner.shard_id, arn, final=final))
        return f"{{{records}, {more[1:]}".encode()

    # ---- how a try ends --------------------------------------------------------------------------

    def _ended(self, batch: list[Item], result: RunResult) -> None:
        self.running = False
        self._throttles = 0
        for item in batch:  # another try of a record follows from this one
            item.causes = (result.entry,)
        handled = self._count_handled(batch, result)
        self._mapping.last_result = (
            "OK" if handled == len(batch) and _ok(result) else "PROBLEM: Function call failed"
        )
        if _ok(result):
            self._keep_state(batch, result)
        self._take_off(batch, handled)
        if not self._active:
            self._owner.went_on()
        elif handled == len(batch) and _ok(result):
            self._go_on()
        else:
            self._try_again(batch, handled, result)

    def _count_handled(self, batch: list[Item], result: RunResult) -> int:
        """Return how many records are done: those before the first one reported as failed."""
        if not _ok(result):
            return 0
        if not self._settings.reports_item_failures:
            return len(batch)
        numbers = [item.number for item in batch]
        failed = set(failed_items(result.outcome.content(), numbers))
        return next((n for n, number in enumerate(numbers) if number in failed), len(batch))

    def _keep_state(self, batch: list[Item], result: RunResult) -> None:
        if self._window is None:
            return
        if batch:
            self._window.returned(result.outcome.content())
        else:
            self._window = None  # that was its final invocation

    def _take_off(self, batch: list[Item], count: int) -> None:
        """Take records that are done off the front, and their batch off `sizes`."""
        if not count:
            return
        for _ in range(count):
            self.waiting.popleft()
        self._retries = 0
        if self._sizes:
            self._sizes.popleft()
        self._owner.handled(batch[:count])

    def _try_again(self, batch: list[Item], handled: int, result: RunResult) -> None:
        left = len(batch) - handled
        if handled:
            # The rest is a batch of its own, with all its tries; bisecting cuts here, too.
            self._sizes.appendleft(left)
            self._again_after(result, limits.STREAM_RETRY_MS_FIRST, left)
            return
        if self._settings.bisects and left > 1:
            self._bisect(left, result)
            return
        maximum = self._settings.maximum_retries
        if maximum != UNLIMITED and self._retries >= maximum:
            self._give_up(batch, result)
            return
        delay_ms = limits.STREAM_RETRY_MS_FIRST * 2 ** min(
            self._retries, limits.STREAM_DOUBLINGS_MAX
        )
        self._retries += 1
        if not self._sizes and left:  # what arrived meanwhile does not join the failed batch
            self._sizes.append(left)
        self._again_after(result, delay_ms)

    def _bisect(self, count: int, result: RunResult) -> None:
        """Narrow down which record it is. Halving is not a retry."""
        if self._sizes:
            self._sizes.popleft()
        self._sizes.extendleft((count - count // 2, count // 2))
        self._again_after(result, 0, count // 2)

    def _go_on(self) -> None:
        if self._sizes and self.waiting:
            self._again_in(0)
            return
        self._sizes.clear()
        self._retries = 0
        self._busy = False
        self._owner.went_on()

    # ---- giving up -------------------------------------------------------------------------------

    def _give_up(self, batch: list[Item], result: RunResult) -> None:
        self._report(batch, RETRIES_EXHAUSTED, result)
        if not batch:
            self._window = None
        self._take_off(batch, len(batch))
        self._go_on()

    def _drop_expired(self) -> None:
        """Give up what is older than the mapping allows, and what the stream itself has not kept.

        Only of the first the destination hears, as on AWS.
        """
        if self._settings.maximum_age_seconds != UNLIMITED:
            expired = self._take_older_than(self._settings.maximum_age_seconds)
            for start in range(0, len(expired), self._settings.batch_size):
                self._report(expired[start : start + self._settings.batch_size], TOO_OLD, None)
                self._retries = 0
        if self.waiting and self._age(self.waiting[0]) > limits.STREAM_RETENTION_SECONDS_MIN:
            expired = self._take_older_than(self._owner.retention_seconds())
            if expired:
                note = {"shard": self._owner.shard_id, "records": len(expired)}
                what = "expired in the stream before the function took them"
                self._kernel.note(self._mapping.source_arn, note, _causes(expired), what)

    def _age(self, item: Item) -> float:
        return self._kernel.now_ms / 1000 - item.arrived_seconds

    def _take_older_than(self, seconds: int) -> list[Item]:
        expired: list[Item] = []
        while self.waiting and self._age(self.waiting[0]) > seconds:
            expired.append(self.waiting.popleft())
        if expired:
            self._sizes.clear()
            self._owner.handled(expired)
        return expired

    def _report(self, items: list[Item], condition: str, result: RunResult | None) -> None:
        to = self._settings.on_failure_arn
        note = {"shard": self._owner.shard_id, "records": len(items), "condition": condition}
        entry = self._kernel.note(
            self._mapping.source_arn, note, _causes(items), f"sent to {to}" if to else "discarded"
        )
        if not to or not items:
            return
        record = failure_record(
            self._kernel,
            self._mapping,
            self._owner.shard_id,
            items,
            condition=condition,
            invocations=self._retries + (1 if result else 0),
            result=result,
        )
        send_failure(self._kernel, self._mapping, record, items, (entry,))


def _ok(result: RunResult) -> bool:
    return not result.outcome.failed


def _causes(items: Sequence[Item]) -> tuple[int, ...]:
    return tuple(sorted({entry for item in items for entry in item.causes}))
