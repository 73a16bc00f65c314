"""The pages of LocalStack that tools ask: /_localstack/… and /_aws/sqs/messages."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from chalice_offline.composition import compose
from chalice_offline.core.errors import ProjectError
from chalice_offline.core.http import Headers, HttpRequest, HttpResponse
from chalice_offline.core.pending import Pending
from chalice_offline.drivers.virtual import VirtualDriver
from chalice_offline.transports.asgi import LOOPBACK
from chalice_offline.transports.aws_door import aws_endpoint
from chalice_offline.transports.gateway import Gateway
from chalice_offline.transports.http_server import Server
from chalice_offline.transports.in_process import InProcessDoor

KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}


@pytest.fixture
def driver() -> VirtualDriver:
    """What gives the emulator its time."""
    return VirtualDriver()


@pytest.fixture
def gateway(driver: VirtualDriver) -> Gateway:
    """An emulator's gateway."""
    return Gateway(compose(driver))


def ask(gateway: Gateway, path: str, method: str = "GET", **headers: str) -> HttpResponse:
    """Return the reply to one request."""
    url = f"http://127.0.0.1:4566{path}"
    reply = gateway.handle(HttpRequest(method, url, Headers(headers.items())))
    if isinstance(reply, Pending):
        reply = reply.result()
    return reply


def told(reply: HttpResponse) -> Any:
    """Return a reply's JSON."""
    assert reply.status == 200, reply.body
    return json.loads(reply.body)


def test_health_lists_what_clients_can_ask_for(gateway: Gateway) -> None:
    """Names that botocore knows, and none that is ours alone."""
    services = told(ask(gateway, "/_localstack/health"))["services"]
    assert set(services) <= set(boto3.session.Session().get_available_services())
    assert services["sqs"] == services["cloudformation"] == "running"
    assert services["secretsmanager"] == "available"


def test_info_and_init_have_localstacks_members(gateway: Gateway) -> None:
    """Each stage can be asked for alone; hooks that still run hold "ready" back."""
    info = told(ask(gateway, "/_localstack/info"))
    assert {"version", "edition", "is_license_activated", "session_id", "system"} <= info.keys()
    assert told(ask(gateway, "/_localstack/init"))["completed"]["READY"] is True
    scripts = [{"stage": "READY", "name": "a.py", "state": "RUNNING"}]
    gateway.localstack.scripts = lambda: scripts
    assert told(ask(gateway, "/_localstack/init/ready")) == {
        "completed": False,
        "scripts": scripts,
    }
    assert told(ask(gateway, "/_localstack/init/boot")) == {"completed": True, "scripts": []}
    assert ask(gateway, "/_localstack/init/nope").status == 404


def test_info_tells_how_long_it_runs(gateway: Gateway, driver: VirtualDriver) -> None:
    """In whole seconds, as LocalStack does."""
    assert told(ask(gateway, "/_localstack/info"))["uptime"] == 0
    driver.advance(90_500)
    assert told(ask(gateway, "/_localstack/info"))["uptime"] == 90


def test_what_is_not_there_is_told(gateway: Gateway) -> None:
    """Never a bucket of that name; the method is looked at before anything is done."""
    assert ask(gateway, "/_localstack/nope").status == 404
    assert ask(gateway, "/_localstack/health/nope").status == 404
    assert ask(gateway, "/_localstack/state/save", "POST").status == 404
    assert ask(gateway, "/_localstack/health", "DELETE").status == 405
    asked = []
    gateway.localstack.begin_anew = lambda: asked.append(1) or _done()  # type: ignore[func-returns-value]
    assert ask(gateway, "/_localstack/state/reset").status == 405
    assert ask(gateway, "/_localstack/state/sqs/reset").status == 405
    assert ask(gateway, "/_localstack/state/a/b/reset", "POST").status == 404
    assert asked == []
    assert ask(gateway, "/_localstack/state/reset", "POST").status == 200
    assert asked == [1]


