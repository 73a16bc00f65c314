"""What SNS holds, of all accounts and regions, and how it is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.sns.errors import topic_not_found
from chalice_offline.services.sns.limits import ORPHANED_SUBSCRIPTION_KEPT_MS
from chalice_offline.services.sns.names import local_arn

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Iterator

    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Kernel, Request
    from chalice_offline.services.sns.endpoints import Parcel
    from chalice_offline.services.sns.platform import PlatformApplication, PlatformEndpoint
    from chalice_offline.services.sns.subscription import Subscription
    from chalice_offline.services.sns.token import Token
    from chalice_offline.services.sns.topic import Topic

_AWS_HOST = ".amazonaws.com"


class SnsState:
    """Topics and their subscriptions, tokens to confirm those, and platform applications."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        # Messages of a group wait for the one before them, subscription by subscription.
        self.groups: dict[tuple[str, str], deque[Parcel]] = {}
        self.applications: dict[str, PlatformApplication] = {}
        self.endpoints: dict[str, PlatformEndpoint] = {}
        self.tokens: dict[str, Token] = {}
        self._topics: dict[str, Topic] = {}
        self._subscriptions: dict[str, Subscription] = {}
        self._orphans: dict[str, Subscription] = {}
        self._sms_attributes: dict[tuple[str, str], dict[str, str]] = {}
        self._number = 0

    def next_number(self) -> int:
        """Return the number of the next thing created: listings go by it."""
        self._number += 1
        return self._number

    def service_url(self, region: str, *candidates: str) -> str:
        """Return where a subscriber reaches SNS: the first candidate on this machine, or AWS's.

        In-process clients call the host of AWS, at which nobody here answers.
        """
        for url in candidates:
            if url and _AWS_HOST not in url:
                return url
        return f"https://sns.{region}.amazonaws.com"

    # ---- topics -------------------------------------------------------------------------------

    def find_topic(
        self, context: CallContext, request: Request, parameter: str = "TopicArn"
    ) -> Topic:
        """Return the topic a parameter names; raises InvalidParameter or NotFound."""
        topic = self._topics.get(local_arn(context, request, parameter))
        if topic is None:
            raise topic_not_found()
        return topic

    def find_topic_or_none(self, arn: str) -> Topic | None:
        """Return the topic of an ARN."""
        return self._topics.get(arn)

    def find_topics(self, account_id: str, region: str) -> Iterator[Topic]:
        """Return an account's topics in a region, in order of creation."""
        for topic in self._topics.values():
            if topic.account_id == account_id and topic.region == region:
                yield topic

    def add_topic(self, topic: Topic) -> None:
        """Keep a new topic."""
        self._topics[topic.arn] = topic

    def remove_topic(self, topic: Topic) -> None:
        """Delete a topic; its subscriptions can be read for a while and are then forgotten."""
        del self._topics[topic.arn]
        orphans = {subscription.arn: subscription for subscription in topic.audience}
        for arn in orphans:
            del self._subscriptions[arn]
        self._orphans |= orphans

        def forget() -> None:
            for arn in orphans:
                del self._orphans[arn]

        due_ms = self.kernel.now_ms + ORPHANED_SUBSCRIPTION_KEPT_MS
        self.kernel.at(due_ms, forget, owed=False)

    # ---- subscriptions ------------------------------------------------------------------------

    def find_subscription_or_none(self, arn: str) -> Subscription | None:
        """Return the subscription of an ARN."""
        return self._subscriptions.get(arn)

    def find_orphan_or_none(self, arn: str) -> Subscription | None:
        """Return the subscription of an ARN whose topic was deleted."""
        return self._orphans.get(arn)

    def find_subscriptions(self, account_id: str, region: str) -> Iterator[Subscription]:
        """Return an account's subscriptions in a region, in order of creation."""
        for subscription in self._subscriptions.values():
            if subscription.account_id == account_id and subscription.region == region:
                yield subscription

    def add_subscription(self, topic: Topic, subscription: Subscription) -> None:
        """Keep a new subscription, or file one anew that has changed."""
        self._subscriptions[subscription.arn] = subscription
        topic.audience.file(subscription)

    def remove_subscription(self, topic: Topic, subscription: Subscription) -> None:
        """Delete a subscription."""
        del self._subscriptions[subscription.arn]
        topic.audience.discard(subscription)
        topic.subscriptions_deleted += 1

    # ---- SMS and mobile push ------------------------------------------------------------------

    def find_endpoint_or_none(self, arn: str) -> PlatformEndpoint | None:
        """Return the platform endpoint of an ARN."""
        return self.endpoints.get(arn)

    def sms_attributes(self, context: CallContext) -> dict[str, str]:
        """Return what the caller has set for text messages in its region."""
        home = (context.account_id, context.region)
        return self._sms_attributes.setdefault(home, {"MonthlySpendLimit": "1"})
