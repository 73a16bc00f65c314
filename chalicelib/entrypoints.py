"""Between Chalice and the handlers: events come in as AWS sends them, commands go on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalice import Response

from chalicelib import log
from chalicelib.bootstrap import services
from chalicelib.domain.commands import ImportMenu, NotePosChange, SubmitOrder, SweepDeadlines
from chalicelib.domain.deadlines import backoff_seconds
from chalicelib.domain.errors import DomainError, RetryLater
from chalicelib.domain.events import Event
from chalicelib.webhooks import receive, receive_from_pos

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from chalicelib.bootstrap import Services
    from chalicelib.channels.base import WebhookReply
    from chalicelib.domain.commands import Command

MAX_WAIT_SECONDS = 300
"""However long a vendor asks us to stay away: by then every order is decided."""

SEQUENCER_LENGTH = 32
"""S3's sequencers are compared after padding with zeros on the right; today they have 16 or 18
digits."""


def channel_webhook(request: Any, channel: str) -> Response:
    """POST /webhooks/{channel}."""
    return _response(receive(services(), channel, _headers(request), request.raw_body or b""))


def pos_webhook(request: Any, vendor: str) -> Response:
    """POST /webhooks/pos/{vendor}."""
    return _response(
        receive_from_pos(services(), vendor, _headers(request), request.raw_body or b"")
    )


def from_queue(event: Iterable[Any], stage: str, cap_seconds: int = 10) -> None:
    """Handle the messages of one queue. `stage` names the table of commands."""
    for message in event:
        _deliver(message.to_dict(), lambda body: _command(services(), stage, body), cap_seconds)


def from_submissions(event: Iterable[Any]) -> None:
    """Handle the submission queue, whose messages are our own: {"order_key": …}."""
    for message in event:
        _deliver(message.to_dict(), lambda body: SubmitOrder(body["order_key"]), cap_seconds=10)


def menu_uploaded(event: Any) -> None:
    """Handle an S3 notification about a menu file."""
    sequencer = event.to_dict()["Records"][0]["s3"]["object"].get("sequencer", "")
    _handle(ImportMenu(event.key, sequencer.upper().ljust(SEQUENCER_LENGTH, "0")))


def pos_changed(event: Any) -> None:
    """Handle a point of sale's webhook from the default bus."""
    data = Event.from_detail(event.detail).data
    order_id, location_id = data["posOrderId"], data.get("locationId", "")
    _handle(NotePosChange(data["vendor"], order_id, location_id, data["state"]))


def minute_passed() -> None:
    """Handle the schedule."""
    _handle(SweepDeadlines())


def _deliver(
    message: dict[str, Any], read: Callable[[dict[str, Any]], Command | None], cap_seconds: int
) -> None:
    """Handle one message; on failure shorten its wait and raise, so that Lambda keeps it.

    The queue's visibility timeout is for crashed functions and therefore long (AWS: six times
    the function's timeout). What failed in an orderly way must come back before the order's
    deadline.
    """
    try:
        command = read(json.loads(message["body"]))
        if command is not None:
            _handle(command)
    except DomainError as error:
        attempt = int(message["attributes"]["ApproximateReceiveCount"])
        seconds = error.seconds if isinstance(error, RetryLater) else None
        if seconds is None:
            seconds = backoff_seconds(attempt, cap_seconds)
        seconds = min(seconds, MAX_WAIT_SECONDS)
        queue = message["eventSourceARN"].rpartition(":")[2]
        log.warning(
            "message.retry", queue=queue, attempt=attempt, seconds=seconds, reason=str(error)
        )
        try:
            services().queues.hold_back(queue, message["receiptHandle"], seconds)
        except DomainError as second:
            log.error("message.not_held_back", queue=queue, reason=str(second))
        raise


def _command(services_: Services, stage: str, envelope: dict[str, Any]) -> Command | None:
    from chalicelib.handlers import COMMANDS  # not on the webhook path

    to_command = COMMANDS[stage].get(envelope["detail-type"])
    if to_command is None:
        # Somebody widened a filter: better a line in the log than a dead letter.
        log.error("event.unexpected", stage=stage, type=envelope["detail-type"])
        return None
    return to_command(services_, Event.from_detail(envelope["detail"]))


def _handle(command: Command) -> None:
    from chalicelib.handlers import handle  # not on the webhook path

    handle(services(), command)


def _headers(request: Any) -> Mapping[str, str]:
    return {name.lower(): value for name, value in request.headers.items()}


def _response(reply: WebhookReply) -> Response:
    return Response(body=reply.body, status_code=reply.status, headers=dict(reply.headers))
