"""What happens on the connection: cut-off, malformed and oversized requests, clients that leave."""

from __future__ import annotations

import io
import json
import logging
import threading
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from chalice_offline.core.http import joined
from chalice_offline.core.kernel import Service
from chalice_offline.core.pending import Pending
from chalice_offline.drivers.live import LiveDriver
from chalice_offline.emulator import Emulator
from chalice_offline.protocols import sent_to_stage
from chalice_offline.transports.aws_door import aws_endpoint
from chalice_offline.transports.browser_policy import Area
from chalice_offline.transports.gateway import Gateway
from chalice_offline.transports.http_server import Server
from tests.transports.raw_http import connect, exchange, read_replies, read_reply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.transports.conftest import Live

MIB = 1024 * 1024
HOST = "Host: localhost\r\n"


def client(live: Live, service: str) -> Any:
    return boto3.session.Session().client(
        service,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        endpoint_url=live.server.url,
        config=Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"}),
    )


def wait_until(condition: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(500):
        if condition():
            return
        pause.wait(0.01)
    pytest.fail("waited 5 s in vain")


def replied(*headers: tuple[str, str], body: bytes = b"", status: int = 200) -> dict[str, Any]:
    """Return what an API answers."""
    return {"statusCode": status, "headers": list(headers), "body": body}


def server_of(answer: Callable[[dict[str, Any]], Any]) -> Server:
    """Return a door for the routes of an API that `answer` is the whole of."""
    emulator = Emulator(LiveDriver())
    operations = {"Request": lambda _state, _context, request: answer(request)}
    emulator.add(Service("execute-api", None, operations))
    endpoint = aws_endpoint(Gateway(emulator), lambda head: sent_to_stage(head, "x", "api"))
    return Server(endpoint, area=Area.APP)


@pytest.fixture
def app() -> Iterator[Callable[[Any], int]]:
    """`app(answer)`: a door for an app's routes, which `answer` answers; returns its port."""
    servers: list[Server] = []

    def serve(answer: Any) -> int:
        servers.append(server_of(answer))
        servers[-1].start()
        return servers[-1].port

    yield serve
    for server in servers:
        server.stop()


# ---- cut off -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "request_",
    [
        f"PUT /bucket/key HTTP/1.1\r\n{HOST}Content-Length: 1000000\r\n\r\n0123456789",
        f"PUT /bucket/key HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\nff\r\n0123456789",
        f"PUT /bucket/key HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n1\r\n0\r\n",
        f"GET /?Action=CreateQueue&QueueName=a HTTP/1.1\r\n{HOST}Content-Length: 9\r\n\r\nhalf",
        f"POST / HTTP/1.1\r\n{HOST}Content-Length: 2000000\r\n\r\nAction=CreateQueue&QueueName=h",
        f"PUT /bucket/key HTTP/1.1\r\n{HOST}",
    ],
)
def test_a_request_that_is_cut_off_changes_nothing(live: Live, request_: str) -> None:
    """Ten bytes of a million are no object, and half a message is no message."""
    with connect(live.server.port) as sender:
        sender.sendall(request_.encode())
    # The next request is answered, and by then the first would have been.
    assert b"ListQueuesResult" in live.call("/?Action=ListQueues")
    assert live.subjects() == ["sqs.ListQueues"]


def test_a_request_to_the_app_that_is_cut_off_is_not_run(app: Any) -> None:
    """A route sees whole requests only."""
    seen: list[bytes] = []

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        seen.append(request["body"])
        return replied()

    port = app(answer)
    with connect(port) as sender:
        sender.sendall(f"POST / HTTP/1.1\r\n{HOST}Content-Length: 9\r\n\r\n1234".encode())
    exchange(port, f"POST / HTTP/1.1\r\n{HOST}Content-Length: 5\r\n\r\nwhole")
    assert seen == [b"whole"]


def test_no_file_is_left_of_an_upload_that_is_cut_off(live: Live) -> None:
    """What was spooled goes with its client."""
    head = f"PUT /bucket/key HTTP/1.1\r\n{HOST}Content-Length: 9000000\r\n\r\n".encode()
    blobs = live.emulator.storage.blobs
    folder = blobs.writer().finish().path.parent
    with connect(live.server.port) as sender:
        sender.sendall(head + bytes(3 * MIB))
        wait_until(lambda: len(list(folder.iterdir())) == 2)
    wait_until(lambda: len(list(folder.iterdir())) == 1)


