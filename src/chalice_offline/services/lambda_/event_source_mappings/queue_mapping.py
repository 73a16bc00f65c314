"""An SQS queue as a function's event source.

Nothing polls: the queue signals when a message can be received. Source of the behaviour: AWS
Lambda developer guide, "Using Lambda with Amazon SQS", and the recordings cited there.
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chalice_offline.core.errors import AwsError
from chalice_offline.services.lambda_ import limits
from chalice_offline.services.lambda_.errors import RECURSIVE_INVOCATION
from chalice_offline.services.lambda_.event_source_mappings.filters import FilterMisses
from chalice_offline.services.lambda_.event_source_mappings.partial_batch import failed_items
from chalice_offline.services.lambda_.event_source_mappings.queue_client import QueueClient
from chalice_offline.services.lambda_.event_source_mappings.records import sqs_record
from chalice_offline.services.lambda_.event_source_mappings.scaling import Scaling
from chalice_offline.services.lambda_.runs import start_run

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.kernel import Kernel
    from chalice_offline.core.scheduler import Timer
    from chalice_offline.services.lambda_.event_source_mappings.mapping import Mapping
    from chalice_offline.services.lambda_.event_source_mappings.queue_client import Record
    from chalice_offline.services.lambda_.runs import RunResult


@dataclass(slots=True)
class _Batch:
    """Messages received together and not yet handed to the function."""

    records: list[Record] = field(default_factory=list)
    payload_bytes: int = 0
    return_timer: Timer | None = None  # set while the function has no room for the batch

    def add(self, record: Record, size: int) -> None:
        self.records.append(record)
        self.payload_bytes += size


class QueueMapping:
    """Receives from one queue and invokes one function."""

    def __init__(self, kernel: Kernel, mapping: Mapping) -> None:
        self._kernel = kernel
        self._mapping = mapping
        self._settings = mapping.settings
        self._function = mapping.function
        self._queue = QueueClient(kernel, mapping.source)
        self._scaling = Scaling(mapping.settings, mapping.source)
        self._gathering = _Batch()
        self._ready: deque[_Batch] = deque()
        self._window_timer: Timer | None = None
        self._pump_timer: Timer | None = None
        self._ramp_timer: Timer | None = None
        self._refused_timer: Timer | None = None
        self._active = False
        self._is_abandoned = False
        self._held_until_ms = 0
        self._stopped: Callable[[], None] | None = None

    def start(self) -> None:
        """Listen to the queue, and take what is already there."""
        self._active = True
        self._kernel.watch(self._mapping.source_arn, self._pump_soon)
        self._kernel.watch(f"{self._function.arn}:idle", self._pump_soon)
        self._pump_soon()

    def stop(self, stopped: Callable[[], None]) -> None:
        """Listen no more; runs under way finish, what was not handed over returns to the queue."""
        if self._active:
            self._active = False
            self._kernel.unwatch(self._mapping.source_arn, self._pump_soon)
            self._kernel.unwatch(f"{self._function.arn}:idle", self._pump_soon)
            timers = (self._pump_timer, self._window_timer, self._ramp_timer, self._refused_timer)
            for timer in timers:
                self._kernel.cancel(timer)
            for batch in (self._gathering, *self._ready):
                self._kernel.cancel(batch.return_timer)
                self._queue.release(batch.records, self._causes(batch.records))
            self._gathering = _Batch()
            self._ready.clear()
        if self._scaling.running:
            self._stopped = stopped
        else:
            stopped()

    def abandon(self) -> None:
        """Forget what was received: the queue was reset, and knows nothing of it."""
        self._is_abandoned = True
        for batch in (self._gathering, *self._ready):
            self._kernel.cancel(batch.return_timer)
        self._gathering = _Batch()
        self._ready.clear()

    # ---- receiving -------------------------------------------------------------------------------

    def _pump_soon(self) -> None:
        if self._pump_timer is None:
            due_ms = max(self._kernel.now_ms, self._held_until_ms)
            self._pump_timer = self._kernel.at(due_ms, self._pump)

    def _pump(self) -> None:
        self._pump_timer = None
        self._start_ready()
        while self._active and self._may_gather():
            wanted = self._settings.batch_size - len(self._gathering.records)
            messages = self._receive(wanted)
            for message in messages:
                self._take(message)
            if self._is_full() or (self._gathering.records and not self._settings.window_seconds):
                self._close_batch()
                self._start_ready()
            elif not messages:
                return
        self._pump_at_next_ramp_step()

    def _receive(self, count: int) -> list[Record]:
        try:
            messages = self._queue.receive(count)
        except AwsError as error:
            self._mapping.problem = error.message or error.code
            # A queue that was deleted under the mapping signals when it is there again: AWS keeps
            # the mapping. One that refuses signals nothing, and AWS's pollers ask again.
            if error.code != "QueueDoesNotExist":
                self._ask_again()
            return []
        self._mapping.problem = ""
        return messages

    def _ask_again(self) -> None:
        """Receive once more in a while; nobody waits for what may be refused for good."""
        due_ms = self._kernel.now_ms + limits.SQS_BACK_OFF_MS
        self._kernel.cancel(self._refused_timer)
        self._refused_timer = self._kernel.at(due_ms, self._pump_soon, owed=False)

    def _take(self, message: Record) -> None:
        record = sqs_record(message, self._mapping.source_arn, self._mapping.source.region)
        if not self._settings.filter.wants(record):
            # AWS deletes what the filter rejects.
            causes = self._kernel.origin(record["messageId"])
            misses = FilterMisses(self._settings.filter, record)
            function = self._mapping.function.arn
            note = {"messageId": record["messageId"], "function": function, "near_misses": misses}
            entry = self._kernel.note(self._mapping.source_arn, note, causes, "filtered out")
            self._queue.delete([record], (entry,))
            return
        size = len(json.dumps(record, ensure_ascii=False).encode())
        if self._gathering.records and (
            self._gathering.payload_bytes + size > limits.BATCH_PAYLOAD_BYTES
        ):
            self._close_batch()
        self._gathering.add(record, size)
        if self._settings.window_seconds and self._window_timer is None:
            due_ms = self._kernel.now_ms + self._settings.window_seconds * 1000
            self._window_timer = self._kernel.at(due_ms, self._window_over)

    def _window_over(self) -> None:
        self._window_timer = None
        if self._gathering.records:
            self._close_batch()
        self._pump_soon()

    def _is_full(self) -> bool:
        return len(self._gathering.records) >= self._settings.batch_size

    def _close_batch(self) -> None:
        self._ready.append(self._gathering)
        self._gathering = _Batch()
        self._kernel.cancel(self._window_timer)
        self._window_timer = None

    def _may_gather(self) -> bool:
        """Whether one more batch may be under way. Reserved concurrency does not count here.

        As on AWS, batches are received before the function is asked, and then throttled.
        """
        return self._scaling.running + len(self._ready) < self._scaling.allowed(self._kernel.now_ms)

    def _pump_at_next_ramp_step(self) -> None:
        """While batches take long, AWS adds concurrency: look again when one more is allowed."""
        due_ms = self._scaling.next_step_ms(self._kernel.now_ms) if self._active else None
        self._kernel.cancel(self._ramp_timer)
        self._ramp_timer = None
        if due_ms is not None:
            self._ramp_timer = self._kernel.at(due_ms, self._pump_soon, owed=False)

    # ---- invoking --------------------------------------------------------------------------------

    def _start_ready(self) -> None:
        while self._ready and self._started(self._ready[0]):
            self._ready.popleft()

    def _started(self, batch: _Batch) -> bool:
        records = batch.records
        causes = self._causes(records)
        payload = json.dumps({"Records": records}, ensure_ascii=False).encode()
        try:
            start_run(
                self._kernel,
                self._function,
                payload,
                causes,
                lambda result: self._ended(records, result),
                qualifier=self._mapping.qualifier,
                retry=any(_was_received_before(record) for record in records),
                takes_longer=lambda: self._keep_hidden(records),
            )
        except AwsError as error:
            if error.code == RECURSIVE_INVOCATION:
                self._stop_loop(records, causes)
                return True
            self._throttled(batch, causes, error)
            return False
        self._scaling.started(self._kernel.now_ms)
        self._kernel.cancel(batch.return_timer)
        return True

    def _keep_hidden(self, records: list[Record]) -> None:
        """Nobody else gets the messages of a handler that somebody looks into with a debugger."""
        timeout_ms = None if self._is_abandoned else self._queue.visibility_timeout_ms()
        if timeout_ms:
            self._queue.hide(records, timeout_ms // 1000, self._causes(records))

    def _stop_loop(self, records: list[Record], causes: tuple[int, ...]) -> None:
        """Do as Lambda does with messages of a loop: the dead-letter queue has them, or nobody.

        Left alone they come back until the queue's redrive policy moves them.
        """
        note = {"records": len(records)}
        if self._queue.has_dead_letter_queue():
            self._kernel.note(self._mapping.source_arn, note, causes, "a loop: left undone")
            self._back_off()
            self._pump_soon()
            return
        entry = self._kernel.note(self._mapping.source_arn, note, causes, "a loop: discarded")
        self._queue.delete(records, (entry,))

    def _throttled(self, batch: _Batch, causes: tuple[int, ...], error: AwsError) -> None:
        """Keep trying until the messages' visibility timeout is over and they return by themselves.

        That receive counted: with a low maxReceiveCount throttling fills the dead-letter queue,
        as it does on AWS.
        """
        if batch.return_timer is not None:
            return
        note = {"records": len(batch.records), "reason": error.fields.get("Reason", "")}
        entry = self._kernel.note(self._mapping.source_arn, note, causes, "throttled: waits")
        due_ms = self._kernel.now_ms + (self._queue.visibility_timeout_ms() or 0)

        def give_up() -> None:
            self._kernel.note(self._mapping.source_arn, note, (entry,), "throttled for too long")
            self._ready.remove(batch)
            self._pump_soon()

        batch.return_timer = self._kernel.at(due_ms, give_up)

    def _ended(self, records: list[Record], result: RunResult) -> None:
        self._scaling.ended()
        if self._is_abandoned:
            return
        failed = self._failed(records, result)
        kept = [record for record in records if record["messageId"] in failed]
        if kept:
            self._back_off()
        for record in kept:  # what a message does next follows from the run that left it undone
            self._kernel.set_origin(record["messageId"], result.entry)
        done = [record for record in records if record["messageId"] not in failed]
        if done:
            self._queue.delete(done, (result.entry,))
        if self._active:
            self._pump_soon()
        elif self._stopped is not None and not self._scaling.running:
            self._stopped()

    def _back_off(self) -> None:
        """Wait before receiving again when a failed batch is back in the queue at once.

        AWS's pollers slow down after errors. Only without a visibility timeout does it show
        here: batch and function would chase each other without end at one instant.
        """
        if self._queue.visibility_timeout_ms() == 0:
            self._held_until_ms = self._kernel.now_ms + limits.SQS_BACK_OFF_MS

    def _failed(self, records: list[Record], result: RunResult) -> set[str]:
        """Return the ids of the messages of a batch that the function has not handled."""
        identifiers = [record["messageId"] for record in records]
        if result.outcome.failed:
            return set(identifiers)
        if not self._settings.reports_item_failures:
            return set()
        return set(failed_items(result.outcome.content(), identifiers))

    def _causes(self, records: list[Record]) -> tuple[int, ...]:
        return tuple(sorted({e for r in records for e in self._kernel.origin(r["messageId"])}))


def _was_received_before(record: Record) -> bool:
    return bool(record["attributes"].get("ApproximateReceiveCount", "1") != "1")
