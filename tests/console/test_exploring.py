"""`offline.explore()`: the console over HTTP, in the middle of a test."""

from __future__ import annotations

import json
import sys
import threading
import urllib.request
from typing import TYPE_CHECKING, Any

from chalice_offline.testing.exploring import Exploring

if TYPE_CHECKING:
    import pytest

    from tests.console.conftest import Shop


class Visitor(threading.Thread):
    """Somebody at the page, in another thread as a browser is; then the test goes on."""

    def __init__(self, exploring: Exploring) -> None:
        super().__init__(daemon=True)
        self._exploring = exploring
        self.seen: list[Any] = []

    def run(self) -> None:
        try:
            self.seen.append(self.ask("session")["virtual"])
            self.ask("queues/orders/send", {"body": '{"dish": "fugu"}'})
            self.seen.append([run["outcome"] for run in self.ask("runs")["runs"]])
            self.ask("time/settle", {})
            self.seen.append(len(self.ask("queues/letters/messages")["messages"]))
            self.seen.append(self.ask("functions/echo/invoke", {"event": {"a": 1}})["payload"])
            before = self.ask("time")["now_ms"]
            self.seen.append(self.ask("time/advance", {"minutes": 5})["now_ms"] - before)
        finally:
            self.ask("time/leave", {})

    def ask(self, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            f"{self._exploring.url}api/{path}",
            None if body is None else json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as reply:
            return json.load(reply)


def exploring_of(shop: Shop) -> Exploring:
    offline = shop.offline
    return Exploring(
        offline.emulator,
        offline.app,
        advance=lambda ms: offline.advance(milliseconds=ms, raise_errors=False),
        settle=lambda: offline.settle(raise_errors=False),
    )


def test_a_look_around_in_the_middle_of_a_test(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the page does happens, in this thread; afterwards the test goes on where it was."""
    exploring = exploring_of(shop)
    visitor = Visitor(exploring)
    visitor.start()
    exploring.run()
    visitor.join()
    assert visitor.seen == [True, ["waiting"], 1, {"a": 1}, 300_000]
    assert exploring.url in capsys.readouterr().out
    shop.order("soup")
    assert [run.outcome for run in shop.offline.runs()][-2:] == ["ok", "ok"]


def test_ctrl_c_goes_on(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends the look around, not the test."""

    class Interrupted:
        def write(self, text: str) -> None:
            if "console is at" in text:
                raise KeyboardInterrupt

        def flush(self) -> None: ...

    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", Interrupted())
        shop.offline.explore()
    shop.order("soup")
    assert [run.outcome for run in shop.offline.runs()] == ["ok", "ok"]
