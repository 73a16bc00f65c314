"""A bucket's notification configuration: what it holds, and when a rule applies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from chalice_offline.core.arn import partition_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.services.s3.bucket import Bucket

NOTIFICATION = "notification"  # the bucket's setting


@dataclass(frozen=True, slots=True)
class DestinationKind:
    """One of the three kinds of rule: its member in requests, its ARN's member and its service.

    `argument` is what S3 calls the ARN in errors.
    """

    member: str
    arn_member: str
    service: str
    argument: str


TOPIC = DestinationKind("TopicConfigurations", "TopicArn", "sns", "Topic")
QUEUE = DestinationKind("QueueConfigurations", "QueueArn", "sqs", "Queue")
FUNCTION = DestinationKind(
    "LambdaFunctionConfigurations", "LambdaFunctionArn", "lambda", "CloudFunction"
)
DESTINATION_KINDS = (TOPIC, QUEUE, FUNCTION)


@dataclass(frozen=True, slots=True)
class Rule:
    """Which events on which keys go to one destination. `filter_rules` are as S3 tells them."""

    id: str
    kind: DestinationKind
    arn: str
    events: tuple[str, ...]
    filter_rules: tuple[tuple[str, str], ...] | None = None

    def filter_value(self, name: str) -> str:
        """Return the value of the "Prefix" or "Suffix" rule, or "" without one."""
        return next((value for rule, value in self.filter_rules or () if rule == name), "")

    def applies_to(self, event: str, key: str) -> bool:
        """Whether `event` ("s3:ObjectCreated:Put") on `key` is notified.

        Filter values are written with "+" for a space and other special characters percent-encoded
        (Amazon S3 user guide, "Configuring event notifications using object key name filtering").
        """
        return (
            any(covers(wanted, event) for wanted in self.events)
            and key.startswith(unquote_plus(self.filter_value("Prefix")))
            and key.endswith(unquote_plus(self.filter_value("Suffix")))
        )

    def described(self) -> dict[str, Any]:
        """Return the rule as GetBucketNotificationConfiguration tells it."""
        described: dict[str, Any] = {
            "Id": self.id,
            self.kind.arn_member: self.arn,
            "Events": list(self.events),
        }
        if self.filter_rules is not None:
            rules = [{"Name": name, "Value": value} for name, value in self.filter_rules]
            described["Filter"] = {"Key": {"FilterRules": rules}}
        return described


def covers(wanted: str, event: str) -> bool:
    """Whether the event type of a rule, which may end in ":*", includes `event`."""
    return wanted == event or (wanted.endswith(":*") and event.startswith(wanted[:-1]))


@dataclass(frozen=True, slots=True)
class BucketNotifications:
    """Everything a bucket notifies, and whose and where the bucket is."""

    bucket: str
    account_id: str
    region: str
    rules: tuple[Rule, ...]
    to_event_bridge: bool

    @property
    def arn(self) -> str:
        """The bucket's ARN."""
        return f"arn:{partition_of(self.region)}:s3:::{self.bucket}"

    def rules_for(self, event: str, key: str) -> list[Rule]:
        """Return the rules that apply to `event` on `key`."""
        return [rule for rule in self.rules if rule.applies_to(event, key)]

    def described(self) -> dict[str, Any]:
        """Return the configuration as GetBucketNotificationConfiguration tells it."""
        described: dict[str, Any] = {}
        for kind in DESTINATION_KINDS:
            rules = [rule.described() for rule in self.rules if rule.kind is kind]
            if rules:
                described[kind.member] = rules
        if self.to_event_bridge:
            described["EventBridgeConfiguration"] = {}
        return described


def notifications_of(bucket: Bucket) -> BucketNotifications | None:
    """Return whom a bucket notifies, None when nobody."""
    told = bucket.settings.get(NOTIFICATION)
    if told is None:
        return None
    rules = [
        Rule(
            id=entry["Id"],
            kind=kind,
            arn=entry[kind.arn_member],
            events=tuple(entry["Events"]),
            filter_rules=filter_rules_of(entry),
        )
        for kind in DESTINATION_KINDS
        for entry in told.get(kind.member, ())
    ]
    return BucketNotifications(
        bucket=bucket.name,
        account_id=bucket.account_id,
        region=bucket.region,
        rules=tuple(rules),
        to_event_bridge="EventBridgeConfiguration" in told,
    )


def filter_rules_of(configuration: Mapping[str, Any]) -> tuple[tuple[str, str], ...] | None:
    """Return a configuration's filter rules as (name, value), None when it has no filter."""
    key = configuration.get("Filter", {}).get("Key")
    if key is None:
        return None
    rules = key.get("FilterRules", [])
    return tuple((rule.get("Name", ""), rule.get("Value", "")) for rule in rules)
