"""What tests with the fixture cost: the first, each further one, sixty beside chalice.test's.

Each measurement is a process of its own, as a test run is. Sixty tests of a route are run by pytest
with the fixture and with `chalice.test.Client`. All of it is CPU time, of which nothing here waits
for anything else, and which other load on the machine changes less than durations.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.harness import Figure, at_most, percentile
from benchmarks.own_routes import APP

if TYPE_CHECKING:
    from benchmarks.harness import Effort

TESTS = 60
_FIXTURE = f"""
import pytest
@pytest.mark.parametrize("n", range({TESTS}))
def test_route(offline, n):
    assert offline.http.get(f"/items/{{n}}").json_body == {{"key": str(n)}}
"""
_CHALICE = f"""
import pytest
from chalice.test import Client
from app import app
@pytest.mark.parametrize("n", range({TESTS}))
def test_route(n):
    with Client(app) as client:
        assert client.http.get(f"/items/{{n}}").json_body == {{"key": str(n)}}
"""
# What a test run has imported anyway does not count.
_EACH = """
import time, pytest, chalice, _pytest.python
def one():
    began = time.process_time()
    from chalice_offline.testing import Offline
    with Offline(".") as offline:
        assert offline.http.get("/items/1").json_body == {"key": "1"}
    return time.process_time() - began
print(*[one() for _ in range(60)])
"""


def measure(effort: Effort) -> list[Figure]:
    """Measure in copies of an app with one route; the best of several runs counts.

    Of the sixty tests it is the run with the median ratio.
    """
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "routes"
        shutil.copytree(APP, project, ignore=shutil.ignore_patterns("__pycache__"))
        (project / "test_fixture.py").write_text(_FIXTURE)
        (project / "test_chalice.py").write_text(_CHALICE)
        _run(project, "-c", _EACH)  # once for the bytecode
        runs = [_seconds_each(project) for _ in range(effort.rounds)]
        files = ("test_fixture.py", "test_chalice.py")  # by turns, on the same machine
        pairs = [[_cpu_seconds(project, one) for one in files] for _ in range(effort.rounds)]
    ours, theirs = sorted(pairs, key=lambda pair: pair[0] / pair[1])[len(pairs) // 2]
    each = min(percentile(further, 25) for _, *further in runs) * 1_000
    note = f"{ours:.2f} s of CPU, {theirs:.2f} with chalice.test"
    return [
        at_most("first test with the fixture, CPU", min(first for first, *_ in runs), "s", 0.8),
        at_most("each further test with the fixture, CPU", each, "ms", 5),
        at_most(f"{TESTS} route tests, CPU, of chalice.test's", ours / theirs, "x", 2, note),
    ]


def _seconds_each(project: Path) -> list[float]:
    return [float(one) for one in _run(project, "-c", _EACH).split()]


def _cpu_seconds(project: Path, file: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _run(project, "-m", "pytest", "-q", "-p", "no:cacheprovider", file)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _run(project: Path, *arguments: str) -> str:
    source = Path(__file__).resolve().parents[1] / "src"
    environment = os.environ | {
        "PYTHONPATH": f"{source}{os.pathsep}{project}",
        "PYTHONPYCACHEPREFIX": str(project.parent / "bytecode"),
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=project,
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
        timeout=600,
    )
    return done.stdout
