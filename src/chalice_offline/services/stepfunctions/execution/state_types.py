"""What each type of state does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.stepfunctions.execution.choice_state import perform_choice
from chalice_offline.services.stepfunctions.execution.map_state import perform_map
from chalice_offline.services.stepfunctions.execution.parallel_state import perform_parallel
from chalice_offline.services.stepfunctions.execution.simple_states import (
    perform_fail,
    perform_pass,
    perform_succeed,
)
from chalice_offline.services.stepfunctions.execution.wait_state import perform_wait
from chalice_offline.services.stepfunctions.tasks.task_state import perform_task

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalice_offline.services.stepfunctions.execution.state_run import StateRun

STATE_TYPES: Mapping[str, Callable[[StateRun], None]] = {
    "Pass": perform_pass,
    "Task": perform_task,
    "Choice": perform_choice,
    "Wait": perform_wait,
    "Succeed": perform_succeed,
    "Fail": perform_fail,
    "Parallel": perform_parallel,
    "Map": perform_map,
}
