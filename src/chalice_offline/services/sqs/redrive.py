"""RedrivePolicy (where dead letters go) and RedriveAllowPolicy (whose dead letters may come).

Both are JSON in a queue attribute. Texts as AWS words them; recorded ones are marked "[REC]".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from chalice_offline.core.arn import parse_arn
from chalice_offline.services.sqs import limits
from chalice_offline.services.sqs.errors import invalid_attribute, invalid_value

if TYPE_CHECKING:
    from chalice_offline.core.errors import AwsError

_PERMISSIONS = ("allowAll", "denyAll", "byQueue")
_REDRIVE_KEYS = ("maxReceiveCount", "deadLetterTargetArn")
_ALLOW_KEYS = frozenset({"redrivePermission", "sourceQueueArns"})
_DIGITS = 9
_NO_ALLOW = "Amazon SQS can't create the redrive allow policy"


class RedrivePolicy(NamedTuple):
    """After `maximum_receives` receives a message goes to the queue with this ARN."""

    dead_letter_arn: str
    maximum_receives: int


class RedriveAllowPolicy(NamedTuple):
    """Which queues may name this queue as their dead-letter queue."""

    permission: str
    source_arns: tuple[str, ...]

    def allows(self, source_arn: str) -> bool:
        """Whether the queue with this ARN may."""
        if self.permission == "byQueue":
            return source_arn in self.source_arns
        return self.permission == "allowAll"


def spelled_redrive_policy(text: str) -> str:
    """Return a redrive policy as AWS shows it: compact, the count as a number."""
    policy = parse_redrive_policy(text)
    if policy is None:
        return ""
    members = {
        "deadLetterTargetArn": policy.dead_letter_arn,
        "maxReceiveCount": policy.maximum_receives,
    }
    return json.dumps(members, separators=(",", ":"))


def parse_redrive_policy(text: str) -> RedrivePolicy | None:
    """Return the policy, or None for an empty text; AwsError for a malformed one."""
    if not text:
        return None
    policy = _parse_object(text)
    if policy is None:
        raise invalid_attribute("RedrivePolicy", "Redrive policy is not a valid JSON map.")
    for key in _REDRIVE_KEYS:
        if key not in policy:
            reason = f"Redrive policy does not contain mandatory attribute: {key}."
            raise _bad_redrive(text, reason)
    if len(policy) > len(_REDRIVE_KEYS):
        supported = "[maxReceiveCount, deadLetterTargetArn]"
        raise _bad_redrive(text, f"Only following attributes are supported: {supported}.")
    maximum = _whole_number(policy["maxReceiveCount"])
    if maximum is None or not 1 <= maximum <= limits.RECEIVE_COUNT:
        reason = (
            f"Invalid value for maxReceiveCount: {policy['maxReceiveCount']}, valid values are "
            "from 1 to 1000 both inclusive."
        )
        raise _bad_redrive(text, reason)
    target = policy["deadLetterTargetArn"]
    if not isinstance(target, str) or not _is_arn(target):
        raise _bad_redrive(text, "Dead-letter target ARN should be fully qualified ARN.")
    return RedrivePolicy(target, maximum)


def check_dead_letter_queue(
    text: str, source_arn: str, target: tuple[str, RedriveAllowPolicy | None] | None
) -> None:
    """Raise AwsError unless the queue named by a redrive policy may take the dead letters.

    `target` is the ARN and the allow policy of the queue the policy names, None when there is
    no such queue.
    """
    if target is None:
        raise _bad_redrive(text, "Dead letter target does not exist.")
    target_arn, allow_policy = target
    source, dead_letters = parse_arn(source_arn), parse_arn(target_arn)
    if (source.account_id, source.region) != (dead_letters.account_id, dead_letters.region):
        raise _bad_redrive(text, "Dead-letter target owner should be same as the source.")
    if source_arn.endswith(".fifo") != target_arn.endswith(".fifo"):
        raise _bad_redrive(text, "Dead-letter queue must be same type of queue as the source.")
    if allow_policy is not None and not allow_policy.allows(source_arn):
        raise _bad_redrive(text, "Dead-letter queue's redrive allow policy denies this source.")


def parse_redrive_allow_policy(text: str) -> RedriveAllowPolicy | None:
    """Return the policy, or None for an empty text; AwsError for a malformed one."""
    if not text:
        return None
    policy = _parse_object(text)
    sources = policy.get("sourceQueueArns", []) if policy is not None else None
    shaped = (
        policy is not None
        and policy.get("redrivePermission") in _PERMISSIONS
        and policy.keys() <= _ALLOW_KEYS
        and isinstance(sources, list)
        and all(isinstance(source, str) for source in sources)
    )
    if not shaped or policy is None or sources is None:
        raise invalid_attribute(
            "RedriveAllowPolicy", f"{_NO_ALLOW}, as it's in an unsupported format."
        )
    permission = policy["redrivePermission"]
    if permission != "byQueue" and sources:
        advice = (
            "To specify one or more source queue ARNs, you must set redrivePermission to byQueue."
        )
        raise _bad_allow(text, advice)
    if permission == "byQueue" and not sources:
        advice = (
            "When you specify the byQueue permission type, you must also specify one or more "
            "sourceQueueArns values."
        )
        raise _bad_allow(text, advice)
    if len(sources) > limits.SOURCE_QUEUES:
        advice = (
            f"The maximum number of source queue ARNs you can specify is {limits.SOURCE_QUEUES}."
        )
        raise _bad_allow(text, advice)
    return RedriveAllowPolicy(permission, tuple(sources))


def _parse_object(text: str) -> dict[str, Any] | None:
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def _whole_number(value: object) -> int | None:
    """Return an integer given as number or as text: AWS takes both [REC]."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _DIGITS:
        return int(value)
    return None


def _is_arn(text: str) -> bool:
    try:
        parse_arn(text)
    except ValueError:
        return False
    return True


def _bad_redrive(text: str, reason: str) -> AwsError:
    return invalid_value("RedrivePolicy", text, reason)


def _bad_allow(text: str, advice: str) -> AwsError:
    return invalid_value("RedriveAllowPolicy", text, f"{_NO_ALLOW}. {advice}")
