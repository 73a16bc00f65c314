"""Between Chalice and the handlers: events come in as AWS sends them, commands go on."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from chalice import Response

from chalicelib import log
from chalicelib.bootstrap import services
from chalicelib.domain.commands import (
    AnswerPartner,
    Dispatch,
    FetchOrder,
    ImportMenu,
    KeepTokens,
    MeasureTokens,
    NoteStock,
    PlaceOrder,
    PollPartner,
    PollPartners,
    PublishMenu,
    ReconcileStore,
    ReconcileStores,
    SetStoreOpen,
    SettlePayment,
    SubmitOrder,
    SweepDeadlines,
    TakeInUnpublished,
    TellCustomer,
    TellStock,
)
from chalicelib.domain.deadlines import backoff_seconds
from chalicelib.domain.errors import DomainError, RetryLater, UnreadableRecord
from chalicelib.domain.events import Event, event_id
from chalicelib.domain.fulfilment import Journey
from chalicelib.ingest.webhooks import receive, receive_from_pos, refused
from chalicelib.telemetry import trace
from chalicelib.telemetry.metrics import put
from chalicelib.telemetry.work import working

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from contextlib import AbstractContextManager

    from chalicelib.channels.base import WebhookReply
    from chalicelib.domain.commands import Command

MAX_WAIT_SECONDS = 300
"""However long a vendor asks us to stay away: by then every order is decided."""

DAY_MS = 86_400_000

SEQUENCER_LENGTH = 32
"""S3's sequencers are compared after padding with zeros on the right; today they have 16 or 18
digits."""


def channel_webhook(request: Any, channel: str) -> Response:
    """POST /webhooks/{channel}."""
    headers = _headers(request)
    with working(_request_id(request.lambda_context), trace.read(headers)):
        return _response(receive(services(), channel, headers, request.raw_body or b""))


def vendor_webhook(request: Any, side: str, vendor: str) -> Response:
    """POST /webhooks/{side}/{vendor}: from a point of sale, a payment provider, a courier."""
    headers, body = _headers(request), request.raw_body or b""
    with working(_request_id(request.lambda_context), trace.read(headers)):
        if side == "pos":
            return _response(receive_from_pos(services(), vendor, headers, body))
        from chalicelib.shop.webhooks import receive_from_courier, receive_from_provider

        if side == "payments":
            return _response(receive_from_provider(services(), vendor, headers, body))
        if side == "couriers":
            return _response(receive_from_courier(services(), vendor, headers, body))
        return _response(refused(404, side, "unknown kind of vendor"))


def merchant(request: Any, merchant_id: str) -> Response:
    """GET /open_delivery/{merchant_id}/v1/merchant."""
    from chalicelib.stores.merchants import show_merchant  # not on the webhook path

    headers = _headers(request)
    with working(_request_id(request.lambda_context), trace.read(headers)):
        return _response(show_merchant(services(), headers, merchant_id))


def place_checkout(request: Any) -> Response:
    """POST /shop/checkouts."""
    from chalicelib.shop import checkouts  # not on the webhook path

    headers, body = _headers(request), request.raw_body or b""
    with working(_request_id(request.lambda_context), trace.read(headers)):
        return _response(checkouts.place_checkout(services(), headers, body))


def show_checkout(request: Any, checkout_id: str) -> Response:
    """GET /shop/checkouts/{checkout_id}."""
    from chalicelib.shop import checkouts  # not on the webhook path

    with working(_request_id(request.lambda_context), trace.read(_headers(request))):
        return _response(checkouts.show_checkout(services(), checkout_id))


def cancel_checkout(request: Any, checkout_id: str) -> Response:
    """POST /shop/checkouts/{checkout_id}/cancellation."""
    from chalicelib.shop import checkouts  # not on the webhook path

    headers, body = _headers(request), request.raw_body or b""
    with working(_request_id(request.lambda_context), trace.read(headers)):
        return _response(checkouts.cancel_checkout(services(), checkout_id, headers, body))


def approval(request: Any, link: str) -> Response:
    """GET and POST /approvals/{link}."""
    from chalicelib.approvals import pages  # not on the webhook path

    with working(_request_id(request.lambda_context), trace.read(_headers(request))):
        if request.method == "GET":
            return _response(pages.show(services(), link))
        return _response(pages.answer(services(), link, request.raw_body or b""))


def applied(request: Any) -> Response:
    """POST /stores/applications."""
    from chalicelib.onboarding import routes  # not on the webhook path

    request_id, body = request.context["requestId"], request.raw_body or b""
    with working(_request_id(request.lambda_context), trace.read(_headers(request))):
        return _response(routes.apply(services(), body, request_id))


def application(request: Any, application_id: str) -> Response:
    """GET /stores/applications/{id}."""
    from chalicelib.onboarding import routes  # not on the webhook path

    with _onboarding(application_id, request.lambda_context):
        return _response(routes.status(services(), application_id))


def submission(request: Any, application_id: str) -> Response:
    """POST /stores/applications/{id}/submit."""
    from chalicelib.onboarding import routes  # not on the webhook path

    context = request.lambda_context
    with _onboarding(application_id, context):
        return _response(routes.submit(services(), application_id, context.invoked_function_arn))


def onboarding(step: str, data: dict[str, Any], context: Any) -> dict[str, Any]:
    """Take a step of the workflow store-onboarding."""
    from chalicelib.onboarding.steps import take_step  # not on the webhook path

    with _onboarding(data["application_id"], context):
        return take_step(services(), step, data)


def _onboarding(application_id: str, context: Any) -> AbstractContextManager[None]:
    """Let everything about one application be one trace."""
    return working(_request_id(context), trace.begun_by("application", application_id))


def seller_connected(request: Any, vendor: str) -> Response:
    """GET /oauth/{vendor}/callback: what an owner's browser brings back from the vendor."""
    from chalicelib.sellers.connect import connect  # not on the webhook path

    with working(_request_id(request.lambda_context)):
        return _response(connect(services(), vendor, request.query_params or {}))


