"""Clients of SQS in every way and either protocol, and short ways to common requests."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from chalice_offline.protocols.sqs_query import query_description
from chalice_offline.services.sqs.auditor import audit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ACCOUNT = "000000000000"
WAYS = (("in-process", "json"), ("http", "json"), ("http", "query"), ("live", "json"))


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run tests of `each_sqs` in every way to reach SQS, the others in the quickest one."""
    if "each_sqs" in metafunc.fixturenames:
        mark = pytest.mark.parametrize(("aws", "each_sqs"), WAYS, indirect=True)
    elif "aws" in metafunc.fixturenames:
        mark = pytest.mark.parametrize("aws", ["in-process"], indirect=True)
    else:
        return
    metafunc.definition.add_marker(mark)


class Clients:
    """Makes clients of the emulator under test, and moves its time."""

    def __init__(self, aws: Any) -> None:
        self.aws = aws

    def client(
        self, protocol: str = "json", *, region: str = "us-east-1", account: str = ACCOUNT
    ) -> Any:
        return boto3.session.Session(botocore_session=_session(protocol)).client(
            "sqs",
            region_name=region,
            aws_access_key_id=account,
            aws_secret_access_key="test",
            endpoint_url=self.aws._endpoint_url,
            config=Config(retries={"max_attempts": 0}),
        )

    def advance(self, seconds: float) -> None:
        self.aws.advance(seconds=seconds)

    def begin_long_poll(self, client: Any, **request: Any) -> Any:
        """Start a receive that waits and return its pending reply, without waiting for it."""
        from chalice_offline.core.context import Caller

        caller = Caller(account_id=ACCOUNT, region=client.meta.region_name)
        return self.aws.emulator.call("sqs", "ReceiveMessage", request, caller)


@cache
def _session(protocol: str) -> botocore.session.Session:
    """Return a session whose models are read once; older SDKs know SQS as a query service."""
    session = botocore.session.Session()
    loader = session.get_component("data_loader")
    load = loader.load_service_model

    def load_service_model(service: str, kind: str, api_version: str | None = None) -> Any:
        loaded = load(service, kind, api_version)
        if protocol == "query" and (service, kind) == ("sqs", "service-2"):
            return query_description(loaded)
        return loaded

    loader.load_service_model = load_service_model
    return session


@pytest.fixture
def clients(aws: Any) -> Iterator[Clients]:
    """Makes clients; after the test every message must be in exactly one place."""
    yield Clients(aws)
    assert audit(aws.emulator.registry.get("sqs").state) == []


@pytest.fixture
def sqs(clients: Clients) -> Any:
    """A client in this process that speaks JSON."""
    return clients.client()


@pytest.fixture
def each_sqs(request: pytest.FixtureRequest, clients: Clients) -> Any:
    """A client for every door and protocol."""
    return clients.client(request.param)


@pytest.fixture
def queue(sqs: Any) -> str:
    """A standard queue with default attributes."""
    return str(sqs.create_queue(QueueName="orders")["QueueUrl"])


@pytest.fixture
def fifo(sqs: Any) -> str:
    """A FIFO queue that deduplicates by content."""
    attributes = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    created = sqs.create_queue(QueueName="orders.fifo", Attributes=attributes)
    return str(created["QueueUrl"])


@pytest.fixture
def bodies() -> Callable[[dict[str, Any]], list[str]]:
    """A function that returns the bodies of received messages."""
    return lambda reply: [message["Body"] for message in reply.get("Messages", [])]


@pytest.fixture
def error_of() -> Callable[..., tuple[str, str]]:
    """A function that makes a call and returns code and message of the error it ends with."""

    def call_and_catch(call: Callable[..., Any], /, **request: Any) -> tuple[str, str]:
        with pytest.raises(ClientError) as caught:
            call(**request)
        error = caught.value.response["Error"]
        return error["Code"], error["Message"]

    return call_and_catch


@pytest.fixture
def attribute_of() -> Callable[[Any, str, str], str]:
    """A function that returns one attribute of a queue."""

    def get(client: Any, queue_url: str, name: str) -> str:
        reply = client.get_queue_attributes(QueueUrl=queue_url, AttributeNames=[name])
        return str(reply["Attributes"][name])

    return get


@pytest.fixture
def arn_of(attribute_of: Callable[[Any, str, str], str]) -> Callable[[Any, str], str]:
    """A function that returns the ARN of a queue."""
    return lambda client, queue_url: attribute_of(client, queue_url, "QueueArn")
