"""The policy on every port: what it refuses never reaches anything behind."""

from __future__ import annotations

import http.client
import logging
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from chalice_offline import cli
from chalice_offline.composition import compose
from chalice_offline.core.errors import ProjectError
from chalice_offline.drivers.virtual import VirtualDriver
from chalice_offline.transports.aws_door import aws_endpoint
from chalice_offline.transports.browser_policy import Access, Area
from chalice_offline.transports.gateway import Gateway
from chalice_offline.transports.http_server import Server
from simulators.server import RunningServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from chalice_offline.emulator import Emulator
    from chalice_offline.transports.asgi import Receive, Scope, Send

EVIL = {"Origin": "https://evil.example", "Content-Type": "text/plain"}


def ask(port: int, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
    """Send one request with exactly these header fields, and a Host."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.putrequest(method, path, skip_host="Host" in headers, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        reply = connection.getresponse()
        return reply.status, reply.read()
    finally:
        connection.close()


@pytest.fixture
def emulator() -> Emulator:
    return compose(VirtualDriver())


@pytest.fixture
def aws(emulator: Emulator) -> Iterator[Server]:
    server = Server(aws_endpoint(Gateway(emulator)))
    server.start()
    yield server
    server.stop()


def test_a_page_of_another_site_cannot_create_a_function(aws: Server, emulator: Emulator) -> None:
    """The attack that runs a page's code: a form POST of plain text to Lambda's path."""
    status, body = ask(aws.port, "POST", "/2015-03-31/functions", b'{"FunctionName": "f"}', **EVIL)
    assert status == 403
    assert b"--allow-host evil.example" in body
    assert body.count(b"\n") == 1
    assert not list(emulator.journal.entries())


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "no-cors", "Sec_Fetch_Dest": "image"},
        {"Referer": "https://evil.example/page"},
        {"Origin": "null"},
        {"Host": "evil.example"},
        {"Host": "evil.example", "Origin": "http://evil.example", "Sec_Fetch_Site": "same-origin"},
    ],
)
def test_nothing_a_page_can_send_reaches_a_queue(
    aws: Server, emulator: Emulator, headers: dict[str, str]
) -> None:
    """An image tag with an action, an old browser, a sandboxed frame, a rebound name."""
    assert ask(aws.port, "GET", "/?Action=CreateQueue&QueueName=made", **headers)[0] == 403
    assert ask(aws.port, "GET", "/_chalice_offline/journal", **headers)[0] == 403
    assert not list(emulator.journal.entries())


def test_programs_and_the_users_front_end_reach_it(aws: Server) -> None:
    """curl sends none of these fields; a development server's page is of loopback."""
    assert ask(aws.port, "GET", "/?Action=CreateQueue&QueueName=made")[0] == 200
    own = {"Origin": "http://localhost:3000", "Sec_Fetch_Site": "cross-site"}
    assert ask(aws.port, "POST", "/?Action=ListQueues", **own)[0] == 200


def test_a_refused_request_does_not_break_the_connection(aws: Server) -> None:
    """Its body is not read as the next request."""
    connection = http.client.HTTPConnection("127.0.0.1", aws.port, timeout=5)
    for _ in range(2):
        connection.request("POST", "/", b"GET / HTTP/1.1\r\n\r\n" * 1000, {"Origin": "null"})
        reply = connection.getresponse()
        assert (reply.status, bool(reply.read())) == (403, True)
    connection.request("GET", "/_localstack/health")
    assert connection.getresponse().status == 200
    connection.close()


@pytest.mark.parametrize(
    ("fields", "is_sandboxed"),
    [
        ({"Sec_Fetch_Dest": "document", "Sec_Fetch_Site": "none"}, True),
        ({"Sec_Fetch_Dest": "iframe", "Sec_Fetch_Site": "same-origin"}, True),
        ({"Host": "bucket.s3.localhost.localstack.cloud", "User_Agent": "Mozilla/5.0"}, True),
        ({"User_Agent": "Mozilla/5.0"}, True),
        ({"Sec_Fetch_Dest": "image", "Sec_Fetch_Site": "same-origin"}, False),
        ({"User_Agent": "aws-cli/2"}, False),
    ],
)
def test_a_document_of_a_bucket_gets_an_origin_of_its_own(
    aws: Server, fields: dict[str, str], is_sandboxed: bool
) -> None:
    """Also under a name for which browsers do not say that they will show it as a document."""
    connection = http.client.HTTPConnection("127.0.0.1", aws.port, timeout=5)
    sent = {"Host": "localhost"} | {k.replace("_", "-"): v for k, v in fields.items()}
    connection.request("GET", "/key", headers=sent)
    reply = connection.getresponse()
    assert reply.status == 404, reply.read()
    assert ("sandbox" in (reply.getheader("Content-Security-Policy") or "")) is is_sandboxed
    connection.close()


def test_each_origin_is_logged_once(aws: Server, caplog: pytest.LogCaptureFixture) -> None:
    """A page that tries in a loop does not fill the log."""
    with caplog.at_level(logging.WARNING):
        for _ in range(5):
            ask(aws.port, "POST", "/", **EVIL)
    assert sum("evil.example" in record.getMessage() for record in caplog.records) == 1


def test_the_apps_routes_are_guarded_as_well() -> None:
    """The app is not asked, and a rebound name reads nothing."""
    asked = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        asked.append(scope["path"])
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    server = Server(app, area=Area.APP)
    server.start()
    try:
        assert ask(server.port, "POST", "/orders", b"{}", **EVIL)[0] == 403
        assert ask(server.port, "OPTIONS", "/orders", **EVIL)[0] == 403
        assert ask(server.port, "GET", "/orders", Host="evil.example")[0] == 403
        assert not asked
        assert ask(server.port, "POST", "/orders", Origin="http://localhost:3000")[0] == 204
    finally:
        server.stop()
    assert asked == ["/orders"]


def test_the_simulators_are_guarded_as_well() -> None:
    """Their control paths make orders and faults."""
    with RunningServer(port=0) as running:
        port = int(running.url.rpartition(":")[2])
        assert ask(port, "POST", "/_control/orders", b"{}", **EVIL)[0] == 403
        assert ask(port, "GET", "/_control/state", Host="evil.example")[0] == 403
        assert ask(port, "GET", "/_control/state")[0] == 200


@pytest.mark.parametrize("command", ["aws", "local"])
@pytest.mark.parametrize("host", ["0.0.0.0", "", "::"])
def test_the_commands_refuse_to_listen_beyond_loopback(
    command: str, host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one sentence, and before anything of the project is loaded."""
    (tmp_path / ".chalice").mkdir()
    (tmp_path / ".chalice" / "config.json").write_text('{"version": "2.0", "app_name": "a"}')
    (tmp_path / "app.py").write_text("from chalice import Chalice\napp = Chalice('a')\n")
    monkeypatch.chdir(tmp_path)
    ended = CliRunner().invoke(cli.main, [command, "--host", host, "--port", "0"])
    assert ended.exit_code == 2
    assert "--listen-beyond-loopback" in ended.output


@pytest.mark.parametrize("host", ["0.0.0.0", "", "::"])
def test_listening_beyond_loopback_needs_a_word(host: str, caplog: Any) -> None:
    """One sentence names the option; with it, a warning says what it means."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None: ...

    with pytest.raises(ProjectError, match="--listen-beyond-loopback"):
        Server(app, host=host)
    access = Access(beyond_loopback=True)
    for _ in ("the app's door", "AWS's"):
        Server(app, host=host, access=access).stop()
    assert caplog.text.count("run code here") == 1, "a session with two doors says it once"


def test_every_loopback_address_may_be_bound() -> None:
    """Several emulators can have addresses of their own."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None: ...

    for host in ("127.0.0.1", "localhost", "127.0.0.2", "::1"):
        server = Server(app, host=host)
        assert f":{server.port}" in server.url
        server.stop()