def from_events(event: Iterable[Any], stage: str, cap_seconds: int = 10) -> None:
    """Handle the messages of a queue that events come to. `stage` names the table of commands."""
    for message in event:
        data = message.to_dict()
        came_back = int(data["attributes"]["ApproximateReceiveCount"]) > 1
        with _working(message):
            _deliver(data, partial(_command, stage, came_back), cap_seconds)


def from_wakes(event: Iterable[Any], vendor: str) -> None:
    """Handle the queue of a point of sale, whose messages only wake: {"order_key": …}."""
    for message in event:
        with _working(message):
            _deliver(message.to_dict(), lambda body: _till_command(vendor, body), 10)


def from_shop(event: Iterable[Any], step: str) -> None:
    """Handle the queue of a step of our shop's saga: {"checkout_id": …}, perhaps with news."""
    for message in event:
        with _working(message):
            _deliver(message.to_dict(), lambda body: _shop_command(step, body), 60)


def menu_uploaded(event: Any) -> None:
    """Handle an S3 notification about a menu file."""
    sequencer = event.to_dict()["Records"][0]["s3"]["object"].get("sequencer", "")
    with working(_request_id(event.context), trace.begun_by(event.key, sequencer)):
        _handle(ImportMenu(event.key, sequencer.upper().ljust(SEQUENCER_LENGTH, "0")))


def webhook_filed(event: Any) -> None:
    """Handle an S3 notification about a webhook that could only be written to a file."""
    with working(_request_id(event.context)):
        _handle(TakeInUnpublished(event.key))


def minute_passed(event: Any) -> None:
    """Handle the sweep's schedule."""
    with working(_request_id(event.context)):
        _handle(SweepDeadlines())


def poll_is_due(event: Any) -> None:
    """Handle the poll's schedule."""
    with working(_request_id(event.context)):
        _handle(PollPartners())
        _handle(MeasureTokens())


