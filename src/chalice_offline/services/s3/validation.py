"""What S3 checks before it takes a notification configuration.

First everything that the request alone tells (ARNs, event types, filters, overlaps), for all
rules; then, unless the caller skips it, whether the destinations are there (recorded on AWS: one
malformed ARN hides a missing queue).
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import parse_arn
from chalice_offline.core.errors import AwsError
from chalice_offline.core.targets import queue_url
from chalice_offline.services.s3.configuration import (
    DESTINATION_KINDS,
    FUNCTION,
    QUEUE,
    DestinationKind,
    Rule,
    covers,
    filter_rules_of,
)
from chalice_offline.services.s3.errors import (
    invalid_argument,
    malformed_xml,
    unusable_destinations,
)
from chalice_offline.services.s3.limits import (
    CONFIGURATIONS_PER_BUCKET,
    EVENTS,
    FILTER_VALUE_BYTES,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalice_offline.core.kernel import Kernel, Request

PRINCIPAL = "s3.amazonaws.com"
_AMBIGUOUS = (
    "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the "
    "prefixes are overlapping for the same event type."
)
_SHARED = (
    "Configurations overlap. Configurations on the same bucket cannot share a common event type."
)
_OTHER_REGION = (
    "The notification destination service region is not valid for the bucket location constraint"
)
_FILTER_NAMES = {"prefix": "Prefix", "suffix": "Suffix"}


def read_rules(
    configuration: Mapping[str, Any], region: str, new_id: Callable[[], str]
) -> tuple[Rule, ...]:
    """Return the rules of a request for a bucket in `region`.

    `new_id()` names those that have no Id. Raises AwsError InvalidArgument.
    """
    rules = tuple(
        _read_rule(kind, entry, region, new_id)
        for kind in DESTINATION_KINDS
        for entry in configuration.get(kind.member, ())
    )
    if len(rules) > CONFIGURATIONS_PER_BUCKET:
        raise invalid_argument(
            f"The number of notification configurations exceeds {CONFIGURATIONS_PER_BUCKET}"
        )
    if len({rule.id for rule in rules}) < len(rules):
        raise invalid_argument("Same ID used for multiple configurations. IDs must be unique")
    for one, other in combinations(rules, 2):
        _check_overlap(one, other)
    return rules


def _read_rule(
    kind: DestinationKind, entry: Mapping[str, Any], region: str, new_id: Callable[[], str]
) -> Rule:
    arn = entry[kind.arn_member]
    _check_arn(kind, arn, region)
    for event in entry["Events"]:
        if event not in EVENTS:
            raise invalid_argument("The event is not supported for notifications", "Event", event)
    return Rule(
        id=entry.get("Id") or new_id(),
        kind=kind,
        arn=arn,
        events=tuple(entry["Events"]),
        filter_rules=_read_filter(entry),
    )


def _check_arn(kind: DestinationKind, text: str, region: str) -> None:
    try:
        arn = parse_arn(text)
    except ValueError:
        arn = None
    if arn is None or arn.service != kind.service or not arn.resource:
        raise invalid_argument("The ARN could not be parsed", kind.argument, text)
    if arn.region != region:
        raise invalid_argument(_OTHER_REGION, kind.argument, text)
    if kind is not FUNCTION and arn.resource.endswith(".fifo"):
        service = "SQS" if kind is QUEUE else "SNS"
        raise invalid_argument(f"FIFO {service} topics are not supported.", kind.argument, text)


def _read_filter(entry: Mapping[str, Any]) -> tuple[tuple[str, str], ...] | None:
    """Return filter rules with S3's own capitals, whatever the caller's (recorded on AWS)."""
    rules = filter_rules_of(entry)
    if rules is None:
        return None
    if any(not {"Name", "Value"} <= rule.keys() for rule in entry["Filter"]["Key"]["FilterRules"]):
        raise malformed_xml()
    read: dict[str, str] = {}
    for name, value in rules:
        known = _FILTER_NAMES.get(name.lower())
        if known is None:
            raise invalid_argument(
                "filter rule name must be either prefix or suffix", "FilterRule.Name", name
            )
        if known in read:
            raise invalid_argument(
                f"Cannot specify more than one {known.lower()} rule in a filter.",
                "FilterRule.Name",
                name,
            )
        if len(value.encode()) > FILTER_VALUE_BYTES:
            raise invalid_argument(
                f"Size of filter rule value cannot exceed {FILTER_VALUE_BYTES} bytes in UTF-8 "
                "representation",
                "FilterRule.Value",
                value,
            )
        read[known] = value
    return tuple(read.items())


def _check_overlap(one: Rule, other: Rule) -> None:
    """Refuse two rules that one event on one key could both match."""
    if not any(covers(a, b) or covers(b, a) for a in one.events for b in other.events):
        return
    prefixes = one.filter_value("Prefix"), other.filter_value("Prefix")
    suffixes = one.filter_value("Suffix"), other.filter_value("Suffix")
    if not _either(str.startswith, *prefixes) or not _either(str.endswith, *suffixes):
        return
    has_filter = any((*prefixes, *suffixes))
    raise invalid_argument(_AMBIGUOUS if has_filter else _SHARED)


def _either(holds: Callable[[str, str], bool], one: str, other: str) -> bool:
    return holds(one, other) or holds(other, one)


def check_destinations(kernel: Kernel, rules: tuple[Rule, ...], causes: tuple[int, ...]) -> None:
    """Ask for every destination; raises AwsError InvalidArgument naming all that are missing."""
    reasons = []
    for rule in rules:
        arn = parse_arn(rule.arn)
        service, operation, request = _question(rule)
        try:
            kernel.deliver(
                service,
                operation,
                request,
                account_id=arn.account_id,
                region=arn.region,
                causes=causes,
                principal=PRINCIPAL,
            )
        except AwsError:
            reasons.append(_reason(rule))
    if reasons:
        raise unusable_destinations(reasons)


def _question(rule: Rule) -> tuple[str, str, Request]:
    if rule.kind is QUEUE:
        return "sqs", "GetQueueAttributes", {"QueueUrl": queue_url(parse_arn(rule.arn))}
    if rule.kind is FUNCTION:
        return "lambda", "GetFunction", {"FunctionName": rule.arn}
    return "sns", "GetTopicAttributes", {"TopicArn": rule.arn}


def _reason(rule: Rule) -> tuple[str, str]:
    if rule.kind is QUEUE:
        return rule.arn, "The destination queue does not exist"
    if rule.kind is FUNCTION:
        return f"{rule.arn}, null", f"Not authorized to invoke function [{rule.arn}]"
    return rule.arn, "The destination topic does not exist"
