"""What of the process belongs to the emulator whose code runs.

A process has one clock, one working folder, one `os.environ` and one `sys.modules`; emulators may
be several. Those that are entered form a stack, and the process belongs to the one on top: the one
that was entered last, or, while another's code runs, that other one. When the last one has left,
everything is as it was before the first came.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from chalice_offline.services.delegated import MotoState
from chalice_offline.testing.conflicts import allow_mocks, forbid_mocks, refuse_others
from chalice_offline.testing.project_code import ProjectCode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chalice_offline.core.clock import Clock
    from chalice_offline.drivers.process_clock import ProcessClock
    from chalice_offline.transports.in_process import InProcessDoor

# The developer's own: an SDK that finds it looks for credentials which are no test's business.
_TAKEN_OUT = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE")


@dataclass(frozen=True, slots=True)
class Place:
    """A stage in a region, and the variables that its functions have in common."""

    stage: str
    region: str
    is_usual: bool  # what a project's tests mean by `import app`
    variables: dict[str, str]


def place_of(directory: Path, stage: str | None = None, region: str | None = None) -> Place:
    """Return the place for a stage and a region, or for the usual ones. Raises ProjectError."""
    from chalice_offline.chalice_app.environment import lambda_variables
    from chalice_offline.chalice_app.project import check_stage, default_stage, read_config
    from chalice_offline.chalice_app.region import region_of

    usual_stage = default_stage(directory)
    if stage is not None:
        check_stage(directory, stage)
    stage = stage or usual_stage
    configured = read_config(directory, stage).environment_variables
    usual_region = region_of(None, ProcessVariables.shell(), configured)
    region = region or usual_region
    is_usual = (stage, region) == (usual_stage, usual_region)
    return Place(stage, region, is_usual, lambda_variables(region) | configured)


class ProcessVariables:
    """Environment variables of the process, as long as they are put in place.

    boto3's default session goes with them, for it remembers the credentials it found.
    """

    _in_place: ClassVar[ProcessVariables | None] = None

    _our_session: ClassVar[Any] = None

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = dict(variables)
        self._before: dict[str, str | None] = {}
        self._session_before: Any = None

    def put_in_place(self) -> None:
        """Set them, and take out what would get in their way."""
        ProcessVariables._in_place = self
        names = [*self._variables, *_TAKEN_OUT]
        self._before = {name: os.environ.get(name) for name in names}
        for name in _TAKEN_OUT:
            os.environ.pop(name, None)
        os.environ.update(self._variables)
        _heed_time_zone()
        self._session_before = _swap_default_session(ProcessVariables._our_session)

    def take_away(self) -> None:
        """Make them what they were."""
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        self._before = {}
        _heed_time_zone()
        ProcessVariables._our_session = _swap_default_session(self._session_before)
        ProcessVariables._in_place = None

    @classmethod
    def shell(cls) -> dict[str, str]:
        """Return the process's variables without those that an emulator has put in place."""
        variables = dict(os.environ)
        for name, value in (cls._in_place._before if cls._in_place else {}).items():  # noqa: SLF001
            variables.pop(name, None)
            if value is not None:
                variables[name] = value
        return variables

    @contextmanager
    def active(self) -> Iterator[None]:
        """Put them in place for a while."""
        self.put_in_place()
        try:
            yield
        finally:
            self.take_away()


def _heed_time_zone() -> None:
    """Let the process's clock show the time zone that TZ names now; Windows has only one."""
    if hasattr(time, "tzset"):
        time.tzset()


def _swap_default_session(session: Any) -> Any:
    """Make this boto3's default session, and return the one before."""
    boto3: Any = sys.modules.get("boto3")
    if boto3 is None:
        return None
    before, boto3.DEFAULT_SESSION = boto3.DEFAULT_SESSION, session
    return before


class Presence:
    """One emulator's claim to the process."""

    _stack: ClassVar[list[Presence]] = []
    _folder_before: ClassVar[Path]

    def __init__(
        self,
        clock: Clock,
        process_clock: ProcessClock,
        door: InProcessDoor,
        folder: Path,
        variables: ProcessVariables,
        code: ProjectCode,
    ) -> None:
        self._clock = clock
        self._process_clock = process_clock
        self._door = door
        self._folder = folder
        self._variables = variables
        self._code = code

    def enter(self) -> None:
        """Claim the process until `leave`; ConflictError when another library does so already."""
        if not Presence._stack:
            refuse_others()
        self._push()

    def leave(self) -> None:
        """Give the claim up; whoever was there before has the process again."""
        if self not in Presence._stack:
            return
        was_on_top = Presence._stack[-1] is self
        if was_on_top:
            self._hide()
        self._door.close()
        Presence._stack.remove(self)
        if was_on_top:
            _show_top()

    @contextmanager
    def acting(self) -> Iterator[None]:
        """Have the process for as long as this emulator's code runs."""
        stack = Presence._stack
        if stack and stack[-1] is self:
            refuse_others(self._process_clock)
            yield
            return
        refuse_others(stack[-1]._process_clock if stack else None)  # noqa: SLF001 - one of us
        self._push()
        try:
            yield
        finally:
            self._hide()
            self._door.close()
            stack.pop()
            _show_top()

    def moved(self, now_ms: int) -> None:
        """Hear that this emulator's clock moved: the process's clock follows if it is ours."""
        if Presence._stack and Presence._stack[-1] is self:
            self._process_clock.move_to(now_ms)

    # ---- within ----------------------------------------------------------------------------------

    def _push(self) -> None:
        stack = Presence._stack
        if stack:
            stack[-1]._hide()  # noqa: SLF001 - one of us
        else:
            Presence._folder_before = Path.cwd()
        stack.append(self)
        self._door.open()
        self._show()

    def _show(self) -> None:
        self._variables.put_in_place()
        self._code.put_in_place()
        os.chdir(self._folder)
        forbid_mocks()
        self._process_clock.start(self._clock.now_ms())

    def _hide(self) -> None:
        self._process_clock.stop()
        self._variables.take_away()


def _show_top() -> None:
    if Presence._stack:  # noqa: SLF001 - this module's own
        Presence._stack[-1]._show()  # noqa: SLF001
    else:
        MotoState.give_back()
        allow_mocks()
        ProjectCode.give_back()
        _give_back_process()
        os.chdir(Presence._folder_before)  # noqa: SLF001


def _give_back_process() -> None:
    """Take out what handlers' runs have put into the process."""
    from chalice_offline.chalice_app.output import give_back_output
    from chalice_offline.chalice_app.process_patches import give_back

    give_back()
    give_back_output()