def _working(message: Any) -> AbstractContextManager[None]:
    """Say what a message of a queue is about before anything is done with it."""
    data = message.to_dict()
    try:
        body = json.loads(data["body"])
    except ValueError:
        body = {}
    detail = body.get("detail") or {}
    order = body.get("order_key", "")
    if not order and body.get("detail-type", "").startswith(("order.", "channel.order.")):
        order = detail.get("subject", "")
    attribute = data.get("messageAttributes", {}).get(trace.HEADER, {})
    given = attribute.get("stringValue") or detail.get(trace.HEADER, "")
    return working(_request_id(message.context), trace.read({trace.HEADER: given}), order)


def night_fell(event: Any) -> None:
    """Handle the schedule of the reconciliation."""
    with working(_request_id(event.context)):
        _handle(ReconcileStores())


def store_is_due(event: Any) -> None:
    """Handle one store's turn in it, from the default bus."""
    data = Event.from_detail(event.detail).data
    with working(_request_id(event.context), trace.read(event.detail)):
        _handle(ReconcileStore(data["channel"], data["name"], data["dayMs"]))


def tokens_are_due(event: Any) -> None:
    """Handle the schedule that renews sellers' tokens."""
    with working(_request_id(event.context)):
        _handle(KeepTokens())


def settlement(step: str, data: dict[str, Any], context: Any) -> dict[str, Any]:
    """Take a step of the workflow nightly-settlement."""
    from chalicelib.settlement.steps import take_step  # not on the webhook path

    with working(_request_id(context), trace.begun_by("settlement", data["run"])):
        return take_step(services(), step, data)


def access_asked(request: Any) -> Response:
    """POST /access/requests."""
    from chalicelib.access import routes  # not on the webhook path

    context = request.lambda_context
    with working(_request_id(context), trace.read(_headers(request))):
        arn, body = context.invoked_function_arn, request.raw_body or b""
        return _response(routes.ask(services(), body, _caller(request), _request_id(context), arn))


def access_shown(request: Any, request_id: str) -> Response:
    """GET /access/requests/{request_id}."""
    from chalicelib.access import routes  # not on the webhook path

    with working(_request_id(request.lambda_context), trace.read(_headers(request))):
        return _response(routes.show(services(), request_id, _caller(request)))


def access_look(request: Any, request_id: str) -> Response:
    """POST /access/requests/{request_id}/messages."""
    from chalicelib.access import routes  # not on the webhook path

    context = request.lambda_context
    with working(_request_id(context), trace.read(_headers(request))):
        arn, caller = context.invoked_function_arn, _caller(request)
        look_id = _request_id(context)
        return _response(routes.look(services(), request_id, caller, look_id, arn))


def access_decided(request: Any, link: str) -> Response:
    """POST /access/decisions/{link}."""
    from chalicelib.access import routes  # not on the webhook path

    with working(_request_id(request.lambda_context), trace.read(_headers(request))):
        body = request.raw_body or b""
        return _response(routes.decide_on(services(), link, body, _caller(request)))


def _caller(request: Any) -> str:
    """Return the ARN of who signed the call; "" when nobody did."""
    return str((request.context.get("identity") or {}).get("userArn") or "")


def access(step: str, data: dict[str, Any], context: Any) -> dict[str, Any]:
    """Take a step of the workflow break-glass."""
    from chalicelib.access.steps import take_step  # not on the webhook path

    with _accessing(data, context):
        return take_step(services(), step, data)


def access_used(data: dict[str, Any], context: Any) -> dict[str, Any]:
    """Look into a queue of dead letters."""
    from chalicelib.access.use import use  # not on the webhook path

    with _accessing(data, context):
        return use(services(), data, context.invoked_function_arn)


def access_ended(data: dict[str, Any], context: Any) -> None:
    """End an access at its minute."""
    from chalicelib.access.endings import end  # not on the webhook path

    with _accessing(data, context):
        end(services(), data["request_id"])


def access_revoked(event: Any) -> None:
    """Handle a security finding."""
    from chalicelib.access.endings import revoke  # not on the webhook path

    with working(_request_id(event.context)):
        revoke(services(), event.to_dict())


def _accessing(data: dict[str, Any], context: Any) -> AbstractContextManager[None]:
    """Let everything about one request be one trace."""
    return working(_request_id(context), trace.begun_by("access", data["request_id"]))


