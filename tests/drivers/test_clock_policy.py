"""Real time: what a machine that sleeps, or a wall clock that is set, does to what is under way."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from chalice_offline.core.clock import GAP_MS, STALL_MS, SystemClock

if TYPE_CHECKING:
    from collections.abc import Iterator

HOUR_MS = 3_600_000


class Machine:
    """The machine's two clocks: each runs on, and can be set by a test."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.wall_off_ms = 0
        self.monotonic_off_ms = 0
        wall, monotonic = time.time_ns, time.monotonic_ns
        patch.setattr(time, "time_ns", lambda: wall() + self.wall_off_ms * 1_000_000)
        patch.setattr(time, "monotonic_ns", lambda: monotonic() + self.monotonic_off_ms * 1_000_000)

    def sleep(self, duration_ms: int) -> None:
        """The lid is shut: the wall clock goes on, the monotonic clock stands still."""
        self.wall_off_ms += duration_ms

    def stand_still(self, duration_ms: int) -> None:
        """The process is stopped, or sleeps where both clocks go on."""
        self.wall_off_ms += duration_ms
        self.monotonic_off_ms += duration_ms

    def set_back(self, duration_ms: int) -> None:
        """Somebody sets the wall clock back."""
        self.wall_off_ms -= duration_ms


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    yield Machine(monkeypatch)


# ---- the clock ---------------------------------------------------------------------------------


def test_a_small_difference_is_no_gap(machine: Machine) -> None:
    """A time server corrects the wall clock by a second: nothing is done about it."""
    clock = SystemClock()
    before = clock.read()
    machine.sleep(GAP_MS - 1_000)
    after = clock.read()
    assert after.now_ms - before.now_ms < 3_000
    assert after.now_ms - after.awake_ms == before.now_ms - before.awake_ms == 0


def test_after_a_gap_the_date_is_right_and_awake_time_goes_on(machine: Machine) -> None:
    """Eight hours pass at once, and none of them counts."""
    clock = SystemClock()
    before = clock.read()
    machine.sleep(8 * HOUR_MS)
    after = clock.read()
    assert -5 < after.now_ms - before.now_ms - 8 * HOUR_MS < 500
    assert 0 <= after.awake_ms - before.awake_ms < 3_000
    reading = clock.read()
    assert abs(reading.now_ms - reading.awake_ms - 8 * HOUR_MS) < 5


def test_a_clock_set_back_runs_on(machine: Machine) -> None:
    """Neither reading goes back or stands still, and setting it right again is no gap."""
    clock = SystemClock()
    before = clock.read()
    machine.set_back(HOUR_MS)
    machine.monotonic_off_ms += 100
    machine.wall_off_ms += 100
    after = clock.read()
    assert 100 <= after.now_ms - before.now_ms < 3_000
    machine.sleep(HOUR_MS)
    again = clock.read()
    assert again.now_ms - after.now_ms < 3_000
    assert again.now_ms == again.awake_ms


def test_a_process_that_stood_still_has_slept(machine: Machine) -> None:
    """Where somebody looks at the clock all the time, a long time without a look is a gap."""
    clock = SystemClock()
    clock.watched()
    before = clock.read()
    machine.stand_still(STALL_MS + HOUR_MS)
    after = clock.read()
    assert after.now_ms - before.now_ms >= HOUR_MS
    assert after.awake_ms - before.awake_ms < 3_000


# ---- what is under way ---------------------------------------------------------------------------


GAPS = ("sleep", "stand_still")


def catch_up(live: Any) -> None:
    """Look at the clock now: what the timer thread does every few seconds."""
    live.emulator.catch_up()


@pytest.mark.parametrize("gap", GAPS)
@pytest.mark.parametrize("schedule", ["rate(1 minute)", "cron(* * * * ? *)"])
def test_a_schedule_fires_once_after_a_gap(
    live: Any, machine: Machine, gap: str, schedule: str
) -> None:
    """Not once for each of 480 minutes; and then every minute again."""
    runs: list[Any] = []
    arn = live.add("tick", lambda event, _context: runs.append(event["time"]))
    events = live.client("events")
    events.put_rule(Name="every-minute", ScheduleExpression=schedule)
    events.put_targets(Rule="every-minute", Targets=[{"Id": "1", "Arn": arn}])
    before = len(runs)
    getattr(machine, gap)(8 * HOUR_MS)
    catch_up(live)
    live.wait_until(lambda: len(runs) > before)
    catch_up(live)
    assert len(runs) == before + 1
    next_ms = live.emulator.scheduler.next_due_ms()
    assert next_ms - live.driver.clock.now_ms() <= 60_000


