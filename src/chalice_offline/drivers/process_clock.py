"""Makes the process's clock follow the virtual one, so that moto and handlers see the same time."""

from __future__ import annotations

import os
import sys
import sysconfig
import time
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable


class ProcessClock:
    """Holds `time.time`, `datetime.now` and their kin at the virtual instant while running.

    `time.sleep`, also under the name that a module imported it by, becomes
    `on_sleep(milliseconds)`: whoever sleeps lets virtual time pass instead of hanging on a clock
    that stands still. What waits for something else than time goes on waiting for that, in real
    time: `threading.Event.wait`, `queue.get`, `asyncio.sleep`, sockets.

    What stands in its place is one function for all clocks, and asks whose time it is when it is
    called. For some keep it: a `def poll(sleep=time.sleep)` that was imported meanwhile, as
    botocore's retries have, lets the time of whatever clock is there later pass, and holds none.
    """

    _started: ClassVar[list[ProcessClock]] = []
    _real_sleep: ClassVar[Any] = staticmethod(time.sleep)

    def __init__(
        self, on_sleep: Callable[[int], None], is_ours: Callable[[], bool] | None = None
    ) -> None:
        """Prepare. A thread that `is_ours` says no to really sleeps; by default all are ours."""
        self._on_sleep = on_sleep
        self._is_ours = is_ours
        self._put_to_ms = 0
        self._travel: Any = None
        self._traveller: Any = None

    def start(self, instant_ms: int) -> None:
        """Stop the process's clock at `instant_ms`."""
        import time_machine

        self._put_to_ms = instant_ms
        self._travel = time_machine.travel(_instant(instant_ms), tick=False)
        self._traveller = self._travel.start()
        if time.sleep is not ProcessClock._present_sleep:
            ProcessClock._real_sleep = staticmethod(time.sleep)
        ProcessClock._started.append(self)
        _modules.replace(ProcessClock._real_sleep, ProcessClock._present_sleep)

    def move_to(self, instant_ms: int) -> None:
        """Move the process's clock; nothing happens before `start`."""
        if self._traveller is not None:
            # Not `move_to`, which sets the time zone anew, in whatever environment is in place now.
            self._traveller.shift(timedelta(milliseconds=instant_ms - self._put_to_ms))
            self._put_to_ms = instant_ms

    def stands_where_it_was_put(self) -> bool:
        """Whether the process's clock shows what we put it to: nobody else holds it."""
        return time.time_ns() // 1_000_000 == self._put_to_ms

    def stop(self) -> None:
        """Give the process its own clock back."""
        if self not in ProcessClock._started:
            return
        ProcessClock._started.remove(self)
        if not ProcessClock._started:
            _modules.replace(ProcessClock._present_sleep, ProcessClock._real_sleep)
        self._traveller = None
        if self._travel is not None:
            self._travel.stop()
            self._travel = None

    def sleep(self, seconds: float) -> None:
        """Let time pass as `time.sleep` does; ValueError for less than none."""
        if seconds < 0:
            message = "sleep length must be non-negative"
            raise ValueError(message)
        if self._is_ours is None or self._is_ours():
            self._on_sleep(round(seconds * 1000))
        else:
            ProcessClock._real_sleep(seconds)

    @staticmethod
    def _present_sleep(seconds: float, /) -> None:
        """Let time pass on the clock that was started last, or in reality when there is none."""
        started = ProcessClock._started
        (started[-1].sleep if started else ProcessClock._real_sleep)(seconds)


class _Modules:
    """Which modules have `time.sleep`, by whatever name.

    Looking through all names of all modules takes longer than most tests, and so does asking each
    of a thousand modules whether it has changed. So what is installed is looked through when
    something was imported since, and the project's own and its tests' each time it has other names.
    """

    def __init__(self) -> None:
        self._imported: tuple[int, str] = (0, "")  # how many modules, and which came last
        # How many names a module had when none of them was `time.sleep`.
        self._without_sleep: dict[str, int] = {}
        # Those that had it once. A test may have put another function there, and give it back.
        self._had_sleep: set[str] = set()
        self._with_sleep: list[str] = []  # of those installed
        self._own: list[str] = []

    def replace(self, function: Callable[..., Any], by: Callable[..., Any]) -> None:
        """Put one function in the place of another, in every module that has it by any name."""
        imported = len(sys.modules), next(reversed(sys.modules))
        if imported != self._imported:
            self._imported = imported
            names = list(sys.modules)
            self._own = [name for name in names if not _is_installed(name)]
            self._with_sleep = [name for name in names if _is_installed(name)]
        self._with_sleep = [
            name for name in self._with_sleep if self._replace_in(name, function, by)
        ]
        for name in self._own:
            self._replace_in(name, function, by)

    def _replace_in(
        self, module_name: str, function: Callable[..., Any], by: Callable[..., Any]
    ) -> bool:
        names = getattr(sys.modules.get(module_name), "__dict__", None)
        if type(names) is not dict or self._without_sleep.get(module_name) == len(names):
            return False
        found = [name for name, value in list(names.items()) if value is function]
        for name in found:
            names[name] = by
        if found:
            self._had_sleep.add(module_name)
        elif module_name not in self._had_sleep:
            self._without_sleep[module_name] = len(names)
            return False
        return True


_PLACES = ("stdlib", "platstdlib", "purelib", "platlib")


@cache
def _is_installed(module_name: str) -> bool:
    """Whether a module came with Python or a package, and does not change while tests run."""
    file = getattr(sys.modules.get(module_name), "__file__", None)
    if not file:  # built in, or made by hand
        return module_name.partition(".")[0] in sys.stdlib_module_names
    return bool(file.startswith(_INSTALLED))


_INSTALLED = (
    *{f"{sysconfig.get_path(name)}{os.sep}" for name in _PLACES},
    f"{Path(__file__).parents[1]}{os.sep}",
)


_modules = _Modules()


def _instant(instant_ms: int) -> datetime:
    return datetime.fromtimestamp(instant_ms // 1000, UTC).replace(
        microsecond=instant_ms % 1000 * 1000
    )
