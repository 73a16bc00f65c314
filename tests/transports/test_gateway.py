"""Both doors into the same gateway."""

from __future__ import annotations

import json
import urllib.request
from contextlib import closing
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from chalice_offline.composition import compose
from chalice_offline.console.api import Console
from chalice_offline.console.functions import percentile
from chalice_offline.console.session import Session
from chalice_offline.core.context import Caller
from chalice_offline.core.errors import ProjectError
from chalice_offline.core.http import Headers, HttpRequest, HttpResponse
from chalice_offline.core.pending import Pending
from chalice_offline.drivers.virtual import VirtualDriver
from chalice_offline.emulator import Emulator
from chalice_offline.services.lambda_ import LambdaState
from chalice_offline.storage import SqliteStorage
from chalice_offline.transports.aws_door import aws_endpoint
from chalice_offline.transports.gateway import Gateway, account_of
from chalice_offline.transports.http_server import Server
from chalice_offline.transports.in_process import InProcessDoor

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def gateway() -> Gateway:
    driver = VirtualDriver()
    emulator = compose(driver)
    made = Gateway(emulator)
    Console(Session(emulator, emulator.registry.state("lambda", LambdaState))).serve_on(made)
    return made


@pytest.fixture
def server(gateway: Gateway) -> Iterator[Server]:
    running = Server(aws_endpoint(gateway))
    running.start()
    yield running
    running.stop()


def client(service: str, **options: Any) -> Any:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return boto3.session.Session().client(service, **{"region_name": "us-east-1"} | keys | options)


def ask(gateway: Gateway, path: str, **headers: str) -> HttpResponse:
    request = HttpRequest("GET", f"http://127.0.0.1:4566{path}", Headers(headers.items()))
    reply = gateway.handle(request)
    assert isinstance(reply, HttpResponse)
    return reply


def test_wait_scripts_of_localstack_find_a_healthy_endpoint(server: Server) -> None:
    """`awslocal`, localstack-client and CI wait-scripts ask this page."""
    with closing(urllib.request.urlopen(f"{server.url}/_localstack/health", timeout=5)) as reply:
        services = json.load(reply)["services"]
    assert services["sqs"] == "running"


def test_one_queue_is_seen_through_both_doors(gateway: Gateway, server: Server) -> None:
    """The doors differ in nothing but the way in."""
    door = InProcessDoor(gateway)
    door.open()
    try:
        inside = client("sqs")
        url = inside.create_queue(QueueName="shared")["QueueUrl"]
        inside.send_message(QueueUrl=url, MessageBody="hello")
    finally:
        door.close()
    outside = client("sqs", endpoint_url=server.url)
    url = outside.get_queue_url(QueueName="shared")["QueueUrl"]
    assert url.startswith(server.url)
    (message,) = outside.receive_message(QueueUrl=url)["Messages"]
    assert message["Body"] == "hello"


def test_requests_go_to_the_door_of_the_code_that_sends_them(gateway: Gateway) -> None:
    """Two emulators in one process; without such code the door that was opened last answers."""
    outer, inner = InProcessDoor(gateway), InProcessDoor(Gateway(compose(VirtualDriver())))
    sqs = client("sqs")
    outer.open()
    inner.open()
    try:
        sqs.create_queue(QueueName="inner")
        outer.for_code(sqs.create_queue)(QueueName="outer")
        assert [url.rsplit("/", 1)[1] for url in sqs.list_queues()["QueueUrls"]] == ["inner"]
        listed = outer.for_code(sqs.list_queues)()["QueueUrls"]
        assert [url.rsplit("/", 1)[1] for url in listed] == ["outer"]
        inner.close()
        assert sqs.list_queues()["QueueUrls"] == listed
    finally:
        inner.close()
        outer.close()


def test_botocore_is_its_own_again_when_the_last_door_closes(gateway: Gateway) -> None:
    """Nothing of ours stays in the process."""
    from botocore import handlers
    from botocore.endpoint import Endpoint

    before, hooks = Endpoint._send, list(handlers.BUILTIN_HANDLERS)
    door = InProcessDoor(gateway)
    door.open()
    assert Endpoint._send is not before
    door.close()
    door.close()
    assert Endpoint._send is before
    assert hooks == handlers.BUILTIN_HANDLERS


@pytest.mark.parametrize(
    ("access_key", "account_id"),
    [("123456789012", "123456789012"), ("test", "000000000000"), ("", "000000000000")],
)
def test_an_access_key_of_twelve_digits_names_the_account(access_key: str, account_id: str) -> None:
    """As on LocalStack, so that several accounts can be used at once."""
    assert account_of(access_key) == account_id


def test_an_operation_that_is_not_emulated_is_refused_by_name(server: Server) -> None:
    """Never a hang, never a success that did nothing."""
    functions = client("lambda", endpoint_url=server.url)
    with pytest.raises(functions.exceptions.ClientError, match="lambda:InvokeAsync"):
        functions.invoke_async(FunctionName="f", InvokeArgs=b"{}")


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[]", b'{"QueueName": 7}'])
def test_malformed_requests_get_an_aws_error(gateway: Gateway, body: bytes) -> None:
    """A client's mistake is told to the client, in AWS's way."""
    headers = Headers(
        [
            ("x-amz-target", "AmazonSQS.CreateQueue"),
            ("content-type", "application/x-amz-json-1.0"),
        ]
    )
    reply = gateway.handle(HttpRequest("POST", "http://127.0.0.1:4566/", headers, body))
    assert isinstance(reply, HttpResponse)
    assert reply.status == 400
    assert "__type" in json.loads(reply.body)


