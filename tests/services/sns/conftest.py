"""SNS alone in virtual time, with neighbours that write down what they are asked."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest

from chalice_offline.core.context import Caller
from chalice_offline.core.errors import AwsError
from chalice_offline.core.http import Headers, HttpRequest, HttpResponse
from chalice_offline.core.kernel import Service
from chalice_offline.drivers.virtual import VirtualDriver
from chalice_offline.emulator import Emulator
from chalice_offline.services.sns import service

ACCOUNT = "000000000000"
REGION = "us-east-1"
ENDPOINT = "http://127.0.0.1:4566"


class Neighbour:
    """A service that keeps every request, and fails when told to."""

    def __init__(self, name: str, *operations: str) -> None:
        self.name = name
        self.requests: list[dict[str, Any]] = []
        self.contexts: list[Any] = []
        self.failure: AwsError | None = None
        self.fails_for: str = ""
        self.operations = {name: partial(self._answer, name) for name in operations}

    def _answer(self, operation: str, _self: Any, context: Any, request: dict[str, Any]) -> Any:
        self.requests.append(request)
        self.contexts.append(context)
        if self.failure is not None and self.fails_for in json.dumps(request, default=str):
            raise self.failure
        return {"MessageId": f"m-{len(self.requests)}"} if operation == "SendMessage" else {}


class Outside:
    """The endpoints beyond this machine: keeps requests, answers with a status or not at all."""

    def __init__(self) -> None:
        self.requests: list[HttpRequest] = []
        self.statuses: list[int | None] = []

    def __call__(self, request: HttpRequest, _timeout_ms: int) -> HttpResponse:
        self.requests.append(request)
        status = self.statuses.pop(0) if self.statuses else 200
        if status is None:
            raise OSError("connection refused")
        return HttpResponse(status, Headers())

    def documents(self) -> list[dict[str, Any]]:
        return [json.loads(request.body) for request in self.requests]


class Cloud:
    """One emulator with SNS; its operations are methods named like AWS's."""

    def __init__(self) -> None:
        self.outside = Outside()
        self.driver = VirtualDriver(send_request=self.outside)
        self.emulator = Emulator(self.driver)
        self.sqs = Neighbour("sqs", "SendMessage")
        self.lambda_ = Neighbour("lambda", "Invoke")
        self.firehose = Neighbour("firehose", "PutRecord")
        self.logs = Neighbour("logs", "CreateLogGroup", "CreateLogStream", "PutLogEvents")
        for neighbour in (self.sqs, self.lambda_, self.firehose, self.logs):
            self.emulator.add(Service(neighbour.name, neighbour, neighbour.operations))
        self.service = service(self.emulator)
        self.emulator.add(self.service)

    def call(
        self,
        operation: str,
        *,
        account: str = ACCOUNT,
        region: str = REGION,
        endpoint: str = ENDPOINT,
        signed: bool = True,
        **request: Any,
    ) -> Any:
        caller = Caller(
            account_id=account, region=region, endpoint=endpoint, protocol="query", signed=signed
        )
        return self.emulator.call("sns", operation, request, caller)

    def error(self, operation: str, **request: Any) -> tuple[str, str]:
        """Call and return the code and text of the error it must give."""
        with pytest.raises(AwsError) as raised:
            self.call(operation, **request)
        return raised.value.code, raised.value.message

    def topic(self, name: str = "orders", **attributes: str) -> str:
        return self.call("CreateTopic", Name=name, Attributes=attributes)["TopicArn"]

    def fifo_topic(self, name: str = "orders.fifo", **attributes: str) -> str:
        return self.topic(name, FifoTopic="true", **attributes)

    def subscribe(
        self, topic: str, protocol: str = "sqs", endpoint: str = "", **attributes: str
    ) -> str:
        target = endpoint or queue_arn("inbox.fifo" if topic.endswith(".fifo") else "inbox")
        return self.call(
            "Subscribe",
            TopicArn=topic,
            Protocol=protocol,
            Endpoint=target,
            Attributes=attributes,
            ReturnSubscriptionArn=True,
        )["SubscriptionArn"]

    def publish(self, topic: str, message: str = "hello", **request: Any) -> dict[str, Any]:
        return self.call("Publish", TopicArn=topic, Message=message, **request)

    def settle(self, hours: int = 24) -> None:
        assert self.driver.settle(hours * 3_600_000)

    def advance(self, seconds: float) -> None:
        self.driver.advance(int(seconds * 1000))

    def bodies(self) -> list[str]:
        return [request["MessageBody"] for request in self.sqs.requests]

    def envelopes(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.bodies()]

    def notes(self) -> list[Any]:
        return [entry for entry in self.emulator.journal.entries() if entry.kind == "note"]

    def outcomes(self) -> list[str]:
        return [note.outcome for note in self.notes()]


def queue_arn(name: str, region: str = REGION, account: str = ACCOUNT) -> str:
    return f"arn:aws:sqs:{region}:{account}:{name}"


def string(value: str) -> dict[str, Any]:
    return {"DataType": "String", "StringValue": value}


def number(value: str) -> dict[str, Any]:
    return {"DataType": "Number", "StringValue": value}


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()
