"""Takes away what was made for one label, and nothing else.

The queue is the record of what was made: it is tagged with the label and with the ARN of what
delivers into it. It is made first and removed last, so whatever a killed run left can be found.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalice_offline.attach.errors import EndpointError
from chalice_offline.attach.failures import code_of, sentence
from chalice_offline.attach.plan import ATTACHED_TAG, SOURCE_TAG, SUFFIX, TARGET_ID
from chalice_offline.core.arn import parse_arn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalice_offline.attach.endpoint import Endpoint
    from chalice_offline.attach.patience import Patience

_log = logging.getLogger(__name__)

#: The codes with which each service says that there is no such resource.
MISSING = frozenset(
    {
        "AWS.SimpleQueueService.NonExistentQueue",
        "QueueDoesNotExist",
        "NotFound",
        "NotFoundException",
        "NoSuchBucket",
        "404",
        "ResourceNotFoundException",
    }
)
_COUNTS = [
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
]
_NAME_PREFIX = 50  # of a label; longer ones are cut in names
_PAGE = 1000
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class OwnQueue:
    """A queue that was made by us, as found at the endpoint."""

    name: str
    url: str
    arn: str
    source_arn: str


class Remover:
    """Finds and removes what carries one label."""

    def __init__(self, endpoint: Endpoint, label: str, patience: Patience) -> None:
        self.label = label
        self._patience = patience
        self._sqs = endpoint.client("sqs")
        self._clients = {name: endpoint.client(name) for name in ("sns", "events", "s3")}

    def queues(self) -> list[OwnQueue]:
        """Return every queue made for the label, by this run or another. Raises EndpointError."""
        found = []
        for url in self._queue_urls():
            name = url.rpartition("/")[2]
            tags = self.tags(url)
            if tags.get(ATTACHED_TAG) == self.label:
                arn = self.attributes(url, ["QueueArn"])["QueueArn"]
                found.append(OwnQueue(name, url, arn, tags.get(SOURCE_TAG, "")))
        return found

    def tags(self, queue_url: str) -> dict[str, str]:
        """Return a queue's tags; none for a queue that is gone."""
        try:
            reply = self._call("sqs", "list_queue_tags", QueueUrl=queue_url)
        except ClientError as error:
            if code_of(error) in MISSING:
                return {}
            raise self._failure(error, "sqs:ListQueueTags") from error
        return dict(reply.get("Tags", {}))

    def attributes(self, queue_url: str, names: list[str]) -> dict[str, str]:
        """Return a queue's attributes. Raises ClientError or EndpointError."""
        reply = self._call("sqs", "get_queue_attributes", QueueUrl=queue_url, AttributeNames=names)
        return dict(reply.get("Attributes", {}))

    def unhook(self, queue_arn: str, source_arn: str) -> None:
        """Stop `source_arn` from delivering into our queue. What is gone already is no error."""
        if not source_arn:
            return
        service = parse_arn(source_arn).service
        remove = {"sns": self._unsubscribe, "events": self._remove_rule, "s3": self._denotify}
        try:
            remove[service](queue_arn, source_arn)
        except ClientError as error:
            if code_of(error) not in MISSING:
                raise self._failure(error, f"detaching from {source_arn}") from error

    def delete(self, queue: OwnQueue, *, with_messages: bool) -> int:
        """Delete one of our queues; returns how many messages it held.

        A queue that still holds some is deleted only `with_messages`. Raises EndpointError.
        """
        try:
            counts = self.attributes(queue.url, _COUNTS)
            held = sum(int(count) for count in counts.values())
            if not held or with_messages:
                self._call("sqs", "delete_queue", QueueUrl=queue.url)
        except ClientError as error:
            if code_of(error) in MISSING:
                return 0
            raise self._failure(error, f"removing queue {queue.name}") from error
        return held

    def rule_is_ours(self, rule_arn: str) -> bool:
        """Whether a rule carries our label. Raises ClientError when there is no such rule."""
        reply = self._call("events", "list_tags_for_resource", ResourceARN=rule_arn)
        tags = {tag["Key"]: tag["Value"] for tag in reply.get("Tags", [])}
        return tags.get(ATTACHED_TAG) == self.label

    # ---- within ----------------------------------------------------------------------------------

    def _queue_urls(self) -> Iterator[str]:
        request: Document = {
            "QueueNamePrefix": f"{self.label}-"[:_NAME_PREFIX],
            "MaxResults": _PAGE,
        }
        while True:
            try:
                reply = self._call("sqs", "list_queues", **request)
            except ClientError as error:
                raise self._failure(error, "sqs:ListQueues") from error
            yield from (url for url in reply.get("QueueUrls", []) if url.endswith(SUFFIX))
            if not reply.get("NextToken"):
                return
            request["NextToken"] = reply["NextToken"]

    def _unsubscribe(self, queue_arn: str, topic_arn: str) -> None:
        for subscription in self.subscriptions(queue_arn, topic_arn):
            self._call("sns", "unsubscribe", SubscriptionArn=subscription)

    def subscriptions(self, queue_arn: str, topic_arn: str) -> list[str]:
        """Return the ARNs of the queue's subscriptions to a topic."""
        found: list[str] = []
        request = {"TopicArn": topic_arn}
        while True:
            reply = self._call("sns", "list_subscriptions_by_topic", **request)
            found += [
                one["SubscriptionArn"]
                for one in reply.get("Subscriptions", [])
                if one["Endpoint"] == queue_arn and one["SubscriptionArn"].startswith("arn:")
            ]
            if not reply.get("NextToken"):
                return found
            request["NextToken"] = reply["NextToken"]

    def _remove_rule(self, _queue_arn: str, rule_arn: str) -> None:
        name = parse_arn(rule_arn).resource_name
        if not self.rule_is_ours(rule_arn):
            _log.warning("rule %s is left alone: it does not carry our tag", name)
            return
        self._call("events", "remove_targets", Rule=name, Ids=[TARGET_ID])
        others = self._call("events", "list_targets_by_rule", Rule=name).get("Targets", [])
        if others:
            _log.warning("rule %s stays: somebody gave it a target of their own", name)
            return
        self._call("events", "delete_rule", Name=name)

    def _denotify(self, queue_arn: str, bucket_arn: str) -> None:
        bucket = parse_arn(bucket_arn).resource_name
        present = self.notifications(bucket)
        kept = without_queue(present, queue_arn)
        if kept != present:
            self._call(
                "s3",
                "put_bucket_notification_configuration",
                Bucket=bucket,
                NotificationConfiguration=kept,
                SkipDestinationValidation=True,  # others' destinations are none of our business
            )

    def notifications(self, bucket: str) -> Document:
        """Return a bucket's notification configuration as it can be put back."""
        reply = self._call("s3", "get_bucket_notification_configuration", Bucket=bucket)
        return {key: value for key, value in reply.items() if key != "ResponseMetadata"}

    def _call(self, service: str, operation: str, /, **request: Any) -> Document:
        client = self._sqs if service == "sqs" else self._clients[service]
        name = "".join(word.capitalize() for word in operation.split("_"))
        reply: Document = self._patience.call(
            f"{service}:{name}", getattr(client, operation), **request
        )
        return reply

    def _failure(self, error: Exception, doing: str) -> EndpointError:
        return EndpointError(sentence(error, self._patience.where, doing))


def without_queue(configuration: Document, queue_arn: str) -> Document:
    """Return a bucket's notification configuration without what goes to one queue."""
    kept = dict(configuration)
    queues = [c for c in kept.pop("QueueConfigurations", []) if c["QueueArn"] != queue_arn]
    if queues:
        kept["QueueConfigurations"] = queues
    return kept
