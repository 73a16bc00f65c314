"""What an endpoint that is not as it should be gets: one sentence, a bound, an exit status."""

from __future__ import annotations

import json
import signal
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from chalice_offline.attach.endpoint import endpoint_of
from chalice_offline.attach.errors import EndpointError
from chalice_offline.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Serve = Callable[..., str]

IDENTITY = (
    b"<GetCallerIdentityResponse><GetCallerIdentityResult><Account>000000000000</Account>"
    b"</GetCallerIdentityResult></GetCallerIdentityResponse>"
)
WRONG_KEY = (
    b"<ErrorResponse><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code>"
    b"<Message>The security token included in the request is invalid.</Message></Error>"
    b"</ErrorResponse>"
)


@pytest.fixture
def serve() -> Iterator[Serve]:
    """`serve(answer, …)` starts an endpoint; `answer(body)` gives status and body."""
    servers = []

    def start(answer: Callable[[bytes], tuple[int, bytes]]) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                status, reply = answer(body)
                self.send_response(status)
                self.send_header("content-length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            def log_message(self, *_: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server, thread in servers:
        server.shutdown()
        server.server_close()
        thread.join()


def test_wrong_credentials_are_one_sentence(attached: Any, serve: Serve) -> None:
    """AWS's own words about the key, and what was asked."""
    url = serve(lambda _body: (403, WRONG_KEY))
    attached.write("")
    attached.endpoint = endpoint_of(url, {}, {})
    with pytest.raises(
        EndpointError,
        match=r"does not accept these credentials \(sts:GetCallerIdentity\): The security token",
    ):
        attached.prepare()


def test_service_that_is_missing_is_named(attached: Any, serve: Serve) -> None:
    """An endpoint without SQS: the sentence names the operation, the handler and the text."""

    def answer(body: bytes) -> tuple[int, bytes]:
        if b"GetCallerIdentity" in body:
            return 200, IDENTITY
        text = {"__type": "InternalFailure", "message": "service 'sqs' is not available"}
        return 501, json.dumps(text).encode()

    attached.endpoint = endpoint_of(serve(answer), {}, {})
    with pytest.raises(EndpointError, match="does not offer what GetQueueUrl for handler on needs"):
        attached.start("@app.on_sqs_message(queue='orders')\ndef on(event):\n    pass\n")


def test_hiccup_is_waited_for(attached: Any, serve: Serve) -> None:
    """A 503 that passes within the bound is not the end."""
    replies = [(503, b""), (503, b""), (200, IDENTITY)]
    attached.write("")
    attached.endpoint = endpoint_of(serve(lambda _body: replies.pop(0)), {}, {})
    session = attached.prepare(patience_seconds=5)
    assert session.place.account_id == "000000000000"
    assert replies == []


def test_command_ends_with_3_and_no_traceback(
    request: pytest.FixtureRequest, tmp_path: Path, serve: Serve, attached: Any
) -> None:
    """The command line: the sentence on standard error, exit status 3."""
    for number in (signal.SIGINT, signal.SIGTERM):  # the command takes them over
        request.addfinalizer(partial(signal.signal, number, signal.getsignal(number)))
    attached.write("")
    url = serve(lambda _body: (200, b"<html>hello</html>"))
    arguments = ["local", "--project-dir", str(tmp_path), "--endpoint", url, "--port", "0"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 3
    assert result.output == f"chalice-offline: what listens at {url} is no AWS endpoint\n"
