"""Real HTTP: the mounted vendors, keep-alive, the ticker, the command line."""

from __future__ import annotations

import http.client
import json
import queue
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

from simulators.server import RunningServer, main


@pytest.fixture
def receiver():
    """An HTTP server that answers webhooks with 200 and puts them on a queue."""
    arrived: queue.Queue[tuple[str, bytes]] = queue.Queue()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            arrived.put((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    server.arrived = arrived
    server.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def running(receiver):
    with RunningServer(port=0, app_url=receiver.url) as server:
        yield server


@pytest.fixture
def connection(running):
    connection = http.client.HTTPConnection(urlsplit(running.url).netloc, timeout=5)
    yield connection
    connection.close()


def ask(connection, method, path, body=None, headers=None):
    connection.request(method, path, None if body is None else json.dumps(body), headers or {})
    response = connection.getresponse()
    raw = response.read()
    return response.status, json.loads(raw) if raw else None


def test_vendors_are_mounted_on_one_port_with_keep_alive(connection):
    """Several requests go over one connection."""
    status, index = ask(connection, "GET", "/")
    assert status == 200
    assert {"/square", "/uber", "/doordash"} <= set(index["mounted"])
    local_port = connection.sock.getsockname()[1]
    assert ask(connection, "GET", "/square/v2/orders/x")[0] == 401
    assert ask(connection, "GET", "/uber/v2/eats/order/x")[0] == 401
    assert ask(connection, "PATCH", "/doordash/marketplace/api/v1/orders/x", {})[0] == 401
    assert ask(connection, "GET", "/nothing")[0] == 404
    assert connection.sock.getsockname()[1] == local_port
    status, state = ask(connection, "GET", "/_control/state")
    assert status == 200
    assert state["square"]["requests"] == {"RetrieveOrder": 1}


def test_placed_orders_leave_as_webhooks(connection, receiver, running):
    """The ticker notices at once; nobody calls tick()."""
    status, placed = ask(connection, "POST", "/_control/orders", {"count": 2})
    assert status == 201
    paths = {receiver.arrived.get(timeout=5)[0] for _ in range(2)}
    assert paths == {"/webhooks/uber_eats", "/webhooks/doordash"}
    assert [order["channel"] for order in placed["orders"]] == ["uber_eats", "doordash"]
    assert ask(connection, "POST", "/_control/orders", {"count": 0})[0] == 400


def test_oversized_and_unframed_bodies_are_refused(running):
    """The server reads no more than it must."""
    for head, status in (
        (b"Content-Length: 99999999", b"413"),
        (b"Transfer-Encoding: chunked", b"411"),
        (b"Content-Length: many", b"411"),
    ):
        address = ("127.0.0.1", urlsplit(running.url).port)
        with socket.create_connection(address, timeout=5) as client:
            client.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\n" + head + b"\r\n\r\n")
            assert client.recv(64).split()[1] == status


def test_taken_port_is_told_in_one_sentence(running, capsys):
    """No traceback."""
    port = str(urlsplit(running.url).port)
    assert main(["--port", port]) == 1
    assert f"Port {port} on 127.0.0.1 is taken" in capsys.readouterr().err


def test_help_names_every_option(capsys):
    """python -m simulators --help."""
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    text = capsys.readouterr().out
    assert all(option in text for option in ("--port", "--seed", "--app-url"))
