"""Connections that a thread serves while one request follows the other."""

from __future__ import annotations

import errno
import os
import selectors
import socket as sockets
import struct
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from chalice_offline.core.pending import Pending
from chalice_offline.drivers.handler_threads import HandlerThreads
from chalice_offline.drivers.helping import Helper
from chalice_offline.transports import busy_connection, http_server, lending
from chalice_offline.transports.browser_policy import Area
from chalice_offline.transports.lending import Lending
from tests.transports.raw_http import connect, read_replies, read_reply
from tests.transports.test_connections import replied, server_of, wait_until

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

    from chalice_offline.transports.busy_connection import BusyConnection
    from chalice_offline.transports.http_server import Server

HOST = "Host: localhost\r\n"
OWN = "connections"  # how such a thread is called


class Routes:
    """Answers with what was sent, and notes which thread was asked."""

    def __init__(self) -> None:
        self.threads: list[str] = []
        self.idents: list[int] = []
        self.answers: dict[str, Any] = {}

    def __call__(self, request: dict[str, Any]) -> Any:
        self.threads.append(threading.current_thread().name)
        self.idents.append(threading.get_ident())
        answer = self.answers.get(request["path"])
        return answer() if answer else replied(body=request["body"][::-1])


@pytest.fixture
def routes() -> Routes:
    return Routes()


@pytest.fixture
def server(routes: Routes) -> Iterator[Server]:
    """A door whose routes are `routes`."""
    made = server_of(routes)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def client(server: Server, routes: Routes) -> Iterator[socket.socket]:
    """A client whose connection has a thread of its own by now."""
    with connect(server.port) as made:
        ask_until(made, lambda: routes.threads[-1] == OWN)
        yield made


def ask(client: socket.socket, body: str = "abc", fields: str = "", path: str = "/") -> bytes:
    head = f"POST {path} HTTP/1.1\r\n{HOST}{fields}Content-Length: {len(body)}\r\n\r\n"
    client.sendall(f"{head}{body}".encode())
    return read_reply(client)[2]


def ask_until(client: socket.socket, condition: Callable[[], bool]) -> None:
    for _ in range(2_000):
        assert ask(client) == b"cba"
        if condition():
            return
    pytest.fail("asked 2,000 times in vain")


def test_a_busy_connection_gets_a_thread_and_gives_it_back(
    client: socket.socket, routes: Routes
) -> None:
    """What comes in pieces is whole all the same; a pause ends it, and it begins again."""
    head = f"POST / HTTP/1.1\r\n{HOST}Content-Length: 6\r\n\r\n"
    for piece in (head[:9], head[9:], "abc", "def"):
        client.sendall(piece.encode())
    assert read_replies(client, 1) == [b"fedcba"]
    wait_until(lambda: OWN not in [one.name for one in threading.enumerate()])
    assert ask(client) == b"cba"
    assert routes.threads[-1] != OWN
    ask_until(client, lambda: routes.threads[-1] == OWN)


@pytest.mark.parametrize(
    ("sent", "replies"),
    [
        (
            f"POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            [b"cba"],
        ),
        (f"POST / HTTP/1.1\r\n{HOST}Origin: http://localhost\r\n\r\n", [b""]),
        (
            (
                f"POST / HTTP/1.1\r\n{HOST}Content-Length: 1\r\n\r\n1"
                f"POST / HTTP/1.1\r\n{HOST}Content-Length: 1\r\n\r\n2"
            ),
            [b"1", b"2"],
        ),
        (
            (
                f"POST / HTTP/1.1\r\n{HOST}Content-Length: 1\r\n\r\n1"
                f"POST / HTTP/1.1\r\n{HOST}Content-Len"
            ),
            [b"1"],
        ),
        (
            f"POST / HTTP/1.1\r\n{HOST}Content-Length: 300000\r\n\r\n" + "a" * 300_000,
            [b"a" * 300_000],
        ),
        (
            (
                f"POST / HTTP/1.1\r\n{HOST}Connection: Upgrade\r\nUpgrade: h2c\r\n"
                "Content-Length: 3\r\n\r\nabc"
            ),
            [b"cba"],
        ),
    ],
    ids=["chunked", "a browser's", "two at once", "one and a half", "large", "another protocol"],
)
def test_what_is_unusual_is_answered_by_the_event_loop(
    client: socket.socket, routes: Routes, sent: str, replies: list[bytes]
) -> None:
    """The connection goes back with what has come; nothing is lost, nothing answered twice."""
    asked = len(routes.threads)
    client.sendall(sent.encode())
    assert read_replies(client, len(replies)) == replies
    assert len(routes.threads) == asked + len(replies)
    assert OWN not in routes.threads[asked:]


