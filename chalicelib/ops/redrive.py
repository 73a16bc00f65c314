"""Dead letters are delivered again, as far as that still helps anybody."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.errors import AwsUnavailable, aws_errors
from chalicelib.domain.events import SOURCE
from chalicelib.ops.messages import SUFFIX, UNDELIVERED, DeadLetter, held, queue_named
from chalicelib.ops.verdicts import Use

if TYPE_CHECKING:
    from chalicelib.ops.desk import Desk

HELPFUL = frozenset({Use.IN_TIME, Use.OWED})


def redrive(
    desk: Desk,
    queue: str,
    *,
    order: str = "",
    late: bool = False,
    drop_done: bool = False,
    dry_run: bool = False,
) -> list[dict[str, Any]]:
    """Deliver a queue's dead letters again; return each with what was done.

    What would only deny an order stays unless `late`, what nobody is owed unless `drop_done`.
    First sent, then deleted: a crash in between delivers twice, which does no harm.
    """
    name, url = queue_named(desk, queue)
    uses = HELPFUL | ({Use.LATE} if late else set())
    with held(desk, name, url) as letters:
        done = []
        for letter in list(letters):
            if order and letter.order != order:
                continue
            action = _action(letter, uses, drop_done=drop_done)
            if action != "left" and not dry_run:
                if action == "delivered":
                    _deliver(desk, letter)
                with aws_errors("DeleteMessage"):
                    desk.sqs.delete_message(QueueUrl=url, ReceiptHandle=letter.receipt)
                letters.remove(letter)
            done.append({**letter.to_dict(desk.now_ms()), "action": action})
        return done


def _action(letter: DeadLetter, uses: frozenset[Use], *, drop_done: bool) -> str:
    if letter.verdict.use in uses:
        return "delivered"
    return "dropped" if drop_done and letter.verdict.use is Use.DONE else "left"


def _deliver(desk: Desk, letter: DeadLetter) -> None:
    """Send the message where it came from; what found no queue, over the bus once more."""
    if letter.queue == UNDELIVERED:
        event = json.loads(letter.body)
        entry = {
            "EventBusName": desk.names.orders_bus,
            "Source": event.get("source", SOURCE),
            "DetailType": event["detail-type"],
            "Detail": json.dumps(event["detail"], separators=(",", ":")),
        }
        with aws_errors("PutEvents"):
            reply = desk.events.put_events(Entries=[entry])
        if reply["FailedEntryCount"]:
            raise AwsUnavailable(f"PutEvents: {reply['Entries'][0].get('ErrorCode')}")
        return
    with aws_errors("SendMessage"):
        source = letter.queue.removesuffix(SUFFIX)
        url = desk.sqs.get_queue_url(QueueName=source)["QueueUrl"]
        # With its attributes: the trace goes on.
        desk.sqs.send_message(
            QueueUrl=url,
            MessageBody=letter.body,
            **({"MessageAttributes": letter.attributes} if letter.attributes else {}),
        )
