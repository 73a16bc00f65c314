"""Calls on the emulated AWS as the deployer makes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.context import Caller
from chalice_offline.core.errors import EmulatorBug

if TYPE_CHECKING:
    from chalice_offline.emulator import Emulator


class Deployer:
    """Calls one emulator; an object of it is a `listening.Call`."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    def __call__(
        self, service: str, operation: str, request: dict[str, Any], region: str | None = None
    ) -> dict[str, Any]:
        """Make a call that is answered at once; raises AwsError."""
        emulator = self._emulator
        region = region or emulator.region
        caller = Caller(
            emulator.account_id,
            region,
            f"https://{service}.{region}.amazonaws.com",
            principal="cloudformation.amazonaws.com",
        )
        reply = emulator.call(service, operation, request, caller)
        if not isinstance(reply, dict):
            raise EmulatorBug(f"{service}.{operation} did not answer at once")
        return reply
