"""A run past its timeout is stopped: the answer comes, and nothing it does counts any more."""

from __future__ import annotations

import sys
import threading
from contextlib import ExitStack
from typing import Any

import pytest

from chalice_offline.drivers import debuggers

from .conftest import PATIENCE_SECONDS, Live
from .test_loops import queue


def test_the_timeout_starts_when_the_handler_starts(virtual: Any) -> None:
    """Two hundred events of two seconds at once, a timeout of three: none is too late."""
    import time

    ended: list[float] = []

    def handler(_event: Any, _context: Any) -> None:
        time.sleep(2)
        ended.append(virtual.seconds)

    virtual.add("slow", handler, timeout_seconds=3)
    for _ in range(200):
        virtual.invoke("slow", InvocationType="Event")
    assert virtual.driver.settle(3_600_000)
    assert len(ended) == 200
    assert virtual.notes("timed out") == []


def test_handlers_that_sleep_wake_at_their_own_instants(virtual: Any) -> None:
    """One that started later and sleeps longer does not keep another from its timeout."""
    import time

    log: list[tuple[str, float]] = []

    def sleeps(event: dict[str, Any], _context: Any) -> None:
        for seconds in event["naps"]:
            time.sleep(seconds)
            log.append((event["name"], virtual.seconds))

    virtual.add("sleeps", sleeps, timeout_seconds=3)
    virtual.invoke("sleeps", {"name": "a", "naps": [1, 1]}, InvocationType="Event")
    virtual.invoke("sleeps", {"name": "b", "naps": [1.5, 1]}, InvocationType="Event")
    virtual.invoke("sleeps", {"name": "c", "naps": [2.75]}, InvocationType="Event")
    virtual.driver.settle(60_000)
    assert log == [("a", 1), ("b", 1.5), ("a", 2), ("b", 2.5), ("c", 2.75)]


def test_a_handler_that_sleeps_past_its_timeout_is_stopped_there(virtual: Any) -> None:
    """Its `finally` may still run; its calls are refused."""
    import time

    left: list[float] = []

    def handler(_event: Any, _context: Any) -> None:
        try:
            time.sleep(60)
        finally:
            left.append(virtual.seconds)
            virtual.client("sqs").create_queue(QueueName="too-late")

    virtual.add("slow", handler, timeout_seconds=3)
    assert virtual.invoke("slow")["Payload"]["errorType"] == "Sandbox.Timedout"
    assert left == [3]
    assert "QueueUrls" not in virtual.client("sqs").list_queues()


def test_a_stopped_handlers_long_poll_takes_nothing(virtual: Any) -> None:
    """What comes after the timeout is there for others."""
    url = virtual.client("sqs").create_queue(QueueName="jobs")["QueueUrl"]
    got: list[Any] = []

    def handler(_event: Any, _context: Any) -> None:
        got.append(virtual.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=20))

    virtual.add("polls", handler, timeout_seconds=3)
    assert virtual.invoke("polls")["Payload"]["errorType"] == "Sandbox.Timedout"
    assert (got, virtual.seconds) == ([], 3)
    virtual.client("sqs").send_message(QueueUrl=url, MessageBody="for you")
    (message,) = virtual.client("sqs").receive_message(QueueUrl=url)["Messages"]
    assert message["Body"] == "for you"


def test_a_stopped_handler_changes_nothing_whatever_it_catches(live: Any) -> None:
    """In real time: the answer at the timeout, then every call refused, from all its threads."""
    go_on, ended = threading.Event(), threading.Event()
    refused: list[str] = []

    def call(name: str) -> None:
        try:
            live.client("sqs").create_queue(QueueName=name)
        except BaseException as error:  # noqa: BLE001 - what a handler might do
            refused.append(type(error).__name__)

    def handler(_event: Any, _context: Any) -> None:
        thread = threading.Thread(target=lambda: (go_on.wait(), call("from-a-thread")))
        thread.start()
        while not go_on.is_set():
            try:
                go_on.wait(0.01)
            except BaseException as error:  # noqa: BLE001 - what a handler might do
                refused.append(type(error).__name__)
        thread.join()
        call("from-the-handler")
        ended.set()

    live.add("stubborn", handler, timeout_seconds=1)
    assert live.invoke("stubborn")["Payload"]["errorType"] == "Sandbox.Timedout"
    go_on.set()
    assert ended.wait(PATIENCE_SECONDS)
    assert refused == ["RunStopped"] * 3
    assert "QueueUrls" not in live.client("sqs").list_queues()
    live.wait_until(lambda: bool(live.notes("ended after its timeout: ignored")))