@pytest.mark.parametrize("gap", GAPS)
def test_eventbridge_scheduler_fires_once_after_a_gap(
    live: Any, machine: Machine, gap: str
) -> None:
    """Recurring and one-time schedules: what is overdue is kept once."""
    runs: list[Any] = []
    arn = live.add("tick", lambda event, _context: runs.append(event["name"]))
    role = "arn:aws:iam::000000000000:role/any"
    from datetime import UTC, datetime, timedelta

    at = datetime.fromtimestamp(live.driver.clock.now_ms() / 1000, UTC) + timedelta(hours=2)
    for name, expression in (
        ("recurs", "rate(1 minute)"),
        ("once", f"at({at:%Y-%m-%dT%H:%M:%S})"),
    ):
        live.client("scheduler").create_schedule(
            Name=name,
            ScheduleExpression=expression,
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": arn, "RoleArn": role, "Input": f'{{"name": "{name}"}}'},
        )
    live.wait_until(lambda: runs == ["recurs"])  # a rate begins at once
    getattr(machine, gap)(8 * HOUR_MS)
    catch_up(live)
    live.wait_until(lambda: len(runs) == 3)
    catch_up(live)
    assert sorted(runs) == ["once", "recurs", "recurs"]


@pytest.mark.parametrize("gap", GAPS)
def test_nothing_times_out_because_the_machine_slept(live: Any, machine: Machine, gap: str) -> None:
    """A handler under way, its message's visibility, a long poll and an event that waits."""
    sqs = live.client("sqs")
    urls = {
        name: sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "30"})["QueueUrl"]
        for name in ("work", "polled")
    }
    began, go_on = threading.Event(), threading.Event()
    left_ms: list[int] = []

    def handler(_event: Any, context: Any) -> None:
        began.set()
        go_on.wait(20)
        left_ms.append(context.get_remaining_time_in_millis())

    live.add("slow", handler, timeout_seconds=10)
    live.client("lambda").create_event_source_mapping(
        EventSourceArn="arn:aws:sqs:us-east-1:000000000000:work", FunctionName="slow"
    )
    sqs.send_message(QueueUrl=urls["work"], MessageBody="x")
    assert began.wait(10)
    polled: list[Any] = []
    poll = threading.Thread(
        target=lambda: polled.append(
            sqs.receive_message(QueueUrl=urls["polled"], WaitTimeSeconds=20)
        )
    )
    poll.start()
    live.wait_until(lambda: len(live.notes("pending")) == 1)
    getattr(machine, gap)(8 * HOUR_MS)
    catch_up(live)
    assert "Messages" not in sqs.receive_message(QueueUrl=urls["work"])
    sqs.send_message(QueueUrl=urls["polled"], MessageBody="y")
    poll.join(10)
    assert polled[0]["Messages"][0]["Body"] == "y"
    go_on.set()
    live.wait_until(lambda: bool(left_ms))
    assert 5_000 < left_ms[0] <= 10_000
    live.wait_until(lambda: len(_runs(live)) == 1 and _runs(live)[0].outcome == "ok")
    assert live.notes("timed out") == []


def test_an_event_that_waits_for_its_retry_is_not_too_old_after_a_gap(
    live: Any, machine: Machine
) -> None:
    """Six hours of age are hours in which it could have been tried."""
    tries: list[int] = []

    def fails(_event: Any, _context: Any) -> None:
        tries.append(1)
        raise ValueError("bad")

    live.add("fails", fails)
    live.invoke("fails", InvocationType="Event")
    live.wait_until(lambda: len(live.notes("error")) >= 1 and len(tries) == 1)
    machine.sleep(8 * HOUR_MS)
    catch_up(live)
    assert live.notes("discarded") == []
    assert len(tries) == 1  # its minute is not over either


def test_a_clock_set_back_ends_no_wait_later(live: Any, machine: Machine) -> None:
    """A long poll and a delay of a second last a second."""
    sqs = live.client("sqs")
    url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    machine.set_back(10 * 60_000)
    began = time.monotonic()
    assert "Messages" not in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1)
    sqs.send_message(QueueUrl=url, MessageBody="later", DelaySeconds=1)
    assert sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"][0]["Body"] == "later"
    assert 1.9 < time.monotonic() - began < 6


def _runs(live: Any) -> list[Any]:
    return [one for one in live.emulator.journal.entries() if one.kind == "run"]
