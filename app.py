"""The order middleware: every route and event source on one page.

    partner ─POST→ channel_webhook ─→ bus orders ─rule→ inbound-orders ─→ inbound
        └ without bus: straight to inbound-orders; without that: S3 webhooks/unpublished/
    inbound ─→ the order's record, a wake to pos-VENDOR ─→ submit_VENDOR (ticket, or its undoing)
        submit_VENDOR ─→ order.accepted | order.rejected | order.voided …
    bus orders ─rule→ topic order-updates ─→ channel-callbacks ─→ callbacks (answers the partner)
                                          └→ notifications ─→ notifications (tells staff)
    merchant ─POST→ application ─→ workflow store-onboarding ─→ onboarding_… ─link→ approval
    ordering application ─GET→ merchant (menu, hours, what is off)
    our shop ─POST→ checkout ─→ pay ─→ place ─→ bus orders … callbacks ─→ pay, dispatch, tell
    operator ─signed call→ access_… ─→ workflow break-glass ─→ access_…; finding ─→ access_revoke
    S3 menus/*.json ─→ menus    each minute ─→ sweep (wakes)    every other minute ─→ poll
    by night: workflow nightly-settlement ─→ settlement_…
    point of sale ─POST→ vendor_webhook ─→ default bus ─rule→ ticket-changes ─→ pos_events

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

from chalice import Chalice, Cron, IAMAuthorizer, Rate

from chalicelib import entrypoints
from chalicelib.config import read_names

app = Chalice(app_name="order-middleware")
names = read_names()
IAM = IAMAuthorizer()
# Chalice takes a request without a type, as any GET is, for JSON.
FORMS = ["application/x-www-form-urlencoded", "application/json"]


@app.route("/health", methods=["GET"])
def health() -> dict[str, str]:
    """Say that the function starts and answers; asks nothing else."""
    return {"status": "ok"}


@app.route("/webhooks/{channel}", methods=["POST"])
def channel_webhook(channel: str) -> Any:
    """Take in a delivery partner's webhook: uber_eats, doordash."""
    return entrypoints.channel_webhook(app.current_request, channel)


# API Gateway allows one variable at a place, so this one is called {channel}, too.
@app.route("/webhooks/{channel}/{vendor}", methods=["POST"])
def vendor_webhook(channel: str, vendor: str) -> Any:
    """Take in a webhook of pos/square, toast, clover; payments/stripe; couriers/doordash_drive."""
    return entrypoints.vendor_webhook(app.current_request, channel, vendor)


@app.route("/open_delivery/{merchant_id}/v1/merchant", methods=["GET"])
def merchant(merchant_id: str) -> Any:
    """Tell an ordering application what a store is and sells."""
    return entrypoints.merchant(app.current_request, merchant_id)


@app.route("/shop/checkouts", methods=["POST"])
def checkout() -> Any:
    """Take in a checkout of our own shop's site."""
    return entrypoints.place_checkout(app.current_request)


@app.route("/shop/checkouts/{checkout_id}", methods=["GET"])
def checkout_status(checkout_id: str) -> Any:
    """Tell how a checkout gets on."""
    return entrypoints.show_checkout(app.current_request, checkout_id)


@app.route("/shop/checkouts/{checkout_id}/cancellation", methods=["POST"])
def checkout_cancellation(checkout_id: str) -> Any:
    """Cancel a checkout, as long as the food is not ready."""
    return entrypoints.cancel_checkout(app.current_request, checkout_id)


@app.route("/stores/applications", methods=["POST"])
def apply() -> Any:
    """Take in a merchant's application for a store."""
    return entrypoints.applied(app.current_request)


@app.route("/stores/applications/{application_id}", methods=["GET"])
def application(application_id: str) -> Any:
    """Say how far an application has come."""
    return entrypoints.application(app.current_request, application_id)


@app.route("/stores/applications/{application_id}/submit", methods=["POST"])
def submit_application(application_id: str) -> Any:
    """Begin the workflow store-onboarding."""
    return entrypoints.submission(app.current_request, application_id)


@app.route("/approvals/{link}", methods=["GET", "POST"], content_types=FORMS)
def approval(link: str) -> Any:
    """Ask a person, and take the decision."""
    return entrypoints.approval(app.current_request, link)


@app.route("/access/requests", methods=["POST"], authorizer=IAM)
def ask_for_access() -> Any:
    """Break glass: ask for minutes of access to a queue of dead letters."""
    return entrypoints.access_asked(app.current_request)


