"""One run of a schedule: the call, its retries, and the dead letter when all is in vain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.delivery import Delivery, Failure, RetryPolicy
from chalice_offline.core.errors import AwsError
from chalice_offline.core.pending import Pending
from chalice_offline.core.targets import Payload, queue_call, string_attributes
from chalice_offline.protocols.error_codes import SQS_LEGACY_CODES
from chalice_offline.services.common.retrying import BUSY, backoff_ms
from chalice_offline.services.common.timestamps import iso_seconds
from chalice_offline.services.scheduler import limits
from chalice_offline.services.scheduler.input_text import input_text
from chalice_offline.services.scheduler.target_calls import call_of, request_text, universal_arn

if TYPE_CHECKING:
    from chalice_offline.core.kernel import Kernel, Reply
    from chalice_offline.core.targets import TargetCall
    from chalice_offline.services.scheduler.resources import Schedule

PRINCIPAL = "scheduler.amazonaws.com"
_EXECUTION_ID_DIGITS = 16
_SERVER_ERROR = 500
_NOT_IMPLEMENTED = 501


class Invocation:
    """One occurrence of a schedule on its way to the target."""

    def __init__(
        self,
        kernel: Kernel,
        schedule: Schedule,
        scheduled_ms: int,
        causes: tuple[int, ...] = (),
    ) -> None:
        self._kernel = kernel
        self._schedule = schedule
        self._target = dict(schedule.target)  # a later update changes later runs only
        self._scheduled_ms = scheduled_ms
        self._execution_id = kernel.ids.hex(_EXECUTION_ID_DIGITS)
        self._event_id = kernel.ids.uuid()
        self._call: TargetCall | None = None
        self._entry = kernel.note(
            schedule.arn,
            {
                "expression": schedule.settings["ScheduleExpression"],
                "scheduled-time": iso_seconds(scheduled_ms // 1000),
                "execution-id": self._execution_id,
            },
            causes,
            "due",
        )

    def start(self) -> None:
        """Make the first attempt at once."""
        policy = self._target["RetryPolicy"]
        ids = self._kernel.ids
        retry_policy = RetryPolicy(
            maximum_retries=policy["MaximumRetryAttempts"],
            maximum_age_ms=policy["MaximumEventAgeInSeconds"] * 1000,
            delay_ms=lambda retry: _backoff_ms(retry, ids.fraction()),
            is_final=_is_final,
        )
        Delivery(self._kernel, self._attempt, retry_policy, self._given_up).start()

    def _attempt(self, number: int) -> Reply | Pending[None] | None:
        text = input_text(
            self._schedule, self._execution_id, self._scheduled_ms, number, self._event_id
        )
        self._call = call_of(self._target, text)
        reply = self._make(self._call)
        if not isinstance(reply, Pending) and reply.get("FailedEntryCount"):
            failed = reply["Entries"][0]
            raise AwsError(failed.get("ErrorCode", ""), failed.get("ErrorMessage", ""))
        return reply

    def _make(self, call: TargetCall) -> Reply:
        group = self._schedule.group
        return call.make(
            self._kernel,
            causes=(self._entry,),
            principal=PRINCIPAL,
            account_id=group.account_id,
            region=group.region,
        )

    def _given_up(self, failure: Failure) -> None:
        outcome = f"gave up: {failure.error}"
        queue_arn = self._target.get("DeadLetterConfig", {}).get("Arn")
        if queue_arn:
            try:
                self._make(self._dead_letter(queue_arn, failure))
            except AwsError as error:
                outcome += f"; the dead-letter queue {queue_arn} refused it: {error}"
            else:
                outcome += f"; sent to {queue_arn}"
        detail = {"target": self._target["Arn"], "attempts": failure.attempts}
        self._kernel.note(self._schedule.arn, detail, (self._entry,), outcome)

    def _dead_letter(self, queue_arn: str, failure: Failure) -> TargetCall:
        """Return the call that leaves the request, and why it failed, in the queue.

        Names and values: User guide, "Configuring a dead-letter queue".
        """
        call = self._call
        code = failure.error.code
        if call is not None and call.service == "sqs":
            code = SQS_LEGACY_CODES.get(code, code)
        attributes: dict[str, str] = {
            "ERROR_CODE": code,
            "ERROR_MESSAGE": failure.error.message or code,
            "EXECUTION_ID": self._execution_id,
            "IS_PAYLOAD_TRUNCATED": "false",
            "RETRY_ATTEMPTS": str(failure.retries),
            "SCHEDULED_TIME": iso_seconds(self._scheduled_ms // 1000),
            "SCHEDULE_ARN": self._schedule.arn,
            "TARGET_ARN": self._target["Arn"] if call is None else universal_arn(call),
        }
        if failure.exhausted:
            attributes["EXHAUSTED_RETRY_CONDITION"] = failure.exhausted
        text = self._target.get("Input", "{}") if call is None else request_text(call)
        sorted_attributes = string_attributes(dict(sorted(attributes.items())))
        return queue_call(queue_arn, Payload(text=text, attributes=sorted_attributes))


def _is_final(error: AwsError) -> bool:
    """Whether trying again cannot help: a refusal that is neither throttling nor a failure."""
    if error.status == _NOT_IMPLEMENTED:
        return True
    return error.status < _SERVER_ERROR and error.code not in BUSY


def _backoff_ms(retry: int, fraction: float) -> int:
    return backoff_ms(
        retry, fraction, first_ms=limits.FIRST_RETRY_MS, longest_ms=limits.LONGEST_RETRY_MS
    )