def test_what_is_no_request_is_refused(client: socket.socket) -> None:
    """As on every connection: 400, and the end."""
    client.sendall(b"no request at all\r\n\r\n")
    assert read_reply(client)[0] == 400
    assert client.recv(1) == b""


@pytest.fixture
def sharing(server: Server, routes: Routes) -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two clients whose connections share a thread by now."""
    with connect(server.port) as one, connect(server.port) as two:

        def share() -> bool:
            ask(two)
            return routes.threads[-2:] == [OWN] * 2 and len(set(routes.idents[-2:])) == 1

        ask_until(one, share)
        yield one, two


def test_connections_share_a_thread(
    sharing: tuple[socket.socket, socket.socket], routes: Routes
) -> None:
    """Who sends half a request keeps nobody waiting, and it is whole in the end."""
    one, two = sharing
    head = f"POST / HTTP/1.1\r\n{HOST}Content-Length: 6\r\n\r\n"
    for piece in (head[:9], head[9:], "abc"):
        one.sendall(piece.encode())
        assert ask(two) == b"cba"
    one.sendall(b"def")
    assert read_replies(one, 1) == [b"fedcba"]


def test_who_leaves_or_pauses_takes_nobody_along(
    sharing: tuple[socket.socket, socket.socket], routes: Routes
) -> None:
    """The other one's thread goes on, and takes who comes."""
    one, two = sharing
    one.close()
    before = routes.idents[-1]
    ask_until(two, lambda: len(routes.threads) % 50 == 0)
    assert (routes.threads[-1], routes.idents[-1]) == (OWN, before)


def test_who_shares_a_thread_and_pauses_is_answered_once(
    sharing: tuple[socket.socket, socket.socket], routes: Routes
) -> None:
    """Its connection goes back, and its last request does not go with it."""
    asked = len(routes.threads)
    wait_until(lambda: OWN not in [one.name for one in threading.enumerate()])
    assert [ask(one, body="next") for one in sharing] == [b"txen", b"txen"]
    assert len(routes.threads) == asked + 2


def test_what_is_unusual_about_one_is_nothing_to_the_other(
    sharing: tuple[socket.socket, socket.socket], routes: Routes
) -> None:
    """A late answer, a request that is none, a mistake of ours."""
    one, two = sharing
    late: Pending[dict[str, Any]] = Pending()
    routes.answers["/late"] = lambda: late
    one.sendall(f"GET /late HTTP/1.1\r\n{HOST}\r\n".encode())
    for _ in range(20):
        assert ask(two) == b"cba"
    late.resolve(replied(body=b"late"))
    assert read_replies(one, 1) == [b"late"]
    one.sendall(b"no request at all\r\n\r\n")
    assert read_reply(one)[0] == 400
    assert ask(two) == b"cba"


def test_a_server_that_stops_ends_all_that_share(
    server: Server, sharing: tuple[socket.socket, socket.socket]
) -> None:
    """None is left to wait."""
    server.stop()
    assert [one.recv(1) for one in sharing] == [b"", b""]


def test_an_answer_that_comes_late_comes(client: socket.socket, routes: Routes) -> None:
    """Nobody's thread waits for it; the connection goes on afterwards."""
    late: Pending[dict[str, Any]] = Pending()
    routes.answers["/late"] = lambda: late
    threading.Timer(0.1, lambda: late.resolve(replied(body=b"late"))).start()
    assert ask(client, path="/late") == b"late"
    assert ask(client) == b"cba"


def test_a_client_that_leaves_calls_its_request_off(client: socket.socket, routes: Routes) -> None:
    """A long poll takes no message then."""
    never: Pending[dict[str, Any]] = Pending()
    called_off = threading.Event()
    never.when_abandoned(called_off.set)
    routes.answers["/never"] = lambda: never
    client.sendall(f"GET /never HTTP/1.1\r\n{HOST}\r\n".encode())
    wait_until(lambda: routes.threads[-1] == OWN)
    client.close()
    assert called_off.wait(10)


def test_a_large_reply_to_a_slow_reader_is_whole(client: socket.socket, routes: Routes) -> None:
    """What the connection does not take at once is sent by the event loop."""
    body = bytes(range(256)) * 80_000
    routes.answers["/large"] = lambda: replied(body=body)
    client.sendall(f"GET /large HTTP/1.1\r\n{HOST}\r\n".encode())
    threading.Event().wait(0.3)
    assert read_replies(client, 1) == [body]
    assert ask(client) == b"cba"


