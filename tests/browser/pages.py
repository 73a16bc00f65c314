"""A page in a real Chromium, driven over its debugging pipe: look, press keys, measure, picture."""

from __future__ import annotations

import base64
import json
import os
import queue
import subprocess
import threading
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

PATIENCE_SECONDS = 30
_KEYS = {"Enter": 13, "Escape": 27, "ArrowDown": 40}


class PageError(AssertionError):
    """The page did not do what was waited for, or something in it failed."""


class Page:
    """One tab. `errors` are exceptions and complaints of the page, a broken CSP rule among them."""

    def __init__(
        self,
        program: str,
        folder: Path,
        *,
        width: int = 1280,
        height: int = 800,
        dark: bool = False,
    ) -> None:
        to_browser, self._to = os.pipe()
        self._from, from_browser = os.pipe()
        command = [
            program, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
            "--disable-background-networking", "--disable-component-update",
            "--disable-dev-shm-usage", "--hide-scrollbars", "--remote-debugging-pipe",
            f"--user-data-dir={folder}", f"--window-size={width},{height}", "about:blank",
        ]  # fmt: skip
        piped = f'exec "$@" 3</dev/fd/{to_browser} 4>/dev/fd/{from_browser}'
        self._process = subprocess.Popen(
            ["sh", "-c", piped, "", *command],
            pass_fds=(to_browser, from_browser),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        self.errors: list[str] = []
        self._loads: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._answers: dict[int, queue.SimpleQueue[Any]] = {}
        self._count = 0
        self._session = ""
        threading.Thread(target=self._listen, daemon=True).start()
        targets = self.ask("Target.getTargets")["targetInfos"]
        target = next(one["targetId"] for one in targets if one["type"] == "page")
        attached = self.ask("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.ask(f"{domain}.enable")
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.ask("Emulation.setEmulatedMedia", features=features)
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._to)

    # ---- what a test does ------------------------------------------------------------------------

    def open(self, url: str) -> None:
        """Go to an address."""
        self.ask("Page.navigate", url=url)

    def loads_again(self, begin: Callable[[], None]) -> None:
        """Do something after which the page loads itself anew, and wait until it has."""
        while not self._loads.empty():
            self._loads.get()
        begin()
        self._loads.get(timeout=PATIENCE_SECONDS)

    def run(self, script: str) -> Any:
        """Return the value of an expression in the page; promises are awaited."""
        answer = self.ask(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            raise PageError(json.dumps(answer["exceptionDetails"])[:2_000])
        return answer["result"].get("value")

    def wait(self, condition: str) -> Any:
        """Return the value of an expression once it is true, looked at with every frame."""
        script = f"""new Promise((done, failed) => {{
            const until = performance.now() + {PATIENCE_SECONDS * 1000};
            const look = () => {{
                let value = null;
                try {{ value = {condition}; }} catch (error) {{ value = null; }}
                if (value) done(value);
                else if (performance.now() > until) failed(new Error("in vain"));
                else requestAnimationFrame(look);
            }};
            look();
        }})"""
        try:
            return self.run(script)
        except PageError as error:
            shown = self.run("document.body.innerText.slice(0, 1500)")
            message = f"waited in vain for {condition}; {self.errors}; the page shows: {shown}"
            raise PageError(message) from error

    def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            text = {"text": key} if len(key) == 1 else {}
            if key == "Enter":
                text = {"text": "\r"}
            code = {"windowsVirtualKeyCode": _KEYS.get(key, ord(key[0]))}
            self.ask("Input.dispatchKeyEvent", type="keyDown", key=key, **text, **code)
            self.ask("Input.dispatchKeyEvent", type="keyUp", key=key, **code)

    def type(self, text: str) -> None:
        """Write into what has the focus."""
        self.ask("Input.insertText", text=text)

    def click(self, selector: str) -> None:
        """Click on the first element of a selector."""
        self.run(f"document.querySelector({json.dumps(selector)}).click()")

    def picture(self, path: Path) -> None:
        """Write a picture of what is in sight."""
        taken = self.ask("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(taken["data"]))

    # ---- the pipe --------------------------------------------------------------------------------

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command of the DevTools protocol and return its answer."""
        self._count += 1
        number = self._count
        answers = self._answers[number] = queue.SimpleQueue()
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        answer = answers.get(timeout=PATIENCE_SECONDS + 10)
        if "error" in answer:
            raise PageError(f"{method}: {answer['error']}")
        result: dict[str, Any] = answer["result"]
        return result

    def _listen(self) -> None:
        waiting = b""
        while piece := os.read(self._from, 1 << 16):
            *messages, waiting = (waiting + piece).split(b"\0")
            for message in messages:
                self._heard(json.loads(message))
        os.close(self._from)

    def _heard(self, message: dict[str, Any]) -> None:
        if "id" in message:
            self._answers.pop(message["id"]).put(message)
        elif message["method"] == "Page.loadEventFired":
            self._loads.put(None)
        elif message["method"] == "Runtime.exceptionThrown":
            details = message["params"]["exceptionDetails"]
            self.errors.append(str(details.get("exception", details).get("description", details)))
        elif message["method"] == "Log.entryAdded":
            entry = message["params"]["entry"]
            if entry["level"] == "error":
                self.errors.append(f"{entry['text']} {entry.get('url', '')}")