@app.route("/access/requests/{request_id}", methods=["GET"], authorizer=IAM)
def access_request(request_id: str) -> Any:
    """Show a request and its audit trail."""
    return entrypoints.access_shown(app.current_request, request_id)


@app.route("/access/requests/{request_id}/messages", methods=["POST"], authorizer=IAM)
def access_messages(request_id: str) -> Any:
    """Look into the queue, as long as the access is open."""
    return entrypoints.access_look(app.current_request, request_id)


@app.route("/access/decisions/{link}", methods=["POST"], authorizer=IAM)
def access_decision(link: str) -> Any:
    """Let a second person decide."""
    return entrypoints.access_decided(app.current_request, link)


@app.route("/oauth/{vendor}/callback", methods=["GET"])
def seller_connected(vendor: str) -> Any:
    """Take in an owner's consent to use an account: square, clover."""
    return entrypoints.seller_connected(app.current_request, vendor)


@app.on_sqs_message(queue=names.inbound_orders_queue, batch_size=1, name="inbound")
def inbound(event: Any) -> None:
    """Read or fetch the order behind a webhook and write it down once."""
    entrypoints.from_events(event, "inbound")


# One queue and one function per vendor: one that hangs uses up nobody else's concurrency.
@app.on_sqs_message(
    queue=names.pos_square_queue, batch_size=1, name="submit_square", maximum_concurrency=100
)
def submit_square(event: Any) -> None:
    """Make, print or undo the ticket of the order that the message wakes."""
    entrypoints.from_wakes(event, "square")


@app.on_sqs_message(
    queue=names.pos_toast_queue, batch_size=1, name="submit_toast", maximum_concurrency=100
)
def submit_toast(event: Any) -> None:
    """The same at Toast."""
    entrypoints.from_wakes(event, "toast")


# Clover counts calls at once over all merchants of the app: ten.
@app.on_sqs_message(
    queue=names.pos_clover_queue, batch_size=1, name="submit_clover", maximum_concurrency=8
)
def submit_clover(event: Any) -> None:
    """The same at Clover."""
    entrypoints.from_wakes(event, "clover")


# Our own shop's saga. Each step has its own queue and function: one that hangs harms no other.
@app.on_sqs_message(
    queue=names.shop_payments_queue, batch_size=1, name="pay", maximum_concurrency=50
)
def pay(event: Any) -> None:
    """Hold, take or give back a checkout's money."""
    entrypoints.from_shop(event, "pay")


@app.on_sqs_message(queue=names.shop_orders_queue, batch_size=1, name="place")
def place(event: Any) -> None:
    """Hand a paid order to `inbound`, or take it back."""
    entrypoints.from_shop(event, "place")


# DoorDash Drive allows 300 calls a minute.
@app.on_sqs_message(
    queue=names.shop_couriers_queue, batch_size=1, name="dispatch", maximum_concurrency=5
)
def dispatch(event: Any) -> None:
    """Have a courier come, follow it, or send it away."""
    entrypoints.from_shop(event, "courier")


@app.on_sqs_message(
    queue=names.shop_messages_queue, batch_size=1, name="tell", maximum_concurrency=5
)
def tell(event: Any) -> None:
    """Tell the customer how things stand."""
    entrypoints.from_shop(event, "tell")


@app.on_sqs_message(queue=names.channel_callbacks_queue, batch_size=1, name="callbacks")
def callbacks(event: Any) -> None:
    """Tell the partner what it has to know."""
    entrypoints.from_events(event, "callbacks", cap_seconds=30)


@app.on_sqs_message(queue=names.notifications_queue, batch_size=1, name="notifications")
def notifications(event: Any) -> None:
    """Leave a note for staff."""
    entrypoints.from_events(event, "notifications", cap_seconds=300)


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


@app.on_s3_event(
    bucket=names.bucket,
    events=["s3:ObjectCreated:*"],
    prefix="webhooks/unpublished/",
    suffix=".json",
    name="unpublished",
)
def unpublished(event: Any) -> None:
    """Take in a webhook that neither bus nor queue took."""
    entrypoints.webhook_filed(event)


# A queue, not the rule itself: Lambda tries an event three times and drops it, and a partner would
# never hear that the kitchen took its order back.
@app.on_sqs_message(queue=names.ticket_changes_queue, batch_size=1, name="pos_events")
def pos_events(event: Any) -> None:
    """Follow what happens to a ticket after it was printed."""
    entrypoints.from_events(event, "pos_events", cap_seconds=300)