def test_what_is_not_there_says_what_is(gateway: Gateway) -> None:
    """In JSON, below both folders; a HEAD has no body, and S3 never hears of it."""
    for path, door in (
        ("/_localstack/helth", "/_localstack/health"),
        ("/_aws/sqs/message", "/_aws/sqs/messages"),
        ("/_aws", "/_aws/execute-api/API/STAGE"),
    ):
        reply = ask(gateway, path)
        assert (reply.status, reply.headers["content-type"]) == (404, "application/json")
        answer = json.loads(reply.body)
        assert door in answer["doors"]
        assert answer["error"].startswith(f"chalice-offline has no {path}.")
        assert answer["doors"] == sorted(answer["doors"])
    assert (
        "Did you mean /_aws/sqs/messages" in json.loads(ask(gateway, "/_aws/sqs/m").body)["error"]
    )
    assert "/_aws/cloudformation/response" in json.loads(ask(gateway, "/_aws/x").body)["doors"]
    for method in ("POST", "PUT", "DELETE"):
        assert "doors" in json.loads(ask(gateway, "/_aws/ses", method).body)
    head = ask(gateway, "/_aws/ses", "HEAD")
    assert (head.status, head.body) == (404, b"")
    assert "There are boot" in json.loads(ask(gateway, "/_localstack/init/nope").body)["error"]


def test_a_key_of_a_bucket_may_look_like_a_door(gateway: Gateway) -> None:
    """Where the host name names the bucket, the path is its key."""
    for host in ("menus.s3.localhost.localstack.cloud:4566", "menus.s3.amazonaws.com"):
        request = HttpRequest("GET", f"http://{host}/_aws/dish", Headers([("host", host)]))
        reply = gateway.handle(request)
        assert isinstance(reply, HttpResponse)
        assert b"<Code>NoSuchBucket</Code>" in reply.body


def test_a_reset_that_fails_is_told_and_logged(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    """With its cause: a script that waits for 200 keeps no answer."""
    failed: Pending[None] = Pending()
    failed.fail(RuntimeError("the disk is full"))
    gateway.localstack.begin_anew = lambda: failed
    reply = ask(gateway, "/_localstack/state/reset", "POST")
    assert reply.status == 500
    assert "the disk is full" in json.loads(reply.body)["error"]
    (record,) = [one for one in caplog.records if one.levelname == "ERROR"]
    assert record.exc_info is not None
    assert str(record.exc_info[1]) == "the disk is full"


def test_a_reset_that_cannot_be_says_why(gateway: Gateway) -> None:
    """In a test's emulator, and when the project cannot be loaded."""
    assert ask(gateway, "/_localstack/state/reset", "POST").status == 409
    failed: Pending[None] = Pending()
    failed.fail(ProjectError("app.py, line 1: SyntaxError"))
    gateway.localstack.begin_anew = lambda: failed
    reply = ask(gateway, "/_localstack/state/reset", "POST")
    assert reply.status == 409
    assert json.loads(reply.body)["error"].endswith("nothing was changed")


def test_one_service_is_reset_alone(gateway: Gateway) -> None:
    """200 without a body, as LocalStack answers; an unknown one is told with the nearest."""
    create = {"Action": "CreateQueue", "Version": "2012-11-05", "QueueName": "q"}
    body = "&".join(f"{name}={value}" for name, value in create.items()).encode()
    form = Headers([("content-type", "application/x-www-form-urlencoded")])
    gateway.handle(HttpRequest("POST", "http://sqs.us-east-1.amazonaws.com/", form, body))
    state = gateway.emulator.registry.get("sqs").state
    assert len(state.queues) == 1
    reply = ask(gateway, "/_localstack/state/sqss/reset", "POST")
    assert reply.status == 404
    assert json.loads(reply.body)["error"] == (
        "there is no service sqss here. Did you mean sqs or sts or ssm? Nothing was changed."
    )
    assert len(state.queues) == 1
    reply = ask(gateway, "/_localstack/state/sqs/reset", "POST")
    assert (reply.status, reply.body) == (200, b"")
    assert len(state.queues) == 0


def _done() -> Pending[None]:
    done: Pending[None] = Pending()
    done.resolve(None)
    return done


def test_pages_of_others_may_not_reset() -> None:
    """A web page of another origin is refused before the reset begins; a program is not."""
    gateway = Gateway(compose(VirtualDriver()))
    asked = []
    gateway.localstack.begin_anew = lambda: asked.append(1) or _done()  # type: ignore[func-returns-value]
    server = Server(aws_endpoint(gateway), host=LOOPBACK)
    server.start()
    try:
        for headers in (
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Host": "evil.example"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Referer": "https://evil.example/"},
        ):
            assert _posted(server, headers) == 403
        assert asked == []
        assert _posted(server, {}) == 200
        assert asked == [1]
    finally:
        server.stop()


