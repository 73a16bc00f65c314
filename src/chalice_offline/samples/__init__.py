"""Sample events: for every source one, as it is delivered to a function.

They were recorded here; a test delivers each anew and compares.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

#: What each stands for, in the order in which they are listed.
KINDS = {
    "sqs": "a batch of one message out of a queue",
    "sns": "a message of a topic",
    "s3": "an object was put into a bucket",
    "event": "an event on an EventBridge bus",
    "schedule": "a scheduled rule is due",
    "kinesis": "a record of a stream",
    "dynamodb": "a new item, out of a table's stream",
    "route": "a request to a route (REST API)",
    "authorizer": "a route's authorizer is asked",
    "ws_connect": "a WebSocket connects",
    "ws_message": "a WebSocket's message",
    "ws_disconnect": "a WebSocket's end",
}


def sample(kind: str) -> Any:
    """Return the sample of one of KINDS, the caller's own; KeyError for any other kind."""
    if kind not in KINDS:
        raise KeyError(kind)
    return json.loads(files(__name__).joinpath(f"{kind}.json").read_text("utf-8"))
