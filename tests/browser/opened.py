"""The console's page opened in a browser, and the emulator behind it."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from chalice_offline.core.context import Caller
from chalice_offline.core.run import FunctionRun, Outcome, RunLife, RunLog
from chalice_offline.core.run_entry import RunEntry
from chalice_offline.services.lambda_ import FunctionSettings, LambdaState

if TYPE_CHECKING:
    from tests.browser.pages import Page

HOSTILE = "<img src=x onerror='document.title=\"hacked\"'><script>document.title='hacked'</script>"
READY = "document.getElementById('main').dataset.ready"


class Opened:
    """The page of a console, and the emulator behind it."""

    def __init__(self, doors: Any, page: Page) -> None:
        self.doors = doors
        self.page = page
        self.url = f"http://localhost:{doors.aws_port}/_chalice_offline/"

    @property
    def emulator(self) -> Any:
        """The emulator of now."""
        return self.doors.emulator

    def deploy(self) -> None:
        """Have the function `work`."""
        lambda_ = self.emulator.registry.state("lambda", LambdaState)
        lambda_.register(FunctionSettings("work", "000000000000", "us-east-1"))
        self.emulator.driver.run_function = work

    def open(self, where: str = "runs") -> None:
        """Go to a view, anew."""
        self.page.open("about:blank")
        self.page.open(f"{self.url}#/{where}")
        self.page.wait(READY)

    @staticmethod
    def told(text: str) -> None:
        """Put a figure into the test's output (pytest -rP)."""
        sys.stdout.write(f"{text}\n")

    def call(self, service: str, operation: str, **request: Any) -> Any:
        """Call AWS as a client would."""
        return self.emulator.call(service, operation, request, Caller())

    def invoke(self, event: Any) -> None:
        """Have the function `work` run, and wait for its end."""
        reply = self.call(
            "lambda", "Invoke", FunctionName="work", Payload=json.dumps(event).encode()
        )
        self.emulator.driver.wait(reply)

    def record(self, count: int) -> None:
        """Have runs in the list as if they had happened."""
        for number in range(count):
            run = FunctionRun(
                request_id=f"{number:08d}-0000-4000-8000-000000000000",
                function_name="work",
                function_arn="arn:aws:lambda:us-east-1:000000000000:function:work",
                sent=b'{"number": %d}' % number,
                memory_mb=128,
                life=RunLife(3_000),
                log=RunLog(),
            )
            with self.emulator.lock:
                entry = RunEntry(self.emulator.now_ms, run, ())
                self.emulator.keep(entry)
                self.emulator.runs.started(entry, self.emulator.now_ms)
                entry.ended_ms = self.emulator.now_ms
                self.emulator.runs.ended(entry, Outcome(b"{}"))


def work(run: FunctionRun) -> Outcome:
    event = json.loads(run.payload)
    run.log.append(0, f"{HOSTILE}\n")
    if isinstance(event, dict) and event.get("fail"):
        content = {"errorType": "Broken", "errorMessage": HOSTILE, "stackTrace": [HOSTILE]}
        return Outcome(json.dumps(content).encode(), failed=True)
    return Outcome(run.payload)
