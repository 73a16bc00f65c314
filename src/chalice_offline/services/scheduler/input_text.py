"""The text a target gets: its Input with context attributes filled in, or Scheduler's own event."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from chalice_offline.services.common.timestamps import iso_seconds

if TYPE_CHECKING:
    from chalice_offline.services.scheduler.resources import Schedule


def input_text(
    schedule: Schedule, execution_id: str, scheduled_ms: int, attempt: int, event_id: str
) -> str:
    """Return the input for one attempt.

    Context attributes (User guide, "Adding context attributes") are replaced wherever they stand
    in Input. Without Input the target gets a "Scheduled Event".
    """
    given = schedule.target.get("Input")
    if given is None:
        return _default_event(schedule, scheduled_ms, event_id)
    attributes = {
        "schedule-arn": schedule.arn,
        "scheduled-time": iso_seconds(scheduled_ms // 1000),
        "execution-id": execution_id,
        "attempt-number": str(attempt),
    }
    text: str = given
    for name, value in attributes.items():
        text = text.replace(f"<aws.scheduler.{name}>", value)
    return text


def _default_event(schedule: Schedule, scheduled_ms: int, event_id: str) -> str:
    event = {
        "version": "0",
        "id": event_id,
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": schedule.group.account_id,
        "time": iso_seconds(scheduled_ms // 1000),
        "region": schedule.group.region,
        "resources": [schedule.arn],
        "detail": "{}",
    }
    return json.dumps(event, separators=(",", ":"))
