"""Processes that play evenings side by side."""

from __future__ import annotations

import os
import sys

import pytest

from simulators.sim import fleet


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody chooses a core")
def test_a_process_keeps_to_one_core_and_gives_it_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also the one that follows another: each core has its share of them."""
    monkeypatch.setattr(fleet, "SEEDS_PER_PROCESS", 1)
    ours = os.sched_getaffinity(0)
    with fleet._processes(1) as processes:
        first, second = (processes.submit(os.sched_getaffinity, 0).result() for _ in range(2))
    assert first == second == {min(ours)}
    with fleet._processes(2) as processes:
        asked = [processes.submit(os.sched_getaffinity, 0) for _ in range(6)]
        kept = [one.result() for one in asked]
    assert all(len(cores) == 1 and cores <= ours for cores in kept)
    assert os.sched_getaffinity(0) == ours
