"""Calls to AWS that reach the emulator as what they mean, past botocore's bytes.

Two thirds of an evening's work would be signing, writing and reading HTTP. What a call does, which
ids it takes and when it comes are the same: a test plays evenings both ways and compares them.
Only botocore's allowance for retries is other: what goes past it does not fill it up again.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

from botocore.response import StreamingBody

from chalice_offline.core.context import Caller
from chalice_offline.core.errors import AwsError
from chalice_offline.core.pending import Pending
from chalice_offline.transports.present_run import present_causes, present_run

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.storage import Blob
    from chalice_offline.emulator import Emulator

# Their requests and results hold nothing that botocore would turn into something else, but for the
# bytes of an object.
OPERATIONS = {
    "dynamodb": {
        *("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan", "BatchGetItem"),
        *("BatchWriteItem", "TransactWriteItems"),
    },
    "sqs": {"SendMessage", "SendMessageBatch", "GetQueueUrl", "GetQueueAttributes"},
    "events": {"PutEvents"},
    "s3": {"PutObject", "GetObject"},
    "secretsmanager": {"GetSecretValue"},
    "sesv2": {"SendEmail"},
}
LOST_RACE = "ConditionalCheckFailedException"


class Straight:
    """The way past botocore, which stays open for whatever it does not know."""

    def __init__(self, emulator: Emulator, botocore: Callable[..., Any]) -> None:
        self._emulator = emulator
        self._botocore = botocore

    def call(self, client: Any, operation: str, request: dict[str, Any]) -> Any:
        """Return what the client's method would."""
        service = client.meta.service_model.service_name
        if operation not in OPERATIONS.get(service, ()):
            return self._botocore(client, operation, request)
        try:
            return self._carried_out(client, service, operation, request)
        except AwsError as error:
            if error.code == LOST_RACE:
                raise _as_botocore_says_it(client, operation, error) from None
            # It has changed nothing: botocore may ask once more, and say it in its own words.
            return self._botocore(client, operation, request)

    def _carried_out(
        self, client: Any, service: str, operation: str, request: dict[str, Any]
    ) -> dict[str, Any]:
        run = present_run.get()
        if run is None:
            return self._asked(client, service, operation, request)
        with run.in_the_emulator():
            return self._asked(client, service, operation, request)

    def _asked(
        self, client: Any, service: str, operation: str, request: dict[str, Any]
    ) -> dict[str, Any]:
        emulator = self._emulator
        caller = Caller(
            emulator.account_id,
            emulator.region,
            client.meta.endpoint_url,
            "json",
            present_causes(),
            request_id=emulator.ids.uuid(),
        )
        reply = emulator.call(service, operation, request, caller)
        assert not isinstance(reply, Pending), "none of these operations waits"
        result = {name: value for name, value in reply.items() if value is not None}
        if operation == "GetObject":
            result["Body"] = _streamed(result["Body"])
        return result


def _streamed(content: bytes | Blob) -> StreamingBody:
    body = content if isinstance(content, bytes) else content.read()
    return StreamingBody(BytesIO(body), len(body))


def _as_botocore_says_it(client: Any, operation: str, error: AwsError) -> Exception:
    said = {"Error": {"Code": error.code, "Message": error.message}, **error.fields}
    made: Exception = client.exceptions.from_code(error.code)(said, operation)
    return made
