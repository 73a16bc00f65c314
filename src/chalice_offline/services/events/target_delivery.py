"""One event on its way to one target: shaped, sent, tried again, dead-lettered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import parse_arn
from chalice_offline.core.delivery import Delivery, Failure
from chalice_offline.core.errors import AwsError
from chalice_offline.services.events.destinations import sender_for
from chalice_offline.services.events.input_template import TransformedInputError
from chalice_offline.services.events.retries import dead_letter_code, retry_policy

if TYPE_CHECKING:
    from chalice_offline.core.kernel import Reply, Request
    from chalice_offline.core.pending import Pending
    from chalice_offline.services.events.event import Event
    from chalice_offline.services.events.resources import Rule
    from chalice_offline.services.events.service import Events
    from chalice_offline.services.events.target import Target

PRINCIPAL = "events.amazonaws.com"


class TargetDelivery:
    """Brings one event to one target; senders read it and send through it."""

    __slots__ = ("event", "least_delay_ms", "payload", "rule", "service", "target")

    def __init__(self, service: Events, rule: Rule, target: Target, event: Event) -> None:
        self.service = service
        self.rule = rule
        self.target = target
        self.event = event
        self.payload = ""
        self.least_delay_ms = 0

    def start(self) -> None:
        """Shape the input and make the first attempt once the present input is done with."""
        kernel = self.service.kernel
        try:
            self.payload = self.target.shape(self.rule, self.event)
        except TransformedInputError as error:
            self._given_up(Failure(AwsError("INVALID_JSON", str(error)), 0, ""))
            return
        policy = retry_policy(self.target, kernel.ids, lambda: self.least_delay_ms)
        Delivery(kernel, self._attempt, policy, self._given_up).start()

    def call(self, service: str, operation: str, request: Request) -> Reply:
        """Call the target's service in the target's account and region."""
        return self.call_in(
            self.target.arn.account_id, self.target.arn.region, service, operation, request
        )

    def call_in(
        self, account_id: str, region: str, service: str, operation: str, request: Request
    ) -> Reply:
        """Call a service as EventBridge does; an ARN without account or region means the rule's."""
        return self.service.kernel.deliver(
            service,
            operation,
            request,
            account_id=account_id or self.rule.bus.account_id,
            region=region or self.rule.bus.region,
            causes=(self.event.entry,),
            principal=PRINCIPAL,
        )

    def _attempt(self, _number: int) -> Reply | Pending[None] | None:
        self.least_delay_ms = 0
        return sender_for(self.target.arn)(self)

    def _given_up(self, failure: Failure) -> None:
        code = dead_letter_code(failure.error)
        queue_arn = self.target.dead_letter_arn
        outcome = f"gave up: {code}: {failure.error.message}"
        if queue_arn:
            try:
                self._send_dead_letter(queue_arn, code, failure)
            except AwsError as error:
                outcome += f"; the dead-letter queue {queue_arn} refused it: {error}"
            else:
                outcome += f"; sent to {queue_arn}"
        self.service.kernel.note(
            self.rule.arn,
            {
                "event": self.event.id,
                "target": self.target.settings["Arn"],
                "attempts": failure.attempts,
            },
            (self.event.entry,),
            outcome,
        )

    def _send_dead_letter(self, queue_arn: str, code: str, failure: Failure) -> None:
        """Send the event itself, not what was made of it, with the reason in attributes.

        Names and values: user guide, "Using dead-letter queues to process undelivered events".
        """
        arn = parse_arn(queue_arn)
        attributes = {
            "RULE_ARN": self.rule.arn,
            "TARGET_ARN": self.target.settings["Arn"],
            "ERROR_CODE": code,
            "ERROR_MESSAGE": failure.error.message or code,
            "RETRY_ATTEMPTS": str(max(0, failure.retries)),
        }
        if failure.exhausted:
            attributes["EXHAUSTED_RETRY_CONDITION"] = failure.exhausted
        request: dict[str, Any] = {
            "QueueUrl": f"https://sqs.{arn.region}.amazonaws.com/{arn.account_id}/{arn.resource}",
            "MessageBody": self.event.text,
            "MessageAttributes": {
                name: {"DataType": "String", "StringValue": value}
                for name, value in attributes.items()
            },
        }
        self.call_in(arn.account_id, arn.region, "sqs", "SendMessage", request)
