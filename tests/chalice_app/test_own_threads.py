"""Threads that handlers start, in virtual time: when their sleep lets time pass, and when not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

HEADER = """
import asyncio, boto3, threading, time
from concurrent.futures import ThreadPoolExecutor
SEEN = []

def note(seconds, text):
    time.sleep(seconds)
    SEEN.append(text)

def begin(*arguments):
    thread = threading.Thread(target=note, args=arguments, daemon=True)
    thread.start()
    return thread
"""


def passed(offline: Any, name: str, payload: Any = None) -> tuple[Any, float]:
    """Invoke a function; return what it returned and the virtual seconds that passed."""
    before = offline.now
    reply = offline.invoke(name, payload).payload
    return reply, (offline.now - before).total_seconds()


def test_a_thread_left_asleep_keeps_no_handler(run: Any) -> None:
    """A handler that returns, or waits for a thread that is at work, does not wait for it."""
    offline = run(
        f"""{HEADER}
@app.lambda_function()
def returns(event, context):
    begin(600, "late")
    return "returned"

@app.lambda_function()
def waits(event, context):
    begin(600, "late")
    told = threading.Event()
    threading.Timer(0.05, told.set).start()
    told.wait()
    return "told"
"""
    )
    assert passed(offline, "returns") == ("returned", 0)
    assert passed(offline, "waits") == ("told", 0)
    assert passed(offline, "returns") == ("returned", 0)


@pytest.mark.parametrize(
    ("wait", "seconds"),
    [
        ("begin(30, 1).join()", 30),
        ("[one.join() for one in (begin(3, 1), begin(5, 2), begin(4, 3))]", 5),
        ("list(ThreadPoolExecutor(10).map(lambda n: note(5, n), range(10)))", 5),
        ("list(ThreadPoolExecutor(2).map(lambda n: note(5, n), range(4)))", 10),
        ("asyncio.run(asyncio.to_thread(note, 7, 1))", 7),
        ("begin(2, 1).join(timeout=40)", 2),
        ("begin(600, 1).join(timeout=0.05)", 0),
    ],
)
def test_time_passes_when_a_handler_waits_for_its_threads(
    run: Any, wait: str, seconds: float
) -> None:
    """As long as they sleep; those that sleep at once sleep side by side."""
    offline = run(f"{HEADER}\n@app.lambda_function()\ndef work(event, context):\n    {wait}\n")
    assert passed(offline, "work") == (None, seconds)


def test_calls_of_threads_wait_side_by_side(run: Any) -> None:
    """Five synchronous invocations from a pool take as long as the longest."""
    offline = run(
        f"""{HEADER}
@app.lambda_function()
def slow(event, context):
    time.sleep(event)
    return event

@app.lambda_function()
def fan(event, context):
    def call(n):
        reply = boto3.client("lambda").invoke(FunctionName="demo-dev-slow", Payload=str(n))
        return int(reply["Payload"].read())
    with ThreadPoolExecutor(5) as pool:
        return list(pool.map(call, [9, 1, 5, 3, 7]))
"""
    )
    assert passed(offline, "fan") == ([9, 1, 5, 3, 7], 9)


def test_a_thread_works_on_while_its_handler_sleeps(run: Any) -> None:
    """Each of its sleeps ends at its own instant, before whatever is later."""
    offline = run(
        f"""{HEADER}
def tick():
    while True:
        note(1, "tick")

@app.lambda_function()
def work(event, context):
    threading.Thread(target=tick, daemon=True).start()
    time.sleep(3.5)
    SEEN.append("woke")
    time.sleep(1)
    return SEEN
"""
    )
    reply, seconds = passed(offline, "work")
    assert reply == ["tick", "tick", "tick", "woke", "tick"]
    assert seconds == 4.5


def test_a_thread_stands_still_between_the_runs_of_its_function(run: Any) -> None:
    """As on AWS: what is left undone at a handler's return is done during the next run, if any."""
    offline = run(
        f"""{HEADER}
@app.lambda_function()
def starts(event, context):
    if event == "again":
        return SEEN
    begin(10, "afterwards")

@app.lambda_function()
def other(event, context):
    time.sleep(1)
    return SEEN
"""
    )
    offline.invoke("starts")
    offline.settle()
    assert offline.invoke("other").payload == []
    offline.advance(hours=1)
    assert offline.invoke("other").payload == []
    assert offline.invoke("starts", "again").payload == ["afterwards"]


def test_a_thread_of_a_module_moves_no_clock(run: Any) -> None:
    """One that an import has started sleeps for as long as nobody lets time pass."""
    offline = run(
        f"""{HEADER}
begin(30, "from the import")

@app.lambda_function()
def looks(event, context):
    time.sleep(event)
    return SEEN
"""
    )
    assert passed(offline, "looks", 1) == ([], 1)
    offline.settle()
    assert passed(offline, "looks", 29) == (["from the import"], 29)


def test_a_run_that_timed_out_takes_its_threads_along(run: Any) -> None:
    """A handler that waits for a thread that sleeps too long ends at its timeout, at once."""
    offline = run(
        f"""{HEADER}
@app.lambda_function()
def work(event, context):
    begin(600, "never").join()

@app.lambda_function()
def looks(event, context):
    return SEEN
"""
    )
    before = offline.now
    offline.client("lambda").invoke(FunctionName="demo-dev-work")
    assert offline.now - before == timedelta(seconds=60)
    offline.settle(raise_errors=False)
    offline.advance(hours=1, raise_errors=False)
    assert offline.invoke("looks").payload == []
