"""Metrics as log lines: CloudWatch reads them out of the functions' logs, and no call is made.

The lines are in AWS's embedded metric format (CloudWatch user guide, "Specification: Embedded
metric format"). Each metric costs by the combinations of its dimensions' values, so those are few
and written down here; everything else (the order's key, a refusal's text) is a property of the
line, which Logs Insights finds and nobody pays for by the month.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.telemetry import work

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NAMESPACE = "OrderMiddleware"


@dataclass(frozen=True, slots=True)
class Metric:
    """What a number means, and the sets of dimensions that it is counted by."""

    unit: str
    meaning: str
    sets: tuple[tuple[str, ...], ...]


# What a set of dimensions costs. CloudWatch bills a custom metric, that is one combination of
# values, by the hours in which it is reported: 0.30 dollars for a whole month (price list of
# November 2026, first 10,000). Fifty stores, four channels, three vendors and ten reasons are at
# most METRICS_OF_FIFTY_STORES, 120 dollars a month if nobody ever closed, so `store` is only
# where somebody would look store by store: is it selling, and how fast. Which store, order or item
# else it was is a property of the line (Logs Insights: filter store = "..."), which costs nothing
# by the month. Never a dimension: an order, an item, a text, a name that a stranger can choose.
METRICS_OF_FIFTY_STORES = 400

Sets = tuple[tuple[str, ...], ...]
ALL: Sets = ((),)
BY_VENDOR: Sets = ((), ("vendor",))
BY_CHANNEL: Sets = ((), ("channel",))
BY_BOTH: Sets = ((), ("vendor",), ("channel",))
BY_STORE: Sets = ((), ("vendor",), ("channel",), ("store",))
BY_PARTY: Sets = ((), ("party",))

METRICS: dict[str, Metric] = {
    # Of each decision, 0 or 1 each, so that the three always have the same instants.
    "OrdersAccepted": Metric("Count", "the kitchen has the ticket", BY_STORE),
    "OrdersDenied": Metric("Count", "decided with no", BY_STORE),
    "PosDenials": Metric("Count", "denied because of the point of sale", BY_BOTH),
    "DecisionAge": Metric("Milliseconds", "from webhook, or firing, to yes or no", BY_BOTH),
    "TimeToTicket": Metric("Milliseconds", "from webhook, or firing, to the ticket", BY_STORE),
    "DenialsByReason": Metric(
        "Count", "decided with no, by reason", (("reason",), ("vendor", "reason"))
    ),
    "PriceDrift": Metric("None", "lines less subtotal, in minor units", BY_CHANNEL),
    # What became of orders that had been decided.
    "OrdersCancelled": Metric("Count", "cancelled by the partner or the kitchen", BY_CHANNEL),
    "KitchenCancellations": Metric("Count", "cancelled in the kitchen", BY_VENDOR),
    "VoidsFailed": Metric("Count", "a ticket that must not be is left to people", BY_VENDOR),
    # What partners see of us.
    "WebhooksReceived": Metric("Count", "verified and kept", BY_CHANNEL),
    "WebhooksRefused": Metric("Count", "answered with 4xx or 5xx, or unreadable", BY_CHANNEL),
    "WebhooksUnverified": Metric("Count", "kept without a secret at hand", BY_CHANNEL),
    "WebhookLag": Metric("Milliseconds", "from webhook to its order being written", BY_CHANNEL),
    "WebhooksMissed": Metric("Count", "orders that only the poll found", BY_CHANNEL),
    "IngestFallbacks": Metric("Count", "webhooks that the bus did not take", ALL),
    "AnswerAge": Metric("Milliseconds", "from webhook to the partner's being told", BY_CHANNEL),
    "AnswersRefused": Metric("Count", "answers that a partner did not take", BY_CHANNEL),
    "MenusPublished": Metric("Count", "menus that a partner has taken", BY_CHANNEL),
    "MenusNotPublished": Metric("Count", "menus that a partner has not got", BY_CHANNEL),
    # What we see of vendors.
    "VendorFailures": Metric("Count", "calls without an answer, or with 429 or 5xx", BY_VENDOR),
    "CircuitsOpened": Metric("Count", "nobody calls for a while", BY_VENDOR),
    "CircuitsClosed": Metric("Count", "calls are answered again", BY_VENDOR),
    "StoresOffline": Metric("Count", "stores paused at their partners", BY_VENDOR),
    "StoresOnline": Metric("Count", "stores opened again", BY_VENDOR),
    "TokenGrantsFailed": Metric("Count", "no new access token", BY_PARTY),
    "TokenFailures": Metric("Count", "failed grants in a row, now", BY_PARTY),
    "TokenAge": Metric("Seconds", "since the oldest access token was granted", BY_PARTY),
    "LongTokenSecondsLeft": Metric("Seconds", "until a token of weeks ends", BY_PARTY),
    # Our own shop. Of each checkout that is decided, 0 or 1 each, as above.
    "CheckoutsSold": Metric("Count", "held, and the kitchen makes it, now or later", ALL),
    "CheckoutsLost": Metric("Count", "ended before that, through us or the kitchen", ALL),
    "CheckoutsUnpaid": Metric("Count", "ended before that: declined, or not paid in time", ALL),
    "CheckoutsBroken": Metric("Count", "ended after that, and not by the customer", ALL),
    "CheckoutsEnded": Metric("Count", "without food, by why", ((), ("ending",))),
    "TimeToHold": Metric("Milliseconds", "from checkout to the money's being held", ALL),
    "CheckoutTimeToTicket": Metric("Milliseconds", "from checkout to the ticket", ALL),
    "TimeToCourier": Metric("Milliseconds", "from the first search to a courier", ALL),
    "StepFailures": Metric("Count", "a step that has to be tried again", ((), ("step",))),
    "StepsStuck": Metric("Count", "a step that was left to people", ((), ("step",))),
    # Ourselves.
    "RecordsUnreadable": Metric("Count", "orders that this code cannot read", ALL),
    "MenusRejected": Metric("Count", "menu files that were refused", ALL),
    "OrdersDiffering": Metric("Count", "found by reconciliation, by kind", ((), ("kind",))),
    "MoneyDiffering": Metric("None", "found by reconciliation, in minor units", ((), ("kind",))),
}

STAND_FOR_NOBODY = ("", None)


def put(
    now_ms: int, values: Mapping[str, float], dimensions: Mapping[str, str], **properties: object
) -> None:
    """Write metrics of METRICS as one line.

    A metric counts in each of its sets whose dimensions are all given (and not empty).
    """
    given = {name: value for name, value in dimensions.items() if value not in STAND_FOR_NOBODY}
    by_sets: dict[Sets, list[str]] = {}
    for name in values:
        sets = tuple(one for one in METRICS[name].sets if all(part in given for part in one))
        if sets:
            by_sets.setdefault(sets, []).append(name)
    line = {
        "_aws": {"Timestamp": now_ms, "CloudWatchMetrics": list(_directives(by_sets))},
        **work.fields(),
        **{name: value for name, value in properties.items() if value not in STAND_FOR_NOBODY},
        **given,
        **values,
    }
    sys.stdout.write(json.dumps(line, default=str) + "\n")


def _directives(
    by_sets: Mapping[Sets, list[str]],
) -> Iterable[dict[str, object]]:
    for sets, names in by_sets.items():
        yield {
            "Namespace": NAMESPACE,
            "Dimensions": [list(one) for one in sets],
            "Metrics": [{"Name": name, "Unit": METRICS[name].unit} for name in names],
        }
