"""The order middleware: every route and event source on one page.

    partner ─POST→ channel_webhook ─→ bus orders ─rule→ inbound-orders ─→ inbound
        inbound ─→ order.received, pos-submissions.fifo (group = store) ─→ submit
        submit  ─→ order.accepted | order.rejected | order.pos_unknown
    bus orders ─rule→ topic order-updates ─→ channel-callbacks ─→ callbacks (answers the partner)
                                          └→ notifications ─→ notifications (tells staff)
    S3 menus/*.json ─→ menus        each minute ─→ sweep
    Square ─POST→ pos_webhook ─→ default bus ─→ pos_events

Queues, rules, topic, tables and bucket are declared in .chalice/resources.json.

Why batch_size is 1 everywhere: Chalice never sets FunctionResponseTypes on an event source
mapping, so Lambda ignores a partial-batch answer, and one failed message would bring back its
whole batch. One message per invocation: success deletes it, an exception keeps it, and the
others never notice. Handlers can be repeated all the same: SQS delivers at least once.
"""

# Chalice's decorators have no types.
# mypy: disallow-untyped-decorators=False

from __future__ import annotations

from typing import Any

from chalice import Chalice, Rate

from chalicelib import entrypoints
from chalicelib.config import read_names

app = Chalice(app_name="order-middleware")
names = read_names()


@app.route("/health", methods=["GET"])
def health() -> dict[str, str]:
    """Say that the function starts and answers; asks nothing else."""
    return {"status": "ok"}


@app.route("/webhooks/{channel}", methods=["POST"])
def channel_webhook(channel: str) -> Any:
    """Take in a delivery partner's webhook: uber_eats, doordash."""
    return entrypoints.channel_webhook(app.current_request, channel)


@app.route("/webhooks/pos/{vendor}", methods=["POST"])
def pos_webhook(vendor: str) -> Any:
    """Take in a point of sale's webhook: square."""
    return entrypoints.pos_webhook(app.current_request, vendor)


@app.on_sqs_message(queue=names.inbound_orders_queue, batch_size=1, name="inbound")
def inbound(event: Any) -> None:
    """Read or fetch the order behind a webhook and write it down once."""
    entrypoints.from_queue(event, "inbound")


@app.on_sqs_message(queue=names.pos_submissions_queue, batch_size=1, name="submit")
def submit(event: Any) -> None:
    """Make the ticket at the point of sale, one order of a store after the other."""
    entrypoints.from_submissions(event)


@app.on_sqs_message(queue=names.channel_callbacks_queue, batch_size=1, name="callbacks")
def callbacks(event: Any) -> None:
    """Tell the partner yes or no."""
    entrypoints.from_queue(event, "callbacks", cap_seconds=30)


@app.on_sqs_message(queue=names.notifications_queue, batch_size=1, name="notifications")
def notifications(event: Any) -> None:
    """Leave a note for staff."""
    entrypoints.from_queue(event, "notifications", cap_seconds=300)


@app.on_s3_event(
    bucket=names.bucket,
    events=["s3:ObjectCreated:*"],
    prefix="menus/",
    suffix=".json",
    name="menus",
)
def menus(event: Any) -> None:
    """Import a store's menu."""
    entrypoints.menu_uploaded(event)


# Chalice binds functions to the default bus only (on_cw_event has no bus), which is why the
# webhooks of the point of sale go there and everything about orders goes through queues.
# Most of its webhooks only repeat what we have just done there: two states are news.
@app.on_cw_event(
    {
        "source": ["order-middleware"],
        "detail-type": ["pos.order.changed"],
        "detail": {"data": {"state": ["completed", "voided"]}},
    },
    name="pos_events",
)
def pos_events(event: Any) -> None:
    """Follow what happens to a ticket after it was printed."""
    entrypoints.pos_changed(event)


@app.schedule(Rate(1, unit=Rate.MINUTES), name="sweep")
def sweep(event: Any) -> None:  # noqa: ARG001 - chalice.app.CloudWatchEvent
    """Decide what nobody has decided in time."""
    entrypoints.minute_passed()
