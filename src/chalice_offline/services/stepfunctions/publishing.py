"""Publishing: the present revision of a state machine gets a number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.stepfunctions.state_machine import Version

if TYPE_CHECKING:
    from chalice_offline.services.stepfunctions.state_machine import StateMachine


def publish(machine: StateMachine, description: str, now_ms: int) -> Version:
    """Return the version of the present revision: the one there is, or a new one."""
    known = machine.version_of(machine.revision)
    if known is not None:
        return known
    machine.last_version += 1
    number = machine.last_version
    arn = f"{machine.arn}:{number}"
    version = Version(arn, number, description, now_ms, machine.revision)
    machine.versions[number] = version
    return version