def _deliver(
    message: dict[str, Any], read: Callable[[dict[str, Any]], Command | None], cap_seconds: int
) -> None:
    """Handle one message.

    What fails in an orderly way writes its next try into the order and sends a wake of its own
    (orders/), and the message is done. Only what has no order yet comes back by itself: then its
    wait is shortened here, for the visibility timeout is that of crashed functions.
    """
    from chalicelib.orders.wakes import woken_by  # not on the webhook path

    queue = message["eventSourceARN"].rpartition(":")[2]
    try:
        body = json.loads(message["body"])
        command = read(body)
        if command is not None:
            with woken_by(queue, body):
                _handle(command)
    except UnreadableRecord as error:
        # No delivery would ever read it, and its neighbours do not care: an operator has to.
        _report_unreadable(str(error))
    except DomainError as error:
        attempt = int(message["attributes"]["ApproximateReceiveCount"])
        seconds = error.seconds if isinstance(error, RetryLater) else None
        if seconds is None:
            seconds = backoff_seconds(attempt, cap_seconds)
        seconds = min(seconds, MAX_WAIT_SECONDS)
        log.warning(
            "message.retry", queue=queue, attempt=attempt, seconds=seconds, reason=str(error)
        )
        try:
            services().queues.hold_back(queue, message["receiptHandle"], seconds)
        except DomainError as second:
            log.error("message.not_held_back", queue=queue, reason=str(second))
        raise


def _report_unreadable(reason: str) -> None:
    key, now_ms = reason.partition(":")[0], services().now_ms()
    log.error("order.unreadable", order=key, reason=reason)
    put(now_ms, {"RecordsUnreadable": 1}, {}, order=key)
    # One a day and order: whoever is woken for it meets it again and again.
    id_ = event_id("order.unreadable", key, now_ms // DAY_MS)
    services().bus.publish([Event(id_, "order.unreadable", key, now_ms, {"why": reason})])


def _command(stage: str, came_back: bool, message: dict[str, Any]) -> Command | None:
    from chalicelib.handlers import COMMANDS  # not on the webhook path

    if "order_key" in message:
        wake = FetchOrder if stage == "inbound" else AnswerPartner
        return wake(message["order_key"])
    if "stock" in message:
        return TellStock(message["stock"])
    if "menu" in message:
        return PublishMenu(message["menu"])
    if "pause" in message:
        pause = message["pause"]
        return SetStoreOpen(pause["store"], pause["channels"], pause["untilMs"])
    if "poll" in message:
        poll = message["poll"]
        ids = tuple(poll.get("stores") or [poll["store"]])
        return PollPartner(poll["channel"], ids, came_back, poll.get("again", 0))
    to_command = COMMANDS[stage].get(message["detail-type"])
    if to_command is None:
        # Somebody widened a filter: better a line in the log than a dead letter.
        log.error("event.unexpected", stage=stage, type=message["detail-type"])
        return None
    return to_command(Event.from_detail(message["detail"]))


def _till_command(vendor: str, body: dict[str, Any]) -> Command:
    if "till" not in body:
        return SubmitOrder(body["order_key"], vendor)
    till = body["till"]
    place = (till["location"], till.get("seller", ""), till.get("item", ""))
    return NoteStock(vendor, *place, till.get("available"))


def _shop_command(step: str, body: dict[str, Any]) -> Command:
    checkout_id = body["checkout_id"]
    if step == "pay":
        return SettlePayment(checkout_id, body.get("payment_id", ""))
    if step == "courier":
        journey = Journey(body["journey"]) if "journey" in body else None
        return Dispatch(checkout_id, body.get("delivery_id", ""), journey)
    return PlaceOrder(checkout_id) if step == "place" else TellCustomer(checkout_id)


def _handle(command: Command) -> None:
    from chalicelib.handlers import handle  # not on the webhook path

    handle(services(), command)


def _request_id(context: Any) -> str:
    return getattr(context, "aws_request_id", "")


def _headers(request: Any) -> Mapping[str, str]:
    return {name.lower(): value for name, value in request.headers.items()}


def _response(reply: WebhookReply) -> Response:
    return Response(body=reply.body, status_code=reply.status, headers=dict(reply.headers))
