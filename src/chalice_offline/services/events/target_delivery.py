"""From a rule that matched to its target: shaped, sent, tried again, dead-lettered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.delivery import Delivery, Failure
from chalice_offline.core.errors import AwsError
from chalice_offline.core.targets import Payload, queue_call, string_attributes
from chalice_offline.services.events.destinations import sender_for
from chalice_offline.services.events.input_template import TransformedInputError
from chalice_offline.services.events.parcel import Parcel
from chalice_offline.services.events.retries import dead_letter_code, retry_policy

if TYPE_CHECKING:
    from chalice_offline.core.kernel import Reply
    from chalice_offline.core.pending import Pending
    from chalice_offline.services.events.event import Event
    from chalice_offline.services.events.resources import Rule
    from chalice_offline.services.events.state import EventsState
    from chalice_offline.services.events.target import Target


def send_to_target(events: EventsState, rule: Rule, target: Target, event: Event) -> None:
    """Shape the input and make the first attempt once the present input is done with."""
    parcel = Parcel(events, rule, target, event)
    try:
        parcel.payload = target.shape(rule, event)
    except TransformedInputError as error:
        _give_up(parcel, Failure(AwsError("INVALID_JSON", str(error)), 0, ""))
        return

    def attempt(_number: int) -> Reply | Pending[None] | None:
        parcel.least_delay_ms = 0
        return sender_for(target.arn)(parcel)

    policy = retry_policy(target, events.kernel.ids, lambda: parcel.least_delay_ms)
    Delivery(events.kernel, attempt, policy, lambda failure: _give_up(parcel, failure)).start()


def _give_up(parcel: Parcel, failure: Failure) -> None:
    code = dead_letter_code(failure.error)
    queue_arn = parcel.target.dead_letter_arn
    outcome = f"gave up: {code}: {failure.error.message}"
    if queue_arn:
        try:
            _send_dead_letter(parcel, queue_arn, code, failure)
        except AwsError as error:
            outcome += f"; the dead-letter queue {queue_arn} refused it: {error}"
        else:
            outcome += f"; sent to {queue_arn}"
    parcel.state.kernel.note(
        parcel.rule.arn,
        {
            "event": parcel.event.id,
            "target": parcel.target.settings["Arn"],
            "attempts": failure.attempts,
        },
        (parcel.event.entry,),
        outcome,
    )


def _send_dead_letter(parcel: Parcel, queue_arn: str, code: str, failure: Failure) -> None:
    """Send the event itself, not what was made of it, with the reason in attributes.

    Names and values: user guide, "Using dead-letter queues to process undelivered events".
    """
    attributes = {
        "RULE_ARN": parcel.rule.arn,
        "TARGET_ARN": parcel.target.settings["Arn"],
        "ERROR_CODE": code,
        "ERROR_MESSAGE": failure.error.message or code,
        "RETRY_ATTEMPTS": str(max(0, failure.retries)),
    }
    if failure.exhausted:
        attributes["EXHAUSTED_RETRY_CONDITION"] = failure.exhausted
    letter = Payload(text=parcel.event.text, attributes=string_attributes(attributes))
    parcel.make(queue_call(queue_arn, letter))
