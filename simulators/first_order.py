"""One order as a file, for those who want to be the partner themselves.

It is what API Gateway hands to the app's function when DoorDash's webhook arrives, so that
`awslocal lambda invoke` can play the partner.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from simulators.menu import DOORDASH

if TYPE_CHECKING:
    from pathlib import Path

    from simulators.world import World

# Until then the partner itself stays silent: the webhook is in the file.
A_DAY_SECONDS = 86_400.0


def write_first_order(world: World, path: Path) -> str:
    """Place an order at DoorDash whose webhook never leaves; write that webhook; return its id."""
    orders = (world.generator.order(1_000_000 + n, world.now_ms()) for n in range(100))
    order = next(order for order in orders if order.channel == DOORDASH)
    world.doordash.faults.add("OrderCreate", "late_webhook", times=1, seconds=A_DAY_SECONDS)
    world.doordash.place(order.payload)
    body = {"event": {"type": "OrderCreate", "status": "NEW"}, "order": order.payload}
    token = world.doordash.settings.webhook_token
    path.write_text(json.dumps(_proxy_event("/webhooks/{channel}", DOORDASH, token, body)))
    return order.order_id


def _proxy_event(resource: str, channel: str, token: str, body: dict[str, Any]) -> dict[str, Any]:
    """Return the event of API Gateway's Lambda proxy integration."""
    return {
        "resource": resource,
        "path": f"/webhooks/{channel}",
        "httpMethod": "POST",
        "headers": {"content-type": "application/json", "authorization": token},
        "pathParameters": {"channel": channel},
        "multiValueQueryStringParameters": None,
        "stageVariables": None,
        "requestContext": {
            "httpMethod": "POST",
            "resourcePath": resource,
            "path": f"/webhooks/{channel}",
            "identity": {"sourceIp": "127.0.0.1"},
        },
        "body": json.dumps(body),
        "isBase64Encoded": False,
    }
