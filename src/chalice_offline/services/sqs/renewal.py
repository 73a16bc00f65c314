"""A reset of SQS: no queue is left, and who polls one is answered."""

from __future__ import annotations

from chalice_offline.services.sqs.state import SqsState


def renewed(sqs: SqsState) -> SqsState:
    """Return SQS without queues; a queue of any name can be made at once."""
    for queue in sqs.queues.values():
        queue.close()
    fresh = SqsState(sqs.kernel)
    # A receipt handle of before must not fit a queue of after.
    fresh.queue_count = sqs.queue_count
    return fresh
