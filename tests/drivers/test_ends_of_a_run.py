"""Every way in which a handler can end is an outcome, at once, and the one that Lambda reports."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalice_offline.core.clock import Reading
from chalice_offline.core.errors import EmulatorBug
from chalice_offline.core.run import MAY_FOLLOW, RunLife, RunState


class _Unspeakable(Exception):  # noqa: N818 - a name as handlers choose them
    def __str__(self) -> str:
        raise RuntimeError("cannot say")


class _Own(BaseException):
    pass


def _raise(error: BaseException) -> Any:
    raise error


def _endless() -> list[Any]:
    inner: list[Any] = []
    for _ in range(100_000):
        inner = [inner]
    return inner


ENDS: dict[str, tuple[Any, str, str]] = {
    "exception": (lambda: _raise(ValueError("bad")), "ValueError", "bad"),
    "exception without text": (lambda: _raise(_Unspeakable()), "_Unspeakable", "cannot be shown"),
    "KeyboardInterrupt": (
        lambda: _raise(KeyboardInterrupt()),
        "Runtime.ExitError",
        "signal: interrupt",
    ),
    "GeneratorExit": (lambda: _raise(GeneratorExit()), "Runtime.ExitError", "exit status 1"),
    "CancelledError": (
        lambda: _raise(asyncio.CancelledError()),
        "Runtime.ExitError",
        "exit status 1",
    ),
    "BaseException": (lambda: _raise(_Own()), "Runtime.ExitError", "exit status 1"),
    "sys.exit()": (lambda: sys.exit(), "Runtime.ExitError", "without providing a reason"),
    "sys.exit(3)": (lambda: sys.exit(3), "Runtime.ExitError", "exit status 3"),
    "sys.exit(text)": (lambda: sys.exit("no"), "Runtime.ExitError", "exit status 1"),
    "os._exit(0)": (lambda: os._exit(0), "Runtime.ExitError", "without providing a reason"),
    "os._exit(2)": (lambda: os._exit(2), "Runtime.ExitError", "exit status 2"),
    "os.abort": (lambda: os.abort(), "Runtime.ExitError", "signal: aborted"),
    "SIGKILL": (
        lambda: os.kill(os.getpid(), signal.SIGKILL),
        "Runtime.ExitError",
        "signal: killed",
    ),
    "raise_signal": (
        lambda: signal.raise_signal(signal.SIGTERM),
        "Runtime.ExitError",
        "signal: terminated",
    ),
    "SIGTERM to its group": (
        lambda: os.killpg(os.getpgrp(), signal.SIGTERM),
        "Runtime.ExitError",
        "signal: terminated",
    ),
    "a set": (lambda: {1}, "Runtime.MarshalError", "Unable to marshal response"),
    "bytes that are no text": (lambda: [b"\xff"], "Runtime.MarshalError", "utf-8"),
    "too large": (
        lambda: "x" * 6_291_556,
        "Function.ResponseSizeTooLarge",
        "exceeded maximum allowed payload size (6291556 bytes).",
    ),
    "too deep": (_endless, "Runtime.MarshalError", "Unable to marshal response"),
    "endless recursion": (lambda: _recurse(), "RecursionError", "recursion"),
    "out of memory": (lambda: _raise(MemoryError()), "MemoryError", ""),
}


def _recurse() -> Any:
    return _recurse()


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("time", ["live", "virtual"])
def test_every_end_is_an_outcome_at_once(
    time: str, end: str, request: pytest.FixtureRequest
) -> None:
    """With a timeout of 15 minutes, what the handler did is answered without waiting for it."""
    functions = request.getfixturevalue(time)
    handler, error_type, message = ENDS[end]
    functions.add("ends", lambda _event, _context: handler(), timeout_seconds=900)
    reply = functions.invoke("ends")
    assert (reply["StatusCode"], reply["FunctionError"]) == (200, "Unhandled")
    assert reply["Payload"]["errorType"] == error_type
    assert message in reply["Payload"]["errorMessage"]
    functions.add("fine", lambda event, _context: event)
    assert functions.invoke("fine", 5)["Payload"] == 5


@pytest.mark.parametrize("time", ["live", "virtual"])
def test_a_client_context_that_is_none_is_reported(
    time: str, request: pytest.FixtureRequest
) -> None:
    """Lambda refuses what is no JSON object; its runtime reads the rest before the handler."""
    functions = request.getfixturevalue(time)
    functions.add("seen", lambda _event, context: context.client_context.custom)

    def invoke(text: str, **request: Any) -> Any:
        encoded = base64.b64encode(text.encode()).decode()
        return functions.invoke("seen", ClientContext=encoded, **request)

    for text in ("no JSON", "[]", "null", "[" * 100_000):
        for kind in ("RequestResponse", "Event"):
            with pytest.raises(ClientError, match="must be a valid Base64-encoded JSON object"):
                invoke(text, InvocationType=kind)
    error = invoke('{"client": 5}')["Payload"]
    assert (error["errorType"], error["errorMessage"]) == (
        "AttributeError",
        "'int' object has no attribute 'get'",
    )
    good = base64.b64encode(b'{"custom": {"a": 1}, "client": {"app_title": "x"}}').decode()
    assert functions.invoke("seen", ClientContext=good)["Payload"] == {"a": 1}


def test_bytes_are_answered_as_they_are(virtual: Any) -> None:
    """As Lambda's runtime hands them on, whoever reads them: a caller, a queue, a destination."""
    virtual.add("raw", lambda _event, _context: b"no JSON")
    virtual.add("inside", lambda _event, _context: {"a": b"text"})
    reply = virtual.client("lambda").invoke(FunctionName="raw")
    assert (reply["Payload"].read(), reply.get("FunctionError")) == (b"no JSON", None)
    assert virtual.invoke("inside")["Payload"] == {"a": "text"}
    sqs, lambda_ = virtual.client("sqs"), virtual.client("lambda")
    arn = "arn:aws:sqs:us-east-1:000000000000:{}"
    urls = [sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("jobs", "done")]
    lambda_.create_event_source_mapping(
        EventSourceArn=arn.format("jobs"),
        FunctionName="raw",
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    destination = {"OnSuccess": {"Destination": arn.format("done")}}
    lambda_.put_function_event_invoke_config(FunctionName="raw", DestinationConfig=destination)
    virtual.invoke("raw", InvocationType="Event")
    sqs.send_message(QueueUrl=urls[0], MessageBody="x")
    virtual.driver.settle(10_000)
    (message,) = sqs.receive_message(QueueUrl=urls[1])["Messages"]
    assert json.loads(message["Body"])["responsePayload"] == "no JSON"
    attributes = sqs.get_queue_attributes(QueueUrl=urls[0], AttributeNames=["All"])["Attributes"]
    assert attributes["ApproximateNumberOfMessagesNotVisible"] == "1"  # malformed: not handled
    assert virtual.notes("mistake") == []


@pytest.mark.parametrize("time", ["live", "virtual"])
def test_a_function_without_code_is_reported(time: str, request: pytest.FixtureRequest) -> None:
    """Registered and not loaded: what Lambda says of a handler that is missing."""
    functions = request.getfixturevalue(time)
    functions.register("gone")
    reply = functions.invoke("gone")
    assert reply["FunctionError"] == "Unhandled"
    assert reply["Payload"]["errorType"] == "Runtime.HandlerNotFound"


def test_a_mistake_in_running_handlers_is_an_outcome_too(live: Any) -> None:
    """Whoever waits hears of the end, whatever broke."""
    live.add("any", lambda event, _context: event)

    def broken(_run: Any) -> Any:
        raise OSError("disk full")

    live.driver.run_function = broken
    payload = live.invoke("any")["Payload"]
    assert payload["errorType"] == "Runtime.Unknown"
    assert "disk full" in payload["errorMessage"]


def test_a_machine_without_threads_is_an_outcome_too(
    live: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A handler that cannot be started has failed."""
    live.add("any", lambda event, _context: event)

    def refuse(*_: Any) -> Any:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(live.driver._threads, "start", refuse)
    payload = live.invoke("any")["Payload"]
    assert "can't start new thread" in payload["errorMessage"]


def test_a_forked_child_of_a_handler_ends_for_real(live: Any) -> None:
    """`os._exit` in another process is none of ours."""

    def fork(_event: Any, _context: Any) -> int:
        child = os.fork()
        if child == 0:
            os._exit(7)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    live.add("forks", fork)
    assert live.invoke("forks")["Payload"] == 7


def test_os_exit_in_a_thread_of_a_handler_spares_the_emulator(live: Any) -> None:
    """The thread ends, the handler and everybody else go on."""

    def handler(_event: Any, _context: Any) -> str:
        thread = threading.Thread(target=lambda: os._exit(1))
        thread.start()
        thread.join()
        return "still here"

    live.add("threads", handler)
    hook, threading.excepthook = threading.excepthook, lambda _: None
    try:
        assert live.invoke("threads")["Payload"] == "still here"
    finally:
        threading.excepthook = hook


def test_work_in_a_pool_made_at_import_belongs_to_the_run_that_gave_it(live: Any) -> None:
    """A pool's threads outlive the run that started them; each call names its own run."""
    pool = ThreadPoolExecutor(1)

    def handler(event: Any, _context: Any) -> None:
        queue = f"queue-{event}"
        pool.submit(lambda: live.client("sqs").create_queue(QueueName=queue)).result()

    live.add("pooled", handler)
    for number in (1, 2):
        live.invoke("pooled", number)
    entries = {one.number: one for one in live.emulator.journal.entries()}
    calls = [one for one in entries.values() if one.subject == "sqs.CreateQueue"]
    runs = [one.number for one in entries.values() if one.kind == "run"]
    assert [call.causes for call in calls] == [(run,) for run in runs]
    pool.shutdown()


@pytest.mark.parametrize("before", list(RunState))
@pytest.mark.parametrize("after", list(RunState))
def test_a_life_follows_its_table(before: RunState, after: RunState) -> None:
    """What the table does not have raises, and changes nothing."""
    life = RunLife(1_000)
    life.state = before
    if after in MAY_FOLLOW[before]:
        life.end(after)
        assert life.state is after
        return
    with pytest.raises(EmulatorBug, match=f"{before.value} cannot be {after.value}"):
        life.end(after)
    with pytest.raises(EmulatorBug):
        if before is not RunState.WAITING:
            life.start(Reading(5, 5))
        else:
            life.end(RunState.RETURNED)
    assert (life.state, life.started_ms) == (before, 0)


def test_a_profiler_can_be_started_after_a_handler_has_run(virtual: Any) -> None:
    """Nothing is left in Python by a run's end that a profiler or tracer would stand still at."""
    import cProfile

    profiled: list[int] = []

    def handler(_event: Any, _context: Any) -> None:
        with cProfile.Profile():
            profiled.append(sum(number for number in range(3)))

    virtual.add("profiled", handler)
    for _ in range(2):
        virtual.invoke("profiled", InvocationType="Event")
    virtual.driver.settle(60_000)
    assert profiled == [3, 3]