def test_who_still_reads_a_reply_does_not_idle(server: Server, routes: Routes) -> None:
    """The next request is answered, though the reply was made longer ago than a client may idle."""
    server._server.config.timeout_keep_alive = 2
    body = bytes(range(256)) * 80_000
    routes.answers["/large"] = lambda: replied(body=body)
    with connect(server.port) as client:
        client.sendall(f"GET /large HTTP/1.1\r\n{HOST}\r\n".encode())
        threading.Event().wait(2.3)
        assert read_replies(client, 1) == [body]
        assert ask(client) == b"cba"


def test_who_waited_long_for_a_reply_or_reads_it_for_long_may_ask_again(
    monkeypatch: pytest.MonkeyPatch, routes: Routes
) -> None:
    """The time in which a request is owed begins when the client has the reply to its last."""
    monkeypatch.setattr(http_server, "REQUEST_SECONDS", 1.2)
    late: Pending[dict[str, Any]] = Pending()
    routes.answers["/late"] = lambda: late
    body = bytes(range(256)) * 80_000
    routes.answers["/large"] = lambda: replied(body=body)
    server = server_of(routes)
    server.start()
    try:
        with connect(server.port) as client, connect(server.port) as reader:
            reader.sendall(f"GET /large HTTP/1.1\r\n{HOST}\r\n".encode())
            client.sendall(f"GET /late HTTP/1.1\r\n{HOST}\r\n".encode())
            threading.Timer(1.4, lambda: late.resolve(replied(body=b"late"))).start()
            assert read_replies(client, 1) == [b"late"]
            threading.Event().wait(0.4)  # the server has looked for whom to cut off, twice
            assert ask(client) == b"cba"
            assert read_replies(reader, 1) == [body]
            assert ask(reader) == b"cba"
    finally:
        server.stop()


def test_a_server_that_stops_ends_them(
    server: Server, client: socket.socket, routes: Routes
) -> None:
    """One that idles, and one that waits: that is told so."""
    never: Pending[dict[str, Any]] = Pending()
    routes.answers["/never"] = lambda: never
    with connect(server.port) as waits:
        ask_until(waits, lambda: routes.threads[-1] == OWN)
        waits.sendall(f"GET /never HTTP/1.1\r\n{HOST}\r\n".encode())
        wait_until(lambda: routes.threads[-1] == OWN)
        server.stop()
        assert read_reply(waits)[0] == 503
        assert waits.recv(1) == b""
    assert client.recv(1) == b""


def test_a_server_that_stops_ends_who_owes_the_rest_of_a_request(
    server: Server, client: socket.socket
) -> None:
    """Whose connection a thread serves, and whose the event loop: neither is read any more."""
    with connect(server.port) as other:
        for one in (client, other):
            one.sendall(f"POST / HTTP/1.1\r\n{HOST}Content-Length: 3\r\n\r\n".encode())
        assert ask_anew(server) == b"cba"  # the other one's head is read by then
        server.stop()
        assert [ended(one) for one in (client, other)] == [True, True]


def ask_anew(server: Server) -> bytes:
    with connect(server.port) as made:
        return ask(made)


def ended(client: socket.socket) -> bool:
    try:
        return client.recv(1) == b""
    except ConnectionResetError:
        return True


def test_a_mistake_of_ours_is_a_500(
    client: socket.socket, routes: Routes, caplog: pytest.LogCaptureFixture
) -> None:
    """The thread goes on."""

    def broken() -> Any:
        raise ZeroDivisionError

    routes.answers["/broken"] = broken
    client.sendall(f"GET /broken HTTP/1.1\r\n{HOST}\r\n".encode())
    assert read_reply(client)[0] == 500
    assert "ZeroDivisionError" in caplog.text
    assert ask(client) == b"cba"


def test_the_last_request_of_a_client_is_the_last(client: socket.socket, routes: Routes) -> None:
    """`Connection: close` is what the head says, though the parser forgets it with the payload."""
    client.sendall(f"GET / HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n".encode())
    status, head, _ = read_reply(client)
    assert (status, b"connection: close" in head.lower()) == (200, True)
    assert client.recv(1) == b""
    assert routes.threads[-1] != OWN


