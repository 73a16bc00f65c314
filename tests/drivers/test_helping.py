"""A thread that waits for a handler runs it itself."""

from __future__ import annotations

import http.client
import json
import os
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from chalice_offline.core.context import Caller
from chalice_offline.core.pending import Pending
from chalice_offline.drivers.handler_threads import HandlerThreads
from chalice_offline.drivers.helping import Helper
from chalice_offline.transports.aws_door import aws_endpoint
from chalice_offline.transports.gateway import Gateway
from chalice_offline.transports.http_server import Server

if TYPE_CHECKING:
    import socket

PATIENCE_SECONDS = 30


def helped(live: Any, name: str) -> Any:
    """Invoke a function as a door's thread does that helps; return its payload, if it is known."""
    helper = live.driver.helper
    helper.begin()
    pending = live.emulator.call("lambda", "Invoke", {"FunctionName": name}, Caller())
    helper.end(pending)
    return pending


def test_it_runs_on_the_thread_that_waits(live: Any) -> None:
    """No other thread is woken; what nobody waits for runs elsewhere."""
    ran: list[int] = []
    live.add("answers", lambda _event, _context: ran.append(threading.get_ident()))
    assert helped(live, "answers").done
    assert ran == [threading.get_ident()]
    live.invoke("answers", InvocationType="Event")
    live.wait_until(lambda: len(ran) == 2)
    assert ran[1] != ran[0]


def test_what_the_handler_waits_for_is_not_left_to_its_thread(live: Any) -> None:
    """It would wait for itself."""
    threads: list[int] = []

    def asks(_event: Any, _context: Any) -> Any:
        return live.invoke("answers")["Payload"]

    def answers(_event: Any, _context: Any) -> str:
        threads.append(threading.get_ident())
        return "at once"

    live.add("asks", asks, timeout_seconds=PATIENCE_SECONDS)
    live.add("answers", answers)
    pending = helped(live, "asks")
    assert pending.done
    assert pending.result()["Payload"] == b'"at once"'
    assert threading.get_ident() not in threads


def test_a_thread_that_helps_does_not_wait_at_the_turnstile(live: Any) -> None:
    """It is there anyway, and nobody else is to run what it asks for."""
    inside, end = threading.Barrier(2 + 1), threading.Event()
    done = threading.Event()

    def hangs(_event: Any, _context: Any) -> None:
        inside.wait(PATIENCE_SECONDS)
        end.wait(PATIENCE_SECONDS)

    live.add("hangs", hangs, timeout_seconds=900)
    live.add("answers", lambda _event, _context: done.set())
    others = [threading.Thread(target=live.invoke, args=("hangs",)) for _ in range(2)]
    for one in others:
        one.start()
    inside.wait(PATIENCE_SECONDS)
    pending = helped(live, "answers")
    assert pending.done
    assert done.is_set()
    end.set()
    for one in others:
        one.join(PATIENCE_SECONDS)


def test_one_client_finds_again_what_a_thread_keeps(live: Any) -> None:
    """As on Lambda, whose handlers have one thread: before its connection has one, and after."""
    kept, threads = threading.local(), list[str]()

    def counts(_event: Any, _context: Any) -> int:
        kept.count = getattr(kept, "count", 0) + 1
        threads.append(threading.current_thread().name)
        return int(kept.count)

    live.add("counts", counts)
    server = Server(aws_endpoint(Gateway(live.emulator)))
    server.start()
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS)
    try:
        for number in range(1, 41):
            client.request("POST", "/2015-03-31/functions/counts/invocations", b"{}")
            assert client.getresponse().read() == str(number).encode()
    finally:
        client.close()
        server.stop()
    assert "connections" in threads


def test_a_handler_that_hangs_holds_no_client(live: Any) -> None:
    """Its connection's thread runs it for ever; who asked hears of the timeout, and asks on."""
    end, threads = threading.Event(), set[str]()

    def hangs(_event: Any, _context: Any) -> None:
        threads.add(threading.current_thread().name)
        end.wait(PATIENCE_SECONDS)

    live.add("answers", lambda _event, _context: threading.current_thread().name)
    live.add("hangs", hangs, timeout_seconds=1)
    server = Server(aws_endpoint(Gateway(live.emulator)))
    server.start()
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS)

    def invoke(name: str) -> bytes:
        client.request("POST", f"/2015-03-31/functions/{name}/invocations", b"{}")
        return client.getresponse().read()

    try:
        while invoke("answers") != b'"connections"':
            pass
        assert b"timed out after 1.00 seconds" in invoke("hangs")
        assert threads == {"connections"}
        assert invoke("answers").startswith(b'"handler')
    finally:
        end.set()
        client.close()
        server.stop()


