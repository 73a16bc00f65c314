"""Handlers start one after the other, and nobody waits for those that stand still."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from chalice_offline.drivers.handler_threads import HandlerThreads
from chalice_offline.drivers.turnstile import AT_ONCE, Turnstile

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE_SECONDS = 30


@pytest.fixture
def turnstile() -> Iterator[Turnstile]:
    """A turnstile in front of threads without a limit."""
    turnstile = Turnstile(HandlerThreads("test"))
    yield turnstile
    turnstile.shutdown()


def test_many_that_wait_for_each_other_all_run(turnstile: Turnstile) -> None:
    """Whoever stands still is passed, so a barrier of many is reached by all of them."""
    barrier = threading.Barrier(10 * AT_ONCE + 1)

    def waits() -> None:
        barrier.wait(PATIENCE_SECONDS)

    for _ in range(10 * AT_ONCE):
        turnstile.submit(waits)
    barrier.wait(PATIENCE_SECONDS)


def test_who_waits_for_somebody_is_passed_before_who_is_busy(
    turnstile: Turnstile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process with nothing to do lets others in, however patient it is with who is busy."""
    monkeypatch.setattr("chalice_offline.drivers.turnstile.PATIENCE_SECONDS", 10**6)
    answered = threading.Event()
    turnstile.submit(lambda: answered.wait(PATIENCE_SECONDS))
    turnstile.submit(answered.set)
    assert answered.wait(PATIENCE_SECONDS / 2)


def test_who_is_busy_is_passed_in_time(
    turnstile: Turnstile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A handler that works without end does not keep others out."""
    monkeypatch.setattr("time.process_time", iter(range(10**9)).__next__)  # always busy
    end, done = threading.Event(), threading.Event()

    def works() -> None:
        while not end.is_set():
            pass

    turnstile.submit(works)
    turnstile.submit(done.set)
    try:
        assert done.wait(PATIENCE_SECONDS)
    finally:
        end.set()


def test_work_after_those_that_hang_is_done(turnstile: Turnstile) -> None:
    """Handlers that hang count no longer: what comes later runs, again and again."""
    end = threading.Event()

    def hangs() -> None:
        end.wait(PATIENCE_SECONDS)

    for _ in range(3 * AT_ONCE):
        turnstile.submit(hangs)
    for _ in range(3):
        done = threading.Event()
        turnstile.submit(done.set)
        assert done.wait(PATIENCE_SECONDS)
    end.set()


@pytest.fixture
def nobody_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not looked, so that whatever else the machine does, nobody seems to stand still."""
    monkeypatch.setattr("chalice_offline.drivers.turnstile.LOOK_SECONDS", PATIENCE_SECONDS)


@pytest.mark.usefixtures("nobody_passes")
def test_who_waits_for_an_answer_does_not_wait_for_events(live: Any) -> None:
    """A request is answered although events stand before it that nobody would pass."""
    end, ended = threading.Event(), list[bool]()

    def hangs(_event: Any, _context: Any) -> None:
        ended.append(end.wait(PATIENCE_SECONDS))

    live.add("hangs", hangs, timeout_seconds=900)
    live.add("answers", lambda _event, _context: "at once")
    for _ in range(2 * AT_ONCE):
        live.invoke("hangs", InvocationType="Event")
    try:
        assert live.invoke("answers")["Payload"] == "at once"
        assert ended == []
    finally:
        end.set()


@pytest.mark.usefixtures("nobody_passes")
def test_a_burst_runs_in_order_on_few_threads(turnstile: Turnstile) -> None:
    """Each is run once, in the order in which they came, by threads that go on to the next."""
    count = 200
    begun: list[int] = []
    threads: set[int] = set()
    done = threading.Semaphore(0)

    def work(number: int) -> None:
        begun.append(number)
        threads.add(threading.get_ident())
        done.release()

    all_are_there = threading.Event()
    for _ in range(AT_ONCE):
        turnstile.submit(lambda: all_are_there.wait(PATIENCE_SECONDS))
    for number in range(count):
        turnstile.submit(partial(work, number))
    all_are_there.set()
    for _ in range(count):
        assert done.acquire(timeout=PATIENCE_SECONDS)
    assert begun == list(range(count))
    assert len(threads) <= AT_ONCE


def test_no_thread_is_said_to_whoever_submits(
    turnstile: Turnstile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the machine gives no thread the caller hears of it, and the next work runs again."""

    def refuse(_thread: threading.Thread) -> None:
        message = "can't start new thread"
        raise RuntimeError(message)

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError, match="can't start"):
            turnstile.submit(lambda: None)
    done = threading.Event()
    turnstile.submit(done.set)
    assert done.wait(PATIENCE_SECONDS)