def test_what_came_with_the_end_of_a_large_request_is_no_large_head(app: Any) -> None:
    """Half of the next request's head arrives together with a payload of 70,000 bytes."""
    begun, go_on = threading.Event(), threading.Event()

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        if request["path"] == "/first":
            begun.set()
            go_on.wait(10)
        return replied(body=b"%d" % len(request["body"]))

    with connect(app(answer)) as client:
        client.sendall(f"GET /first HTTP/1.1\r\n{HOST}\r\n".encode())
        assert begun.wait(10)
        head = f"POST / HTTP/1.1\r\n{HOST}Content-Length: 70000\r\n\r\n"
        client.sendall(f"{head}{'a' * 70_000}GET / HT".encode())
        go_on.set()
        assert read_replies(client, 2) == [b"0", b"70000"]
        client.sendall(f"TP/1.1\r\n{HOST}\r\n".encode())
        assert read_reply(client)[2] == b"0"


# ---- clients that leave --------------------------------------------------------------------------


def test_a_client_that_hangs_up_takes_no_message(live: Live) -> None:
    """Its long poll ends with it; what is sent afterwards is for the next receiver."""
    sqs = client(live, "sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    poll = f"GET /000000000000/q?Action=ReceiveMessage&WaitTimeSeconds=20 HTTP/1.1\r\n{HOST}\r\n"
    with connect(live.server.port) as sender:
        sender.sendall(poll.encode())
        wait_until(lambda: "sqs.ReceiveMessage" in live.subjects())
    wait_until(lambda: "sqs.ReceiveMessage hung up" in live.subjects())
    sqs.send_message(QueueUrl=url, MessageBody="for somebody else")
    counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert counts["ApproximateNumberOfMessagesNotVisible"] == "0"
    assert len(sqs.receive_message(QueueUrl=url)["Messages"]) == 1


def test_of_several_who_wait_the_others_still_get_theirs(live: Live) -> None:
    """Leaving the line does not lose one's neighbours their turn."""
    sqs = client(live, "sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    poll = f"GET /000000000000/q?Action=ReceiveMessage&WaitTimeSeconds=20 HTTP/1.1\r\n{HOST}\r\n"
    first, second = connect(live.server.port), connect(live.server.port)
    for number, one in enumerate((first, second), 1):
        one.sendall(poll.encode())
        wait_until(lambda count=number: live.subjects().count("sqs.ReceiveMessage") == count)
    first.close()
    wait_until(lambda: "sqs.ReceiveMessage hung up" in live.subjects())
    sqs.send_message(QueueUrl=url, MessageBody="hello")
    assert b"hello" in read_reply(second)[2]
    second.close()


def test_stopping_answers_who_waits(live: Live, caplog: pytest.LogCaptureFixture) -> None:
    """A long poll is told that the service is going away; nothing is logged as failed."""
    client(live, "sqs").create_queue(QueueName="q")
    poll = f"GET /000000000000/q?Action=ReceiveMessage&WaitTimeSeconds=20 HTTP/1.1\r\n{HOST}\r\n"
    with connect(live.server.port) as waiting:
        waiting.sendall(poll.encode())
        wait_until(lambda: "sqs.ReceiveMessage" in live.subjects())
        live.stop()
        status, _, body = read_reply(waiting)
    assert (status, b"ServiceUnavailable" in body) == (503, True)
    assert caplog.records == []


def test_stopping_answers_a_route_that_still_runs(app: Any, caplog: Any) -> None:
    """It is not waited for longer than a second, and no traceback is printed."""
    started = threading.Event()

    def answer(_request: dict[str, Any]) -> Pending[dict[str, Any]]:
        started.set()
        return Pending()

    server = server_of(answer)
    server.start()
    with connect(server.port) as waiting:
        waiting.sendall(f"GET / HTTP/1.1\r\n{HOST}\r\n".encode())
        assert started.wait(5)
        server.stop()
        assert read_reply(waiting)[0] == 503
    assert caplog.records == []


# ---- malformed -----------------------------------------------------------------------------------

MALFORMED = {
    "host that is none": "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n",
    "two hosts": "GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
    "target *": f"OPTIONS * HTTP/1.1\r\n{HOST}\r\n",
    "target without slash": f"GET nothing HTTP/1.1\r\n{HOST}\r\n",
    "target that is no URL": f"GET http://[ HTTP/1.1\r\n{HOST}\r\n",
    "connect": "CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "non-ASCII target": f"GET /\xe9 HTTP/1.1\r\n{HOST}\r\n",
    "no HTTP": "hello\r\n\r\n",
    "two lengths": f"POST / HTTP/1.1\r\n{HOST}Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
    "length and chunks": f"POST / HTTP/1.1\r\n{HOST}Content-Length: 1\r\n"
    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "negative length": f"POST / HTTP/1.1\r\n{HOST}Content-Length: -1\r\n\r\n",
    "bare CR in a field": f"GET / HTTP/1.1\r\n{HOST}X: a\rb\r\n\r\n",
    "many fields": f"GET / HTTP/1.1\r\n{HOST}" + "X-Y: z\r\n" * 9000 + "\r\n",
    "long field": f"GET / HTTP/1.1\r\n{HOST}X: {'x' * 99000}\r\n\r\n",
    "long target": f"GET /{'x' * 99000} HTTP/1.1\r\n{HOST}\r\n",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_request_gets_one_answer(live: Live, caplog: Any, name: str) -> None:
    """4xx, never a traceback, and the next client does not notice."""
    status, body = exchange(live.server.port, MALFORMED[name])
    assert status in (400, 403, 431)
    assert body
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert b"ListQueuesResult" in live.call("/?Action=ListQueues")


def test_a_head_that_never_ends_is_not_kept(live: Live) -> None:
    """64 KB of header fields are more than any service takes."""
    with connect(live.server.port) as sender:
        sender.sendall(f"GET / HTTP/1.1\r\n{HOST}X: ".encode())
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            for _ in range(1000):
                sender.sendall(b"x" * 65536)


@pytest.mark.parametrize(
    "request_",
    [
        f"GET // HTTP/1.1\r\n{HOST}\r\n",
        f"GET /%00/%ff HTTP/1.1\r\n{HOST}\r\n",
        f"GET /?%zz=%& HTTP/1.1\r\n{HOST}\r\n",
        f"GET / HTTP/1.1\r\n{HOST}Authorization: AWS4-HMAC-SHA256 Credential=\xe9\xff\r\n\r\n",
        f"GET /b/k HTTP/1.1\r\n{HOST}Authorization: \xe9\xff\r\n\r\n",
        f"GET /b/k HTTP/1.1\r\n{HOST}X-Amz-Meta-A: \xe9\r\nX-Amz-Meta-A: b\r\n\r\n",
        f"HEAD /b/k HTTP/1.1\r\n{HOST}\r\n",
        f"PUT /b HTTP/1.1\r\n{HOST}Content-Length: 3\r\n\r\n\xff\xfe\x00",
        f"POST / HTTP/1.1\r\n{HOST}X-Amz-Target: AmazonSQS.\xe9\r\nContent-Length: 0\r\n\r\n",
        "GET http://localhost:1/?Action=ListQueues HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    ],
)
def test_an_odd_request_is_answered_and_the_connection_goes_on(
    live: Live, caplog: Any, request_: str
) -> None:
    """The same connection carries the next request."""
    with connect(live.server.port) as sender:
        for _ in range(2):
            sender.sendall(request_.encode("latin-1"))
            status, head, body = read_reply_of(sender, request_)
            assert status < 500 or status == 501, (head, body)  # 501: moto knows it not
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def read_reply_of(sender: Any, request_: str) -> tuple[int, bytes, bytes]:
    if not request_.startswith("HEAD"):
        return read_reply(sender)
    head = b""
    while b"\r\n\r\n" not in head:
        head += sender.recv(1)
    return int(head.split()[1]), head, b""


def test_the_host_in_the_target_counts(live: Live) -> None:
    """RFC 9112, section 3.2.2; else a Host header could cover for it."""
    assert exchange(live.server.port, f"GET http://evil.example/ HTTP/1.1\r\n{HOST}\r\n")[0] == 403


# ---- replies -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "status", "body"),
    [
        (replied(body=b"{}", status=204), 204, b""),
        (replied(("content-length", "7"), body=b"null", status=304), 304, b""),
        (replied(status=100), 502, b"Internal server error"),
        (replied(status=999), 502, b"Internal server error"),
        (replied(("x", "a\rb"), body=b"ok"), 502, b"Internal server error"),
        (replied(("a b", "c"), body=b"ok"), 502, b"Internal server error"),
        (replied(("x", "a\nset-cookie: b=c"), body=b"ok"), 200, b"ok"),
        (replied(("x", "caf\xe9 \u2603"), body=b"ok"), 200, b"ok"),
        (replied(("content-length", "99"), body=b"ok"), 200, b"ok"),
        (replied(("transfer-encoding", "chunked"), body=b"ok"), 200, b"ok"),
    ],
)
def test_no_reply_of_an_app_breaks_the_connection(
    app: Any, reply: dict[str, Any], status: int, body: bytes
) -> None:
    """What cannot be sent is 502, as API Gateway says it, and the next reply is read whole."""
    port = app(lambda *_: reply)
    with connect(port) as sender:
        for _ in range(2):
            sender.sendall(f"GET / HTTP/1.1\r\n{HOST}\r\n".encode())
            got, head, content = read_reply(sender)
            assert got == status
            assert body in content
            assert bool(body) == bool(content)
            assert b"\r\nset-cookie" not in head


def test_an_answer_that_raises_is_a_json_500(app: Any, caplog: Any) -> None:
    """Logged whole, and told as API Gateway tells it."""

    def answer(_request: dict[str, Any]) -> dict[str, Any]:
        raise ValueError("a mistake")

    status, body = exchange(app(answer), f"GET / HTTP/1.1\r\n{HOST}\r\n")
    assert (status, json.loads(body)) == (500, {"message": "Internal server error"})
    assert "a mistake" in caplog.text


def test_fields_that_come_twice_are_one(app: Any) -> None:
    """RFC 9110, section 5.2, for all but an app, which gets them one by one."""
    seen: list[Any] = []

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        seen.append(joined(request["headers"]))
        assert ("X-A", "2") in request["headers"]
        return replied()

    fields = "X-A: 1\r\nX-A: 2\r\nCookie: a=b\r\nCookie: c=d\r\n"
    exchange(app(answer), f"GET / HTTP/1.1\r\n{HOST}{fields}\r\n")
    assert (seen[0]["x-a"], seen[0]["cookie"]) == ("1, 2", "a=b; c=d")


# ---- sizes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("service", "operation", "request_", "code"),
    [
        ("sqs", "send_message", {"QueueUrl": "http://localhost/000000000000/q",
                                 "MessageBody": "x" * 9 * MIB}, "InvalidParameterValue"),
        ("sns", "publish", {"TopicArn": "arn:aws:sns:us-east-1:000000000000:t",
                            "Message": "x" * 9 * MIB}, "InvalidParameter"),
        ("events", "put_events", {"Entries": [{"Source": "s", "DetailType": "d",
                                               "Detail": "x" * 9 * MIB}]}, "ValidationException"),
        ("lambda", "invoke", {"FunctionName": "f", "Payload": b"x" * 7 * MIB},
         "RequestTooLargeException"),
        ("secretsmanager", "create_secret", {"Name": "s", "SecretString": "x" * 40 * MIB}, "413"),
    ],
)  # fmt: skip
def test_a_request_larger_than_its_service_takes_is_refused_in_its_words(
    live: Live, service: str, operation: str, request_: dict[str, Any], code: str
) -> None:
    """While it is read, and without being kept."""
    made = client(live, service)
    made.meta.events.unregister("before-parameter-build.sqs.SendMessage")
    with pytest.raises(ClientError) as caught:
        getattr(made, operation)(**request_)
    told = caught.value.response
    assert code in (told["Error"]["Code"], str(told["ResponseMetadata"]["HTTPStatusCode"]))
    assert live.subjects() == []


def test_an_upload_that_is_wrong_at_its_end_is_answered(live: Live) -> None:
    """The error is known with the last byte; nobody waits for more."""
    content = b"x" * 2 * MIB
    body = b"%x\r\n" % len(content) + content + b"\r\n0\r\n\r\n"
    fields = "Content-Encoding: aws-chunked\r\nX-Amz-Decoded-Content-Length: 9\r\n"
    head = f"PUT /bucket/key HTTP/1.1\r\n{HOST}{fields}Content-Length: {len(body)}\r\n\r\n"
    status, told = exchange(live.server.port, head.encode() + body)
    assert (status, b"<Code>IncompleteBody</Code>" in told) == (400, True)
    assert live.subjects() == []


def test_a_payload_larger_than_api_gateway_takes_is_refused(app: Any) -> None:
    """By far, announced or in chunks: the door refuses it, and the route is not run."""
    port = app(lambda _request: replied())
    body = bytes(17 * MIB)
    head = f"POST / HTTP/1.1\r\n{HOST}"
    whole = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
    chunk = b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n"
    chunked = f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + chunk
    for request_ in (whole, chunked):
        status, told = exchange(port, request_)
        assert (status, json.loads(told)) == (413, {"message": "Request Too Long"})


def test_who_waits_for_leave_to_send_too_much_is_refused_before(app: Any) -> None:
    """Expect: 100-continue; the answer comes without it."""
    port = app(lambda _request: replied())
    fields = "Content-Length: 99999999\r\nExpect: 100-continue\r\n"
    status, _ = exchange(port, f"POST / HTTP/1.1\r\n{HOST}{fields}\r\n")
    assert status == 413


@pytest.mark.parametrize("size", [10, 3 * MIB])
def test_objects_of_every_size_come_back_as_they_were(live: Live, size: int) -> None:
    """In memory or through a file, with boto3's own checksums and chunks."""
    s3 = client(live, "s3")
    s3.create_bucket(Bucket="bucket")
    body = bytes(range(256)) * (size // 256 + 1)
    s3.put_object(Bucket="bucket", Key="key", Body=io.BytesIO(body))
    reply = s3.get_object(Bucket="bucket", Key="key")
    assert reply["Body"].read() == body
    assert reply["ContentLength"] == len(body)