def test_a_handler_that_hangs_holds_no_connection(live: Any) -> None:
    """The server ends it, and the client sees that: the thread has no hold on it any more."""
    end = threading.Event()
    live.add("answers", lambda _event, _context: threading.current_thread().name)
    live.add("hangs", lambda _event, _context: end.wait(PATIENCE_SECONDS), timeout_seconds=900)
    server = Server(aws_endpoint(Gateway(live.emulator)))
    server.start()
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS / 3)

    def ask(name: str) -> socket.socket:
        client.request("POST", f"/2015-03-31/functions/{name}/invocations", b"{}")
        assert client.sock is not None
        return client.sock

    try:
        ask("answers")
        while client.getresponse().read() != b'"connections"':
            ask("answers")
        connection = ask("hangs")
        live.wait_until(lambda: bool(live.driver._running))
        server.stop()
        assert b" 503 " in connection.recv(65536)
        assert connection.recv(1) == b""
    finally:
        end.set()
        client.close()
        server.stop()


def test_a_handler_that_waits_holds_no_other_client(live: Any) -> None:
    """Whose connection its thread serves as well: the event loop takes it back."""
    end, threads = threading.Event(), dict[str, str]()

    def waits(_event: Any, _context: Any) -> str:
        threads["waits"] = threading.current_thread().name
        end.wait(PATIENCE_SECONDS)
        return "done"

    live.add("answers", lambda event, _context: [threading.get_ident(), event])
    live.add("waits", waits, timeout_seconds=900)
    server = Server(aws_endpoint(Gateway(live.emulator)))
    server.start()
    one, two = (
        http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS)
        for _ in range(2)
    )

    def ask(client: http.client.HTTPConnection, name: str, what: int = 0) -> None:
        client.request("POST", f"/2015-03-31/functions/{name}/invocations", str(what))

    def answer(client: http.client.HTTPConnection) -> Any:
        return json.loads(client.getresponse().read())

    try:
        while True:
            ask(one, "answers")
            ask(two, "answers")
            if answer(one) == answer(two) and len(_named("connections")) == 1:
                break
        ask(one, "waits")
        live.wait_until(lambda: "waits" in threads)
        for number in range(20):
            ask(two, "answers", number)
            assert answer(two)[1] == number
        end.set()
        assert answer(one) == "done"
    finally:
        end.set()
        one.close()
        two.close()
        server.stop()


def _named(name: str) -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name == name]


@pytest.mark.parametrize("others", [1, 2])
def test_others_do_not_wait_for_what_runs_here(others: int) -> None:
    """A timer that was due asks for a handler as well: another thread has it before this one."""
    helper, awaited, ran = Helper(HandlerThreads("test")), Pending[None](), list[str]()

    def here() -> None:
        ran.append("here")
        awaited.resolve(None)

    helper.begin()
    for _ in range(others):
        helper.leave(lambda: ran.append("a timer's, here"), lambda: ran.append("elsewhere"))
    helper.leave(here, lambda: ran.append("its own, elsewhere"))
    helper.end(awaited)
    assert ran == ["elsewhere"] * others + ["here"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no processes are forked there")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize(("way", "status"), [("returns", 0), ("exits", 3), ("raises", 1)])
def test_a_process_that_a_handler_forks_answers_nobody(live: Any, way: str, status: int) -> None:
    """Not even when it comes out of the handler as the handler's own process does."""

    def forks(_event: Any, _context: Any) -> Any:
        child = os.fork()
        if child:
            return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if way == "exits":
            sys.exit(3)
        if way == "raises":
            raise ZeroDivisionError
        return "the child's answer"

    live.add("forks", forks, timeout_seconds=PATIENCE_SECONDS)
    assert helped(live, "forks").result()["Payload"] == b"%d" % status