@pytest.mark.parametrize("accept", ["*/*", "application/json"])
def test_a_queue_url_opened_as_it_stands_is_no_operation(gateway: Gateway, accept: str) -> None:
    """AWS's front door answers it, in XML whatever is accepted."""
    reply = ask(gateway, "/000000000000/orders", Accept=accept)
    assert (reply.status, reply.body.strip()) == (404, b"<UnknownOperationException/>")


def test_a_query_is_answered_in_the_language_that_is_accepted(gateway: Gateway) -> None:
    """One request, two clients: what they read is the same."""
    ask(gateway, "/?Action=CreateQueue&QueueName=orders")
    body = "/000000000000/orders?Action=SendMessage&MessageBody=hello"
    assert b"<SendMessageResult>" in ask(gateway, body).body
    receive = "/000000000000/orders?Action=ReceiveMessage"
    reply = ask(gateway, receive, Accept="application/json")
    (message,) = json.loads(reply.body)["ReceiveMessageResponse"]["ReceiveMessageResult"][
        "messages"
    ]
    assert message["Body"] == "hello"
    assert b"<ReceiveMessageResult/>" in ask(gateway, receive).body
    refused = ask(gateway, "/000000000000/none?Action=ReceiveMessage", Accept="application/json")
    assert json.loads(refused.body)["Error"]["Code"] == "AWS.SimpleQueueService.NonExistentQueue"


def test_a_port_in_use_is_named(server: Server) -> None:
    """One sentence, before anything starts."""
    with pytest.raises(ProjectError, match=f"127.0.0.1:{server.port}"):
        Server(aws_endpoint(Gateway(Emulator(VirtualDriver()))), port=server.port)


def test_the_console_draws_what_followed_from_a_call(gateway: Gateway) -> None:
    """The trace page tells one story."""
    door = InProcessDoor(gateway)
    door.open()
    try:
        client("sqs").create_queue(QueueName="for-the-story")
    finally:
        door.close()
    story = ask(gateway, "/_chalice_offline/trace?text=for-the-story").body.decode()
    assert "CreateQueue" in story
    entries = json.loads(ask(gateway, "/_chalice_offline/journal").body)
    assert entries[0]["subject"] == "sqs.CreateQueue"
    assert json.loads(ask(gateway, "/_chalice_offline/functions").body) == []


@pytest.mark.parametrize("path", ["/_chalice_offline/trace", "/_chalice_offline/journal?after=x"])
def test_the_console_says_what_it_wants(gateway: Gateway, path: str) -> None:
    """A missing or wrong parameter is named."""
    reply = ask(gateway, path)
    assert reply.status == 400
    assert "error" in json.loads(reply.body)


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [([], 50, None), ([7], 99, 7), ([1, 2, 3, 4], 50, 2), (list(range(1, 101)), 95, 95)],
)
def test_percentile_is_the_nearest_rank(
    values: list[int], percent: int, expected: int | None
) -> None:
    """A value that occurred, not an interpolation."""
    assert percentile(values, percent) == expected


def test_a_request_that_comes_while_the_gateway_closes_is_answered() -> None:
    """It passed the door before, and waits for what will never be: 503, not silence."""
    emulator = compose(VirtualDriver())
    gateway = Gateway(emulator)
    emulator.call("sqs", "CreateQueue", {"QueueName": "orders"}, Caller())
    gateway.judge = lambda *_: gateway.close()  # after it looked, before it calls
    wait = {"QueueUrl": "http://localhost:4566/000000000000/orders", "WaitTimeSeconds": 20}
    headers = Headers(
        [
            ("content-type", "application/x-amz-json-1.0"),
            ("x-amz-target", "AmazonSQS.ReceiveMessage"),
        ]
    )
    asked = HttpRequest("POST", "http://localhost:4566/", headers, json.dumps(wait).encode())
    reply = gateway.handle(asked)
    assert isinstance(reply, Pending)
    assert reply.result().status == 503


def test_what_breaks_because_the_emulator_stopped_is_answered_as_that(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The storage is closed under a request that is still on its way: no error of ours."""
    emulator = compose(VirtualDriver(), storage=SqliteStorage())
    gateway = Gateway(emulator)

    def stop(*_: Any) -> None:
        gateway.close()
        emulator.storage.close()

    emulator.call("s3", "CreateBucket", {"Bucket": "drop"}, Caller())
    gateway.judge = stop
    credential = "AWS4-HMAC-SHA256 Credential=test/20261127/us-east-1/s3/aws4_request"
    signed = ("authorization", f"{credential}, SignedHeaders=host, Signature=0")
    headers = Headers([signed, ("content-length", "200000")])
    large = HttpRequest("PUT", "http://localhost:4566/drop/large", headers, b"x" * 200_000)
    answered = gateway.handle(large)
    assert isinstance(answered, HttpResponse)
    assert answered.status == 503
    assert caplog.records == []
