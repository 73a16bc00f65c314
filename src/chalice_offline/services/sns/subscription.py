"""A subscription and what its attributes mean."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalice_offline.patterns import Pattern

# API_Subscribe, Protocol.
PROTOCOLS = (
    "http",
    "https",
    "email",
    "email-json",
    "sms",
    "sqs",
    "application",
    "lambda",
    "firehose",
)

# Whose owner must agree before anything is delivered (Developer guide, "Subscribing").
CONFIRMED_BY_ENDPOINT = ("http", "https", "email", "email-json")


@dataclass(slots=True, eq=False)
class Subscription:
    """One subscription of a topic.

    `service_url` is where its subscriber reaches SNS: the URLs in its messages start with it.
    `pattern` is its compiled filter policy.
    """

    arn: str
    topic_arn: str
    account_id: str
    region: str
    protocol: str
    endpoint: str
    number: int
    service_url: str
    entry: int
    confirmed: bool
    attributes: dict[str, str] = field(default_factory=dict)
    pattern: Pattern | None = None
    confirmation_authenticated: bool = True
    authenticate_on_unsubscribe: bool = False

    @property
    def is_raw(self) -> bool:
        """Whether messages are delivered without SNS's envelope."""
        return self.attributes.get("RawMessageDelivery") == "true"

    @property
    def is_fifo(self) -> bool:
        """Whether its endpoint is a FIFO queue."""
        return self.protocol == "sqs" and self.endpoint.endswith(".fifo")

    @property
    def filters_body(self) -> bool:
        """Whether its filter policy looks at the message rather than at its attributes."""
        return self.attributes.get("FilterPolicyScope") == "MessageBody"

    @property
    def dead_letter_arn(self) -> str:
        """The ARN of its dead-letter queue, or ""."""
        policy = self.attributes.get("RedrivePolicy")
        return str(json.loads(policy)["deadLetterTargetArn"]) if policy else ""

    def summary(self) -> dict[str, str]:
        """Return its line in a listing; an unconfirmed one shows no ARN."""
        return {
            "SubscriptionArn": self.arn if self.confirmed else "PendingConfirmation",
            "Owner": self.account_id,
            "Protocol": self.protocol,
            "Endpoint": self.endpoint,
            "TopicArn": self.topic_arn,
        }
