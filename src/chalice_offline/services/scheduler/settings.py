"""What a schedule is asked to be: checked, and completed with defaults."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import parse_arn
from chalice_offline.schedules import (
    AtSchedule,
    ScheduleError,
    UnknownTimezoneError,
    parse_schedule,
)
from chalice_offline.services.common.timestamps import epoch_ms
from chalice_offline.services.scheduler import limits
from chalice_offline.services.scheduler.errors import invalid_expression, validation_error
from chalice_offline.services.scheduler.universal import UNIVERSAL, check_universal

if TYPE_CHECKING:
    from datetime import datetime

    from chalice_offline.core.kernel import Request
    from chalice_offline.schedules import Schedule as Occurrences

_KEPT = (
    "ScheduleExpression",
    "StartDate",
    "EndDate",
    "Description",
    "KmsKeyArn",
    "FlexibleTimeWindow",
)


@dataclass(frozen=True, slots=True)
class Settings:
    """A request, read."""

    described: dict[str, Any]
    occurrences: Occurrences
    start_ms: int | None
    end_ms: int | None


def read_settings(request: Request, now_ms: int) -> Settings:
    """Read CreateSchedule's or UpdateSchedule's request; raises ValidationException."""
    expression = request["ScheduleExpression"]
    is_one_time = expression.startswith("at(")
    start_ms = None if is_one_time else _instant_ms(request.get("StartDate"))
    end_ms = None if is_one_time else _instant_ms(request.get("EndDate"))
    occurrences = _occurrences(request, now_ms if start_ms is None else start_ms)
    _check_dates(start_ms, end_ms, now_ms)
    _check_window(request["FlexibleTimeWindow"])
    described = {name: request[name] for name in _KEPT if name in request}
    described["ScheduleExpressionTimezone"] = request.get("ScheduleExpressionTimezone", "UTC")
    described["State"] = request.get("State", "ENABLED")
    described["ActionAfterCompletion"] = request.get("ActionAfterCompletion", "NONE")
    described["Target"] = _target(request["Target"])
    return Settings(described, occurrences, start_ms, end_ms)


def first_after_ms(occurrences: Occurrences, now_ms: int) -> int:
    """Return the instant after which a new schedule is due for the first time.

    A cron expression means minutes to come; a one-time schedule of this very instant and a rate
    without a start date run at once (User guide, "Schedule types").
    """
    from chalice_offline.schedules import CronSchedule

    return now_ms if isinstance(occurrences, CronSchedule) else now_ms - 1


def is_one_time(occurrences: Occurrences) -> bool:
    """Whether it is due once only."""
    return isinstance(occurrences, AtSchedule)


def _occurrences(request: Request, anchor_ms: int) -> Occurrences:
    expression = request["ScheduleExpression"]
    timezone = request.get("ScheduleExpressionTimezone", "UTC")
    try:
        return parse_schedule(expression, timezone=timezone, anchor_ms=anchor_ms)
    except UnknownTimezoneError as error:
        raise validation_error(f"Invalid Schedule Expression Timezone {timezone}.") from error
    except ScheduleError as error:
        raise invalid_expression(expression) from error


def _instant_ms(value: datetime | float | None) -> int | None:
    return None if value is None else epoch_ms(value)


def _check_dates(start_ms: int | None, end_ms: int | None, now_ms: int) -> None:
    if start_ms is not None and start_ms < now_ms - limits.START_DATE_GRACE_MS:
        raise validation_error("The StartDate you specify cannot be earlier than 5 minutes ago.")
    if end_ms is None:
        return
    if end_ms <= now_ms:
        raise validation_error("The EndDate you specify cannot be in the past.")
    if start_ms is not None and end_ms <= start_ms:
        raise validation_error("The EndDate you specify must come after the StartDate.")


def _check_window(window: dict[str, Any]) -> None:
    is_flexible = window["Mode"] == "FLEXIBLE"
    if is_flexible != ("MaximumWindowInMinutes" in window):
        needed = "is required" if is_flexible else "must not be set"
        raise validation_error(
            f"MaximumWindowInMinutes {needed} when the FlexibleTimeWindow mode is {window['Mode']}."
        )


def _target(given: dict[str, Any]) -> dict[str, Any]:
    """Return the target with the retry policy it has in effect."""
    _check_target(given)
    policy = given.get("RetryPolicy", {})
    return {
        **given,
        "RetryPolicy": {
            "MaximumEventAgeInSeconds": policy.get(
                "MaximumEventAgeInSeconds", limits.DEFAULT_EVENT_AGE_SECONDS
            ),
            "MaximumRetryAttempts": policy.get("MaximumRetryAttempts", limits.DEFAULT_RETRIES),
        },
    }


def _check_target(target: dict[str, Any]) -> None:
    if len(target.get("Input", "").encode()) > limits.INPUT_BYTES:
        raise validation_error(f"Input is longer than {limits.INPUT_BYTES} bytes.")
    try:
        arn = parse_arn(target["Arn"])
    except ValueError:
        raise validation_error("Provided Arn is not in correct format.") from None
    if arn.service == "events" and "EventBridgeParameters" not in target:
        raise validation_error("EventBridgeParameters is required for an event bus target.")
    if arn.service == "kinesis" and "KinesisParameters" not in target:
        raise validation_error("KinesisParameters is required for a stream target.")
    if UNIVERSAL.fullmatch(target["Arn"]):
        check_universal(target["Arn"], _json_input(target))


def _json_input(target: dict[str, Any]) -> dict[str, Any]:
    try:
        value = json.loads(target.get("Input", "{}"))
    except ValueError as error:
        raise validation_error(f"Invalid RequestJson provided. Reason {error}") from error
    if not isinstance(value, dict):
        raise validation_error("Invalid RequestJson provided. Reason it is not an object")
    return value
