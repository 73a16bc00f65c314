"""Init hooks of `chalice-offline local` as a user runs it: what is said when, and Ctrl-C."""

from __future__ import annotations

import json
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tests.chalice_app.test_command_line import CODE, END_SECONDS, Local

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def running(directory: Path, *options: str) -> Iterator[Local]:
    """Run the program, and end it whatever happens."""
    program = Local(directory, *options)
    try:
        yield program
    finally:
        program.end()


WAITS = """
import time
print("the hook waits", flush=True)
try:
    time.sleep(600)
except BaseException as error:
    print("the hook goes on after", type(error).__name__, flush=True)
"""


def test_a_hook_that_waits_is_named_after_the_addresses_and_ends_with_ctrl_c(
    projects: Any,
) -> None:
    """The session answers meanwhile; Ctrl-C ends it, also when the hook catches it and goes on."""
    directory = projects.write(CODE)
    hooks = directory / ".chalice" / "offline"
    hooks.mkdir()
    (hooks / "1_waits.py").write_text(WAITS)
    (hooks / "2_next.py").write_text("open('next_ran', 'w').close()")
    with running(directory) as program:
        program.wait_for("the hook waits")
        page = "\n".join(program.printed)
        first, second = (
            page.index("Ctrl-C ends it"),
            page.index("running .chalice/offline/1_waits.py"),
        )
        assert first < second
        assert program.get("/") == {"version": "one"}
        init = f"http://127.0.0.1:{program.aws_port}/_localstack/init/ready"
        with urllib.request.urlopen(init, timeout=30) as reply:
            assert json.loads(reply.read()) == {
                "completed": False,
                "scripts": [
                    {"stage": "READY", "name": "1_waits.py", "state": "RUNNING"},
                    {"stage": "READY", "name": "2_next.py", "state": "UNKNOWN"},
                ],
            }
        assert program.interrupt() < END_SECONDS
        program.wait_for("the hook goes on after KeyboardInterrupt")
        assert not (directory / "next_ran").exists()
        assert program.process.returncode == 0


def test_machines_are_told_ready_when_hooks_have_run(projects: Any) -> None:
    """Which one is running is a line before; what a hook prints is no JSON and goes elsewhere."""
    directory = projects.write(CODE)
    hooks = directory / ".chalice" / "offline"
    hooks.mkdir()
    (hooks / "fill.py").write_text("print('filling')")
    with running(directory, "--json") as program:
        program.wait_for('"type": "ready"')
        lines = [json.loads(line) for line in program.printed if line.startswith("{")]
        assert lines[0] == {"type": "told", "text": "running .chalice/offline/fill.py"}
        assert [line["type"] for line in lines] == ["told", "ready"]
