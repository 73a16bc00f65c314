"""From a publication to its endpoints: who gets it, tries, retries, dead-letter queue."""

from __future__ import annotations

import json
from collections import deque
from typing import TYPE_CHECKING, Any

from chalice_offline.core.delivery import Delivery, Failure
from chalice_offline.core.errors import AwsError
from chalice_offline.core.pending import Pending
from chalice_offline.services.sns import endpoints, replays
from chalice_offline.services.sns.delivery_logs import log_failure, log_success
from chalice_offline.services.sns.delivery_policies import (
    DEFAULT_CONTENT_TYPE,
    effective_subscription_policy,
)
from chalice_offline.services.sns.endpoints import Parcel
from chalice_offline.services.sns.retry_policies import (
    AWS_ENDPOINTS,
    http_phases,
    retry_policy,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.delivery import RetryPolicy
    from chalice_offline.core.kernel import Reply
    from chalice_offline.services.sns.audience import Choice
    from chalice_offline.services.sns.message import Message
    from chalice_offline.services.sns.state import SnsState
    from chalice_offline.services.sns.subscription import Subscription
    from chalice_offline.services.sns.topic import Topic

_AWS_ENDPOINT_POLICY = retry_policy(AWS_ENDPOINTS)
_URL_PROTOCOLS = ("http", "https")


def publish(sns: SnsState, topic: Topic, message: Message) -> None:
    """Start the deliveries of a message, and write down who does not get it and why."""
    choice = topic.audience.choose(message)
    for subscription in choice.chosen:
        if not replays.only_replays(subscription.attributes.get("ReplayPolicy", "")):
            deliver(sns, topic, subscription, message)
    if choice.passed_by or not choice.chosen:
        _note_passed_by(sns, topic, message, choice)


def deliver(sns: SnsState, topic: Topic, subscription: Subscription, message: Message) -> None:
    """Start the delivery of a message to one subscription."""
    service_url = sns.service_url(topic.region, subscription.service_url, message.service_url)
    policy, content_type = _policies(topic, subscription)
    parcel = Parcel(message, subscription, service_url, content_type)
    if message.sequence_number:
        _queue_in_group(sns, topic, parcel, policy)
    else:
        _start(sns, topic, parcel, policy, lambda: None)


def replay(sns: SnsState, topic: Topic, subscription: Subscription) -> None:
    """Deliver again what a subscription's replay policy asks for, and note how much it is."""
    policy = subscription.attributes["ReplayPolicy"]
    messages = replays.to_replay(topic, policy, sns.kernel.now_ms)
    chosen = [one for one in messages if topic.audience.matches(subscription, one)]
    for message in chosen:
        deliver(sns, topic, subscription, message)
    sns.kernel.note(
        f"sns {topic.arn}",
        {"SubscriptionArn": subscription.arn, "Messages": len(chosen)},
        (subscription.entry,),
        "replayed",
    )


def send_confirmation(
    sns: SnsState,
    topic: Topic,
    subscription: Subscription,
    kind: str,
    message_id: str,
    document: str,
    entry: int,
) -> None:
    """Send a SubscriptionConfirmation or UnsubscribeConfirmation; it has no dead letters."""
    if subscription.protocol not in _URL_PROTOCOLS:
        subject = f"sns {subscription.protocol} {subscription.endpoint}"
        sns.kernel.note(subject, json.loads(document), (entry,), "sent")
        return
    headers = {
        "x-amz-sns-message-type": kind,
        "x-amz-sns-message-id": message_id,
        "x-amz-sns-topic-arn": subscription.topic_arn,
        "Content-Type": DEFAULT_CONTENT_TYPE,
    }

    def attempt(_number: int) -> Pending[None]:
        return endpoints.post(sns.kernel, subscription.endpoint, headers, document, (entry,))

    def given_up(failure: Failure) -> None:
        _note_failure(sns, f"sns {kind}", subscription, failure, (entry,), "not delivered")

    policy, _ = _policies(topic, subscription)
    Delivery(sns.kernel, attempt, policy, given_up).start()


def _policies(topic: Topic, subscription: Subscription) -> tuple[RetryPolicy, str]:
    if subscription.protocol not in _URL_PROTOCOLS:
        return _AWS_ENDPOINT_POLICY, DEFAULT_CONTENT_TYPE
    effective = effective_subscription_policy(
        subscription.attributes.get("DeliveryPolicy", ""),
        topic.attributes.get("DeliveryPolicy", ""),
    )
    content_type = effective["requestPolicy"].get("headerContentType", DEFAULT_CONTENT_TYPE)
    return retry_policy(http_phases(effective["healthyRetryPolicy"])), str(content_type)


def _queue_in_group(sns: SnsState, topic: Topic, parcel: Parcel, policy: RetryPolicy) -> None:
    """Start a delivery once the one before it in its message group has ended."""
    key = (parcel.subscription.arn, parcel.message.group_id)
    waiting = sns.groups.get(key)
    if waiting is not None:
        waiting.append(parcel)
        return
    sns.groups[key] = deque()

    def ended() -> None:
        queue = sns.groups[key]
        if queue:
            _start(sns, topic, queue.popleft(), policy, ended)
        else:
            del sns.groups[key]

    _start(sns, topic, parcel, policy, ended)


def _start(
    sns: SnsState, topic: Topic, parcel: Parcel, policy: RetryPolicy, ended: Callable[[], None]
) -> None:
    def attempt(_number: int) -> Reply | Pending[None] | None:
        reply = endpoints.send(sns.kernel, parcel)
        if isinstance(reply, Pending):
            reply.then(settled)
        else:
            delivered(reply)
        return reply

    def settled(pending: Pending[Any]) -> None:
        try:
            pending.result()
        except AwsError:
            return  # the delivery itself hears of it, and tries again or gives up
        delivered(None)

    def delivered(reply: dict[str, Any] | None) -> None:
        log_success(sns.kernel, topic, parcel, reply or {})
        ended()

    def given_up(failure: Failure) -> None:
        _give_up(sns, parcel, failure)
        log_failure(sns.kernel, topic, parcel, failure.error)
        ended()

    Delivery(sns.kernel, attempt, policy, given_up).start()


def _give_up(sns: SnsState, parcel: Parcel, failure: Failure) -> None:
    subscription = parcel.subscription
    target = subscription.dead_letter_arn
    subject = f"sns {subscription.topic_arn}"
    if not target:
        _note_failure(
            sns, subject, subscription, failure, parcel.causes, "lost: no dead-letter queue"
        )
        return
    try:
        endpoints.send_to_queue(sns.kernel, parcel, target)
    except AwsError as error:
        outcome = f"lost: dead-letter queue {target} refused it: {error}"
    else:
        outcome = f"dead-lettered to {target}"
    _note_failure(sns, subject, subscription, failure, parcel.causes, outcome)


def _note_failure(
    sns: SnsState,
    subject: str,
    subscription: Subscription,
    failure: Failure,
    causes: tuple[int, ...],
    outcome: str,
) -> None:
    detail = {
        "SubscriptionArn": subscription.arn,
        "Endpoint": subscription.endpoint,
        "Error": str(failure.error),
        "Attempts": failure.attempts,
    }
    sns.kernel.note(subject, detail, causes, outcome)


def _note_passed_by(sns: SnsState, topic: Topic, message: Message, choice: Choice) -> None:
    detail: dict[str, Any] = {"MessageId": message.message_id}
    if choice.pending:
        detail["PendingSubscriptions"] = choice.pending
    if choice.passed_by:
        detail["FilteredOut"] = choice.passed_by
        detail["Reasons"] = choice.reasons
        detail["Endpoints"] = choice.endpoints
    if not len(topic.audience):
        outcome = "nothing is subscribed"
    elif not choice.chosen and not choice.passed_by:
        outcome = "no subscription is confirmed"
    else:
        outcome = f"delivered to {len(choice.chosen)}, filtered out by {choice.passed_by}"
    sns.kernel.note(f"sns {topic.arn}", detail, (message.entry,), outcome)
