"""Whether the queue a redrive policy names may take the letters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.sqs.redrive import check_dead_letter_queue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.services.sqs.attributes import QueueAttributes
    from chalice_offline.services.sqs.state import SqsState


def check_redrive_target(
    sqs: SqsState, arn: str, wanted: QueueAttributes, given: Mapping[str, str]
) -> None:
    """Raise AwsError unless the dead-letter queue that a request names may take the letters."""
    policy = wanted.redrive_policy
    if policy is None or "RedrivePolicy" not in given:
        return
    target = sqs.find_queue_or_none(policy.dead_letter_arn)
    found = None if target is None else (target.arn, target.attributes.redrive_allow_policy)
    check_dead_letter_queue(given["RedrivePolicy"], arn, found)