def _posted(server: Server, headers: dict[str, str]) -> int:
    import http.client

    connection = http.client.HTTPConnection(LOOPBACK, server.port, timeout=10)
    try:
        connection.request("POST", "/_localstack/state/reset", headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


class Queue:
    """A queue with one message visible, one delayed, one in flight."""

    def __init__(self, gateway: Gateway) -> None:
        self.door = InProcessDoor(gateway)
        self.sqs: Any = boto3.client("sqs", **KEYS)
        self.door.open()
        self.url = self.sqs.create_queue(QueueName="jobs")["QueueUrl"]
        self._send("in flight")
        self.sqs.receive_message(QueueUrl=self.url)
        self._send("visible")
        self._send("delayed", DelaySeconds=60)

    def _send(self, body: str, **more: Any) -> None:
        attributes = {"kind": {"DataType": "String", "StringValue": body}}
        self.sqs.send_message(
            QueueUrl=self.url, MessageBody=body, MessageAttributes=attributes, **more
        )


def test_messages_are_seen_and_not_received(gateway: Gateway) -> None:
    """As XML and JSON, by URL and by path; hidden ones when asked for."""
    queue = Queue(gateway)
    try:
        accept = {"Accept": "application/json"}
        for path in (f"?QueueUrl={queue.url}", "/us-east-1/000000000000/jobs"):
            reply = told(ask(gateway, f"/_aws/sqs/messages{path}", **accept))
            shown = json.dumps(reply)
            assert '"visible"' in shown
            assert '"delayed"' not in shown
            assert "SQS/BACKDOOR/ACCESS" in shown
        everything = f"?QueueUrl={queue.url}&ShowInvisible=true&ShowDelayed=true"
        page = ask(gateway, f"/_aws/sqs/messages{everything}").body.decode()
        assert page.count("<Message>") == 3
        assert "<ReceiveMessageResponse" in page
        assert "<Value>delayed</Value>" not in page  # a body, and an attribute's StringValue
        counts = queue.sqs.get_queue_attributes(QueueUrl=queue.url, AttributeNames=["All"])
        assert counts["Attributes"]["ApproximateNumberOfMessages"] == "1"
    finally:
        queue.door.close()


def test_a_client_whose_endpoint_it_is_sees_messages(gateway: Gateway) -> None:
    """LocalStack tells its users to make a boto3 client with that endpoint."""
    queue = Queue(gateway)
    queue.door.close()
    server = Server(aws_endpoint(gateway), host=LOOPBACK)
    server.start()
    try:
        client = boto3.client("sqs", endpoint_url=f"{server.url}/_aws/sqs/messages", **KEYS)
        for _ in range(2):
            (message,) = client.receive_message(QueueUrl=queue.url)["Messages"]
            assert message["Body"] == "visible"
            assert message["MessageAttributes"]["kind"]["StringValue"] == "visible"
        with pytest.raises(client.exceptions.QueueDoesNotExist):
            client.receive_message(QueueUrl=f"{queue.url}-2")
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("", "MissingParameter"),
        ("?QueueUrl=http://x/000000000000/nope", "NonExistentQueue"),
        ("?QueueUrl=http://[::1", "NonExistentQueue"),
        ("?Action=DeleteMessage&QueueUrl=http://x/000000000000/jobs", "InvalidRequest"),
        ("/us-east-1/000000000000", "NonExistentQueue"),
    ],
)
def test_a_queue_that_is_not_there_is_refused(gateway: Gateway, path: str, code: str) -> None:
    """As SQS refuses it."""
    reply = ask(gateway, f"/_aws/sqs/messages{path}")
    assert reply.status == 400
    assert code in reply.body.decode()