def test_who_waits_for_leave_to_send_is_given_it_at_once(
    server: Server, routes: Routes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An upload to S3 asks for leave; a thread that waits for its payload would wait in vain."""
    monkeypatch.setattr(busy_connection, "_IDLE", struct.pack("ll", 60, 0))
    with connect(server.port) as client:
        ask_until(client, lambda: routes.threads[-1] == OWN)
        head = f"PUT / HTTP/1.1\r\n{HOST}Expect: 100-continue\r\nContent-Length: 3\r\n\r\n"
        client.sendall(head.encode())
        assert read_reply(client)[0] == 100
        client.sendall(b"abc")
        assert read_reply(client)[2] == b"cba"


@pytest.mark.parametrize(
    "fields", ["Host: evil.example\r\n", f"{HOST}Origin: http://evil.example\r\n"]
)
def test_each_request_is_judged(client: socket.socket, routes: Routes, fields: str) -> None:
    """What a program may ask, the next one on its connection may not: a name that was rebound."""
    asked = len(routes.threads)
    client.sendall(f"POST / HTTP/1.1\r\n{fields}Content-Length: 0\r\n\r\n".encode())
    assert read_reply(client)[0] == 403
    assert len(routes.threads) == asked
    assert ask(client) == b"cba"


def test_what_is_being_answered_when_the_server_stops_is_answered(
    server: Server, client: socket.socket, routes: Routes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when it takes a while: that no request follows is no client's leaving."""
    late: Pending[dict[str, Any]] = Pending()
    begun, ends = threading.Event(), threading.Event()
    end_soon = Lending.end_soon

    def ending(at: Lending, busy: BusyConnection) -> None:
        end_soon(at, busy)
        ends.set()

    def answer() -> Any:
        begun.set()
        assert ends.wait(10)
        threading.Timer(0.2, lambda: late.resolve(replied(body=b"late"))).start()
        return late

    monkeypatch.setattr(Lending, "end_soon", ending)
    routes.answers["/late"] = answer
    client.sendall(f"GET /late HTTP/1.1\r\n{HOST}\r\n".encode())
    assert begun.wait(10)
    stopping = threading.Thread(target=server.stop)
    stopping.start()
    status, head, body = read_reply(client)
    assert (status, body, b"connection: close" in head) == (200, b"late", True)
    assert client.recv(1) == b""
    stopping.join()


def lending_with(helper: Any, timers: list[Any]) -> tuple[Lending, Any]:
    """Return a server's lending, and what stands for a connection's owner."""
    loop = SimpleNamespace(call_later=lambda *timer: timers.append(timer), time=lambda: 0.0)
    owner = SimpleNamespace(loop=loop, later=lambda _: None, come_back=lambda _: None)
    endpoint: Any = SimpleNamespace(helper=helper)
    guard: Any = SimpleNamespace(area=Area.AWS)
    return Lending(guard, endpoint), owner


def test_only_so_many_take_another_descriptor(
    server: Server, routes: Routes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The event loop serves the others meanwhile: where few are allowed there are more clients."""
    monkeypatch.setattr(lending, "CONNECTIONS", 2)
    with connect(server.port) as one, connect(server.port) as two, connect(server.port) as three:
        times = 0
        for _ in range(2_000):
            assert [ask(client) for client in (one, two, three)] == [b"cba"] * 3
            lent = routes.threads[-3:].count(OWN)
            assert lent <= 2
            times += lent == 2
            if times == 50:
                return
    pytest.fail("two were never lent for long")


@pytest.mark.parametrize("lacks", ["threads", "descriptors"])
def test_what_cannot_be_lent_stays_as_it_is(lacks: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The event loop reads on, and never waits for it: a slow reader would stop all others."""

    def none(*_: Any) -> Any:
        raise OSError(errno.EMFILE, "Too many open files")

    threads = HandlerThreads("test")
    if lacks == "threads":
        threads.shutdown()
    else:
        monkeypatch.setattr(selectors, "DefaultSelector", none)
    lends, owner = lending_with(Helper(threads), [])
    ours, theirs = sockets.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        reads: list[bool] = []
        transport: Any = SimpleNamespace(
            get_extra_info=lambda _: ours,
            pause_reading=lambda: reads.append(False),
            resume_reading=lambda: reads.append(True),
        )
        assert lends.lend(owner, transport) is None
        assert reads == [False, True]
        assert not os.get_blocking(ours.fileno())


def test_they_are_looked_at_by_one_timer() -> None:
    """However often connections go and come back, while it runs."""
    timers: list[Any] = []
    lends, owner = lending_with(Helper(HandlerThreads("test")), timers)
    ours, theirs = sockets.socketpair()
    with ours, theirs:
        transport: Any = SimpleNamespace(
            get_extra_info=lambda _: ours, pause_reading=list, resume_reading=list
        )
        for _ in range(3):
            busy = lends.lend(owner, transport)
            assert busy is not None
            lends.abandon(busy)
    assert len(timers) == 1
    _, look, *arguments = timers.pop()
    look(*arguments)
    assert timers == []