def test_a_long_poll_ends_with_its_handler(live: Any) -> None:
    """A handler that waits for a reply is interrupted at its timeout, not at the reply."""
    url = live.client("sqs").create_queue(QueueName="jobs")["QueueUrl"]
    interrupted = threading.Event()

    def handler(_event: Any, _context: Any) -> None:
        try:
            live.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=20)
        finally:
            interrupted.set()

    live.add("polls", handler, timeout_seconds=1)
    assert live.invoke("polls")["Payload"]["errorType"] == "Sandbox.Timedout"
    assert interrupted.wait(5)
    live.client("sqs").send_message(QueueUrl=url, MessageBody="for you")
    assert live.client("sqs").receive_message(QueueUrl=url)["Messages"][0]["Body"] == "for you"


def test_a_busy_handler_is_interrupted(live: Any) -> None:
    """Python code that never waits for anything hears of its end, too."""
    interrupted = threading.Event()

    def handler(_event: Any, _context: Any) -> None:
        try:
            while True:
                sum(range(100))
        finally:
            interrupted.set()

    live.add("busy", handler, timeout_seconds=1)
    assert live.invoke("busy")["Payload"]["errorType"] == "Sandbox.Timedout"
    assert interrupted.wait(PATIENCE_SECONDS)


def test_hung_handlers_starve_nobody(live: Any) -> None:
    """Three hundred that wait for ever, and the next function answers as if alone."""
    for_ever = threading.Event()
    live.add("hangs", lambda _event, _context: for_ever.wait(), timeout_seconds=900)
    live.add("fine", lambda event, _context: event)
    for _ in range(300):
        live.invoke("hangs", InvocationType="Event")
    assert live.invoke("fine", 1)["Payload"] == 1
    for_ever.set()


def test_handlers_that_invoke_each_other_need_no_free_thread(live: Any) -> None:
    """A hundred at once, each waiting for another function's answer."""
    live.add("inner", lambda event, _context: event + 1)
    live.add("outer", lambda event, _context: live.invoke("inner", event)["Payload"])
    answers: list[int] = []
    threads = [
        threading.Thread(target=lambda n=n: answers.append(live.invoke("outer", n)["Payload"]))
        for n in range(100)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == list(range(1, 101))


def test_timeouts_can_be_switched_off() -> None:
    """`--no-timeouts`: a handler runs as long as it likes, and its answer counts."""
    with ExitStack() as stack:
        live = Live(stack, timeouts=False)
        live.add("slow", lambda _event, _context: threading.Event().wait(1.3), timeout_seconds=1)
        assert live.invoke("slow")["Payload"] is False
        assert live.notes("timed out") == []


def test_timeouts_wait_while_a_debugger_looks(live: Any) -> None:
    """A breakpoint that is longer than the timeout ends nothing: pdb in the handler's thread."""

    def handler(_event: Any, _context: Any) -> str:
        sys._getframe().f_trace = lambda *_: None  # as pdb.set_trace leaves it
        threading.Event().wait(1.3)
        return "looked around"

    live.add("debugged", handler, timeout_seconds=1)
    assert live.invoke("debugged")["Payload"] == "looked around"


def test_who_waits_for_a_debugged_handler_waits_on(live: Any) -> None:
    """API Gateway's 29 seconds, for example: it asks whether timeouts wait."""

    def debugged(_event: Any, _context: Any) -> bool:
        sys._getframe().f_trace = lambda *_: None
        return bool(live.emulator.timeouts_wait())

    live.add("debugged", debugged)
    live.add("plain", lambda _event, _context: live.emulator.timeouts_wait())
    answers = [live.invoke(name)["Payload"] for name in ("debugged", "plain")]
    assert answers == [True, False]


def test_a_message_stays_with_the_handler_that_is_debugged(live: Any) -> None:
    """Its visibility timeout waits as the function's own does: nobody gets it a second time."""
    stopped = []

    def debugged(_event: Any, _context: Any) -> None:
        sys._getframe().f_trace = lambda *_: None
        stopped.append(1)
        threading.Event().wait(2.6)
        done.set()

    done = threading.Event()
    live.add("debugged", debugged, timeout_seconds=1)
    url = queue(live, "jobs", "debugged", VisibilityTimeout="1")
    sqs = live.client("sqs")
    sqs.send_message(QueueUrl=url, MessageBody="x")
    assert done.wait(10)
    sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1)  # longer than it would be hidden
    assert stopped == [1]


@pytest.mark.parametrize("name", ["debugpy", "pydevd"])
def test_an_attached_debugger_is_seen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """VS Code's and PyCharm's say whether somebody is connected."""
    from types import SimpleNamespace

    assert not debuggers.is_debugged(threading.get_ident())
    connected: dict[str, Any] = {
        "debugpy": SimpleNamespace(is_client_connected=lambda: True),
        "pydevd": SimpleNamespace(get_global_debugger=lambda: object()),
    }
    monkeypatch.setitem(sys.modules, name, connected[name])
    assert debuggers.is_debugged(threading.get_ident())
