"""/_aws/sqs/messages: messages of a queue without receiving them, at LocalStack's address for it.

LocalStack documentation, "SQS: Accessing queues from the developer endpoints": QueueUrl names the
queue, or the path does (region, account, name); ShowInvisible and ShowDelayed add messages that a
receive would not give. The answer is that of ReceiveMessage: XML, or JSON when that is accepted.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

from chalice_offline.core.errors import AwsError
from chalice_offline.protocols import Target, serialize, serialize_error
from chalice_offline.services.common.page_paths import SQS_MESSAGES
from chalice_offline.services.sqs.errors import queue_missing
from chalice_offline.services.sqs.message import DELAYED, IN_FLIGHT, VISIBLE
from chalice_offline.services.sqs.received import shown

if TYPE_CHECKING:
    from chalice_offline.core.http import HttpRequest, HttpResponse
    from chalice_offline.services.sqs.queue import Queue
    from chalice_offline.services.sqs.state import SqsState

_REQUEST_ID = "00000000-0000-0000-0000-000000000000"
_HANDLE = "SQS/BACKDOOR/ACCESS"  # LocalStack's word: such a message was not received
_EVERYTHING = {"MessageSystemAttributeNames": ["All"], "MessageAttributeNames": ["All"]}


def messages_page(sqs: SqsState, request: HttpRequest) -> HttpResponse:
    """Answer one request, by GET or by POST; it changes nothing."""
    target = _target(request)
    try:
        asked = parse_qs(request.query)
        if request.method == "POST" and target.protocol == "query":
            asked |= parse_qs(request.body.decode("latin-1"))
        queue = _queue(sqs, request, asked)
        places = {VISIBLE}
        places |= {IN_FLIGHT} if _is_on(asked, "ShowInvisible") else set()
        places |= {DELAYED} if _is_on(asked, "ShowDelayed") else set()
        messages = [
            {**shown(queue, message, _EVERYTHING), "ReceiptHandle": _HANDLE}
            for message in queue.messages.values()
            if message.place in places
        ]
    except AwsError as error:
        return serialize_error(target, error, _REQUEST_ID)
    return serialize(target, {"Messages": messages} if messages else {}, _REQUEST_ID)


def _target(request: HttpRequest) -> Target:
    accepts_json = "json" in (request.headers.get("accept") or "")
    if "x-amz-target" in request.headers:
        return Target("sqs", "ReceiveMessage", "json")
    return Target("sqs", "ReceiveMessage", "query", replies_in_json=accepts_json)


def _is_on(asked: dict[str, list[str]], name: str) -> bool:
    return asked.get(name, [""])[0].lower() in ("true", "1")


def _queue(sqs: SqsState, request: HttpRequest, asked: dict[str, list[str]]) -> Queue:
    action = asked.get("Action", ["ReceiveMessage"])[0]
    if action != "ReceiveMessage":
        raise AwsError("InvalidRequest", "This endpoint only accepts ReceiveMessage calls")
    below = [unquote(part) for part in request.path.removeprefix(SQS_MESSAGES).split("/") if part]
    url = asked.get("QueueUrl", [""])[0] or _url_in_json(request)
    if below:
        region, account_id, name = [*below, "", "", ""][:3]
    elif url:
        region, account_id, name = _parts_of(url)
    else:
        raise AwsError("MissingParameter", "The request must contain the parameter QueueUrl")
    for key, queue in sorted(sqs.queues.items()):
        if (key.account_id, key.name) == (account_id, name) and region in ("", key.region):
            return queue
    raise queue_missing()


def _url_in_json(request: HttpRequest) -> str:
    if "x-amz-target" not in request.headers:
        return ""
    try:
        content = json.loads(request.body)
    except (ValueError, RecursionError):
        return ""
    url = content.get("QueueUrl") if isinstance(content, dict) else None
    return url if isinstance(url, str) else ""


def _parts_of(url: str) -> tuple[str, str, str]:
    """Return region ("" when the URL has none), account and name."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", "", ""
    path = parts.path.strip("/").split("/")
    account_id, name = (path[-2], path[-1]) if len(path) > 1 else ("", path[-1])
    if len(path) > 3 and path[0] == "queue":
        return path[1], account_id, name
    labels = (parts.hostname or "").split(".")
    return (labels[1] if labels[0] == "sqs" and len(labels) > 2 else ""), account_id, name
