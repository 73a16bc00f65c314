"""Virtual time goes on as far as it was asked to, whatever a handler is in the middle of."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
import time
from typing import Any

import pytest

from chalice_offline.drivers import virtual as virtual_driver


def asleep(virtual: Any, name: str, seconds: float, timeout_seconds: int = 900) -> list[float]:
    """Start a function that sleeps; return where it says when it woke."""
    woke: list[float] = []

    def handler(_event: Any, _context: Any) -> None:
        time.sleep(seconds)
        woke.append(virtual.seconds)

    virtual.add(name, handler, timeout_seconds=timeout_seconds)
    virtual.invoke(name, InvocationType="Event")
    return woke


def test_advance_leaves_a_handler_asleep(virtual: Any) -> None:
    """Ten seconds are ten seconds, and the handler wakes at its own instant."""
    woke = asleep(virtual, "slow", 50)
    assert virtual.driver.advance(10_000)
    assert (virtual.seconds, woke) == (10, [])
    assert virtual.driver.advance(40_000)
    assert (virtual.seconds, woke) == (50, [50])


def test_it_is_known_when_something_happens_next(virtual: Any) -> None:
    """Now, as long as a handler waits to be run; then when it wakes; then never."""
    asleep(virtual, "slow", 50)
    now_ms = virtual.driver.clock.now_ms()
    assert virtual.driver.next_due_ms() == now_ms
    virtual.driver.advance(10_000)
    assert virtual.driver.next_due_ms() == now_ms + 50_000
    virtual.driver.settle(60_000)
    assert virtual.driver.next_due_ms() is None


def test_settle_returns_within_its_bound(virtual: Any) -> None:
    """It says that something is left, and what runs."""
    woke = asleep(virtual, "slow", 50)
    assert not virtual.driver.settle(5_000)
    assert virtual.seconds <= 5
    assert virtual.driver.under_way() == ["slow"]
    assert virtual.driver.settle(60_000)
    assert (woke, virtual.driver.under_way()) == ([50], [])


def test_a_reply_is_there_at_its_own_instant(virtual: Any) -> None:
    """Neither a long poll nor another function waits for one that sleeps."""
    asleep(virtual, "slow", 600)
    virtual.add("fast", lambda event, _context: event)
    assert virtual.invoke("fast", 5)["Payload"] == 5
    assert virtual.seconds == 0
    url = virtual.client("sqs").create_queue(QueueName="empty")["QueueUrl"]
    virtual.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=2)
    assert virtual.seconds == 2


def test_a_handler_that_catches_its_end_for_ever_keeps_nobody(virtual: Any) -> None:
    """`except BaseException` around a sleep in a loop: it is stopped all the same."""

    def handler(_event: Any, _context: Any) -> None:
        while True:
            with contextlib.suppress(BaseException):
                time.sleep(1)

    virtual.add("deaf", handler, timeout_seconds=3)
    assert virtual.invoke("deaf")["Payload"]["errorType"] == "Sandbox.Timedout"
    virtual.add("fine", lambda event, _context: event)
    assert virtual.invoke("fine", 1)["Payload"] == 1
    assert virtual.driver.settle(60_000, stop_at_errors=False)
    assert virtual.seconds == 3


@pytest.mark.parametrize("how", ["waits", "calculates"])
def test_a_handler_that_hangs_is_ended_by_its_timeout(
    virtual: Any, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It lets no time pass by itself; after a second of ours, time passes without it."""
    monkeypatch.setattr(virtual_driver, "HANG_SECONDS", 0.01)
    for_ever = threading.Event()

    def handler(_event: Any, _context: Any) -> None:
        while not for_ever.is_set():
            for_ever.wait() if how == "waits" else sum(range(100))

    virtual.add("hangs", handler, timeout_seconds=1)
    virtual.invoke("hangs", InvocationType="Event")
    virtual.add("fine", lambda event, _context: event)
    assert not virtual.driver.settle(500)
    assert virtual.driver.under_way() == ["hangs"]
    assert virtual.invoke("fine", 1)["Payload"] == 1
    virtual.driver.settle(1_000)
    assert virtual.driver.under_way() == []
    assert (len(virtual.notes("timed out")), virtual.seconds) == (1, 1)
    for_ever.set()


def test_a_handler_that_hung_joins_the_others_again(
    virtual: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was only slow: its sleep is in virtual time, and its result counts."""
    monkeypatch.setattr(virtual_driver, "HANG_SECONDS", 0.01)
    goes_on = threading.Event()

    def handler(_event: Any, _context: Any) -> None:
        goes_on.wait()
        time.sleep(0.5)

    virtual.add("slow", handler, timeout_seconds=1)
    virtual.invoke("slow", InvocationType="Event")
    assert not virtual.driver.settle(100)
    goes_on.set()
    for _ in range(1_000):  # until it sleeps, which is a timer
        if virtual.emulator.scheduler.next_due_ms(owed_only=True) is not None:
            break
        threading.Event().wait(0.005)
    assert virtual.driver.settle(60_000)
    assert (virtual.notes("timed out"), virtual.driver.under_way()) == ([], [])


def test_a_reply_comes_beside_a_loop_in_which_no_time_passes(virtual: Any) -> None:
    """A loop that Lambda does not see: what somebody waits for comes all the same."""

    def handler(_event: Any, _context: Any) -> None:
        entry = {"Source": "app", "DetailType": "again", "Detail": "{}"}
        virtual.client("events").put_events(Entries=[entry])

    arn = virtual.add("again", handler)
    events = virtual.client("events")
    events.put_rule(Name="all", EventPattern='{"source": ["app"]}')
    events.put_targets(Rule="all", Targets=[{"Id": "1", "Arn": arn}])
    virtual.invoke("again", InvocationType="Event")
    url = virtual.client("sqs").create_queue(QueueName="empty")["QueueUrl"]
    virtual.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=1)
    assert virtual.seconds >= 1


@pytest.mark.parametrize("time", ["live", "virtual"])
@pytest.mark.filterwarnings("ignore:There is no current event loop:DeprecationWarning")
def test_a_handler_has_an_event_loop(time: str, request: pytest.FixtureRequest) -> None:
    """On Lambda it runs on the main thread, which gets one when asked, up to Python 3.13."""
    functions = request.getfixturevalue(time)

    async def result() -> int:
        return 5

    def handler(_event: Any, _context: Any) -> int:
        loop = asyncio.get_event_loop()
        try:
            return loop.run_until_complete(result())
        finally:
            loop.close()
            asyncio.set_event_loop(None)

    functions.add("async", handler)
    told = functions.invoke("async")["Payload"]
    if sys.version_info < (3, 14):
        assert told == 5
    else:
        assert "There is no current event loop" in told["errorMessage"]
