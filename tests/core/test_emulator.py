"""The kernel: order of timers and inputs, causes, refusals."""

from __future__ import annotations

from typing import Any

import pytest

from chalice_offline.core.context import CallContext, Caller
from chalice_offline.core.errors import AwsError
from chalice_offline.core.journal import digest
from chalice_offline.core.kernel import Service
from chalice_offline.drivers.virtual import VirtualDriver
from chalice_offline.emulator import Emulator
from chalice_offline.storage import MemoryJournal


class Bell:
    """A service that rings some seconds after it was asked to."""

    name = "bell"

    def __init__(self, kernel: Emulator) -> None:
        self.kernel = kernel
        self.rung: list[tuple[str, int]] = []

    def ring(self, context: CallContext, request: dict[str, Any]) -> dict[str, Any]:
        due_ms = context.now_ms + request["Seconds"] * 1000

        def now() -> None:
            self.rung.append((request["Name"], self.kernel.now_ms))
            self.kernel.note("bell", request, (context.entry,), "rang")

        self.kernel.at(due_ms, now)
        return {"Id": self.kernel.ids.uuid()}

    def refuse(self, _context: CallContext, _request: dict[str, Any]) -> dict[str, Any]:
        raise AwsError("Closed", "come back tomorrow")

    operations = {"Ring": ring, "Refuse": refuse}


def make(seed: int = 0) -> tuple[Emulator, VirtualDriver, Bell]:
    driver = VirtualDriver()
    emulator = Emulator(driver, seed=seed)
    bell = Bell(emulator)
    emulator.registry.add(Service("bell", bell, Bell.operations))
    return emulator, driver, bell


def test_timers_due_run_before_the_next_input_each_at_its_own_instant() -> None:
    """Time that passed unnoticed is caught up with, in order."""
    emulator, driver, bell = make()
    start_ms = emulator.now_ms
    emulator.call("bell", "Ring", {"Name": "late", "Seconds": 9}, Caller())
    emulator.call("bell", "Ring", {"Name": "early", "Seconds": 3}, Caller())
    driver.clock.move_to(start_ms + 20_000)
    emulator.call("bell", "Ring", {"Name": "third", "Seconds": 0}, Caller())
    assert bell.rung == [
        ("early", start_ms + 3_000),
        ("late", start_ms + 9_000),
        ("third", start_ms + 20_000),
    ]


def test_the_journal_names_the_cause_of_every_step() -> None:
    """A step points to the input it follows from."""
    emulator, driver, _ = make()
    emulator.call("bell", "Ring", {"Name": "x", "Seconds": 1}, Caller())
    driver.settle(5_000)
    call, note = emulator.journal.entries()
    assert (call.is_input, call.outcome, note.causes, note.outcome) == (
        True,
        "ok",
        (call.number,),
        "rang",
    )


def test_a_refused_call_is_in_the_journal_with_the_reason() -> None:
    """Nothing is dropped silently."""
    emulator, _, _ = make()
    with pytest.raises(AwsError):
        emulator.call("bell", "Refuse", {}, Caller())
    (entry,) = emulator.journal.entries()
    assert entry.outcome == "Closed: come back tomorrow"


def test_an_operation_nobody_has_is_named() -> None:
    """The caller learns which one."""
    emulator, _, _ = make()
    with pytest.raises(AwsError, match="bell:Toll"):
        emulator.call("bell", "Toll", {}, Caller())


def test_the_same_inputs_give_the_same_journal_and_another_seed_other_ids() -> None:
    """Determinism, as far as one process can show it."""

    def history(seed: int) -> tuple[str, str]:
        emulator, driver, _ = make(seed)
        reply = emulator.call("bell", "Ring", {"Name": "x", "Seconds": 1}, Caller())
        driver.settle(5_000)
        return digest(emulator.journal), str(reply)

    assert history(1) == history(1)
    assert history(1)[1] != history(2)[1]


def test_the_memory_journal_forgets_large_requests_sooner() -> None:
    """Uploads do not fill memory; the latest entry is always there."""
    driver = VirtualDriver()
    emulator = Emulator(driver, journal=MemoryJournal(capacity_bytes=10_000))
    for number in range(5):
        emulator.note("n", {"n": number, "body": b"x" * 4000}, ())
    assert [entry.number for entry in emulator.journal.entries()] == [4, 5]
    emulator.note("n", {"body": b"x" * 50_000}, ())
    assert [entry.number for entry in emulator.journal.entries()] == [6]


def test_the_memory_journal_forgets_its_oldest_entries() -> None:
    """Memory is bounded however long the emulator runs; numbers go on."""
    driver = VirtualDriver()
    emulator = Emulator(driver, journal=MemoryJournal(capacity=3))
    for number in range(5):
        emulator.note("n", {"n": number}, ())
    assert [entry.number for entry in emulator.journal.entries()] == [3, 4, 5]