@app.schedule(Rate(1, unit=Rate.MINUTES), name="sweep")
def sweep(event: Any) -> None:
    """Wake what has been quiet for too long."""
    entrypoints.minute_passed(event)


@app.schedule(Rate(2, unit=Rate.MINUTES), name="poll")
def poll(event: Any) -> None:
    """Ask partners for orders whose webhook may have been lost; take in what is left in files."""
    entrypoints.poll_is_due(event)


# ---- workflows: their state machines are in .chalice/resources.json ------------------------------


@app.lambda_function(name="onboarding_extract")
def onboarding_extract(event: Any, context: Any) -> Any:
    """Read a merchant's form."""
    return entrypoints.onboarding("extract", event, context)


@app.lambda_function(name="onboarding_check")
def onboarding_check(event: Any, context: Any) -> Any:
    """Make one of the checks: bank, address, licence, menu."""
    return entrypoints.onboarding("check", event, context)


@app.lambda_function(name="onboarding_ask")
def onboarding_ask(event: Any, context: Any) -> Any:
    """Send a person the link that decides."""
    return entrypoints.onboarding("ask", event, context)


@app.lambda_function(name="onboarding_open")
def onboarding_open(event: Any, context: Any) -> Any:
    """Publish the menu, and see that the store is open."""
    return entrypoints.onboarding("open", event, context)


@app.lambda_function(name="onboarding_close")
def onboarding_close(event: Any, context: Any) -> Any:
    """Undo an application."""
    return entrypoints.onboarding("close", event, context)


# In the small hours between the coasts, when the day before (UTC) is over everywhere it is sold.
@app.schedule(Cron(0, 11, "*", "*", "?", "*"), name="night")
def night(event: Any) -> None:
    """Have every store's day compared with its kitchen and its partners."""
    entrypoints.night_fell(event)


@app.on_cw_event(
    {"source": ["order-middleware"], "detail-type": ["store.reconciliation.due"]},
    name="reconcile",
)
def reconcile(event: Any) -> None:
    """Compare one store's day."""
    entrypoints.store_is_due(event)


@app.schedule(Rate(5, unit=Rate.MINUTES), name="tokens")
def tokens(event: Any) -> None:
    """Renew sellers' access tokens long before they end."""
    entrypoints.tokens_are_due(event)


@app.lambda_function(name="settlement_plan")
def settlement_plan(event: Any, context: Any) -> Any:
    """Workflow nightly-settlement: list stores and the files that partners delivered."""
    return entrypoints.settlement("plan", event, context)


@app.lambda_function(name="settlement_match")
def settlement_match(event: Any, context: Any) -> Any:
    """Match the files of one store with our orders."""
    return entrypoints.settlement("match", event, context)


@app.lambda_function(name="settlement_report")
def settlement_report(event: Any, context: Any) -> Any:
    """Bring together what the night found."""
    return entrypoints.settlement("report", event, context)


@app.lambda_function(name="access_ask")
def access_ask(event: Any, context: Any) -> Any:
    """Workflow break-glass: let a second person know that somebody asks."""
    return entrypoints.access("ask", event, context)


@app.lambda_function(name="access_decide")
def access_decide(event: Any, context: Any) -> Any:
    """Let the requester in, with the end scheduled before; or note that nobody was let in."""
    return entrypoints.access(event["step"], event, context)


@app.lambda_function(name="access_use")
def access_use(event: Any, context: Any) -> Any:
    """Look into the queue for the requester."""
    return entrypoints.access_used(event, context)


@app.lambda_function(name="access_end")
def access_end(event: Any, context: Any) -> Any:
    """End an access at its minute."""
    return entrypoints.access_ended(event, context)


@app.on_cw_event(
    {
        "source": ["aws.guardduty", "aws.securityhub"],
        "detail-type": ["GuardDuty Finding", "Security Hub Findings - Imported"],
        "$or": [
            {"detail": {"severity": [{"numeric": [">=", 7]}]}},  # GuardDuty: high and critical
            {
                "detail": {
                    "findings": {
                        "RecordState": ["ACTIVE"],
                        "Severity": {"Label": ["HIGH", "CRITICAL"]},
                        "Workflow": {"Status": ["NEW"]},
                    }
                }
            },
        ],
    },
    name="access_revoke",
)
def access_revoke(event: Any) -> None:
    """Revoke all access to the stores that a security finding names."""
    entrypoints.access_revoked(event)
