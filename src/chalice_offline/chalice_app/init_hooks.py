"""The project's own scripts that run when a session is ready: `.chalice/offline/*.py`.

As LocalStack's init hooks: in the order of their names, in this process, boto3 answered by the
session. One that fails, however it does, is reported, and the session goes on; it ends only when it
is told to (Ctrl-C), whatever the script that is running then makes of that.
"""

from __future__ import annotations

import logging
import os
import runpy
import threading
import traceback
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalice_offline.core.failures import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

FOLDER = ".chalice/offline"
_ENDPOINT = "AWS_ENDPOINT_URL"

_log = logging.getLogger("chalice_offline.hooks")


@dataclass(slots=True)
class Hook:
    """One script; `state` in LocalStack's words."""

    name: str
    state: str = "UNKNOWN"


class InitHooks:
    """The scripts of one project."""

    def __init__(self, directory: Path) -> None:
        self._folder = directory / FOLDER
        self._hooks = [Hook(script.name) for script in self._scripts()]
        self._runs = threading.Lock()
        #: Says in the terminal which of them is running: it may print, wait, or take its time.
        self.tell: Callable[[str], None] = _log.info
        #: Whether the session was told to end; a KeyboardInterrupt alone may be the script's own.
        self.told_to_stop: Callable[[], bool] = lambda: False

    def run(self, aws_url: str) -> None:
        """Run them, one after the other. What they start themselves finds the session, too.

        Raises KeyboardInterrupt when the session was told to stop meanwhile.
        """
        if not self._runs.acquire(blocking=False):
            # One of them has begun the session anew, or somebody else did while they ran.
            _log.warning("%s/*.py are running, and are not run again meanwhile", FOLDER)
            return
        try:
            scripts = self._scripts()
            self._hooks = [Hook(script.name) for script in scripts]
            with _endpoint(aws_url):
                for hook, script in zip(self._hooks, scripts, strict=True):
                    hook.state = "RUNNING"
                    self.tell(f"running {FOLDER}/{script.name}")
                    hook.state = "SUCCESSFUL" if self._succeeds(script) else "ERROR"
                    if self.told_to_stop():
                        raise KeyboardInterrupt
        finally:
            self._runs.release()

    def told(self) -> list[dict[str, str]]:
        """Return them as LocalStack's /_localstack/init tells of its own."""
        return [{"stage": "READY", "name": hook.name, "state": hook.state} for hook in self._hooks]

    def _scripts(self) -> list[Path]:
        return sorted(self._folder.glob("*.py"))

    def _succeeds(self, script: Path) -> bool:
        what = f"{FOLDER}/{script.name}"
        try:
            runpy.run_path(str(script), run_name="__main__")
        except SystemExit as error:
            if error.code in (None, 0):
                return True
            _log.error("%s ended with status %s", what, error.code)
        except SyntaxError as error:  # of the script, or of what it imports: its place says all
            where = f"{error.filename}, line {error.lineno}"
            _log.error("%s failed: %s: %s: %s", what, where, type(error).__name__, error.msg)
        except BaseException as error:  # whatever the user's own script raises
            if self.told_to_stop():
                raise
            own = [
                f for f in traceback.extract_tb(error.__traceback__) if f.filename == str(script)
            ]
            line = f", line {own[-1].lineno}" if own else ""
            _log.error("%s%s failed: %s", what, line, shown(error), exc_info=error)
        else:
            return True
        return False


@contextmanager
def _endpoint(url: str) -> Iterator[None]:
    before = os.environ.get(_ENDPOINT)
    os.environ[_ENDPOINT] = url
    try:
        yield
    finally:
        if before is None:
            del os.environ[_ENDPOINT]
        else:
            os.environ[_ENDPOINT] = before
