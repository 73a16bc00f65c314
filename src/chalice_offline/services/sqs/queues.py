"""CreateQueue, GetQueueUrl, ListQueues, ListDeadLetterSourceQueues, DeleteQueue, PurgeQueue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.errors import AwsError
from chalice_offline.services.common import paging
from chalice_offline.services.sqs import attributes, limits
from chalice_offline.services.sqs.addresses import QueueKey, check_name, queue_url
from chalice_offline.services.sqs.errors import invalid_parameter, invalid_value, queue_missing
from chalice_offline.services.sqs.queue import NEVER_MS, Queue
from chalice_offline.services.sqs.redrive_targets import check_redrive_target

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.sqs.state import SqsState


def create_queue(sqs: SqsState, context: CallContext, request: Request) -> Result:
    """Make a queue, or return the one of that name if the attributes given are its own."""
    given: dict[str, str] = request.get("Attributes") or {}
    key = QueueKey(context.account_id, context.region, request["QueueName"])
    is_fifo = given.get("FifoQueue", "").lower() == "true"
    check_name(key.name, is_fifo=is_fifo)
    existing = sqs.queues.get(key)
    if existing is not None:
        differing = attributes.first_difference(existing.attributes, given)
        if differing is not None:
            raise AwsError(
                "QueueNameExists",
                "A queue already exists with the same name and a different value for attribute "
                f"{differing}",
            )
        return {"QueueUrl": queue_url(context, key)}
    _check_not_recently_deleted(sqs, key, context.now_ms)
    wanted = attributes.create(given, is_fifo=is_fifo)
    check_redrive_target(sqs, key.arn, wanted, given)
    tags = dict(request.get("tags") or {})
    sqs.queues[key] = Queue(sqs.kernel, sqs.next_queue_number(), key, wanted, tags)
    return {"QueueUrl": queue_url(context, key)}


def get_queue_url(sqs: SqsState, context: CallContext, request: Request) -> Result:
    """Return the URL of a queue by its name."""
    owner = request.get("QueueOwnerAWSAccountId") or context.account_id
    key = QueueKey(owner, context.region, request["QueueName"])
    if key not in sqs.queues:
        raise queue_missing()
    return {"QueueUrl": queue_url(context, key)}


def list_queues(sqs: SqsState, context: CallContext, request: Request) -> Result:
    """Return the URLs of the caller's queues in this region, by name."""
    prefix = request.get("QueueNamePrefix") or ""
    keys = [
        key
        for key in sqs.queues
        if key.account_id == context.account_id
        and key.region == context.region
        and key.name.startswith(prefix)
    ]
    return _page("QueueUrls", keys, context, request)


def list_dead_letter_source_queues(sqs: SqsState, context: CallContext, request: Request) -> Result:
    """Return the URLs of the queues whose dead letters come to this queue."""
    queue = sqs.find_queue(request["QueueUrl"], context)
    keys = [source.key for source in sqs.find_sources(queue.arn)]
    return {"queueUrls": [], **_page("queueUrls", keys, context, request)}


def delete_queue(sqs: SqsState, context: CallContext, request: Request) -> Result:
    """Delete a queue with all its messages. A queue that does not exist is an error."""
    queue = sqs.find_queue(request["QueueUrl"], context)
    del sqs.queues[queue.key]
    sqs.deleted_at_ms[queue.key] = context.now_ms
    queue.close()
    return {}


def purge_queue(sqs: SqsState, context: CallContext, request: Request) -> Result:
    """Delete all messages of a queue, those in flight and delayed included."""
    queue = sqs.find_queue(request["QueueUrl"], context)
    purged_at_ms = queue.purged_at_ms
    if purged_at_ms != NEVER_MS and context.now_ms - purged_at_ms < limits.PURGE_INTERVAL_MS:
        raise AwsError(
            "PurgeQueueInProgress",
            f"Only one PurgeQueue operation on {queue.key.name} is allowed every 60 seconds.",
            status=403,
        )
    queue.purged_at_ms = context.now_ms
    queue.purge()
    return {}


def _check_not_recently_deleted(sqs: SqsState, key: QueueKey, now_ms: int) -> None:
    deleted_at_ms = sqs.deleted_at_ms.get(key)
    if deleted_at_ms is None:
        return
    if now_ms - deleted_at_ms < limits.DELETED_RECENTLY_MS:
        raise AwsError(
            "QueueDeletedRecently",
            "You must wait 60 seconds after deleting a queue before you can create another with "
            "the same name.",
        )
    del sqs.deleted_at_ms[key]


def _page(member: str, keys: list[QueueKey], context: CallContext, request: Request) -> Result:
    """Return one page of queue URLs; AWS gives a token only to callers that set MaxResults."""
    wanted = request.get("MaxResults")
    if wanted is not None and not 1 <= wanted <= limits.QUEUES_LISTED:
        reason = f"Must be between 1 and {limits.QUEUES_LISTED}, if provided."
        raise invalid_value("MaxResults", wanted, reason)
    page, token = paging.page(
        keys,
        lambda key: key.name,
        size=wanted or limits.QUEUES_LISTED,
        token=request.get("NextToken"),
        invalid_token=lambda: invalid_parameter("Invalid or expired next token."),
    )
    result: Result = {}
    if page:
        result[member] = [queue_url(context, key) for key in page]
    if wanted is not None and token is not None:
        result["NextToken"] = token
    return result
