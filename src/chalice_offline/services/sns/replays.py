"""Archive and replay of FIFO topics: ArchivePolicy keeps messages, ReplayPolicy repeats them.

Developer guide, "Amazon SNS message archiving and replay for FIFO topics".
"""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

from chalice_offline.services.sns.json_text import parse_object
from chalice_offline.services.sns.limits import ARCHIVE_DAYS_MAX, ARCHIVE_DAYS_MIN, DAY_MS

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.errors import AwsError
    from chalice_offline.services.sns.message import Message
    from chalice_offline.services.sns.topic import Topic

    Refuse = Callable[[str], AwsError]

_REPLAY_MEMBERS = ("PointType", "StartingPoint", "EndingPoint")


def check_archive_policy(text: str, refuse: Refuse) -> None:
    """Raise what `refuse` makes unless the policy is {"MessageRetentionPeriod": days}."""
    days = parse_object(text, refuse).get("MessageRetentionPeriod")
    whole = _whole_number(days)
    if whole is None or not ARCHIVE_DAYS_MIN <= whole <= ARCHIVE_DAYS_MAX:
        raise refuse(
            f"MessageRetentionPeriod must be between {ARCHIVE_DAYS_MIN} and {ARCHIVE_DAYS_MAX}"
        )


def check_replay_policy(topic: Topic, text: str, refuse: Refuse) -> None:
    """Raise what `refuse` makes unless the topic has an archive and the policy is one."""
    if "ArchivePolicy" not in topic.attributes:
        raise refuse("the topic has no ArchivePolicy")
    policy = parse_object(text, refuse)
    for name in policy:
        if name not in _REPLAY_MEMBERS:
            raise refuse(f"invalid JSON. Attribute {name} is unknown.")
    if policy.get("PointType") != "Timestamp":
        raise refuse("PointType must be Timestamp")
    for name in ("StartingPoint", "EndingPoint"):
        if name in policy and _instant_ms(policy[name]) is None:
            raise refuse(f"{name} must be a timestamp in ISO 8601")
    if "StartingPoint" not in policy:
        raise refuse("StartingPoint must be specified")


def keep(topic: Topic, message: Message) -> None:
    """Put a message into the topic's archive, and forget what is past its retention period."""
    policy = topic.attributes.get("ArchivePolicy")
    if not policy:
        topic.archive.clear()
        return
    oldest_ms = message.published_ms - _retention_ms(policy)
    topic.archive = [kept for kept in topic.archive if kept.published_ms > oldest_ms]
    topic.archive.append(message)


def to_replay(topic: Topic, replay_policy: str, now_ms: int) -> list[Message]:
    """Return the archived messages a replay policy asks for, oldest first."""
    archive_policy = topic.attributes.get("ArchivePolicy")
    if not archive_policy:
        return []
    policy = json.loads(replay_policy)
    first_ms = max(
        _instant_ms(policy["StartingPoint"]) or 0, now_ms - _retention_ms(archive_policy)
    )
    last_ms = _instant_ms(policy["EndingPoint"]) if "EndingPoint" in policy else now_ms
    end_ms = now_ms if last_ms is None else last_ms
    return [message for message in topic.archive if first_ms <= message.published_ms <= end_ms]


def only_replays(replay_policy: str) -> bool:
    """Whether a subscription gets nothing new: its replay policy has an ending point."""
    return bool(replay_policy) and "EndingPoint" in json.loads(replay_policy)


def beginning_ms(topic: Topic) -> int | None:
    """Return the instant of the oldest message that can be replayed."""
    return topic.archive[0].published_ms if topic.archive else None


def _retention_ms(archive_policy: str) -> int:
    return int(json.loads(archive_policy)["MessageRetentionPeriod"]) * DAY_MS


def _whole_number(value: Any) -> int | None:
    try:
        return int(str(value))
    except ValueError:
        return None


def _instant_ms(value: Any) -> int | None:
    try:
        instant = dt.datetime.fromisoformat(str(value))
    except ValueError:
        return None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=dt.UTC)
    return round(instant.timestamp() * 1000)
