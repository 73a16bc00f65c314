"""What of the process belongs to the emulator whose code runs.

A process has one clock, one working folder, one `os.environ` and one `sys.modules`; emulators may
be several. Those that are entered form a stack, and the process belongs to the one on top: the one
that was entered last, or, while another's code runs, that other one. When the last one has left,
everything is as it was before the first came.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from chalice_offline.chalice_app.process_patches import hold, let_go
from chalice_offline.chalice_app.process_variables import ProcessVariables
from chalice_offline.services.delegated import MotoState
from chalice_offline.testing.conflicts import allow_mocks, forbid_mocks, refuse_others
from chalice_offline.testing.project_code import ProjectCode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalice_offline.core.clock import Clock
    from chalice_offline.drivers.process_clock import ProcessClock
    from chalice_offline.transports.in_process import InProcessDoor


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
        let_go(self)
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
            let_go(self)
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
        hold(self)
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
        os.chdir(Presence._folder_before)  # noqa: SLF001
